"""What public projects do in `env.py` and in their models, and how the gate goes along with it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from inseam.findings.model import FindingsDocument

Migrated = Any  # tests/inseam/gates/alembic/conftest.py has the class

MODELS = """
from sqlalchemy import ForeignKey, Index, String, func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

def make(name):
    class Kept(Base):
        __tablename__ = name
        id: Mapped[int] = mapped_column(primary_key=True)
        {kept}
    return Kept

class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    leaf: Mapped[int | None] = mapped_column(ForeignKey("leaves.id"))

class Leaf(Base):
    __tablename__ = "leaves"
    id: Mapped[int] = mapped_column(primary_key=True)
    node: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    text: Mapped[str] = mapped_column(String(9), server_default=text("lower('X')"))
    {leaf}

Keepsake = make("kept")
"""
FIRST = """
from alembic import op

revision = "a1"
down_revision = None

def upgrade():
    op.execute("CREATE TABLE kept (id serial PRIMARY KEY, note varchar(9))")
    op.execute("CREATE TABLE nodes (id serial PRIMARY KEY, leaf integer)")
    op.execute(
        "CREATE TABLE leaves (id serial PRIMARY KEY, node integer REFERENCES nodes, "
        "text varchar(9) NOT NULL DEFAULT lower('X'))"
    )
    op.execute("ALTER TABLE nodes ADD FOREIGN KEY (leaf) REFERENCES leaves")
    op.execute("CREATE INDEX ix_text ON leaves (text)")

def downgrade():
    op.execute("DROP TABLE kept, nodes, leaves")
"""
ENV = """
from alembic import context
from sqlalchemy import create_engine
from app.models import Base
{before}
def main():
    with create_engine("postgresql+psycopg://").connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata)
        with context.begin_transaction():
            context.run_migrations()
{run}
"""
KEPT = "note: Mapped[str | None] = mapped_column(String(9))"
INDEX = '__table_args__ = (Index("ix_text", "text"{}),)'
IN_WORKER = """
import anyio.from_thread
async def work():
    main()
