"""What keeps the gate from judging the catalog: it is said, with its place; nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inseam.findings.model import FindingsDocument
from inseam.gates.scratch import MEMORY, PREFIX

Catalog = Any  # tests/examples/conftest.py has the class

pytestmark = pytest.mark.usefixtures("nothing_is_left")

MODELS = "src/catalog/models.py"
ENV = "migrations/env.py"
VERSIONS = "migrations/versions"
SPANS = f"{VERSIONS}/2026_10_19_7d48f1a6e29c_price_spans.py"
UP = "def upgrade() -> None:\n"
QUICK = {"round_trip": False, "safety": False}
PLUGINS = Path(__file__).parents[2] / "plugins"


def fails(document: FindingsDocument, catalog: Catalog) -> tuple[str, str, str]:
    """The code of the one thing that went wrong, where it did, and what is said of it."""
    assert document.findings == ()
    (failure,) = document.failures
    assert failure.fix
    place = catalog.below(failure.file)
    return (
        failure.code.removeprefix("alembic/"),
        place if failure.line is None else f"{place}:{failure.line}",
        failure.message,
    )


def upgrades(catalog: Catalog, *statements: str) -> None:
    """Let the last revision do something more, before all else."""
    catalog.edit(SPANS, UP, UP + "".join(f"    {statement}\n" for statement in statements))


def test_the_models_cannot_be_imported(catalog: Catalog) -> None:
    catalog.edit(MODELS, "import enum\n", "import enum\nimport nonsense\n")

    code, place, message = fails(catalog.judge(**QUICK), catalog)
    assert (code, place) == ("env-failed", f"{MODELS}:{catalog.line(MODELS, 'import nonsense')}")
    assert "No module named 'nonsense'" in message


@pytest.mark.parametrize(
    ("ending", "code", "says"),
    [
        ("raise SystemExit(0)", "env-failed", "SystemExit: 0"),
        ("__import__('os')._exit(0)", "environment-ended", "exit code 0"),
        ("pass", "env-unusable", "without running the migrations"),
    ],
)
def test_env_py_ends(catalog: Catalog, ending: str, code: str, says: str) -> None:
    catalog.edit(ENV, "    asyncio.run(run_online(database_url))\n", f"    {ending}\n")
    found, place, message = fails(catalog.judge(**QUICK), catalog)

    assert (found, place.partition(":")[0]) == (code, ENV)
    assert says in message


@pytest.mark.parametrize(
    ("statement", "code", "says"),
    [
        ("raise ValueError('broken')", "migration-failed", "ValueError: broken"),
        ("op.execute('SELECT nonsense')", "migration-failed", 'column "nonsense" does not exist'),
        (
            "op.execute('INSERT INTO billing.invoices SELECT * FROM prices')",
            "migration-failed",
            'relation "billing.invoices" does not exist',
        ),
        (
            "op.execute(\"DO $$BEGIN RAISE disk_full USING MESSAGE = 'no space left'; END$$\")",
            "disk-full",
            "no space left",
        ),
    ],
)
def test_a_migration_fails(catalog: Catalog, statement: str, code: str, says: str) -> None:
    """One that needs the schema of another service among them."""
    upgrades(catalog, statement)

    found, place, message = fails(catalog.judge(**QUICK), catalog)
    assert (found, place) == (code, f"{SPANS}:{catalog.line(SPANS, statement)}")
    assert says in message


def test_a_migration_hangs(catalog: Catalog) -> None:
    upgrades(catalog, "import time; time.sleep(60)")

    code, place, message = fails(catalog.judge(**QUICK, migration_seconds=3), catalog)
    assert (code, place) == ("migration-timeout", ENV)
    assert "longer than 3 seconds, in `alembic upgrade heads`" in message


def test_a_migration_waits_for_a_lock(catalog: Catalog) -> None:
    """That a connection of the service's own holds."""
    catalog.edit(
        ENV,
        "        async with engine.connect() as connection:\n",
        "        async with engine.connect() as other, engine.connect() as connection:\n"
        "            await other.exec_driver_sql('SELECT pg_advisory_xact_lock(7)')\n",
    )
    upgrades(catalog, "op.execute('SELECT pg_advisory_xact_lock(7)')")

    line = catalog.line(SPANS, "pg_advisory")
    code, place, _ = fails(catalog.judge(**QUICK, lock_seconds=0.5), catalog)
    assert (code, place) == ("lock-timeout", f"{SPANS}:{line}")


