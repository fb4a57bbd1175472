"""What runs in a service's own environment, without anything of inseam, for any Alembic since 1.9.

`runner.py` imports it under a name of its own, which is why its modules import each other
relatively.
"""
