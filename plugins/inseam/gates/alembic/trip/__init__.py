"""The round trip: each new revision up, down and up again, the catalogue equal at each step."""
