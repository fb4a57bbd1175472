"""Baselines: what a ratchet tolerates, as a multiset of content fingerprints.

No line numbers, so that moving code changes nothing, and no totals, since a total hides a swap.
A baseline is recorded once; afterwards it is only pruned. Everything here is a pure function.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from inseam.findings.model import Finding, Severity

SCHEMA = "inseam.baseline/1"

_MESSAGE_LENGTH = 160
"""Characters kept of a message: context for the reader of a diff, no part of the identity."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Entry(_Model):
    """Findings with the same fingerprint. Only `fingerprint` and `count` are compared."""

    file: str
    rule: str
    count: Annotated[int, Field(ge=1, strict=True)]
    message: str
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]

    def sort_key(self) -> tuple[str, str, str, str]:
        """Orders entries by place: neighbours in the code are neighbours in the file."""
        return (self.file, self.rule, self.message, self.fingerprint)


class Baseline(_Model):
    """`inseam.baseline/1`: the findings of one gate in one service that are tolerated."""

    schema_: Literal["inseam.baseline/1"] = Field("inseam.baseline/1", alias="schema")
    service: str
    gate: str
    entries: tuple[Entry, ...] = ()
    """Sorted, each fingerprint once."""

    @field_validator("entries")
    @classmethod
    def _sort(cls, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        repeated = [name for name, n in Counter(e.fingerprint for e in entries).items() if n > 1]
        if repeated:
            raise ValueError(f"fingerprints listed twice: {', '.join(sorted(repeated))}")
        return tuple(sorted(entries, key=Entry.sort_key))

    @property
    def counts(self) -> Counter[str]:
        """How many findings of each fingerprint."""
        return Counter({entry.fingerprint: entry.count for entry in self.entries})

    @property
    def size(self) -> int:
        """How many findings, not entries: what a burn-down limits."""
        return sum(entry.count for entry in self.entries)

    def with_counts(self, counts: Mapping[str, int]) -> Self:
        """The same entries with other counts; those without a positive count are gone."""
        kept = (
            entry.model_copy(update={"count": counts[entry.fingerprint]})
            for entry in self.entries
            if counts.get(entry.fingerprint, 0) > 0
        )
        return self.model_copy(update={"entries": tuple(kept)})


@dataclass(frozen=True, kw_only=True)
class Partition:
    """Findings held against a baseline. Nothing is lost: `tolerated` and `new` are the findings,
    `tolerated` and `stale` are the baseline."""

    tolerated: tuple[Finding, ...]
    new: tuple[Finding, ...]
    stale: tuple[Entry, ...]
    """What the baseline lists and no finding matches; `count` says how many are gone."""


def countable(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that a ratchet is about, in the order of reports: those that can fail."""
    errors = (finding for finding in findings if finding.severity is Severity.ERROR)
    return sorted(errors, key=Finding.sort_key)


def record(findings: Iterable[Finding], *, service: str, gate: str) -> Baseline:
    """The first baseline: every finding of `service` and `gate` that could fail."""
    grouped: dict[str, list[Finding]] = {}
    for finding in countable(findings):
        if finding.service == service and finding.gate == gate:
            grouped.setdefault(finding.fingerprint, []).append(finding)
    entries = (
        Entry(
            file=same[0].file,
            rule=same[0].rule,
            count=len(same),
            message=" ".join(same[0].message.split())[:_MESSAGE_LENGTH],
            fingerprint=fingerprint,
        )
        for fingerprint, same in grouped.items()
    )
    return Baseline(service=service, gate=gate, entries=tuple(entries))


def prune(baseline: Baseline, findings: Iterable[Finding]) -> Baseline:
    """The baseline without what is fixed: counts fall or entries go, nothing is ever added."""
    present = Counter(finding.fingerprint for finding in countable(findings))
    return baseline.with_counts(baseline.counts & present)


def intersect(left: Baseline, right: Baseline) -> Baseline:
    """What both tolerate: on a pull request, the base branch's baseline and the head's.

    Raises:
        ValueError: they are of different services or gates.
    """
    if (left.service, left.gate) != (right.service, right.gate):
        raise ValueError("baselines of different services or gates have nothing in common")
    counts = left.counts & right.counts
    others = {entry.fingerprint: entry for entry in right.entries}
    entries = (
        # The context may differ on the two sides; the lesser one makes this commutative.
        min(entry, others[entry.fingerprint], key=Entry.sort_key).model_copy(
            update={"count": counts[entry.fingerprint]}
        )
        for entry in left.entries
        if entry.fingerprint in counts
    )
    return Baseline(service=left.service, gate=left.gate, entries=tuple(entries))


def partition(findings: Iterable[Finding], baseline: Baseline) -> Partition:
    """Which findings the baseline tolerates, and what it lists in vain.

    Of several findings with one fingerprint the first in the order of reports are tolerated:
    nothing but their number tells old from new.
    """
    left = baseline.counts
    tolerated: list[Finding] = []
    new: list[Finding] = []
    for finding in sorted(findings, key=Finding.sort_key):
        if left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
            tolerated.append(finding)
        else:
            new.append(finding)
    return Partition(
        tolerated=tuple(tolerated), new=tuple(new), stale=baseline.with_counts(left).entries
    )


def render(baseline: Baseline) -> str:
    """The file's text: one entry a line, so that a diff or a merge conflict shows findings.

    ASCII only: no character of a message can make a reviewer read something else than is there.
    """
    head = json.dumps({"schema": SCHEMA, "service": baseline.service, "gate": baseline.gate})
    if not baseline.entries:
        return f'{head[:-1]}, "entries": []}}\n'
    lines = (json.dumps(entry.model_dump()) for entry in baseline.entries)
    return f'{head[:-1]}, "entries": [\n' + ",\n".join(lines) + "\n]}\n"
