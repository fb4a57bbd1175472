"""Services' migrations and models, really run: what drifts, and what can go wrong with `env.py`.

What else can go wrong is done to the catalog: tests/examples/test_catalog_failures.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inseam.findings.model import FindingsDocument, Severity

Migrated = Any  # tests/inseam/gates/alembic/conftest.py has the class

MODELS = """
from sqlalchemy import Enum, ForeignKey, MetaData, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), server_default="x")
    mood: Mapped[str] = mapped_column(Enum("sad", "ok", name="mood"))
    size: Mapped[str] = mapped_column(
        Enum("s", "m", name="size", native_enum=False, create_constraint=True)
    )
"""
FIRST = """
from alembic import op
import sqlalchemy as sa

revision = "a1"
down_revision = None

def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), server_default="x", nullable=False),
        sa.Column("mood", sa.Enum("sad", "ok", name="mood"), nullable=False),
        sa.Column("size", sa.String(1), nullable=False),
        sa.CheckConstraint("size IN ('s', 'm')", name="size"),
    )

def downgrade():
    op.drop_table("users")
    op.execute("DROP TYPE mood")
"""
SYNC = """
from alembic import context
from sqlalchemy import create_engine
from app.models import Base

engine = create_engine("postgresql+{driver}://someone:secret@db.example.com:6543/prod")
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata{options})
    with context.begin_transaction():
        context.run_migrations()
"""
ASYNC = """
import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
from app.models import Base

def work(connection):
    context.configure(connection=connection, target_metadata=Base.metadata{options})
    with context.begin_transaction():
        context.run_migrations()

async def main():
    engine = create_async_engine("postgresql+{driver}://someone:secret@db.example.com/prod")
    async with engine.connect() as connection:
        await connection.run_sync(work)
    await engine.dispose()

