"""Warehouses and what lies in them.

Revision ID: b4e87c10f92d
Revises: 93d5a1f6e042
Create Date: 2025-06-02 09:03:18+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b4e87c10f92d"
down_revision = "93d5a1f6e042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "warehouses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warehouses")),
        sa.UniqueConstraint("code", name=op.f("uq_warehouses_code")),
    )
    op.create_table(
        "stock_levels",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("on_hand", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_stock_levels_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"],
            ["warehouses.id"],
            name=op.f("fk_stock_levels_warehouse_id_warehouses"),
        ),
        sa.PrimaryKeyConstraint("article_id", "warehouse_id", name=op.f("pk_stock_levels")),
    )
    op.create_index(op.f("ix_stock_levels_warehouse_id"), "stock_levels", ["warehouse_id"])


def downgrade() -> None:
    op.drop_table("stock_levels")
    op.drop_table("warehouses")
