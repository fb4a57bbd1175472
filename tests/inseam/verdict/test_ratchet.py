"""Ratchets: old findings are tolerated, new ones fail, the baseline only shrinks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inseam.findings.baseline import render
from inseam.findings.model import Finding, Severity
from inseam.planning.model import BurnDown, PlannedGate
from inseam.policy.modes import ModeLabel
from inseam.verdict.judge import judge
from inseam.verdict.model import Disposition, Outcome, Verdict

if TYPE_CHECKING:
    from tests.inseam.conftest import Make

PATH = "policies/baselines/billing/ruff.json"


def verdict_of(
    make: type[Make],
    findings: list[Finding],
    files: dict[str, bytes],
    base: dict[str, bytes] | None = None,
    gate: PlannedGate | None = None,
) -> Verdict:
    plan = make.plan(gate or make.gate(mode="ratchet"), has_base=base is not None)
    return judge(plan, [make.document(findings=findings)], files, base)


def codes(verdict: Verdict) -> list[str]:
    return [message.code for message in (*verdict.errors, *verdict.notices)]


def test_old_findings_are_tolerated_and_new_ones_fail(make: type[Make]) -> None:
    old, new = make.finding(), make.finding(key="import re")
    verdict = verdict_of(make, [old, new], make.baseline_files([old]))
    assert {j.finding.key: j.disposition for j in verdict.findings} == {
        "import os": Disposition.TOLERATED,
        "import re": Disposition.FAILS,
    }
    cell = verdict.cells[0]
    assert (cell.outcome, cell.baseline, cell.baseline_size) == (Outcome.VIOLATION, PATH, 1)
    assert codes(verdict) == []


def test_one_more_of_the_same_fails(make: type[Make]) -> None:
    verdict = verdict_of(make, [make.finding()] * 3, make.baseline_files([make.finding()] * 2))
    assert verdict.cells[0].counts == {Disposition.FAILS: 1, Disposition.TOLERATED: 2}


def test_a_swap_fails_though_the_total_is_the_same(make: type[Make]) -> None:
    verdict = verdict_of(make, [make.finding(key="b")], make.baseline_files([make.finding()]))
    assert verdict.cells[0].counts == {Disposition.FAILS: 1}
    assert codes(verdict) == ["policy/baseline-stale"]


def test_what_is_fixed_has_to_be_pruned(make: type[Make]) -> None:
    old = [make.finding(key="a"), make.finding(key="b"), make.finding(key="b")]
    verdict = verdict_of(make, old[:2], make.baseline_files(old))
    (error,) = verdict.errors
    assert (error.file, error.line, error.code) == (PATH, 3, "policy/baseline-stale")
    assert error.message == "1 ruff finding listed here is no longer there"
    assert "./pants policy-baseline services/billing:billing" in error.fix
    (stale,) = verdict.cells[0].stale
    assert (stale.count, stale.fingerprint) == (1, old[1].fingerprint)
    assert verdict.outcome is Outcome.VIOLATION


def test_a_service_without_an_address_is_named_by_its_folder(make: type[Make]) -> None:
    gate = make.gate(mode="ratchet")
    service = make.service(gates=[gate])
    service = service.model_copy(
        update={"facts": service.facts.model_copy(update={"address": None})}
    )
    files = make.baseline_files([make.finding()])
    verdict = judge(make.plan(service), [make.document()], files)
    assert "`./pants policy-baseline services/billing::`" in verdict.errors[0].fix


def test_nothing_is_called_stale_when_the_gate_did_not_see_everything(make: type[Make]) -> None:
    document = make.document(failures=[make.failure()])
    files = make.baseline_files([make.finding()])
    verdict = judge(make.plan(make.gate(mode="ratchet")), [document], files)
    assert (verdict.errors, verdict.outcome) == ((), Outcome.COULD_NOT_RUN)


def test_without_a_baseline_everything_is_new_and_a_notice_says_why(make: type[Make]) -> None:
    verdict = verdict_of(make, [make.finding()], {})
    assert verdict.outcome is Outcome.VIOLATION
    assert codes(verdict) == ["policy/baseline-absent"]


def test_without_a_baseline_and_without_findings_nothing_is_said(make: type[Make]) -> None:
    verdict = verdict_of(make, [], {})
    assert (verdict.outcome, codes(verdict)) == (Outcome.PASS, [])


@pytest.mark.parametrize("data", [b"garbage", b"<<<<<<< HEAD\n", b"\xff"])
def test_a_baseline_that_cannot_be_used_could_not_run(make: type[Make], data: bytes) -> None:
    verdict = verdict_of(make, [make.finding()], {PATH: data})
    assert verdict.outcome is Outcome.COULD_NOT_RUN
    (failure,) = verdict.failures
    assert (failure.file, failure.service, failure.gate) == (PATH, "billing", "ruff")
    assert failure.code.startswith("policy/baseline-")
    assert "./pants policy-baseline services/billing:billing" in failure.fix


def test_a_baseline_of_another_service_is_refused(make: type[Make]) -> None:
    data = render(make.baseline([], service="orders")).encode()
    assert verdict_of(make, [], {PATH: data}).outcome is Outcome.COULD_NOT_RUN


@pytest.mark.parametrize("mode", ["audit", "warn"])
def test_milder_modes_do_not_read_it(make: type[Make], mode: ModeLabel) -> None:
    verdict = verdict_of(make, [make.finding()], {PATH: b"garbage"}, gate=make.gate(mode=mode))
    assert (verdict.outcome, verdict.cells[0].baseline) == (Outcome.PASS, None)


def test_enforce_tolerates_nothing_of_it_and_still_wants_it_pruned(make: type[Make]) -> None:
    old, gate = make.finding(), make.gate(mode="enforce")
    files = make.baseline_files([old])
    there = verdict_of(make, [old], files, gate=gate)
    assert there.cells[0].counts == {Disposition.FAILS: 1}
    gone = verdict_of(make, [], files, gate=gate)
    assert codes(gone) == ["policy/baseline-stale"]


def test_warnings_need_no_baseline(make: type[Make]) -> None:
    warning = make.finding(severity=Severity.WARNING)
    assert make.baseline([warning]).entries == ()
    verdict = verdict_of(make, [warning], {})
    assert verdict.cells[0].counts == {Disposition.SHOWN: 1}


def test_a_waived_finding_in_the_baseline_is_neither_stale_nor_double(make: type[Make]) -> None:
    gate = make.gate(mode="ratchet", waivers=(make.waiver(match={"path": "**/old.py"}),))
    old = make.finding(file="services/billing/old.py")
    verdict = verdict_of(make, [old], make.baseline_files([old]), gate=gate)
    assert verdict.cells[0].counts == {Disposition.WAIVED: 1}
    assert (verdict.outcome, codes(verdict)) == (Outcome.PASS, [])


@pytest.mark.parametrize(("limit", "errors"), [(None, []), (2, []), (1, ["policy/burn-down"])])
def test_burn_down(make: type[Make], limit: int | None, errors: list[str]) -> None:
    old = [make.finding(key="a"), make.finding(key="b")]
    gate = make.gate(mode="ratchet", burn_down=BurnDown(limit=limit))
    verdict = verdict_of(make, old, make.baseline_files(old), gate=gate)
    assert codes(verdict) == errors
    assert verdict.outcome is (Outcome.VIOLATION if errors else Outcome.PASS)
    if errors:
        message = verdict.errors[0].message
        assert message == "lists 2 ruff findings, by now at most 1 may be left"


def test_on_a_pull_request_only_what_both_sides_list_is_tolerated(make: type[Make]) -> None:
    a, b, c = (make.finding(key=key) for key in "abc")
    verdict = verdict_of(make, [a, b], make.baseline_files([a, b]), make.baseline_files([a, c]))
    assert {j.finding.key: j.disposition for j in verdict.findings} == {
        "a": Disposition.TOLERATED,
        "b": Disposition.FAILS,
    }
    assert codes(verdict) == ["policy/baseline-grown"]


def test_a_baseline_recorded_in_the_change_itself_tolerates_nothing(make: type[Make]) -> None:
    old = make.finding()
    verdict = verdict_of(make, [old], make.baseline_files([old]), {})
    assert verdict.outcome is Outcome.VIOLATION
    assert codes(verdict) == ["policy/baseline-grown"]


def test_an_entry_added_for_later_is_stale_now(make: type[Make]) -> None:
    old, later = make.finding(key="a"), make.finding(key="b")
    files = make.baseline_files([old, later])
    verdict = verdict_of(make, [old], files, make.baseline_files([old]))
    assert codes(verdict) == ["policy/baseline-stale"]


def test_a_broken_base_can_be_repaired(make: type[Make]) -> None:
    verdict = verdict_of(make, [], make.baseline_files([]), {PATH: b"garbage"})
    assert verdict.outcome is Outcome.PASS
    assert codes(verdict) == ["policy/baseline-base-unusable"]


def test_but_tolerates_nothing(make: type[Make]) -> None:
    old = make.finding()
    verdict = verdict_of(make, [old], make.baseline_files([old]), {PATH: b"garbage"})
    assert verdict.outcome is Outcome.VIOLATION
