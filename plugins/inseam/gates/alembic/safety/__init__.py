"""Statements of new revisions that block or break a running service, told by squawk."""
