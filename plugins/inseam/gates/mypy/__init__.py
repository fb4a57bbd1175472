"""The gate `mypy`: each service, strictly, in its own locked environment."""

from __future__ import annotations

from inseam.gates.contract import Gate, Needs
from inseam.gates.mypy.messages import HELP
from inseam.gates.mypy.run import run
from inseam.gates.mypy.settings import MypySettings

GATE = Gate(
    id="mypy",
    summary="Type-checks every Python file strictly, in the service's own locked environment.",
    rules=(),
    settings=MypySettings,
    needs=Needs.ENVIRONMENT,
    run=run,
    tool_rules=HELP,
)
