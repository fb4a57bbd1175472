"""What a baseline does to one cell, on a pull request only as far as the base branch agrees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inseam.findings.baseline import Baseline, countable, intersect, partition
from inseam.findings.baseline_file import BaselineError, line_of, load
from inseam.findings.model import Failure, Finding
from inseam.gates.contract import ServiceFacts
from inseam.planning.model import PlannedGate
from inseam.policy.messages import PolicyMessage
from inseam.verdict.model import StaleEntry

STALE = "policy/baseline-stale"
BURN_DOWN = "policy/burn-down"
ABSENT = "policy/baseline-absent"
GROWN = "policy/baseline-grown"
BASE_UNUSABLE = "policy/baseline-base-unusable"


@dataclass(frozen=True, kw_only=True)
class Ratchet:
    """The baseline of one service and gate, as it stands and as it counts."""

    command: str
    """What records it the first time and prunes it afterwards."""
    data: bytes | None
    """The workspace's file; None when there is none."""
    head: Baseline
    """What that file lists. The change is answerable for all of it: stale entries and the
    burn-down are judged by this side."""
    effective: Baseline
    """What is tolerated: on a pull request, only what the base branch lists too."""
    failures: tuple[Failure, ...] = ()
    notices: tuple[PolicyMessage, ...] = ()


def read_baseline(
    facts: ServiceFacts, gate: PlannedGate, files: Mapping[str, bytes]
) -> Baseline | None:
    """The gate's baseline out of `files`; None when it is not among them.

    Raises:
        BaselineError: it is there, but cannot be used.
    """
    data = files.get(gate.baseline)
    if data is None:
        return None
    return load(
        data,
        path=gate.baseline,
        service=facts.name,
        gate=gate.gate,
        regenerate=_regenerate(facts),
    )


def _regenerate(facts: ServiceFacts) -> str:
    """The command that records or prunes the service's baselines."""
    return f"./pants policy-baseline {facts.address or f'{facts.root}::'}"


def read_ratchet(
    facts: ServiceFacts,
    gate: PlannedGate,
    files: Mapping[str, bytes],
    base_files: Mapping[str, bytes] | None,
) -> Ratchet:
    """The gate's baseline out of the workspace's files and the base branch's, if there is one.

    An absent file is an empty baseline. A file of the workspace that cannot be used is a failure;
    one of the base branch counts as empty, the strictest there is, since a change must be able to
    repair it.
    """
    empty = Baseline(service=facts.name, gate=gate.gate)
    failures: list[Failure] = []
    notices: list[PolicyMessage] = []
    try:
        head = effective = read_baseline(facts, gate, files) or empty
    except BaselineError as error:
        head = effective = empty
        failures += (_failure(message, gate.gate, facts.name) for message in error.messages)
    if base_files is not None:
        try:
            effective = intersect(head, read_baseline(facts, gate, base_files) or empty)
        except BaselineError as error:
            effective = empty
            notices += map(_on_base, error.messages)
    return Ratchet(
        command=_regenerate(facts),
        data=files.get(gate.baseline),
        head=head,
        effective=effective,
        failures=tuple(failures),
        notices=tuple(notices),
    )


def stale_entries(ratchet: Ratchet, findings: Sequence[Finding]) -> tuple[StaleEntry, ...]:
    """What the workspace's file lists in vain; `findings` are all of the cell, waived or not."""
    return tuple(
        StaleEntry(
            fingerprint=entry.fingerprint, rule=entry.rule, file=entry.file, count=entry.count
        )
        for entry in partition(countable(findings), ratchet.head).stale
    )


def violations(
    gate: PlannedGate, ratchet: Ratchet, stale: Sequence[StaleEntry]
) -> Iterator[PolicyMessage]:
    """What is wrong with the baseline itself: fixed but unpruned, or larger than it may be."""
    if stale:
        number = sum(entry.count for entry in stale)
        be = "is" if number == 1 else "are"
        yield PolicyMessage(
            file=gate.baseline,
            line=line_of(ratchet.data or b"", stale[0].fingerprint),
            code=STALE,
            message=f"{_count(number, gate)} listed here {be} no longer there",
            fix=f"well done; run `{ratchet.command}` to prune the baseline",
        )
    limit = gate.burn_down.limit
    if limit is not None and ratchet.head.size > limit:
        yield PolicyMessage(
            file=gate.baseline,
            code=BURN_DOWN,
            message=f"lists {_count(ratchet.head.size, gate)}, by now at most {limit} may be left",
            fix=f"fix {ratchet.head.size - limit} of them and run `{ratchet.command}`",
        )


def advice(gate: PlannedGate, ratchet: Ratchet, new: Sequence[Finding]) -> Iterator[PolicyMessage]:
    """Why the findings `new` are not tolerated, where that may surprise."""
    if new and ratchet.data is None:
        yield PolicyMessage(
            file=gate.baseline,
            code=ABSENT,
            message=f"does not exist, so that all {_count(len(new), gate)} are new",
            fix=f"fix them, or record them once with `{ratchet.command}`",
        )
    added = ratchet.head.with_counts(ratchet.head.counts - ratchet.effective.counts)
    if number := len(partition(new, added).tolerated):
        verb = "fails" if number == 1 else "fail"
        yield PolicyMessage(
            file=gate.baseline,
            code=GROWN,
            message=f"lists {_count(number, gate)} that the base branch's does not; {verb} here",
            fix="fix them: a baseline may only shrink, and no change loosens what judges it",
        )


def _failure(message: PolicyMessage, gate: str, service: str) -> Failure:
    return Failure(
        gate=gate,
        code=message.code,
        service=service,
        file=message.file,
        line=message.line,
        column=message.column,
        message=message.message,
        fix=message.fix,
    )


def _on_base(message: PolicyMessage) -> PolicyMessage:
    return message.model_copy(
        update={
            "code": BASE_UNUSABLE,
            "message": f"unusable on the base branch, so that nothing is tolerated here: "
            f"{message.message}",
        }
    )


def _count(number: int, gate: PlannedGate) -> str:
    return f"{number} {gate.gate} finding{'' if number == 1 else 's'}"
