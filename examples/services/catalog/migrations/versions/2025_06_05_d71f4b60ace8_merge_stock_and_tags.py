"""Merge: stock and tags were written on two branches.

Revision ID: d71f4b60ace8
Revises: b4e87c10f92d, 2a9cf3e5708b
Create Date: 2025-06-05 07:30:02+00:00
"""

from __future__ import annotations

revision = "d71f4b60ace8"
down_revision = ("b4e87c10f92d", "2a9cf3e5708b")
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to do: both parents did it."""


def downgrade() -> None:
    """Nothing to do: both parents undo it."""
