"""The Pants backend: schedules what the engine decides. The only importer of `pants`.

It never imports `inseam`: Pants runs on another Python (3.9 for 2.17) than the engine does.
"""
