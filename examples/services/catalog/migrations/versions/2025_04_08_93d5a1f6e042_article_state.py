"""A state instead of a flag: data moves from `active` to `state`.

Revision ID: 93d5a1f6e042
Revises: 6f20b8c3d1e7
Create Date: 2025-04-08 13:27:51+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "93d5a1f6e042"
down_revision = "6f20b8c3d1e7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    states = postgresql.ENUM("draft", "on_sale", "retired", name="article_state")
    states.create(op.get_bind())
    op.add_column(
        "articles",
        sa.Column(
            "state",
            postgresql.ENUM(name="article_state", create_type=False),
            server_default="draft",
            nullable=False,
        ),
    )
    op.execute("UPDATE articles SET state = 'on_sale' WHERE active")
    op.drop_column("articles", "active")


def downgrade() -> None:
    op.add_column(
        "articles",
        sa.Column("active", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute("UPDATE articles SET active = true WHERE state = 'on_sale'")
    op.drop_column("articles", "state")
    postgresql.ENUM(name="article_state").drop(op.get_bind())
