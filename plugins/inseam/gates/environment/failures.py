"""What went wrong with a service's environment, as a gate reports it."""

from __future__ import annotations

from inseam.findings.model import Failure
from inseam.gates.contract import GateError
from inseam.gates.environment.lock import LockError


def failure(error: GateError, *, gate: str, service: str) -> Failure:
    """What went wrong for one service, as a failure of `gate`."""
    return Failure(
        gate=gate,
        code=f"{gate}/{error.code}",
        service=service,
        file=error.file,
        line=error.line if isinstance(error, LockError) else None,
        message=error.message,
        fix=error.fix,
    )
