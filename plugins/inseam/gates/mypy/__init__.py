"""The gate `mypy`: each service, strictly, in its own locked environment."""

from __future__ import annotations

from collections.abc import Iterator

from inseam.findings.model import Failure, Finding
from inseam.gates.contract import Gate, Needs, Request
from inseam.gates.mypy.hints import HELP
from inseam.gates.mypy.settings import MypySettings


def _run(request: Request[MypySettings]) -> Iterator[Finding | Failure]:
    """Planning and other gates' units need the declaration alone, so the rest is imported here."""
    from inseam.gates.mypy.run import run

    return run(request)


GATE = Gate(
    id="mypy",
    summary="Type-checks every Python file strictly, in the service's own locked environment.",
    rules=(),
    settings=MypySettings,
    needs=Needs.ENVIRONMENT,
    run=_run,
    tool_rules=HELP,
)
