"""Waivers of findings: what they hold for, and what is said of those that do not."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pytest

from inseam.findings.model import Finding, Severity
from inseam.planning.model import PlannedGate
from inseam.policy.modes import ModeLabel
from inseam.verdict.judge import judge
from inseam.verdict.model import Disposition, Outcome, Verdict

if TYPE_CHECKING:
    from tests.inseam.conftest import Make


def verdict_of(
    make: type[Make], gate: PlannedGate, *findings: Finding, has_base: bool = False
) -> Verdict:
    plan = make.plan(gate, has_base=has_base)
    return judge(plan, [make.document(findings=findings)], {}, {} if has_base else None)


def test_a_waived_finding_does_not_fail(make: type[Make]) -> None:
    verdict = verdict_of(make, make.gate(waivers=(make.waiver(),)), make.finding())
    (judged,) = verdict.findings
    assert (judged.disposition, judged.waiver) == (Disposition.WAIVED, "W-1")
    assert (verdict.outcome, verdict.errors, verdict.notices) == (Outcome.PASS, (), ())


def test_the_others_still_do(make: type[Make]) -> None:
    gate = make.gate(waivers=(make.waiver(),))
    verdict = verdict_of(make, gate, make.finding(), make.finding("ruff/B006"))
    assert verdict.cells[0].counts == {Disposition.FAILS: 1, Disposition.WAIVED: 1}
    assert verdict.outcome is Outcome.VIOLATION


@pytest.mark.parametrize("mode", ["audit", "warn", "ratchet", "enforce"])
def test_a_waiver_holds_in_every_mode(make: type[Make], mode: ModeLabel) -> None:
    gate = make.gate(mode=mode, waivers=(make.waiver(),))
    verdict = verdict_of(make, gate, make.finding())
    assert [judged.disposition for judged in verdict.findings] == [Disposition.WAIVED]
    assert verdict.outcome is Outcome.PASS


def test_a_waiver_that_matches_nothing_is_a_violation(make: type[Make]) -> None:
    verdict = verdict_of(make, make.gate(waivers=(make.waiver(line=14, column=5),)))
    (error,) = verdict.errors
    assert str(error) == (
        "policies/services/billing.yaml:14:5: policy/waiver-unused: W-1 matched nothing\n"
        "  fix: delete it"
    )
    assert verdict.cells[0].violations == verdict.errors
    assert (verdict.cells[0].outcome, verdict.outcome) == (Outcome.VIOLATION, Outcome.VIOLATION)


def test_unless_the_gate_did_not_look_at_everything(make: type[Make]) -> None:
    plan = make.plan(make.gate(waivers=(make.waiver(),)))
    for documents in ([], [make.document(failures=[make.failure()])]):
        verdict = judge(plan, documents, {})
        assert (verdict.errors, verdict.outcome) == ((), Outcome.COULD_NOT_RUN)


def test_a_waiver_of_a_warning_is_used(make: type[Make]) -> None:
    gate = make.gate(waivers=(make.waiver(),))
    verdict = verdict_of(make, gate, make.finding(severity=Severity.WARNING))
    assert verdict.cells[0].counts == {Disposition.WAIVED: 1}
    assert verdict.outcome is Outcome.PASS


def test_of_two_that_match_both_are_used_and_the_longer_is_named(make: type[Make]) -> None:
    waivers = (
        make.waiver("W-1", expires=datetime.date(2026, 12, 1)),
        make.waiver("W-2", match={"path": "**"}, expires=datetime.date(2026, 12, 2)),
    )
    verdict = verdict_of(make, make.gate(waivers=waivers), make.finding())
    assert (verdict.findings[0].waiver, verdict.errors) == ("W-2", ())


def test_an_expired_waiver_counts_no_more_and_says_what_it_covered(make: type[Make]) -> None:
    waiver = make.waiver(state="expired", expires=datetime.date(2026, 11, 19))
    told_by_plan = make.message("policy/waiver-expired", line=waiver.line)
    kept = make.message("policy/waiver-expired", line=77)
    plan = make.plan(make.gate(waivers=(waiver,)), notices=(told_by_plan, kept))
    findings = [make.finding(), make.finding(key="import re"), make.finding("ruff/B006")]
    verdict = judge(plan, [make.document(findings=findings)], {})
    assert verdict.outcome is Outcome.VIOLATION
    assert verdict.errors == ()
    assert [notice.message for notice in verdict.notices] == [
        "W-1 expired 2026-11-19 (owner @acme/payments); 2 ruff findings count again",
        kept.message,
    ]


def test_an_expired_waiver_without_a_finding_is_a_notice_too(make: type[Make]) -> None:
    verdict = verdict_of(make, make.gate(waivers=(make.waiver(state="expired"),)))
    assert verdict.outcome is Outcome.PASS
    assert "0 ruff findings count again" in verdict.notices[0].message


def test_an_expired_waiver_of_a_mode_says_so(make: type[Make]) -> None:
    gate = make.gate(waivers=(make.waiver(to="warn", state="expired"),))
    assert "it takes ruff to warn no longer" in verdict_of(make, gate).notices[0].message


def test_what_another_waiver_covers_does_not_count_again(make: type[Make]) -> None:
    gate = make.gate(waivers=(make.waiver(state="expired"), make.waiver("W-2")))
    assert "0 ruff findings" in verdict_of(make, gate, make.finding()).notices[0].message


def test_a_pending_waiver_neither_holds_nor_is_unused(make: type[Make]) -> None:
    gate = make.gate(waivers=(make.waiver(state="pending"),))
    verdict = verdict_of(make, gate, make.finding())
    assert (verdict.outcome, verdict.errors, verdict.notices) == (Outcome.VIOLATION, (), ())


def test_on_a_pull_request_both_sides_have_to_waive(make: type[Make]) -> None:
    both = make.gate(waivers=(make.waiver(),), base_waivers=(make.waiver("W-0"),))
    verdict = verdict_of(make, both, make.finding(), has_base=True)
    assert (verdict.outcome, verdict.findings[0].waiver) == (Outcome.PASS, "W-1")


@pytest.mark.parametrize("base_state", ["absent", "expired", "pending", "other", "unknown"])
def test_a_waiver_that_the_base_does_not_have_counts_once_merged(
    make: type[Make], base_state: str
) -> None:
    base = {
        "absent": (),
        "expired": (make.waiver(state="expired"),),
        "pending": (make.waiver(state="pending"),),
        "other": (make.waiver(match={"rule": "ruff/B006"}),),
        "unknown": None,
    }[base_state]
    gate = make.gate(waivers=(make.waiver(),), base_waivers=base)
    verdict = verdict_of(make, gate, make.finding(), has_base=True)
    assert verdict.outcome is Outcome.VIOLATION
    assert [(n.code, n.message) for n in verdict.notices] == [
        ("policy/waiver-unmerged", "W-1 matches 1 ruff finding that the base branch does not waive")
    ]
    assert verdict.errors == (), "it matches something: it is not unused"


def test_a_waiver_that_the_change_deletes_holds_no_more(make: type[Make]) -> None:
    gate = make.gate(base_waivers=(make.waiver(),))
    verdict = verdict_of(make, gate, make.finding(), has_base=True)
    assert (verdict.outcome, verdict.notices) == (Outcome.VIOLATION, ())
