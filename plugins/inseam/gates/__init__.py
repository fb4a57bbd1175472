"""The gates: one line each."""

from __future__ import annotations

from typing import Any

from inseam.gates.alembic import GATE as ALEMBIC
from inseam.gates.async_blocking import GATE as ASYNC_BLOCKING
from inseam.gates.contract import Gate
from inseam.gates.lockfile import GATE as LOCKFILE
from inseam.gates.mypy import GATE as MYPY
from inseam.gates.pip_audit import GATE as PIP_AUDIT
from inseam.gates.ruff import GATE as RUFF
from inseam.gates.suppressions import GATE as SUPPRESSIONS

GATES: tuple[Gate[Any], ...] = (
    RUFF,
    MYPY,
    ASYNC_BLOCKING,
    SUPPRESSIONS,
    ALEMBIC,
    LOCKFILE,
    PIP_AUDIT,
)
"""Every gate, in the order of reports."""


def gate_by_id(gate: str) -> Gate[Any]:
    """The gate called `gate`.

    Raises:
        KeyError: there is none; its argument lists those that exist.
    """
    for candidate in GATES:
        if candidate.id == gate:
            return candidate
    raise KeyError(f"no gate {gate!r}; there are: {', '.join(g.id for g in GATES)}")
