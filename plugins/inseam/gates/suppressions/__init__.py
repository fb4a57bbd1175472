"""The gate `suppressions`: a census of what silences the other gates."""

from __future__ import annotations

from inseam.gates.contract import Gate, Needs
from inseam.gates.suppressions.rules import GATE as GATE_ID
from inseam.gates.suppressions.rules import RULES
from inseam.gates.suppressions.run import run
from inseam.gates.suppressions.settings import SuppressionsSettings

GATE = Gate(
    id=GATE_ID,
    summary="Counts what silences gates: comments, BUILD fields, configuration.",
    rules=RULES,
    settings=SuppressionsSettings,
    needs=Needs.SOURCES,
    run=run,
)
