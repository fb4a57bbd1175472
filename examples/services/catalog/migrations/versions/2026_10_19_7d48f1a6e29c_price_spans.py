"""Prices end, and only one per article and currency is open.

Revision ID: 7d48f1a6e29c
Revises: e3b7209f5dc1
Create Date: 2026-10-19 12:05:33+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7d48f1a6e29c"
down_revision = "e3b7209f5dc1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("prices", sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))
    # Each price ended when the next one began.
    op.execute(
        """
        UPDATE prices AS p SET valid_until = n.valid_until
        FROM (
            SELECT id, lead(valid_from) OVER (
                PARTITION BY article_id, currency ORDER BY valid_from
            ) AS valid_until
            FROM prices
        ) AS n
        WHERE n.id = p.id
        """
    )
    # Not valid at first, so that nobody waits while it looks at the prices that there are.
    op.create_check_constraint(
        op.f("ck_prices_span"),
        "prices",
        "valid_until > valid_from",
        postgresql_not_valid=True,
    )
    op.execute("ALTER TABLE prices VALIDATE CONSTRAINT ck_prices_span")
    op.alter_column(
        "prices",
        "minor",
        comment="Whole cents, pence or yen",
        existing_type=sa.BigInteger(),
        existing_nullable=False,
    )
    # Concurrently, so that the shop goes on selling while it is built.
    with op.get_context().autocommit_block():
        op.create_index(
            op.f("ix_prices_open"),
            "prices",
            ["article_id", "currency"],
            unique=True,
            postgresql_where=sa.text("valid_until IS NULL"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(
            op.f("ix_prices_open"),
            "prices",
            postgresql_concurrently=True,
            if_exists=True,
        )
    op.alter_column(
        "prices",
        "minor",
        comment=None,
        existing_type=sa.BigInteger(),
        existing_nullable=False,
    )
    op.drop_constraint(op.f("ck_prices_span"), "prices", type_="check")
    op.drop_column("prices", "valid_until")
