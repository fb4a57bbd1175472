"""The gates: one line each.

Each is a package called like it, imported when it is asked for: one gate's unit needs no other.
"""

from __future__ import annotations

import importlib
from typing import Any

from inseam.gates.contract import Gate

GATE_IDS: tuple[str, ...] = (
    "ruff",
    "mypy",
    "async-blocking",
    "suppressions",
    "alembic",
    "lockfile",
    "pip-audit",
)
"""Every gate, in the order of reports."""

GATES: tuple[Gate[Any], ...]
"""The same as declarations."""


def gate_by_id(gate: str) -> Gate[Any]:
    """The gate called `gate`.

    Raises:
        KeyError: there is none; its argument lists those that exist.
    """
    if gate not in GATE_IDS:
        raise KeyError(f"no gate {gate!r}; there are: {', '.join(GATE_IDS)}")
    found: Gate[Any] = importlib.import_module(f"{__name__}.{gate.replace('-', '_')}").GATE
    return found


def __getattr__(name: str) -> object:
    if name != "GATES":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals().setdefault(name, tuple(map(gate_by_id, GATE_IDS)))
