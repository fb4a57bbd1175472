"""What a lock pins, whatever wrote it: `reading.read_pins(lock)` gives one model of them all.

`graph` says which packages a requirement leads to, and by which chain. Nothing is run and nothing
is asked of a network: what a lock does not say is None here.
"""
