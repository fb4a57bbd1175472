"""The gate `suppressions`: a census of what silences the other gates."""

from __future__ import annotations

from collections.abc import Iterator

from inseam.findings.model import Failure, Finding
from inseam.gates.contract import Gate, Needs, Request
from inseam.gates.suppressions.rules import GATE as GATE_ID
from inseam.gates.suppressions.rules import RULES
from inseam.gates.suppressions.settings import SuppressionsSettings


def _run(request: Request[SuppressionsSettings]) -> Iterator[Finding | Failure]:
    """Planning and other gates' units need the declaration alone, so the rest is imported here."""
    from inseam.gates.suppressions.run import run

    return run(request)


GATE = Gate(
    id=GATE_ID,
    summary="Counts what silences gates: comments, BUILD fields, configuration.",
    rules=RULES,
    settings=SuppressionsSettings,
    needs=Needs.SOURCES,
    run=_run,
)
