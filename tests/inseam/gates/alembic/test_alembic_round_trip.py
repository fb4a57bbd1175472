"""New revisions go up, down and up again; what they execute is looked at by squawk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inseam.findings.model import FindingsDocument, Severity
from inseam.gates.alembic.chain.graph import build_chain
from inseam.gates.alembic.chain.model import Body, Revision
from inseam.gates.alembic.trip.itinerary import plan_trips

Migrated = Any  # tests/inseam/gates/alembic/conftest.py has the class

MODELS = """
from sqlalchemy import Column, Enum, Integer, MetaData, String, Table

metadata = MetaData()
Table("users", metadata, Column("id", Integer, primary_key=True), Column("name", String(9)),
      Column("mood", Enum("sad", "ok", name="mood")))
"""
ENV = """
from alembic import context
from sqlalchemy import create_engine
from app.models import metadata

with create_engine("postgresql+psycopg://").connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
FIRST = """
from alembic import op
revision = "a1"
down_revision = None

def upgrade():
    op.execute("CREATE TABLE users (id serial PRIMARY KEY, name varchar(9))")

def downgrade():
    op.execute("DROP TABLE users")
"""
SECOND = """
from alembic import op
revision = "a2"
down_revision = "a1"

def upgrade():
    op.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    op.execute("ALTER TABLE users ADD COLUMN mood mood")

def downgrade():
    op.execute("ALTER TABLE users DROP COLUMN mood")
    op.execute("DROP TYPE mood")
"""


@pytest.fixture
def svc(migrated: Migrated) -> Migrated:
    """A service with two revisions, the second of them new."""
    migrated.write(
        {
            "src/app/models.py": MODELS,
            "migrations/env.py": ENV,
            "migrations/versions/a1.py": FIRST,
            "migrations/versions/a2.py": SECOND,
        }
    )
    return migrated


def told(document: FindingsDocument) -> list[tuple[str, str]]:
    """Rule and message of all but squawk's findings."""
    assert document.failures == ()
    return [
        (finding.rule.removeprefix("alembic/"), finding.message)
        for finding in document.findings
        if finding.rule != "alembic/unsafe-migration"
    ]


def edit(svc: Migrated, old: str, new: str) -> None:
    svc.write({"migrations/versions/a2.py": SECOND.replace(old, new)})


def test_a_round_trip_that_leaves_all_as_it_was(svc: Migrated) -> None:
    assert told(svc.judge(round_trip_all=True)) == []


def test_a_type_that_is_left(svc: Migrated) -> None:
    edit(svc, '    op.execute("DROP TYPE mood")\n', "")

    ((rule, message), (second, again)) = sorted(told(svc.judge()))
    assert (rule, second) == ("downgrade-differs", "upgrade-again-fails")
    assert message == "the revision a2: the enum mood is left"
    assert "already exists" in again


def test_a_downgrade_that_fails(svc: Migrated) -> None:
    edit(svc, "DROP COLUMN mood", "DROP COLUMN nonsense")

    ((rule, message),) = told(svc.judge())
    assert rule == "downgrade-fails"
    assert "nonsense" in message


def test_a_table_that_is_left(svc: Migrated) -> None:
    body = (
        'if_not = \' IF NOT EXISTS\'\n    op.execute("CREATE TABLE" + if_not + " log (id int)")\n'
    )
    edit(svc, "def upgrade():\n", f"def upgrade():\n    {body}")
    found = sorted(rule for rule, _ in told(svc.judge()))
    assert found == ["downgrade-differs", "drift-structure"]


def test_it_may_be_switched_off(svc: Migrated) -> None:
    edit(svc, '    op.execute("DROP TYPE mood")\n', "")

    assert told(svc.judge(round_trip=False)) == []


def test_one_that_says_there_is_no_way_back(svc: Migrated) -> None:
    edit(svc, "def downgrade():\n", "def downgrade():\n    raise NotImplementedError\n\ndef x():\n")

    assert told(svc.judge()) == []


