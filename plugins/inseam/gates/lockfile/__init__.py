"""The gate `lockfile`: a lock is what its project asks for, and what policy allows."""

from __future__ import annotations

from collections.abc import Iterator

from inseam.findings.model import Failure, Finding
from inseam.gates.contract import FileKind, Gate, Needs, Request
from inseam.gates.lockfile.rules import GATE as _ID
from inseam.gates.lockfile.rules import RULES
from inseam.gates.lockfile.settings import LockfileSettings


def _run(request: Request[LockfileSettings]) -> Iterator[Finding | Failure]:
    """Planning and other gates' units need the declaration alone, so the rest is imported here."""
    from inseam.gates.lockfile.run import run

    return run(request)


def _judges_age(settings: LockfileSettings) -> bool:
    return settings.minimum_age_days > 0


def _compares_services(settings: LockfileSettings) -> bool:
    return settings.same_versions


GATE = Gate(
    id=_ID,
    summary="Compares locks with what their projects ask for, and holds them to policy.",
    rules=RULES,
    settings=LockfileSettings,
    needs=Needs.LOCKFILE,
    run=_run,
    reads_base=True,
    base_files=(FileKind(suffix=".lock"), FileKind(suffix=".toml"), FileKind(suffix=".txt")),
    reads_date=_judges_age,
    together=_compares_services,
)
