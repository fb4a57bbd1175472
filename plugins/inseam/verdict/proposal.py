"""What the baselines should be: recorded where there is none yet, and otherwise only pruned."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inseam.findings.baseline import Baseline, prune, record, render
from inseam.findings.baseline_file import BaselineError, one_side
from inseam.planning.model import PlannedGate, PlannedService
from inseam.policy.modes import Mode
from inseam.verdict.model import Cell, Disposition, JudgedFinding, Outcome, Verdict
from inseam.verdict.ratchet import read_baseline


class Action(enum.StrEnum):
    """What becomes of one baseline."""

    RECORDED = "recorded"
    PRUNED = "pruned"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One baseline as it should be."""

    service: str
    gate: str
    path: str
    """Relative to the workspace's root."""
    action: Action
    before: int
    """How many findings it tolerates now."""
    after: int
    text: str | None
    """The file's new content; None where there is nothing to write."""
    reason: str | None = None
    """Why it was skipped."""

    def __str__(self) -> str:
        match self.action:
            case Action.RECORDED:
                what = f"recorded {self.after} findings"
            case Action.PRUNED:
                what = f"pruned from {self.before} to {self.after} findings"
            case Action.UNCHANGED:
                what = f"unchanged, {self.after} findings"
            case Action.SKIPPED:
                what = f"skipped: {self.reason}"
        return f"{self.path}: {what}"


def usable(services: Sequence[PlannedService], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that are baselines of their service and gate.

    Of one that is in a merge conflict one side counts, which pruning makes right. One that is
    unusable otherwise counts as absent, so that it is recorded anew; on a pull request the base
    branch's baseline still bounds what it tolerates.
    """
    found: dict[str, bytes] = {}
    for service in services:
        for gate in service.gates:
            data = files.get(gate.baseline)
            for candidate in () if data is None else (data, one_side(data)):
                try:
                    read_baseline(service.facts, gate, {gate.baseline: candidate})
                except BaselineError:
                    continue
                found[gate.baseline] = candidate
                break
    return found


def propose(
    verdict: Verdict, files: Mapping[str, bytes], written: Mapping[str, bytes]
) -> Iterator[Proposal]:
    """The baseline of every cell that has or needs one.

    Args:
        verdict: of a run in which the gates looked at the services as they are, judged by `files`.
        files: the `usable` baselines, by path.
        written: the files as they are, usable or not.
    """
    cells = {(cell.service, cell.gate): cell for cell in verdict.cells if cell.applies}
    judged: dict[tuple[str, str], list[JudgedFinding]] = {pair: [] for pair in cells}
    for each in verdict.findings:
        judged[each.finding.service, each.finding.gate].append(each)
    for service in verdict.services:
        for gate in service.gates:
            pair = (service.facts.name, gate.gate)
            if pair not in cells:
                continue
            old = read_baseline(service.facts, gate, files)
            if old is None and not _ratchets(cells[pair]):
                continue
            proposal = _propose(gate, cells[pair], old, judged[pair], written.get(gate.baseline))
            if proposal is not None:
                yield proposal


def _propose(
    gate: PlannedGate,
    cell: Cell,
    old: Baseline | None,
    judged: Sequence[JudgedFinding],
    written: bytes | None,
) -> Proposal | None:
    before = old.size if old is not None else 0
    if cell.outcome is Outcome.COULD_NOT_RUN:
        reason = f"{gate.gate} could not run, so that nobody knows what is fixed"
        return _proposal(gate, cell, Action.SKIPPED, before, before, reason=reason)
    if old is None:
        # What a waiver covers needs no toleration: it comes due when the waiver expires.
        found = (each.finding for each in judged if each.disposition is not Disposition.WAIVED)
        new = record(found, service=cell.service, gate=gate.gate)
        if not new.size:
            return None
        return _proposal(gate, cell, Action.RECORDED, before, new.size, text=render(new))
    new = prune(old, (each.finding for each in judged))
    text = render(new)
    if new.counts == old.counts:
        # Unless the file was in a merge conflict, or written by hand in another form.
        as_it_is = text.encode() == written
        return _proposal(
            gate, cell, Action.UNCHANGED, before, before, text=None if as_it_is else text
        )
    return _proposal(gate, cell, Action.PRUNED, before, new.size, text=text)


def _proposal(
    gate: PlannedGate,
    cell: Cell,
    action: Action,
    before: int,
    after: int,
    *,
    text: str | None = None,
    reason: str | None = None,
) -> Proposal:
    return Proposal(
        service=cell.service,
        gate=gate.gate,
        path=gate.baseline,
        action=action,
        before=before,
        after=after,
        text=text,
        reason=reason,
    )


def _ratchets(cell: Cell) -> bool:
    """Whether a baseline tolerates anything here, now or from the next step on."""
    ratchet = Mode.RATCHET.label
    return cell.mode == ratchet or (cell.next is not None and cell.next.mode == ratchet)
