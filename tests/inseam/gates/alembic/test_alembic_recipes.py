"""Ways to write `env.py` that Alembic's and SQLAlchemy's documentation shows.

In each a column lacks its migration: that and nothing else is found.
"""

from __future__ import annotations

from typing import Any

import pytest

Migrated = Any  # tests/inseam/gates/alembic/conftest.py has the class

INI = """
[alembic]
script_location = %(here)s/migrations
prepend_sys_path = src
sqlalchemy.url = postgresql+psycopg2://somebody:p%%40ss@db.example.com/prod
"""
MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table

first, second = MetaData(), MetaData()
Table("one", first, Column("id", Integer, primary_key=True))
Table("two", second, Column("id", Integer, primary_key=True), Column("lacking", Integer))
both = MetaData()
for table in (*first.tables.values(), *second.tables.values()):
    table.to_metadata(both)
"""
REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade():
    for name in ("one", "two"):
        op.create_table(name, sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("two")
    op.drop_table("one")
"""
HEAD = """
from alembic import context
from sqlalchemy import create_engine, engine_from_config, pool, text
from app.models import both, first, second

config = context.config
"""
RUN = """
    with context.begin_transaction():
        context.run_migrations()
"""
RECIPES = {
    "the URL of the ini": """
section = config.get_section(config.config_ini_section, {})
engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=both)
""",
    "async, the URL set by hand": """
import asyncio
from sqlalchemy.ext.asyncio import async_engine_from_config

config.set_main_option("sqlalchemy.url", "postgresql+asyncpg://x:y@db.example.com/d?ssl=require")


def work(connection):
    context.configure(connection=connection, target_metadata=both)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    section = config.get_section(config.config_ini_section, {})
    engine = async_engine_from_config(section, prefix="sqlalchemy.")
    async with engine.connect() as connection:
        await connection.run_sync(work)
    await engine.dispose()


asyncio.run(main())
if False:
""",
    "two metadatas": """
with create_engine("postgresql+psycopg://").begin() as connection:
    context.configure(connection=connection, target_metadata=[first, second])
""",
    "a schema of its own by search_path": """
with create_engine("postgresql+psycopg://").connect() as connection:
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS tenant"))
    connection.execute(text("SET search_path TO tenant"))
    connection.commit()
    connection.dialect.default_schema_name = "tenant"
    context.configure(connection=connection, target_metadata=both)
""",
    "versions in a schema of their own": """
with create_engine("postgresql+psycopg://").connect() as connection:
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS meta"))
    connection.commit()
    context.configure(
        connection=connection, target_metadata=both, version_table_schema="meta",
        include_schemas=True, transaction_per_migration=True,
    )
""",
    "no transactions": """
engine = create_engine("postgresql+psycopg2://", isolation_level="AUTOCOMMIT")
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=both, transactional_ddl=False)
""",
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_nothing_but_the_drift(migrated: Migrated, recipe: str) -> None:
    """The round trip finds nothing either: what `env.py` makes, no downgrade has to undo."""
    migrated.write(
        {
            "alembic.ini": INI,
            "src/app/models.py": MODELS,
            "migrations/env.py": HEAD + RECIPES[recipe].rstrip() + RUN,
            "migrations/versions/a1.py": REVISION,
        }
    )
    document = migrated.judge(safety=False)

    assert document.failures == ()
    (finding,) = document.findings
    assert finding.rule == "alembic/drift-structure"
    assert (
        finding.message == "the column two.lacking is in the models (integer) and no migration "
        "makes it"
    )
    assert (finding.file, finding.line) == ("svc/src/app/models.py", 6)
    assert finding.fix.startswith("op.add_column('two', sa.Column('lacking'")
