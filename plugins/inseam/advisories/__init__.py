"""Advisories about packages: from OSV records to one pinned file, and answers from it.

Knows nothing of policy, gates or services.
"""
