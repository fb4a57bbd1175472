"""Reservations: no more than lies in the warehouse.

Revision ID: e3b7209f5dc1
Revises: a05d6e91c37b
Create Date: 2026-03-10 09:14:57+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e3b7209f5dc1"
down_revision = "a05d6e91c37b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "stock_levels",
        sa.Column("reserved", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_stock_levels_reserved_is_there"),
        "stock_levels",
        "reserved >= 0 AND reserved <= on_hand",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_stock_levels_reserved_is_there"), "stock_levels", type_="check")
    op.drop_column("stock_levels", "reserved")