anyio.from_thread.run(work)
"""
CHOOSES = "context.script.version_locations = [__file__.replace('env.py', 'postgresql')]"


def models(kept: str = KEPT, leaf: str = INDEX.format("")) -> dict[str, str]:
    return {"src/app/models.py": MODELS.replace("{kept}", kept).replace("{leaf}", leaf)}


def env(run: str = "main()", before: str = "") -> dict[str, str]:
    return {"migrations/env.py": ENV.replace("{run}", run).replace("{before}", before)}


@pytest.fixture
def svc(migrated: Migrated) -> Migrated:
    """A service whose models and migrations are the same; its tables refer to one another."""
    migrated.settings = {"round_trip": False, "safety": False}
    migrated.write({"migrations/versions/a1.py": FIRST, **models(), **env()})
    return migrated


def rules(document: FindingsDocument) -> list[str]:
    assert document.failures == ()
    return [finding.rule for finding in document.findings]


def test_foreign_keys_that_go_round(svc: Migrated) -> None:
    assert rules(svc.judge()) == []


def test_one_refused_index_takes_nothing_with_it(svc: Migrated) -> None:
    """Neither tables that refer to one another, nor the same index that the migrations made."""
    svc.write(models(leaf=INDEX.format(', postgresql_using="gin"')))

    (found,) = svc.judge().findings
    assert found.rule == "alembic/unverifiable"
    assert "PostgreSQL does not make the index ix_text of the models" in found.message


def test_one_refused_table_takes_nothing_with_it(svc: Migrated) -> None:
    """Nor is it told to be dropped; the key that refers to it cannot be made either."""
    svc.write(models(leaf="x: Mapped[int] = mapped_column(server_default=func.no_such())"))

    found = svc.judge().findings
    assert {finding.rule for finding in found} == {"alembic/unverifiable"}
    assert sorted(f.properties["name"] for f in found) == ["leaves", "nodes_leaf_fkey"]


def test_the_line_of_a_class_in_a_function(svc: Migrated) -> None:
    svc.write(models(kept=KEPT.replace("String(9)", "String(8)")))

    (found,) = svc.judge().findings
    assert (found.rule, found.file, found.line) == (
        *("alembic/drift-structure", "svc/src/app/models.py"),
        12,
    )


def test_the_line_of_a_column_that_is_inherited(svc: Migrated) -> None:
    mixin = "from sqlalchemy import Text\n\n\nclass Noted:\n    note: Mapped[str | None] = {}\n\n"
    text = models(kept="pass")["src/app/models.py"].replace(
        "class Kept(Base)", "class Kept(Noted, Base)"
    )
    head, _, rest = text.partition("class Base(")
    text = f"{head}{mixin.format('mapped_column(Text)')}class Base({rest}"
    svc.write({"src/app/models.py": text})

    (found,) = svc.judge().findings
    assert found.properties["column"] == "note"
    assert text.splitlines()[(found.line or 0) - 1].strip().startswith("note:")


def test_defaults_that_only_autogenerate_compares(svc: Migrated) -> None:
    """It would not write them, as `env.py` does not ask for it."""
    svc.write(models(leaf=f"{INDEX.format('')}\n    {KEPT}".replace("note", "more")))
    svc.write(
        {
            "migrations/versions/a1.py": FIRST.replace(
                "DEFAULT lower('X'))", "DEFAULT lower('X'::text), more varchar(9))"
            )
        }
    )

    assert rules(svc.judge()) == []


def test_an_env_py_that_wants_its_applications_event_loop(svc: Migrated) -> None:
    svc.write(env(run=IN_WORKER))

    assert rules(svc.judge()) == []


def test_an_env_py_that_fails_in_a_worker_thread_as_well(svc: Migrated) -> None:
    svc.write(env(run=f"{IN_WORKER}\nraise RuntimeError('not in an AnyIO worker thread')"))

    (failure,) = svc.judge().failures
    assert failure.code == "alembic/env-failed"


def test_an_env_py_that_chooses_the_folder_of_revisions(svc: Migrated) -> None:
    """Nobody knows which it is before it runs; what is judged has to be what is applied."""
    svc.remove("migrations/versions/a1.py")
    svc.write(
        {
            "migrations/postgresql/a1.py": FIRST,
            "migrations/sqlite/b1.py": FIRST.replace("a1", "b1"),
            **env(before=CHOOSES),
        }
    )

    (failure,) = svc.judge().failures
    assert failure.code == "alembic/bad-configuration"
    assert "svc/migrations/postgresql, svc/migrations/sqlite" in failure.message
    assert failure.fix == "name the folders in the setting version_locations"
    assert rules(svc.judge(version_locations=["migrations/postgresql"])) == []
    (failure,) = svc.judge(version_locations=["migrations/sqlite"]).failures
    assert failure.code == "alembic/bad-configuration"
    assert "a1 is only found there" in failure.message


def test_an_enum_stands_at_the_column_that_has_it(svc: Migrated) -> None:
    mood = 'mood: Mapped[str | None] = mapped_column(Enum("sad", {}name="mood"))'
    made = FIRST.replace("note varchar(9)", "mood mood").replace(
        'op.execute("CREATE TABLE kept',
        'op.execute("CREATE TYPE mood AS ENUM (\'sad\')")\n    op.execute("CREATE TABLE kept',
    )
    files = models(kept=mood.format('"ok", '))
    files["src/app/models.py"] = files["src/app/models.py"].replace(
        "import For", "import Enum, For"
    )
    svc.write({"migrations/versions/a1.py": made, **files})

    (found,) = svc.judge().findings
    assert (found.rule, found.file, found.line) == (
        *("alembic/drift-structure", "svc/src/app/models.py"),
        12,
    )
    assert found.fix == "op.execute(\"ALTER TYPE mood ADD VALUE 'ok' AFTER 'sad'\")"


def test_a_schema_that_env_py_leaves_out(svc: Migrated) -> None:
    """With all that lies in it; another one is looked at."""
    made = "".join(
        f'    op.execute("CREATE SCHEMA {schema}")\n'
        f"    op.execute(\"CREATE TYPE {schema}.e AS ENUM ('x')\")\n"
        for schema in ("audit", "other")
    )
    names = "include_schemas=True, include_name=lambda name, kind, _: name != 'audit', "
    svc.write({"migrations/versions/a1.py": FIRST.replace("upgrade():\n", f"upgrade():\n{made}")})
    svc.write(
        {"migrations/env.py": env()["migrations/env.py"].replace("target_m", f"{names}target_m")}
    )

    found = svc.judge().findings
    assert sorted(finding.properties["name"] for finding in found) == ["e", "other"]


def test_how_long_each_stage_takes(svc: Migrated, caplog: pytest.LogCaptureFixture) -> None:
    """For whoever asks, beside what the gate says."""
    caplog.set_level(logging.INFO, logger="inseam")

    assert rules(svc.judge()) == []
    told = [record.getMessage().rpartition(": ")[0] for record in caplog.records]
    assert told[:3] == ["svc: chain", "svc: environment", "svc: server"]
    assert "svc: service's process, upgrade" in told
    assert told[-2:] == ["svc: comparison", "svc: safety"]
