"""What policy says of one service: where it is, what it wants, what it promises."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from inseam.findings.model import FindingsDocument

Migrated = Any  # tests/inseam/gates/alembic/conftest.py has the class

ENV = """
from alembic import context
from sqlalchemy import MetaData, create_engine
{more}
metadata = MetaData()
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
    op.execute('''{up}''')

def downgrade():
    {down}
"""
VERSION = (
    """DO $$ BEGIN ASSERT current_setting('server_version_num')::int / 10000 = {major}; END $$"""
)
CITEXT = Path("/usr/share/postgresql")


@pytest.fixture
def svc(migrated: Migrated) -> Migrated:
    """A service whose one revision does what a test says."""
    migrated.settings = {"safety": False, "undeclared": False}
    do(migrated)
    return migrated


def do(svc: Migrated, up: str = "SELECT 1", down: str = "pass", more: str = "") -> None:
    svc.write(
        {
            "migrations/env.py": ENV.format(more=more),
            "migrations/versions/a1.py": FIRST.format(up=up, down=down),
        }
    )


def clean(document: FindingsDocument) -> bool:
    assert document.failures == ()
    return document.findings == ()


def test_the_folder_that_it_is_run_in(svc: Migrated) -> None:
    svc.write({"conf/name.txt": "x"})
    do(svc, more="assert open('name.txt').read() == 'x'")

    assert svc.judge().failures[0].code == "alembic/env-failed"
    assert clean(svc.judge(working_directory="conf"))


def test_another_section_of_the_ini(svc: Migrated) -> None:
    svc.write({"alembic.ini": "[orders]\nscript_location = %(here)s/migrations\n"})

    assert svc.judge().failures[0].code == "alembic/bad-configuration"
    assert clean(svc.judge(section="orders"))


@pytest.mark.parametrize("major", [16, 18])
def test_the_version_of_postgresql(svc: Migrated, major: int) -> None:
    do(svc, VERSION.format(major=major))

    assert clean(svc.judge(postgresql_version=major))


def test_a_version_that_is_not_there(svc: Migrated) -> None:
    (failure,) = svc.judge(postgresql_version=11).failures

    assert failure.code == "alembic/no-server"
    assert "there is no PostgreSQL 11" in failure.message
    assert "postgresql_version" in failure.fix


def test_extensions_that_are_there_before(svc: Migrated) -> None:
    do(svc, "SELECT '[1,2]'::vector")

    assert svc.judge().failures[0].code == "alembic/migration-failed"
    assert clean(svc.judge(extensions=["vector"]))


def test_an_extension_that_only_a_comment_names(svc: Migrated) -> None:
    do(svc, "SELECT 1 -- we do not CREATE EXTENSION here")

    assert clean(svc.judge())


@pytest.mark.skipif(
    not list(CITEXT.glob("*/extension/citext.control")), reason="the system has no PostgreSQL"
)
@pytest.mark.parametrize("named", ["revision", "sql"])
def test_an_extension_that_only_the_system_has(svc: Migrated, named: str) -> None:
    """It is found in revisions, and in the SQL that lies with them."""
    statement = "CREATE EXTENSION IF NOT EXISTS citext"
    if named == "revision":
        do(svc, statement, down="op.execute('DROP EXTENSION citext')")
    else:
        svc.write({"migrations/sql/first.sql": statement})
        read = "import pathlib; op.execute(pathlib.Path('migrations/sql/first.sql').read_text())"
        do(svc, down="op.execute('DROP EXTENSION citext')")
        text = (svc.root / "svc/migrations/versions/a1.py").read_text()
        svc.write({"migrations/versions/a1.py": text.replace("op.execute('''SELECT 1''')", read)})

    assert clean(svc.judge())


def test_a_server_that_policy_names(svc: Migrated, server_url: str) -> None:
    assert clean(svc.judge(server_url=server_url))
    wrong = svc.judge(server_url="postgresql://x@127.0.0.1:9/y")
    assert wrong.failures[0].code == "alembic/server-unreachable"


def test_what_killed_runs_left_on_it(svc: Migrated, server_url: str) -> None:
    """Such databases say until when they can be of use; all others are left alone."""
    over, runs, stranger = "0123456789ab", "ba9876543210", "inseam_of_somebody"
    left = [f"inseam_{kind}_{over}" for kind in ("migrated", "declared", "trip")]
    used = [f"inseam_migrated_{runs}"]
    svc.server.create(*left, *used, stranger, lock_timeout=1000)
    for name in (*left[:2], stranger):
        passed = "inseam: of no use after 2026-01-01 00:00:00+00"
        svc.server.query(f"COMMENT ON DATABASE {name} IS '{passed}'")
    svc.server.query(f"COMMENT ON DATABASE {left[2]} IS NULL")
    try:
        assert clean(svc.judge(server_url=server_url))
        assert svc.databases() == sorted([*used, stranger])
    finally:
        svc.server.drop(*left, *used, stranger)


def test_the_oldest_revision_that_can_be_undone(svc: Migrated) -> None:
    do(svc, "CREATE TABLE x (id int)", down="op.execute('DROP TABLE nonsense')")
    text = FIRST.format(up="SELECT 2", down="pass")
    second = text.replace('"a1"', '"a2"').replace("None", '"a1"')
    svc.write({"migrations/versions/a2.py": second})

    def found(**settings: Any) -> list[str]:
        document = svc.judge(round_trip_all=True, **settings)
        assert document.failures == ()
        return [f.rule for f in document.findings if f.rule != "alembic/drift-structure"]

    assert found() == ["alembic/downgrade-fails"]
    assert found(oldest_reversible="a2") == []


def test_rows_are_there_as_soon_as_the_tables_are(svc: Migrated) -> None:
    """With all revisions on the way, the first finds an empty database."""
    do(svc, "CREATE TABLE x (id int)", down="op.execute('DROP TABLE x')")
    text = FIRST.format(up="UPDATE x SET id = id + 1", down="pass")
    second = text.replace('"a1"', '"a2"').replace("None", '"a1"')
    svc.write({"migrations/versions/a2.py": second, "rows.sql": "INSERT INTO x VALUES (1);"})
    document = svc.judge(round_trip_all=True, seed="rows.sql")
    assert document.failures == ()
    lost = [f for f in document.findings if f.rule == "alembic/data-lost"]
    assert [f.properties["revision"] for f in lost] == ["a2"]

    svc.write({"rows.sql": "INSERT INTO y VALUES (1);"})
    (failure,) = svc.judge(round_trip_all=True, seed="rows.sql").failures
    assert (failure.code, failure.file) == ("alembic/seed-failed", "svc/rows.sql")
    assert 'relation "x" does not exist' not in failure.message
    assert 'rows.sql:1: ERROR:  relation "y" does not exist' in failure.message
    assert str(svc.root) not in failure.message


def test_no_other_server_by_its_socket(svc: Migrated) -> None:
    do(
        svc,
        more="import socket\nlocal = socket.socket(socket.AF_UNIX)\n"
        "local.connect('/var/run/postgresql/.s.PGSQL.5432')",
    )

    (failure,) = svc.judge().failures
    assert failure.code == "alembic/env-unusable"
    assert "/var/run/postgresql/.s.PGSQL.5432 was refused" in failure.message


def test_the_rows_of_the_base(svc: Migrated, tmp_path: Path) -> None:
    """The change fitted its own rows to the column that its revision adds."""
    do(svc, "CREATE TABLE x (id int)", down="op.execute('DROP TABLE x')")
    back = "op.execute('DELETE FROM x; ALTER TABLE x DROP y')"
    added = FIRST.format(up="ALTER TABLE x ADD y int", down=back)
    second = added.replace('"a1"', '"a2"').replace("None", '"a1"')
    base = tmp_path / "base" / "svc"
    shutil.copytree(svc.root / "svc", base)
    (base / "rows.sql").write_text("INSERT INTO x VALUES (1);")
    svc.write({"migrations/versions/a2.py": second, "rows.sql": "INSERT INTO x VALUES (1, 2);"})
    document = svc.judge(seed="rows.sql", base=base.parent)

    assert document.failures == ()
    lost = [f.rule for f in document.findings if f.rule != "alembic/drift-structure"]
    assert lost == ["alembic/data-lost"]


def test_roles_that_a_new_revision_makes(svc: Migrated) -> None:
    """They are the server's, so that the round trip would meet them again."""
    do(svc, 'CREATE ROLE "Reader ß"', down="""op.execute('DROP ROLE "Reader ß"')""")

    assert clean(svc.judge())


def test_a_migration_that_fails_on_rows(svc: Migrated) -> None:
    do(svc, "CREATE TABLE x (id int)", down="op.execute('DROP TABLE x')")
    added = FIRST.format(up="ALTER TABLE x ADD y int NOT NULL", down="pass")
    second = added.replace('"a1"', '"a2"').replace("None", '"a1"')
    svc.write({"migrations/versions/a2.py": second, "rows.sql": "INSERT INTO x VALUES (1);"})

    (failure,) = svc.judge(seed="rows.sql").failures
    assert (failure.code, failure.file) == (
        "alembic/migration-failed",
        "svc/migrations/versions/a2.py",
    )
    assert 'column "y" of relation "x" contains null values' in failure.message
    assert "on the rows of the setting seed" in failure.fix