def test_rows_survive_it(svc: Migrated) -> None:
    svc.write({"seed.sql": "INSERT INTO users (name) VALUES ('Ada');\n"})
    assert told(svc.judge(seed="seed.sql")) == []

    loses = '    op.execute("UPDATE users SET name = NULL")\n'
    edit(svc, "def upgrade():\n", f"def upgrade():\n{loses}")
    ((rule, message),) = told(svc.judge(seed="seed.sql"))
    assert (rule, "public.users" in message) == ("data-lost", True)


def test_what_the_base_has_is_not_new(svc: Migrated, tmp_path: Path) -> None:
    edit(svc, '    op.execute("DROP TYPE mood")\n', "")
    base = tmp_path / "base"
    (base / "svc" / "migrations" / "versions").mkdir(parents=True)
    for name in ("alembic.ini", "migrations/versions/a1.py", "migrations/versions/a2.py"):
        (base / "svc" / name).write_text((svc.root / "svc" / name).read_text())
    assert told(svc.judge(base=base)) == []

    (base / "svc" / "migrations" / "versions" / "a2.py").unlink()
    assert len(told(svc.judge(base=base))) == 2


def test_unsafe_statements(svc: Migrated) -> None:
    edit(svc, "ADD COLUMN mood mood", "ADD COLUMN mood mood, ALTER COLUMN name TYPE varchar(9)")

    found = [f for f in svc.judge().findings if f.rule == "alembic/unsafe-migration"]
    assert [(f.severity, f.properties["squawk"]) for f in found] == [
        (Severity.ERROR, "changing-column-type")
    ]
    assert found[0].file == "svc/migrations/versions/a2.py"
    assert "ALTER TABLE users ADD COLUMN mood" in found[0].message
    off = svc.judge(safety_off=["changing-column-type"], safety=True)
    assert "changing-column-type" not in {f.properties.get("squawk") for f in off.findings}
    assert svc.judge(safety=False).findings == ()


def test_a_rule_that_squawk_does_not_know_is_a_failure(svc: Migrated) -> None:
    (failure,) = svc.judge(safety_off=["no-such-rule"]).failures
    assert failure.code == "alembic/tool-failed"


def revision(id: str, *down: str, body: Body = Body.WORKS) -> Revision:
    return Revision(
        file=f"{id}.py",
        line=1,
        id=id,
        down=down,
        down_line=1,
        depends_on=(),
        labels=(),
        upgrade=Body.WORKS,
        downgrade=body,
        downgrade_line=1,
    )


@pytest.mark.parametrize(
    ("revisions", "chosen", "oldest", "before", "trips"),
    [
        ([("a",), ("b", "a"), ("c", "b")], "c", None, ["b"], ["c>b"]),
        ([("a",), ("b", "a"), ("c", "b")], "abc", None, [], ["a>base", "b>a", "c>b"]),
        ([("a",), ("b", "a"), ("c", "b")], "abc", "b", ["a"], ["b>a", "c>b"]),
        ([("a",), ("b", "a"), ("c", "b")], "b", None, ["a"], ["b>a", "c-"]),
        ([("a",), ("b", "a"), ("c", "a"), ("d", "b", "c")], "d", None, ["b", "c"], ["d>b"]),
        ([("a",), ("b", "a"), ("c", "a"), ("d", "b", "c")], "c", None, ["b"], ["c-", "d-"]),
        ([("a",), ("b",)], "b", None, ["a"], ["b-"]),
        ([("a",)], "", None, [], []),
    ],
)
def test_the_itinerary(
    revisions: list[tuple[str, ...]],
    chosen: str,
    oldest: str | None,
    before: list[str],
    trips: list[str],
) -> None:
    chain = build_chain(revision(*each) for each in revisions)
    plan = plan_trips(chain, set(chosen), oldest=oldest)

    assert list(plan.before) == before
    assert [
        f"{trip.revision.id}>{trip.back}" if trip.reversible else f"{trip.revision.id}-"
        for trip in plan.trips
    ] == trips
