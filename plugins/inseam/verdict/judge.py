"""From a plan and what its units found to a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from inseam.findings.baseline import partition
from inseam.findings.model import Failure, Finding, FindingsDocument, Severity
from inseam.planning.model import Plan, PlannedGate, PlannedService
from inseam.policy.messages import PolicyMessage
from inseam.policy.modes import Mode
from inseam.verdict.evidence import Evidence, collect
from inseam.verdict.model import Cell, Disposition, JudgedFinding, Outcome, Verdict
from inseam.verdict.ratchet import Ratchet, advice, read_ratchet, stale_entries, violations
from inseam.verdict.waiving import EXPIRED, ModeInForce, Waived, mode_in_force, waive


def judge(
    plan: Plan,
    documents: Sequence[FindingsDocument],
    baselines: Mapping[str, bytes],
    base_baselines: Mapping[str, bytes] | None = None,
) -> Verdict:
    """Decide what the findings mean under the plan's modes, waivers and baselines.

    Pure: the same arguments, the documents in any order, give the same verdict.

    Args:
        plan: what had to run, and the effective policy.
        documents: what the units returned. A planned pair of service and gate that is in none of
            them is a failure, and so is one that was not planned.
        baselines: the workspace's baseline files by path.
        base_baselines: the base branch's. None when there is no base branch to compare with.

    Raises:
        ValueError: the plan was joined with a base branch's policy, and `base_baselines` is None
            or the other way round: half a comparison would loosen unseen.
    """
    if plan.has_base != (base_baselines is not None):
        raise ValueError("policy and baselines have to be compared with a base branch together")
    if plan.errors:
        return _unusable(plan)
    services = _compared(plan)
    pairs = {(s.facts.name, g.gate): g for s in services for g in s.gates if g.applies}
    ignored = {pair for pair, gate in pairs.items() if mode_in_force(gate).mode is None}
    evidence = collect(documents, expected=pairs.keys() - ignored, ignored=ignored)
    judged = [
        _judge(service, gate, evidence, baselines, base_baselines)
        for service in services
        for gate in service.gates
    ]
    cells = tuple(each.cell for each in judged)
    failures = {*evidence.failures, *(failure for each in judged for failure in each.failures)}
    outcomes = [cell.outcome for cell in cells]
    if failures:
        outcomes.append(Outcome.COULD_NOT_RUN)
    outcome = max(outcomes, key=lambda each: each.exit_code, default=Outcome.PASS)
    notices = [notice for each in judged for notice in each.notices]
    return Verdict(
        as_of=plan.as_of,
        outcome=outcome,
        exit_code=outcome.exit_code,
        services=services,
        cells=cells,
        findings=tuple(
            sorted((f for each in judged for f in each.findings), key=_judged_finding_key)
        ),
        failures=tuple(sorted(failures, key=lambda f: (f.sort_key(), f.gate, f.fix))),
        errors=_messages(message for cell in cells for message in cell.violations),
        notices=_messages([*_not_retold(plan.notices, notices), *notices]),
    )


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """A cell and all that goes with it."""

    cell: Cell
    findings: tuple[JudgedFinding, ...] = ()
    failures: tuple[Failure, ...] = ()
    notices: tuple[PolicyMessage, ...] = ()


def _judge(
    service: PlannedService,
    gate: PlannedGate,
    evidence: Evidence,
    baselines: Mapping[str, bytes],
    base_baselines: Mapping[str, bytes] | None,
) -> _Judged:
    pair = (service.facts.name, gate.gate)
    in_force = mode_in_force(gate)
    if not gate.applies or in_force.mode is None:
        return _Judged(cell=_absent_cell(service, gate, in_force, evidence))
    mode = in_force.mode
    found = evidence.findings.get(pair, [])
    complete = pair not in evidence.failed
    waived = waive(gate, found, complete=complete)
    ratchet = None
    if mode >= Mode.RATCHET:
        ratchet = read_ratchet(service.facts, gate, baselines, base_baselines)
    stale = stale_entries(ratchet, found) if ratchet and complete else ()
    judged = tuple(_dispose(waived, mode, ratchet))
    new = [each.finding for each in judged if each.disposition is Disposition.FAILS]
    wrong = (*waived.violations, *(violations(gate, ratchet, stale) if ratchet else ()))
    notices = [*waived.notices, *(ratchet.notices if ratchet else ())]
    if ratchet and mode is Mode.RATCHET and not ratchet.failures:
        notices += advice(gate, ratchet, new)
    if not complete or (ratchet and ratchet.failures):
        outcome = Outcome.COULD_NOT_RUN
    else:
        outcome = Outcome.VIOLATION if new or wrong else Outcome.PASS
    counts = Counter(each.disposition for each in judged)
    cell = Cell(
        service=service.facts.name,
        gate=gate.gate,
        applies=True,
        mode=mode.label,
        waived_from=gate.mode if in_force.waiver else None,
        waiver=in_force.waiver.id if in_force.waiver else None,
        next=gate.next,
        outcome=outcome,
        counts={each: counts[each] for each in Disposition if counts[each]},
        baseline=gate.baseline if ratchet else None,
        baseline_size=ratchet.head.size if ratchet else 0,
        stale=stale,
        violations=_messages(wrong),
    )
    failures = ratchet.failures if ratchet else ()
    return _Judged(cell=cell, findings=judged, failures=failures, notices=tuple(notices))


def _absent_cell(
    service: PlannedService, gate: PlannedGate, in_force: ModeInForce, evidence: Evidence
) -> Cell:
    """The cell of a gate that does not apply, by policy or by waiver."""
    waiver = in_force.waiver if gate.applies else None
    failed = (service.facts.name, gate.gate) in evidence.failed
    return Cell(
        service=service.facts.name,
        gate=gate.gate,
        applies=False,
        reason=waiver.reason if waiver else gate.reason,
        mode=gate.mode,
        waived_from=gate.mode if waiver else None,
        waiver=waiver.id if waiver else None,
        next=gate.next,
        outcome=Outcome.COULD_NOT_RUN if failed else Outcome.PASS,
    )


def _dispose(waived: Waived, mode: Mode, ratchet: Ratchet | None) -> Iterator[JudgedFinding]:
    """What each finding does; every finding comes out exactly once."""
    errors: list[Finding] = []
    for finding, waiver in waived.findings:
        if waiver is not None:
            yield JudgedFinding(finding=finding, disposition=Disposition.WAIVED, waiver=waiver.id)
        elif finding.severity is Severity.ERROR:
            errors.append(finding)
        else:
            shown = finding.severity is Severity.WARNING and mode > Mode.AUDIT
            disposition = Disposition.SHOWN if shown else Disposition.RECORDED
            yield JudgedFinding(finding=finding, disposition=disposition)
    if mode is Mode.RATCHET and ratchet is not None:
        parts = partition(errors, ratchet.effective)
        errors = list(parts.new)
        for finding in parts.tolerated:
            yield JudgedFinding(finding=finding, disposition=Disposition.TOLERATED)
    for finding in errors:
        yield JudgedFinding(finding=finding, disposition=_of_an_error(mode))


def _of_an_error(mode: Mode) -> Disposition:
    match mode:
        case Mode.AUDIT:
            return Disposition.RECORDED
        case Mode.WARN:
            return Disposition.SHOWN
        case Mode.RATCHET | Mode.ENFORCE:
            return Disposition.FAILS
        case _:
            assert_never(mode)


def _compared(plan: Plan) -> tuple[PlannedService, ...]:
    """The services by name. Compared with a base branch, a gate of which that branch's waivers
    are not stated has none there."""
    services = sorted(plan.services, key=lambda service: service.facts.name)
    if not plan.has_base:
        return tuple(services)
    return tuple(
        service.model_copy(
            update={
                "gates": tuple(
                    gate.model_copy(update={"base_waivers": gate.base_waivers or ()})
                    for gate in service.gates
                )
            }
        )
        for service in services
    )


def _unusable(plan: Plan) -> Verdict:
    """Policy that cannot be used decides nothing, whatever the units found."""
    return Verdict(
        as_of=plan.as_of,
        outcome=Outcome.COULD_NOT_RUN,
        exit_code=Outcome.COULD_NOT_RUN.exit_code,
        services=tuple(sorted(plan.services, key=lambda service: service.facts.name)),
        cells=(),
        findings=(),
        failures=(),
        errors=_messages(plan.errors),
        notices=_messages(plan.notices),
    )


def _not_retold(
    planned: Iterable[PolicyMessage], judged: Iterable[PolicyMessage]
) -> Iterator[PolicyMessage]:
    """The plan's notices but those of expired waivers of which the verdict knows the effect."""
    retold = {(n.file, n.line, n.column) for n in judged if n.code == EXPIRED}
    for notice in planned:
        if notice.code != EXPIRED or (notice.file, notice.line, notice.column) not in retold:
            yield notice


def _messages(messages: Iterable[PolicyMessage]) -> tuple[PolicyMessage, ...]:
    return tuple(sorted(set(messages), key=PolicyMessage.sort_key))


def _judged_finding_key(judged: JudgedFinding) -> tuple[object, ...]:
    finding = judged.finding
    return (*finding.sort_key(), finding.key, judged.disposition, judged.waiver or "")
