"""What the units returned, held against what was planned: nothing missing passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from inseam.findings.model import Failure, Finding, FindingsDocument

Pair = tuple[str, str]
"""A service and a gate."""

_BUG = "report this as a bug of inseam, with the command that showed it"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that is known about the planned pairs of service and gate."""

    findings: dict[Pair, list[Finding]]
    """For every expected pair that came back, failed or not; sorted."""
    failures: tuple[Failure, ...]
    """The units' own and those found here; sorted, without repetition."""
    failed: frozenset[Pair]
    """Where some failure makes the findings incomplete."""


def collect(
    documents: Sequence[FindingsDocument],
    *,
    expected: AbstractSet[Pair],
    ignored: AbstractSet[Pair],
) -> Evidence:
    """Merge the units' documents.

    Args:
        documents: in any order; the result does not depend on it.
        expected: the pairs that have to be in exactly one document each.
        ignored: the pairs that a unit may have looked at but need not have, since a waiver says
            that the gate does not apply; whatever is said of them is dropped.
    """
    findings: dict[Pair, list[Finding]] = {}
    failures: set[tuple[Failure, Pair | None]] = set()
    for document in documents:
        for service in document.services:
            pair = (service, document.gate)
            if pair in ignored:
                continue
            if pair not in expected:
                failures.add((_unplanned(pair), pair))
            elif pair in findings:
                failures.add((_repeated(pair), pair))
            findings.setdefault(pair, [])
        for finding in document.findings:
            pair = (finding.service, finding.gate)
            if finding.service not in document.services or finding.gate != document.gate:
                failures.add((_misplaced(finding, document.gate), (finding.service, document.gate)))
            elif pair in expected:
                findings[pair].append(finding)
        failures.update(_failures(document, ignored))
    for pair in expected - findings.keys():
        failures.add((_missing(pair), pair))
    for found in findings.values():
        found.sort(key=_finding_key)
    return Evidence(
        findings=findings,
        failures=tuple(sorted({failure for failure, _ in failures}, key=_failure_key)),
        failed=frozenset(pair for _, pair in failures if pair is not None),
    )


def _failures(
    document: FindingsDocument, ignored: AbstractSet[Pair]
) -> Iterator[tuple[Failure, Pair | None]]:
    for failure in document.failures:
        # A failure that names no service, or one the unit was not asked about, concerns them all.
        named = failure.service
        services = (named,) if named in document.services else document.services
        concerned = [pair for name in services if (pair := (name, document.gate)) not in ignored]
        for pair in concerned:
            yield failure, pair
        if not services:
            yield failure, None


def _missing(pair: Pair) -> Failure:
    service, gate = pair
    return Failure(
        gate=gate,
        code="inseam/unit-missing",
        service=service,
        message=f"{gate} was planned for {service} and returned nothing",
        fix="run it again; if this recurs, look for the unit's crash or time-out in the log above",
    )


def _unplanned(pair: Pair) -> Failure:
    service, gate = pair
    return Failure(
        gate=gate,
        code="inseam/unit-unplanned",
        service=service,
        message=f"{gate} reported on {service}, which this plan does not ask for",
        fix="judge findings by the plan that they were made for",
    )


def _repeated(pair: Pair) -> Failure:
    service, gate = pair
    return Failure(
        gate=gate,
        code="inseam/unit-repeated",
        service=service,
        message=f"{gate} reported on {service} twice, so that its findings cannot be counted",
        fix="judge each unit's findings once: remove documents of earlier runs",
    )


def _misplaced(finding: Finding, gate: str) -> Failure:
    return Failure(
        gate=gate,
        code="inseam/finding-misplaced",
        service=finding.service,
        file=finding.file,
        line=finding.line,
        message=f"a unit of {gate} yielded {finding.rule} for {finding.service}, not asked of it",
        fix=_BUG,
    )


def _finding_key(finding: Finding) -> tuple[object, ...]:
    """`Finding.sort_key`, made total: the order of documents must never show."""
    properties = tuple(sorted(finding.properties.items()))
    return (*finding.sort_key(), finding.key, finding.severity, finding.fix, properties)


def _failure_key(failure: Failure) -> tuple[object, ...]:
    return (*failure.sort_key(), failure.gate, failure.column or 0, failure.fix)
