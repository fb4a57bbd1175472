"""What waivers do to one cell, on a pull request only as far as the base branch agrees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inseam.findings.model import Finding
from inseam.planning.model import PlannedGate, PlannedWaiver
from inseam.policy.messages import PolicyMessage
from inseam.policy.modes import Mode
from inseam.verdict.match import matches

EXPIRED = "policy/waiver-expired"
UNMERGED = "policy/waiver-unmerged"
UNUSED = "policy/waiver-unused"


@dataclass(frozen=True, kw_only=True)
class ModeInForce:
    """A gate's mode after waivers."""

    mode: Mode | None
    """None: the gate does not apply."""
    waiver: PlannedWaiver | None = None
    """The one that made it milder."""


def mode_in_force(gate: PlannedGate) -> ModeInForce:
    """The stricter of what the head's waivers and the base's leave of the planned mode."""
    planned = Mode.parse(gate.mode)
    head = _mildest(gate.waivers, planned)
    if head is None:
        return ModeInForce(mode=planned)
    if gate.base_waivers is None:
        return ModeInForce(mode=_target(head), waiver=head)
    base = _mildest(gate.base_waivers, planned)
    if base is None:
        return ModeInForce(mode=planned)
    stricter = max(head, base, key=_rank)
    return ModeInForce(mode=_target(stricter), waiver=stricter)


@dataclass(frozen=True, kw_only=True)
class Waived:
    """One cell's findings, each with the waiver that holds for it, and the waivers' own news."""

    findings: tuple[tuple[Finding, PlannedWaiver | None], ...]
    violations: tuple[PolicyMessage, ...]
    notices: tuple[PolicyMessage, ...]


def waive(gate: PlannedGate, findings: Sequence[Finding], *, complete: bool) -> Waived:
    """Apply the `match` waivers of a gate that ran to its findings.

    Args:
        gate: the effective policy.
        findings: the gate's findings in the service.
        complete: whether these are all; if not, a waiver without a match is no violation.
    """
    head = _active_matches(gate.waivers)
    base = None if gate.base_waivers is None else _active_matches(gate.base_waivers)
    used: set[str] = set()
    refused: dict[str, int] = {}
    judged: list[tuple[Finding, PlannedWaiver | None]] = []
    for finding in findings:
        holding = [waiver for waiver in head if matches(waiver.match or {}, finding)]
        used.update(waiver.id for waiver in holding)
        if base is not None and not any(matches(w.match or {}, finding) for w in base):
            for waiver in holding:
                refused[waiver.id] = refused.get(waiver.id, 0) + 1
            holding = []
        judged.append((finding, max(holding, key=_durability, default=None)))
    open_findings = [finding for finding, waiver in judged if waiver is None]
    violations = _unused(gate, used) if complete else ()
    return Waived(
        findings=tuple(judged),
        violations=tuple(violations),
        notices=(*_unmerged(gate, head, refused), *_expired(gate, open_findings)),
    )


def _active_matches(waivers: Iterable[PlannedWaiver]) -> list[PlannedWaiver]:
    return [waiver for waiver in waivers if waiver.state == "active" and waiver.match is not None]


def _mildest(waivers: Iterable[PlannedWaiver], planned: Mode) -> PlannedWaiver | None:
    milder = [waiver for waiver in waivers if _is_effective(waiver, planned)]
    return max(milder, key=lambda waiver: (-_rank(waiver), *_durability(waiver)), default=None)


def _is_effective(waiver: PlannedWaiver, planned: Mode) -> bool:
    return waiver.state == "active" and waiver.to is not None and _rank(waiver) < planned


def _target(waiver: PlannedWaiver) -> Mode | None:
    assert waiver.to is not None, "only `to` waivers are asked"
    return None if waiver.to == "not-applicable" else Mode.parse(waiver.to)


def _rank(waiver: PlannedWaiver) -> int:
    mode = _target(waiver)
    return -1 if mode is None else mode


def _durability(waiver: PlannedWaiver) -> tuple[int, str]:
    """Of several waivers that would do, reports name the one that holds longest."""
    return (waiver.expires.toordinal(), waiver.id)


def _unused(gate: PlannedGate, used: set[str]) -> Iterator[PolicyMessage]:
    planned = Mode.parse(gate.mode)
    for waiver in gate.waivers:
        if waiver.state != "active" or waiver.id in used or _is_effective(waiver, planned):
            continue
        if waiver.match is not None:
            what = "matched nothing"
        else:
            what = f"changed nothing: {gate.gate} is in mode {gate.mode} without it"
        yield _message(waiver, UNUSED, f"{waiver.id} {what}", "delete it")


def _unmerged(
    gate: PlannedGate, head: Iterable[PlannedWaiver], refused: dict[str, int]
) -> Iterator[PolicyMessage]:
    for waiver in head:
        if number := refused.get(waiver.id):
            what = f"{waiver.id} matches {_count(number, gate)} that the base branch does not waive"
            yield _unmerged_message(waiver, what)
    wanted = _mildest(gate.waivers, Mode.parse(gate.mode))
    if wanted is not None and mode_in_force(gate).mode != _target(wanted):
        what = f"{wanted.id} takes {gate.gate} to {wanted.to}, which the base branch does not"
        yield _unmerged_message(wanted, what)


def _unmerged_message(waiver: PlannedWaiver, what: str) -> PolicyMessage:
    fix = "merge the waiver in a change of its own first: no change loosens what judges it"
    return _message(waiver, UNMERGED, what, fix)


def _expired(gate: PlannedGate, open_findings: Sequence[Finding]) -> Iterator[PolicyMessage]:
    for waiver in gate.waivers:
        if waiver.state != "expired":
            continue
        if waiver.match is not None:
            number = sum(matches(waiver.match, finding) for finding in open_findings)
            verb = "counts" if number == 1 else "count"
            effect = f"{_count(number, gate)} {verb} again"
        else:
            effect = f"it takes {gate.gate} to {waiver.to} no longer"
        what = f"{waiver.id} expired {waiver.expires} (owner {waiver.owner}); {effect}"
        fix = "fix what it covered and delete it, or have a new waiver approved"
        yield _message(waiver, EXPIRED, what, fix)


def _count(number: int, gate: PlannedGate) -> str:
    return f"{number} {gate.gate} finding{'' if number == 1 else 's'}"


def _message(waiver: PlannedWaiver, code: str, message: str, fix: str) -> PolicyMessage:
    return PolicyMessage(
        file=waiver.file,
        line=waiver.line,
        column=waiver.column,
        code=code,
        message=message,
        fix=fix,
    )
