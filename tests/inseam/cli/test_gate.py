"""`inseam gate` ends as a verdict on the gate alone would."""

from __future__ import annotations

import datetime

import pytest

from inseam.cli.gate import exit_code
from inseam.findings.model import Failure, Finding, FindingsDocument, Severity
from inseam.gates.contract import ServiceFacts
from inseam.planning.model import Plan, PlannedGate, PlannedService
from inseam.verdict.judge import judge

FAILURE = Failure(
    gate="ruff", code="ruff/syntax-error", service="one", message="it does not parse", fix="mend it"
)


@pytest.mark.parametrize("failures", [(), (FAILURE,)])
@pytest.mark.parametrize(
    "severities",
    [(), ("info",), ("warning",), ("error",), ("warning", "error"), ("info", "warning")],
)
def test_the_exit_code_is_that_of_a_verdict(
    severities: tuple[str, ...], failures: tuple[Failure, ...]
) -> None:
    findings = tuple(
        Finding(
            rule="ruff/E501",
            service="one",
            file="a.py",
            line=line,
            message="the line is too long",
            fix="break it",
            severity=Severity(severity),
            key=f"line {line}",
        )
        for line, severity in enumerate(severities, 1)
    )
    document = FindingsDocument(
        gate="ruff", services=("one",), findings=findings, failures=failures
    )
    service = PlannedService(
        facts=ServiceFacts(name="one", root="."),
        owner=None,
        policy_file=None,
        gates=(
            PlannedGate(gate="ruff", applies=True, mode="enforce", settings={}, baseline="none"),
        ),
    )
    plan = Plan(as_of=datetime.date(2026, 11, 30), services=(service,))

    assert exit_code(document) == judge(plan, [document], {}).exit_code
