"""The gate `pip-audit`: locked packages with known vulnerabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inseam.findings.model import Failure, Finding
from inseam.gates.contract import Gate, Needs, Request
from inseam.gates.pip_audit.rules import GATE as GATE_ID
from inseam.gates.pip_audit.rules import RULES
from inseam.gates.pip_audit.settings import PipAuditSettings


def _run(request: Request[PipAuditSettings]) -> Iterator[Finding | Failure]:
    """Planning and other gates' units need the declaration alone, so the rest is imported here."""
    from inseam.gates.pip_audit.run import run

    return run(request)


def _inputs(settings: PipAuditSettings) -> Sequence[str]:
    return [pin.path for pin in settings.pins()]


def _reads_date(settings: PipAuditSettings) -> bool:
    return bool(settings.snapshots)  # whose age counts


def _together(settings: PipAuditSettings) -> bool:
    return True  # what many of them lock is asked about once


GATE = Gate(
    id=GATE_ID,
    summary="Locked packages with known vulnerabilities, by a pinned snapshot of advisories.",
    rules=RULES,
    settings=PipAuditSettings,
    needs=Needs.LOCKFILE,
    run=_run,
    reads_date=_reads_date,
    inputs=_inputs,
    together=_together,
    can_be_live=True,
)
