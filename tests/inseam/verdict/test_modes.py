"""What findings do under each mode, by their severity, and what `to` waivers make of it."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import pytest

from inseam.findings.model import Severity
from inseam.planning.model import PlannedGate, PlannedWaiver, Step
from inseam.policy.modes import ModeLabel
from inseam.verdict.judge import judge
from inseam.verdict.model import Cell, Outcome

if TYPE_CHECKING:
    from tests.inseam.conftest import Make


@pytest.mark.parametrize(
    ("mode", "severity", "disposition", "outcome"),
    [
        ("audit", "error", "recorded", "pass"),
        ("audit", "warning", "recorded", "pass"),
        ("audit", "info", "recorded", "pass"),
        ("warn", "error", "shown", "pass"),
        ("warn", "warning", "shown", "pass"),
        ("warn", "info", "recorded", "pass"),
        ("ratchet", "error", "fails", "violation"),
        ("ratchet", "warning", "shown", "pass"),
        ("ratchet", "info", "recorded", "pass"),
        ("enforce", "error", "fails", "violation"),
        ("enforce", "warning", "shown", "pass"),
        ("enforce", "info", "recorded", "pass"),
    ],
)
def test_modes_and_severities(
    make: type[Make], mode: ModeLabel, severity: str, disposition: str, outcome: str
) -> None:
    finding = make.finding(severity=Severity(severity))
    verdict = judge(make.plan(make.gate(mode=mode)), [make.document(findings=[finding])], {})
    assert [judged.disposition for judged in verdict.findings] == [disposition]
    assert verdict.cells[0].counts == {disposition: 1}
    assert verdict.outcome == outcome


def test_a_cell_says_what_comes_next(make: type[Make]) -> None:
    step = Step(mode="enforce", date=datetime.date(2027, 1, 15))
    verdict = judge(make.plan(make.gate(next=step)), [make.document()], {})
    assert verdict.cells[0].next == step


def cell(make: type[Make], gate: PlannedGate, *, has_base: bool = False) -> tuple[Cell, list[str]]:
    """The cell under one failing finding, and the codes of errors and notices."""
    plan = make.plan(gate, has_base=has_base)
    document = make.document(findings=[make.finding()])
    verdict = judge(plan, [document], {}, {} if has_base else None)
    return verdict.cells[0], [message.code for message in (*verdict.errors, *verdict.notices)]


def to(make: type[Make], mode: str, id: str = "W-1", **fields: Any) -> PlannedWaiver:
    return make.waiver(id, to=mode, **fields)


def test_a_waiver_makes_a_mode_milder(make: type[Make]) -> None:
    judged, codes = cell(make, make.gate(waivers=(to(make, "warn"),)))
    assert (judged.mode, judged.waived_from, judged.waiver) == ("warn", "enforce", "W-1")
    assert (judged.outcome, judged.counts, codes) == (Outcome.PASS, {"shown": 1}, [])


@pytest.mark.parametrize("state", ["pending", "expired"])
def test_only_an_active_waiver_does(make: type[Make], state: str) -> None:
    judged, codes = cell(make, make.gate(waivers=(to(make, "warn", state=state),)))
    assert (judged.mode, judged.waived_from, judged.waiver) == ("enforce", None, None)
    assert judged.outcome is Outcome.VIOLATION
    assert codes == (["policy/waiver-expired"] if state == "expired" else [])


def test_a_waiver_never_makes_a_mode_stricter(make: type[Make]) -> None:
    judged, codes = cell(make, make.gate(mode="audit", waivers=(to(make, "enforce"),)))
    assert judged.mode == "audit"
    assert codes == ["policy/waiver-unused"]


def test_a_waiver_to_the_mode_that_holds_anyhow_is_unused(make: type[Make]) -> None:
    judged, codes = cell(make, make.gate(mode="warn", waivers=(to(make, "warn"),)))
    assert (judged.mode, judged.waiver, judged.outcome) == ("warn", None, Outcome.VIOLATION)
    assert codes == ["policy/waiver-unused"]
    assert "in mode warn without it" in judged.violations[0].message


def test_the_mildest_waiver_wins_then_the_longest(make: type[Make]) -> None:
    waivers = (
        to(make, "warn", "W-1"),
        to(make, "audit", "W-2", expires=datetime.date(2026, 12, 1)),
        to(make, "audit", "W-3", expires=datetime.date(2026, 12, 2)),
    )
    judged, codes = cell(make, make.gate(waivers=waivers))
    assert (judged.mode, judged.waiver, codes) == ("audit", "W-3", [])


def test_a_gate_waived_as_not_applicable_need_not_run(make: type[Make]) -> None:
    gate = make.gate(waivers=(to(make, "not-applicable", reason="a tool, not a service"),))
    for documents in ([], [make.document(findings=[make.finding()], failures=[make.failure()])]):
        verdict = judge(make.plan(gate), documents, {})
        judged = verdict.cells[0]
        assert (judged.applies, judged.waiver, judged.reason) == (
            False,
            "W-1",
            "a tool, not a service",
        )
        assert (verdict.outcome, verdict.findings) == (Outcome.PASS, ())


def test_on_a_pull_request_the_stricter_side_holds(make: type[Make]) -> None:
    for base, mode, outcome in (
        ((to(make, "audit"),), "warn", "pass"),
        ((to(make, "ratchet"),), "ratchet", "violation"),
        ((), "enforce", "violation"),
        ((to(make, "warn", state="expired"),), "enforce", "violation"),
        (None, "enforce", "violation"),
    ):
        gate = make.gate(waivers=(to(make, "warn"),), base_waivers=base)
        judged, codes = cell(make, gate, has_base=True)
        assert (judged.mode, judged.outcome) == (mode, outcome)
        assert ("policy/waiver-unmerged" in codes) is (mode != "warn")


def test_a_waiver_that_only_the_base_has_is_gone(make: type[Make]) -> None:
    judged, codes = cell(make, make.gate(base_waivers=(to(make, "warn"),)), has_base=True)
    assert (judged.mode, judged.outcome, codes) == ("enforce", Outcome.VIOLATION, [])


def test_not_applicable_on_one_side_only_still_runs(make: type[Make]) -> None:
    gate = make.gate(waivers=(to(make, "not-applicable"),), base_waivers=())
    plan = make.plan(gate, has_base=True)
    assert judge(plan, [], {}, {}).outcome is Outcome.COULD_NOT_RUN


def test_half_a_comparison_is_refused(make: type[Make]) -> None:
    for plan, base in ((make.plan(has_base=True), None), (make.plan(), {})):
        with pytest.raises(ValueError, match="together"):
            judge(plan, [], {}, base)
