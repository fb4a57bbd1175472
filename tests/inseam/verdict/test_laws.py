"""Laws of the verdict: no road leads to a milder one but those that policy names."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from inseam.findings.baseline import record, render
from inseam.findings.model import Failure, Finding, FindingsDocument, Severity
from inseam.gates.contract import ServiceFacts
from inseam.planning.model import BurnDown, Plan, PlannedGate, PlannedService, PlannedWaiver
from inseam.policy.modes import MODE_LABELS, Mode
from inseam.verdict.judge import judge
from inseam.verdict.model import Disposition, Outcome, Verdict

PATH = "policies/baselines/billing/ruff.json"

FINDINGS = st.lists(
    st.builds(
        Finding,
        rule=st.sampled_from(["ruff/F401", "ruff/B006"]),
        service=st.just("billing"),
        file=st.sampled_from(["a.py", "b.py"]),
        line=st.integers(1, 2),
        message=st.just("m"),
        fix=st.just("f"),
        severity=st.sampled_from(Severity),
        key=st.sampled_from(["x", "y"]),
    ),
    max_size=6,
)


def a_waiver(id: str, state: str, match: dict[str, str] | None, to: str | None) -> PlannedWaiver:
    return PlannedWaiver.model_validate(
        {
            "id": id,
            "gate": "ruff",
            "reason": "r",
            "owner": "o",
            "created": datetime.date(2026, 11, 1),
            "expires": datetime.date(2026, 12, 1),
            "match": match,
            "to": to,
            "state": state,
            "file": "p.yaml",
            "line": 1,
        }
    )


MATCHES = st.sampled_from(
    [{"rule": "ruff/F401"}, {"path": "b.py"}, {"rule": "ruff/B006", "path": "a.py"}]
)
STATES = st.sampled_from(["active", "active", "expired", "pending"])
MATCH_WAIVERS = st.builds(
    a_waiver, id=st.sampled_from(["W-1", "W-2"]), state=STATES, match=MATCHES, to=st.none()
)
MODES = st.sampled_from(MODE_LABELS)


@dataclass(frozen=True)
class Case:
    """All that a verdict on one gate of one service depends on."""

    mode: str
    findings: tuple[Finding, ...]
    waivers: tuple[PlannedWaiver, ...]
    listed: tuple[Finding, ...]
    """What the baseline was recorded from."""
    limit: int | None
    base_waivers: tuple[PlannedWaiver, ...] | None = None
    base_listed: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()

    def verdict(
        self,
        mode: str | None = None,
        findings: tuple[Finding, ...] | None = None,
        more_waivers: tuple[PlannedWaiver, ...] = (),
        *,
        with_base: bool = True,
        returned: bool = True,
    ) -> Verdict:
        has_base = with_base and self.base_waivers is not None
        gate = PlannedGate.model_validate(
            {
                "gate": "ruff",
                "applies": True,
                "mode": mode or self.mode,
                "settings": {},
                "baseline": PATH,
                "burn_down": BurnDown(limit=self.limit),
                "waivers": self.waivers + more_waivers,
                "base_waivers": (*(self.base_waivers or ()), *more_waivers) if has_base else None,
            }
        )
        facts = ServiceFacts(name="billing", root="services/billing")
        plan = Plan(
            as_of=datetime.date(2026, 11, 20),
            has_base=has_base,
            services=(PlannedService(facts=facts, owner=None, policy_file=None, gates=(gate,)),),
        )
        document = FindingsDocument(
            gate="ruff",
            services=("billing",),
            findings=self.findings if findings is None else findings,
            failures=self.failures,
        )
        base = baseline_file(self.base_listed) if has_base else None
        return judge(plan, [document] if returned else [], baseline_file(self.listed), base)


def baseline_file(listed: tuple[Finding, ...]) -> dict[str, bytes]:
    if not listed:
        return {}
    return {PATH: render(record(listed, service="billing", gate="ruff")).encode()}


def some(strategy: st.SearchStrategy[list[Finding]]) -> st.SearchStrategy[tuple[Finding, ...]]:
    return strategy.map(tuple)


WAIVER_LISTS = st.lists(MATCH_WAIVERS, max_size=2).map(tuple)
CASES = st.builds(
    Case,
    mode=MODES,
    findings=some(FINDINGS),
    waivers=WAIVER_LISTS,
    listed=some(FINDINGS),
    limit=st.none() | st.integers(0, 4),
    base_waivers=st.none() | WAIVER_LISTS,
    base_listed=some(FINDINGS),
)


@given(CASES, MODES)
def test_a_stricter_mode_is_never_milder(case: Case, other: str) -> None:
    milder, stricter = sorted((case.mode, other), key=Mode.parse)
    assert case.verdict(milder).exit_code <= case.verdict(stricter).exit_code


@given(CASES, MODES)
def test_a_mode_waiver_is_never_milder_than_what_it_states(case: Case, to: str) -> None:
    if Mode.parse(to) < Mode.parse(case.mode):
        waived = case.verdict(more_waivers=(a_waiver("W-9", "active", None, to),))
        stated = case.verdict(to)
        assert waived.exit_code == stated.exit_code
        assert waived.findings == stated.findings


@given(CASES)
def test_a_base_branch_never_makes_it_milder(case: Case) -> None:
    assert case.verdict(with_base=False).exit_code <= case.verdict().exit_code


@given(CASES, st.integers(0, 6), st.sampled_from(Severity))
def test_an_unknown_finding_never_improves_it(case: Case, place: int, severity: Severity) -> None:
    unknown = Finding(
        rule="ruff/S608",
        service="billing",
        file="new.py",
        message="m",
        fix="f",
        severity=severity,
        key="new",
    )
    more = (*case.findings[:place], unknown, *case.findings[place:])
    assert case.verdict().exit_code <= case.verdict(findings=more).exit_code


@given(CASES)
def test_more_of_the_same_never_improves_it_once_nothing_is_stale(case: Case) -> None:
    before = case.verdict()
    if case.findings and not before.cells[0].stale:
        more = (*case.findings, case.findings[0])
        assert before.exit_code <= case.verdict(findings=more).exit_code


@given(CASES)
def test_every_finding_comes_out_once(case: Case) -> None:
    verdict = case.verdict()
    out = sorted((judged.finding for judged in verdict.findings), key=repr)
    assert out == sorted(case.findings, key=repr)
    assert sum(verdict.cells[0].counts.values()) == len(case.findings)


@given(CASES)
def test_a_pass_has_nothing_to_hide(case: Case) -> None:
    verdict = case.verdict()
    wrong = verdict.errors or verdict.failures
    failing = any(judged.disposition is Disposition.FAILS for judged in verdict.findings)
    assert (verdict.outcome is Outcome.PASS) is (not wrong and not failing)
    assert verdict.exit_code == {"pass": 0, "violation": 1, "could-not-run": 2}[verdict.outcome]


@given(CASES, st.sampled_from(["billing", None, "elsewhere"]))
def test_a_failure_always_could_not_run(case: Case, service: str | None) -> None:
    failure = Failure(gate="ruff", code="ruff/crashed", service=service, message="m", fix="f")
    failed = replace(case, failures=(failure,))
    assert failed.verdict().exit_code == 2
    assert case.verdict(returned=False).exit_code == 2


@given(CASES)
@settings(max_examples=50)
def test_the_same_arguments_give_the_same_bytes(case: Case) -> None:
    turned = case.verdict(findings=case.findings[::-1])
    assert turned.model_dump_json() == case.verdict().model_dump_json()


@given(CASES)
@settings(max_examples=50)
def test_a_verdict_reads_back_as_it_was_written(case: Case) -> None:
    verdict = case.verdict()
    assert Verdict.model_validate_json(verdict.model_dump_json(by_alias=True)) == verdict
