"""Cutting work into units."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from inseam.findings.model import Finding
from inseam.gates import GATES
from inseam.gates.contract import Gate, Needs, Request, ServiceFacts
from inseam.planning.units import SHARD_SIZE, Subject, cut_units, nested_folders
from inseam.policy.orders import Settings, free


def nothing(request: Request[Any]) -> Iterator[Finding]:
    """Never run."""
    yield from ()


LINT: Gate[Any] = Gate(
    id="lint", summary="A gate.", rules=(), settings=Settings, needs=Needs.SOURCES, run=nothing
)


DAY = datetime.date(2026, 11, 22)


def subjects(count: int) -> list[Subject]:
    names = sorted(f"service-{n}" for n in range(count))
    return [
        Subject(facts=ServiceFacts(name=name, root=name), settings={}, nested=()) for name in names
    ]


def shards(count: int) -> dict[str, tuple[str, ...]]:
    return {unit.id: unit.services for unit in cut_units(LINT, subjects(count), DAY)}


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 64, 65, 500, 1000])
def test_every_service_is_in_one_shard_of_bearable_size(count: int) -> None:
    members = [name for services in shards(count).values() for name in services]
    assert sorted(members) == [subject.facts.name for subject in subjects(count)]
    assert all(len(services) <= 2 * SHARD_SIZE for services in shards(count).values())
    assert len(shards(count)) >= count / (2 * SHARD_SIZE)


def test_few_services_share_one_process() -> None:
    assert list(shards(SHARD_SIZE)) == ["lint-shard-0"]
    assert list(shards(0)) == []


def test_one_more_service_changes_one_shard() -> None:
    before, after = shards(100), shards(101)
    changed = [name for name in after if before.get(name) != after[name]]
    assert len(changed) == 1


def test_doubling_splits_each_shard() -> None:
    few, many = shards(64), shards(128)
    for services in many.values():
        old = {name for name in services if any(name in each for each in few.values())}
        assert any(old <= set(each) for each in few.values())


def test_ids_of_units_cannot_meet() -> None:
    """`GATE-SERVICE` is unique as long as no gate's id continues another's."""
    ids = [gate.id for gate in GATES]
    assert not [(a, b) for a in ids for b in ids if b.startswith(f"{a}-")]


class AgeSettings(Settings):
    """Settings of a gate that may judge by the day."""

    max_age: Annotated[int | None, free] = Field(None, description="Days.")


def test_the_day_is_part_of_units_that_judge_by_it_alone() -> None:
    aging = replace(
        LINT, settings=AgeSettings, reads_date=lambda stated: stated.max_age is not None
    )
    old, ageless = (
        Subject(facts=ServiceFacts(name=name, root=name), settings={"max_age": age}, nested=())
        for name, age in (("old", 3), ("ageless", None))
    )

    def day_of(*of: Subject) -> list[datetime.date | None]:
        return [unit.document.as_of for unit in cut_units(aging, of, DAY)]

    assert day_of(ageless) == [None]
    assert day_of(ageless, old) == [DAY]
    assert [unit.document.as_of for unit in cut_units(LINT, subjects(1), DAY)] == [None]


class PinSettings(Settings):
    """A gate that reads a file which policy names."""

    pin: Annotated[str | None, free] = Field(None, description="A path.")


def test_a_unit_wants_what_the_settings_of_its_services_name() -> None:
    reading = replace(
        LINT, settings=PinSettings, inputs=lambda stated: [stated.pin] if stated.pin else []
    )
    pins = [None, "b.jsonl", "a.jsonl", "b.jsonl"]
    of = [
        Subject(
            facts=ServiceFacts(name=f"service-{n}", root=f"s{n}"), settings={"pin": pin}, nested=()
        )
        for n, pin in enumerate(pins)
    ]

    assert [unit.inputs for unit in cut_units(reading, of, DAY)] == [("a.jsonl", "b.jsonl")]
    assert [unit.inputs for unit in cut_units(reading, of[:1], DAY)] == [()]
    assert [unit.inputs for unit in cut_units(LINT, subjects(1), DAY)] == [()]


_PARTS = st.lists(st.sampled_from(["a", "ab", "a-b", "a.b", "b", "0"]), min_size=1, max_size=3)


@given(st.frozensets(_PARTS.map("/".join) | st.just("."), max_size=8))
@settings(max_examples=200)
def test_nested_folders(folders: frozenset[str]) -> None:
    expected = {
        outer: tuple(
            sorted(
                (inner for inner in folders if inner not in (outer, ".") and _holds(outer, inner)),
                key=lambda folder: f"{folder}/",
            )
        )
        for outer in folders
    }
    nested = nested_folders(folders)
    assert {outer: nested.get(outer, ()) for outer in folders} == expected


def _holds(outer: str, inner: str) -> bool:
    return outer == "." or inner.startswith(f"{outer}/")


class Comparing(Settings):
    """Of a gate that compares services."""

    together: Annotated[bool, free] = Field(False, description="Compare.")


@given(st.sets(st.integers(0, 199)))
@settings(max_examples=20, deadline=None)
def test_services_that_are_compared_are_one_unit(compared: set[int]) -> None:
    gate: Gate[Any] = replace(LINT, settings=Comparing, together=lambda stated: stated.together)
    stated = [
        replace(subject, settings={"together": number in compared})
        for number, subject in enumerate(subjects(200))
    ]
    units = {unit.id: unit.services for unit in cut_units(gate, stated, DAY)}
    names = tuple(s.facts.name for n, s in enumerate(stated) if n in compared)
    assert units.pop("lint-together", ()) == names
    others = sorted(name for services in units.values() for name in services)
    assert others == sorted({s.facts.name for s in stated} - set(names))