def test_the_server_dies(catalog: Catalog) -> None:
    """One of the catalog's own, as the migration asks for what would change others' servers."""
    upgrades(
        catalog,
        "op.execute('-- ALTER SYSTEM')",
        "op.execute(\"COPY (SELECT 1) TO PROGRAM 'kill -QUIT $(head -1 postmaster.pid)'\")",
        "op.execute('SELECT pg_sleep(5)')",
    )

    assert fails(catalog.judge(**QUICK), catalog)[0] == "server-died"


@pytest.mark.parametrize("by", ["migration", "setting"])
def test_no_server_has_the_extension(catalog: Catalog, by: str) -> None:
    settings: dict[str, Any] = {"extensions": ["of_no_server"]} if by == "setting" else {}
    if by == "migration":
        upgrades(catalog, "op.execute('CREATE EXTENSION IF NOT EXISTS of_no_server')")

    document = catalog.judge(**QUICK, **settings)
    (failure,) = document.failures
    assert (failure.code, document.findings) == ("alembic/missing-extension", ())
    assert "of_no_server" in failure.message
    assert "INSEAM_POSTGRESQL_URL" in failure.fix


def test_there_is_no_alembic(catalog: Catalog) -> None:
    catalog.write("requirements.lock", "# nothing\n")
    lock = f"{catalog.home}/requirements.lock"
    facts = catalog.facts.model_copy(update={"lock": lock, "lock_kind": "requirements"})

    code, place, _ = fails(catalog.judge(facts=facts), catalog)
    assert (code, place) == ("no-alembic", "requirements.lock")


def test_a_chain_of_no_revisions(catalog: Catalog) -> None:
    """Whatever the models describe is missing; without models, nothing is."""
    for path in catalog.path(VERSIONS).glob("*.py"):
        path.unlink()
    document = catalog.judge()
    assert document.failures == ()
    assert {f.rule for f in document.findings} == {"alembic/drift-structure"}
    assert {f.properties["table"] for f in document.findings} >= {"articles", "prices", "tags"}

    catalog.edit(
        ENV, "from catalog.models import Base", "from sqlalchemy.orm import declarative_base"
    )
    catalog.edit(ENV, "\ndef run_offline", "\nBase = declarative_base()\n\n\ndef run_offline")
    assert catalog.judge().findings == ()


