"""Cutting a gate's work into units: one per service, or shards of many services.

A shard's members follow from the services' names alone, so that adding one service changes the
content of one shard and leaves the others' cache entries alone.
"""

from __future__ import annotations

import bisect
import datetime
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inseam.gates.contract import Gate, Needs, ServiceFacts, never, nothing
from inseam.planning.model import BaseFileKind, PlannedUnit, UnitDocument, UnitService

SHARD_SIZE = 32
"""Services per shard, about: enough to pay for a process, few enough to run many at once."""

TIME_LIMITS: Mapping[Needs, float] = {
    Needs.SOURCES: 300.0,
    Needs.LOCKFILE: 300.0,
    # The first run makes the environment, which downloads and may build packages.
    Needs.ENVIRONMENT: 1200.0,
}
"""Seconds that a unit may take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """One service for one gate to look at."""

    facts: ServiceFacts
    settings: dict[str, Any]
    nested: tuple[str, ...]


def cut_units(
    gate: Gate[Any], subjects: Sequence[Subject], as_of: datetime.date
) -> Iterator[PlannedUnit]:
    """The units of `gate` over `subjects`, which are sorted by name, on the day `as_of`."""
    if gate.needs is Needs.ENVIRONMENT:
        for subject in subjects:
            yield _unit(gate, f"{gate.id}-{subject.facts.name}", [subject], as_of)
        return
    together: list[Subject] = []
    apart: list[Subject] = []
    for subject in subjects:
        (together if _is_together(gate, subject) else apart).append(subject)
    if together:
        yield _unit(gate, f"{gate.id}-together", together, as_of)
    # Doubling the shards splits each in two, so that most growth moves no service.
    shards: dict[int, list[Subject]] = {}
    number_of_shards = _number_of_shards(len(apart))
    for subject in apart:
        shards.setdefault(_hash(subject.facts.name) % number_of_shards, []).append(subject)
    for number in sorted(shards):
        yield _unit(gate, f"{gate.id}-shard-{number}", shards[number], as_of)


def nested_folders(folders: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each folder that holds others of `folders`, those; all sorted."""
    ordered = sorted({f"{folder}/" for folder in folders if folder != "."})
    nested: dict[str, tuple[str, ...]] = {".": tuple(folder[:-1] for folder in ordered)}
    for index, folder in enumerate(ordered):
        # Whatever begins with the folder follows it at once in sorted order.
        end = bisect.bisect_left(ordered, f"{folder[:-1]}0", index + 1)
        if end > index + 1:
            nested[folder[:-1]] = tuple(inner[:-1] for inner in ordered[index + 1 : end])
    return nested


def _unit(
    gate: Gate[Any], identity: str, subjects: Sequence[Subject], as_of: datetime.date
) -> PlannedUnit:
    services = tuple(
        UnitService(facts=subject.facts, settings=subject.settings, nested=subject.nested)
        for subject in subjects
    )
    return PlannedUnit(
        id=identity,
        gate=gate.id,
        needs=gate.needs,
        services=tuple(subject.facts.name for subject in subjects),
        reads_base=gate.reads_base,
        reads_tip=gate.reads_tip,
        base_files=tuple(
            BaseFileKind(suffix=kind.suffix, containing=kind.containing) for kind in gate.base_files
        ),
        inputs=_inputs(gate, subjects),
        can_be_live=gate.can_be_live,
        document=UnitDocument(
            gate=gate.id,
            time_limit=TIME_LIMITS[gate.needs],
            services=services,
            as_of=as_of if _reads_date(gate, subjects) else None,
        ),
    )


def _inputs(gate: Gate[Any], subjects: Iterable[Subject]) -> tuple[str, ...]:
    if gate.inputs is nothing:
        return ()
    settings = (gate.settings.model_validate(subject.settings) for subject in subjects)
    return tuple(sorted({path for stated in settings for path in gate.inputs(stated)}))


def _is_together(gate: Gate[Any], subject: Subject) -> bool:
    return gate.together is not never and gate.together(
        gate.settings.model_validate(subject.settings)
    )


def _reads_date(gate: Gate[Any], subjects: Iterable[Subject]) -> bool:
    # Settings are read only for gates that may say yes: a thousand services have as many.
    return gate.reads_date is not never and any(
        gate.reads_date(gate.settings.model_validate(subject.settings)) for subject in subjects
    )


def _number_of_shards(services: int) -> int:
    """The least power of two that leaves at most `SHARD_SIZE` services to each on average."""
    number = 1
    while services > number * SHARD_SIZE:
        number *= 2
    return number


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest(), "big")
