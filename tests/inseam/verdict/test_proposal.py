"""What `policy-baseline` writes: recorded once, afterwards only pruned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inseam.findings.baseline import render
from inseam.findings.model import Failure, Finding
from inseam.planning.model import PlannedGate, Step
from inseam.verdict.judge import judge
from inseam.verdict.proposal import Action, Proposal, propose, usable

if TYPE_CHECKING:
    from tests.inseam.conftest import Make

PATH = "policies/baselines/billing/ruff.json"


def proposals(
    make: type[Make],
    findings: list[Finding],
    written: dict[str, bytes],
    gate: PlannedGate | None = None,
    failures: tuple[Failure, ...] = (),
) -> list[Proposal]:
    plan = make.plan(gate or make.gate(mode="ratchet"))
    files = usable(plan.services, written)
    document = make.document(findings=findings, failures=failures)
    return list(propose(judge(plan, [document], files), files, written))


def test_the_first_time_everything_is_recorded(make: type[Make]) -> None:
    findings = [make.finding(), make.finding(), make.finding("ruff/B006")]
    (proposal,) = proposals(make, findings, {})
    assert (proposal.action, proposal.after) == (Action.RECORDED, 3)
    assert proposal.text == render(make.baseline(findings))
    assert str(proposal) == f"{PATH}: recorded 3 findings"


def test_afterwards_it_only_shrinks(make: type[Make]) -> None:
    old, new = make.finding(key="old"), make.finding(key="new")
    fixed = make.finding(key="fixed")
    (proposal,) = proposals(make, [old, new], make.baseline_files([old, fixed]))
    assert (proposal.action, proposal.before, proposal.after) == (Action.PRUNED, 2, 1)
    assert proposal.text == render(make.baseline([old]))


def test_what_is_as_it_should_be_is_not_written(make: type[Make]) -> None:
    old = make.finding()
    (proposal,) = proposals(make, [old, make.finding(key="new")], make.baseline_files([old]))
    assert (proposal.action, proposal.text) == (Action.UNCHANGED, None)


def test_an_emptied_baseline_stays_so_that_it_is_never_recorded_anew(make: type[Make]) -> None:
    (pruned,) = proposals(make, [], make.baseline_files([make.finding()]))
    assert (pruned.action, pruned.after) == (Action.PRUNED, 0)
    assert pruned.text is not None
    (later,) = proposals(make, [make.finding()], {PATH: pruned.text.encode()})
    assert (later.action, later.after) == (Action.UNCHANGED, 0)


def test_a_merge_conflict_is_resolved_by_pruning_either_side(make: type[Make]) -> None:
    kept, ours, theirs = (make.finding(key=key) for key in ("kept", "ours", "theirs"))
    one = render(make.baseline([kept, ours])).splitlines(keepends=True)
    two = render(make.baseline([kept, theirs])).splitlines(keepends=True)
    lines = ["<<<<<<< HEAD\n", *one, "=======\n", *two, ">>>>>>> topic\n"]
    (proposal,) = proposals(make, [kept], {PATH: "".join(lines).encode()})
    assert (proposal.action, proposal.text) == (Action.PRUNED, render(make.baseline([kept])))


def test_a_resolved_conflict_is_written_though_nothing_is_pruned(make: type[Make]) -> None:
    whole = render(make.baseline([make.finding()]))
    conflict = f"<<<<<<< HEAD\n{whole}=======\n>>>>>>> topic\n".encode()
    (proposal,) = proposals(make, [make.finding()], {PATH: conflict})
    assert (proposal.action, proposal.text) == (Action.UNCHANGED, whole)


def test_garbage_is_recorded_anew(make: type[Make]) -> None:
    (proposal,) = proposals(make, [make.finding()], {PATH: b"garbage"})
    assert proposal.action is Action.RECORDED


def test_nothing_is_recorded_where_the_gate_could_not_run(make: type[Make]) -> None:
    failures = (make.failure(),)
    (proposal,) = proposals(make, [make.finding()], {}, failures=failures)
    assert (proposal.action, proposal.text) == (Action.SKIPPED, None)
    assert "nobody knows" in str(proposal)


def test_what_is_waived_is_not_recorded(make: type[Make]) -> None:
    gate = make.gate(mode="ratchet", waivers=(make.waiver(match={"rule": "ruff/B006"}),))
    (proposal,) = proposals(make, [make.finding(), make.finding("ruff/B006")], {}, gate)
    assert proposal.text == render(make.baseline([make.finding()]))


def test_a_baseline_can_be_recorded_ahead_of_the_ratchet(make: type[Make]) -> None:
    step = Step(mode="ratchet", date=make.as_of.replace(month=12))
    (proposal,) = proposals(make, [make.finding()], {}, make.gate(mode="warn", next=step))
    assert proposal.action is Action.RECORDED


def test_gates_that_do_not_ratchet_get_none(make: type[Make]) -> None:
    for gate in (make.gate(mode="enforce"), make.gate(mode="warn"), make.gate(applies=False)):
        assert proposals(make, [] if not gate.applies else [make.finding()], {}, gate) == []
