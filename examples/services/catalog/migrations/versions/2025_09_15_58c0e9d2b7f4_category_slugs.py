"""Slugs for categories, made from the names of those that exist.

Revision ID: 58c0e9d2b7f4
Revises: d71f4b60ace8
Create Date: 2025-09-15 11:48:26+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "58c0e9d2b7f4"
down_revision = "d71f4b60ace8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("categories", sa.Column("slug", sa.String(140), nullable=True))
    # The id keeps two categories of one name apart.
    op.execute(
        """
        UPDATE categories AS c
        SET slug = trim(BOTH '-' FROM regexp_replace(lower(c.name), '[^a-z0-9]+', '-', 'g'))
            || CASE WHEN EXISTS (
                SELECT 1 FROM categories AS o WHERE lower(o.name) = lower(c.name) AND o.id < c.id
            ) THEN '-' || c.id ELSE '' END
        """
    )
    op.alter_column("categories", "slug", nullable=False)
    op.create_unique_constraint(op.f("uq_categories_slug"), "categories", ["slug"])


def downgrade() -> None:
    op.drop_constraint(op.f("uq_categories_slug"), "categories", type_="unique")
    op.drop_column("categories", "slug")