asyncio.run(main())
"""


def env(template: str = SYNC, driver: str = "psycopg", options: str = "") -> dict[str, str]:
    text = template.replace("{driver}", driver)
    return {"migrations/env.py": text.replace("{options}", f", {options}" if options else "")}


@pytest.fixture
def svc(migrated: Migrated) -> Migrated:
    """A service whose migrations build its models; the later stages have tests of their own."""
    migrated.settings = {"round_trip": False, "safety": False}
    migrated.write({"src/app/models.py": MODELS, "migrations/versions/a1.py": FIRST, **env()})
    return migrated


def rules(document: FindingsDocument) -> list[str]:
    assert document.failures == ()
    return [finding.rule for finding in document.findings]


def failure(document: FindingsDocument) -> tuple[str, str | None]:
    """The code of the one thing that went wrong, and where it did."""
    assert document.findings == ()
    (found,) = document.failures
    assert found.fix
    return found.code.removeprefix("alembic/"), found.file


@pytest.mark.parametrize(
    ("template", "driver"),
    [
        *((SYNC, "psycopg"), (SYNC, "psycopg2"), (ASYNC, "asyncpg"), (ASYNC, "psycopg")),
    ],
)
def test_no_drift_whatever_the_driver(svc: Migrated, template: str, driver: str) -> None:
    """Native and non-native enums included; the URL of `env.py` is never used."""
    svc.write(env(template, driver))

    assert rules(svc.judge()) == []


def test_no_drift_in_a_transaction_per_migration(svc: Migrated) -> None:
    svc.write(env(options="transaction_per_migration=True"))

    assert rules(svc.judge()) == []


def test_drift_says_where_and_what_to_do(svc: Migrated) -> None:
    svc.write({"src/app/models.py": MODELS.replace("String(40)", "String(50)")})

    (finding,) = svc.judge().findings
    assert finding.rule == "alembic/drift-structure"
    assert finding.severity is Severity.ERROR
    assert (finding.file, finding.line) == ("svc/src/app/models.py", 12)
    assert finding.message == (
        "the column users.name differs in its type: character varying(40) after the migrations, "
        "character varying(50) in the models"
    )
    assert finding.fix.startswith("op.alter_column('users', 'name', type_=")
    assert finding.properties == {
        **{"kind": "column", "table": "users", "name": "name", "attribute": "type"},
        "column": "name",
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('String(40), server_default="x"', "String(40)", ["alembic/drift-default"]),
        ('"sad", "ok"', '"sad", "ok", "glad"', ["alembic/drift-structure"]),
        ('"s", "m"', '"s", "m", "l"', ["alembic/drift-structure"]),
        ('"users"', '"people"', ["alembic/drift-structure"] * 2),
        (
            '__tablename__ = "users"',
            '__tablename__ = "users"\n    __table_args__ = {"schema": "apart"}',
            ["alembic/drift-structure"] * 3,
        ),
    ],
)
def test_kinds_of_drift(svc: Migrated, old: str, new: str, expected: list[str]) -> None:
    svc.write({"src/app/models.py": MODELS.replace(old, new)})

    assert rules(svc.judge()) == expected


def test_what_env_py_leaves_out(svc: Migrated) -> None:
    more = FIRST + "    \n\nupgrade_users = upgrade\ndef upgrade():\n    upgrade_users()\n"
    for table in ("legacy_x", "other"):
        more += f"    op.execute('CREATE TABLE {table} (id int)')\n"
    svc.write({"migrations/versions/a1.py": more})
    assert rules(svc.judge()) == ["alembic/drift-structure"] * 2

    by_name = "include_name=lambda name, kind, parents: kind != 'table' or name == 'users'"
    svc.write(env(options=by_name))
    assert rules(svc.judge()) == []

    by_object = (
        "include_object=lambda o, name, kind, reflected, other: not name.startswith('legacy')"
    )
    svc.write(env(options=by_object))
    assert rules(svc.judge()) == ["alembic/drift-structure"]


def test_constraints_that_env_py_leaves_out(svc: Migrated) -> None:
    """Those that no model has are given to `include_object` as reflection would give them."""
    more = "        sa.UniqueConstraint('name', name='legacy'),\n"
    svc.write(
        {"migrations/versions/a1.py": FIRST.replace('name="size"),\n', f'name="size"),\n{more}')}
    )
    assert rules(svc.judge()) == ["alembic/drift-structure"]

    keeps = "not (kind == 'unique_constraint' and o.table.name == 'users' and reflected)"
    svc.write(env(options=f"include_object=lambda o, name, kind, reflected, other: {keeps}"))
    assert rules(svc.judge()) == []


def test_a_version_table_of_another_name(svc: Migrated) -> None:
    svc.write(env(options="version_table='stand', version_table_schema='public'"))

    assert rules(svc.judge()) == []


def test_what_postgresql_refuses_is_unverifiable(svc: Migrated) -> None:
    index = "\nfrom sqlalchemy import Index\n"
    index += "Index('ix_bad', text('nowhere(name)'), _table=User.__table__)\n"
    svc.write({"src/app/models.py": MODELS + index})

    document = svc.judge()
    assert rules(document) == ["alembic/unverifiable"]
    assert "nowhere" in document.findings[0].message


def test_a_finding_of_the_static_stage_ends_it(svc: Migrated) -> None:
    second = FIRST.replace('"a1"', '"a2"')
    svc.write({"migrations/versions/a2.py": second})

    assert rules(svc.judge()) == ["alembic/multiple-heads"]


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "tool-crashed"),
        ("context.configure(url='postgresql://x/y'); context.run_migrations()", "env-failed"),
        (
            "engine = __import__('sqlalchemy').create_engine('sqlite://')\n"
            "context.configure(connection=engine.connect())\ncontext.run_migrations()",
            "env-unusable",
        ),
    ],
)
def test_an_env_py_that_does_not_do_its_work(svc: Migrated, ending: str, code: str) -> None:
    svc.write({"migrations/env.py": f"from alembic import context\n{ending}\n"})

    assert failure(svc.judge()) == (code, "svc/migrations/env.py")


def test_no_target_metadata(svc: Migrated) -> None:
    svc.write({"migrations/env.py": env()["migrations/env.py"].replace("Base.metadata", "None")})

    assert failure(svc.judge())[0] == "env-unusable"


def test_no_connection_to_anything_else(svc: Migrated) -> None:
    dials = "import socket\nsocket.create_connection(('127.0.0.1', 9), timeout=1)\n"
    svc.write({"migrations/env.py": dials + env()["migrations/env.py"]})

    document = svc.judge()
    assert failure(document)[0] == "env-unusable"
    assert "127.0.0.1:9 was refused" in document.failures[0].message


def test_variables_and_files_that_env_py_wants(svc: Migrated, tmp_path: Path) -> None:
    wants = "import os\nassert os.environ['SECRET'] == 'dummy'\nopen('conf/key.pem').read()\n"
    wants += "assert 'TOKEN_OF_CI' not in os.environ\n"
    svc.write({"migrations/env.py": wants + env()["migrations/env.py"]})

    document = svc.judge(
        environment={"TOKEN_OF_CI": "x"},
        variables={"SECRET": "dummy"},
        dummy_files={"conf/key.pem": "none"},
    )
    assert rules(document) == []
    assert not (svc.root / "svc" / "conf").exists()


def test_a_server_of_somebodys(svc: Migrated, server_url: str) -> None:
    assert rules(svc.judge(environment={"INSEAM_POSTGRESQL_URL": server_url})) == []
    assert svc.databases() == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://x@127.0.0.1:9/y", "server-unreachable"),
        ("mysql://x/y", "bad-url"),
    ],
)
def test_a_server_of_somebodys_that_is_of_no_use(svc: Migrated, url: str, code: str) -> None:
    assert failure(svc.judge(environment={"INSEAM_POSTGRESQL_URL": url}))[0] == code


def test_no_database_is_left(svc: Migrated) -> None:
    svc.judge()

    assert svc.databases() == []
