"""A service's locked environment, and those of the tools that look at it.

What a gate that needs the environment has to know: `EnvironmentSettings` for its settings, a
`Workshop` for the environments, `failure` for what went wrong, and `exclusive` and `remove_unused`
for a cache of its own. Nothing is ever installed but what a lock names; see docs/environments.md.
"""

from __future__ import annotations

from inseam.findings.model import Failure
from inseam.gates.contract import GateError
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.filelock import exclusive
from inseam.gates.environment.lock import LockError
from inseam.gates.environment.settings import EnvironmentSettings
from inseam.gates.environment.store import Environment, remove_unused
from inseam.gates.environment.workshop import Prepared, Workshop

__all__ = [
    "Deadline",
    "Environment",
    "EnvironmentSettings",
    "LockError",
    "Prepared",
    "Workshop",
    "exclusive",
    "failure",
    "remove_unused",
]


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
