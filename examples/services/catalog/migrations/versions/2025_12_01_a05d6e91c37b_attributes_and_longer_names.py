"""Free attributes of articles, and names of up to 200 letters.

Revision ID: a05d6e91c37b
Revises: 58c0e9d2b7f4
Create Date: 2025-12-01 16:20:40+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "a05d6e91c37b"
down_revision = "58c0e9d2b7f4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "articles",
        sa.Column(
            "attributes",
            postgresql.JSONB(),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.alter_column("articles", "name", type_=sa.String(200), existing_type=sa.String(80))


def downgrade() -> None:
    op.alter_column(
        "articles",
        "name",
        type_=sa.String(80),
        existing_type=sa.String(200),
        postgresql_using="left(name, 80)",
    )
    op.drop_column("articles", "attributes")
