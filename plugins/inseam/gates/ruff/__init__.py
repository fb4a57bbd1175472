"""The gate `ruff`: linting and formatting, all services in one process each."""

from __future__ import annotations

from collections.abc import Iterator

from inseam.findings.model import Failure, Finding
from inseam.gates.contract import Gate, Needs, Request, Rule
from inseam.gates.ruff.settings import RuffSettings


def _run(request: Request[RuffSettings]) -> Iterator[Finding | Failure]:
    """Planning and other gates' units need the declaration alone, so the rest is imported here."""
    from inseam.gates.ruff.run import run

    return run(request)


GATE = Gate(
    id="ruff",
    summary="Lints and compares the format of every Python file and notebook.",
    rules=(
        Rule(
            id="ruff/format",
            summary="The file is not as `ruff format` writes it.",
            why="One format ends discussions of style and keeps diffs to what was meant.",
            fix="Run the command that the finding names.",
        ),
    ),
    settings=RuffSettings,
    needs=Needs.SOURCES,
    run=_run,
    tool_rules="https://docs.astral.sh/ruff/rules/{code}",
)
