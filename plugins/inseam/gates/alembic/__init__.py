"""The gate `alembic`: no model change without its migration, and a chain that holds."""

from __future__ import annotations

from collections.abc import Iterator

from inseam.findings.model import Failure, Finding
from inseam.gates.alembic.rules import GATE as _ID
from inseam.gates.alembic.rules import RULES
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.contract import FileKind, Gate, Needs, Request


def _run(request: Request[AlembicSettings]) -> Iterator[Finding | Failure]:
    """Planning and other gates' units need the declaration alone, so the rest is imported here."""
    from inseam.gates.alembic.run import run

    return run(request)


GATE = Gate(
    id=_ID,
    summary="Migrates a real PostgreSQL and compares what that builds with the models.",
    rules=RULES,
    settings=AlembicSettings,
    needs=Needs.ENVIRONMENT,
    run=_run,
    reads_base=True,
    reads_tip=True,
    # Whatever the target branch does to models or dependencies runs nothing again.
    base_files=(
        FileKind(suffix=".py", containing="revision"),
        FileKind(suffix=".ini", containing="script_location"),
        FileKind(suffix=".toml", containing="script_location"),
        FileKind(suffix=".sql"),  # what fills the tables before new revisions
    ),
)
