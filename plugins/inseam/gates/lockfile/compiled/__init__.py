"""Hashed requirements against the files that `uv pip compile` or pip-tools made them from."""
