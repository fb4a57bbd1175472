"""Prices, per currency and over time.

Revision ID: 6f20b8c3d1e7
Revises: 1c7e02d94ab5
Create Date: 2025-02-17 08:40:09+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6f20b8c3d1e7"
down_revision = "1c7e02d94ab5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "prices",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "valid_from",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.CheckConstraint("minor >= 0", name=op.f("ck_prices_not_negative")),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_prices_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prices")),
        sa.UniqueConstraint(
            "article_id",
            "currency",
            "valid_from",
            name=op.f("uq_prices_article_id_currency_valid_from"),
        ),
    )


def downgrade() -> None:
    op.drop_table("prices")