def test_names_and_schemas_of_all_kinds(catalog: Catalog) -> None:
    """Not ASCII, schema-qualified, enums native and not: whole, then with one thing missing."""
    catalog.edit(
        MODELS,
        "class Warehouse(Base):",
        'class Größe(Base):\n    __tablename__ = "größen «x»"\n'
        '    __table_args__ = {"schema": "maße"}\n\n'
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        '    länge: Mapped[str] = mapped_column("länge", String(9), server_default="ß")\n'
        "    art: Mapped[str] = mapped_column(\n"
        '        Enum("dünn", "dick", name="größenart", schema="maße"), index=True\n    )\n'
        "    form: Mapped[str] = mapped_column(\n"
        '        Enum("rund", "eckig", name="form", native_enum=False, create_constraint=True)\n'
        "    )\n"
        "\n\nclass Warehouse(Base):",
    )
    catalog.write(
        f"{VERSIONS}/2026_11_20_größen.py",
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        'revision = "größen"\ndown_revision = "7d48f1a6e29c"\n\n\n'
        "def upgrade() -> None:\n"
        "    op.execute('CREATE SCHEMA \"maße\"')\n"
        "    op.create_table(\n"
        '        "größen «x»",\n'
        '        sa.Column("id", sa.Integer(), nullable=False),\n'
        '        sa.Column("länge", sa.String(9), server_default="ß", nullable=False),\n'
        '        sa.Column("art", sa.Enum("dünn", "dick", name="größenart", schema="maße"), '
        "nullable=False),\n"
        '        sa.Column("form", sa.String(5), nullable=False),\n'
        '        sa.PrimaryKeyConstraint("id"),\n'
        "        sa.CheckConstraint(\"form IN ('rund', 'eckig')\", name=\"form\"),\n"
        '        schema="maße",\n    )\n'
        '    op.create_index("ix_größen «x»_art", "größen «x»", ["art"], schema="maße")\n\n\n'
        "def downgrade() -> None:\n"
        '    op.drop_table("größen «x»", schema="maße")\n'
        '    op.execute(\'DROP TYPE "maße"."größenart"\')\n'
        "    op.execute('DROP SCHEMA \"maße\"')\n",
    )
    document = catalog.judge(safety=False)
    assert (document.failures, document.findings) == ((), ())

    catalog.edit(MODELS, '"länge", String(9)', '"länge", String(8)')
    (finding,) = catalog.judge(**QUICK).findings
    assert "the column maße.größen «x».länge differs in its type" in finding.message
    assert (catalog.below(finding.file), finding.line) == (MODELS, catalog.line(MODELS, "länge"))


def test_two_services_at_once(catalog_in: Callable[[str], Catalog]) -> None:
    """On one server; one of them is broken, and only that one is told so."""
    whole, broken = catalog_in("whole"), catalog_in("broken")
    broken.edit(MODELS, '"minor >= 0"', '"minor > 0"')
    said: dict[str, FindingsDocument] = {}

    def judge(name: str, catalog: Catalog) -> None:
        said[name] = catalog.judge(safety=False)

    threads = [
        threading.Thread(target=judge, args=each) for each in (("whole", whole), ("broken", broken))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: len(document.findings) for name, document in said.items()} == {
        "whole": 0,
        "broken": 1,
    }
    assert [document.failures for document in said.values()] == [(), ()]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_run_is_ended_from_outside(
    catalog: Catalog, left_by: Callable[[int], list[str]], tmp_path: Path, number: signal.Signals
) -> None:
    """With a server of its own, in the middle of a migration."""
    mark = tmp_path / "mark"
    upgrades(
        catalog,
        "op.execute('-- ALTER SYSTEM')",
        f"import pathlib; pathlib.Path({str(mark)!r}).touch()",
        "op.execute('SELECT pg_sleep(60)')",
    )
    run = subprocess.Popen(
        [
            *(sys.executable, "-m", "inseam", "gate", "alembic", "--root", str(catalog.root)),
            *("--service", catalog.home, "--cache", str(catalog.cache)),
        ],
        env={**os.environ, "PYTHONPATH": str(PLUGINS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert until(mark.exists)
    assert len(left_by(run.pid)) > 2  # its server, its folder, its process
    run.send_signal(number)
    run.communicate(timeout=30)
    folders = list(MEMORY.glob(f"{PREFIX}alembic-{run.pid}-*"))

    assert run.returncode == (130 if number is signal.SIGINT else -number)
    if number is not signal.SIGKILL:
        assert folders == []  # and not because another run on this machine came by
    else:  # the scratch folder goes with the next run
        assert until(lambda: not [each for each in left_by(run.pid) if "alembic" not in each])
        catalog.judge(**QUICK, migration_seconds=0.01)
    assert until(lambda: left_by(run.pid) == [])


def until(condition: Callable[[], bool]) -> bool:
    """Whether something comes true within a minute."""
    limit = time.monotonic() + 60
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True
