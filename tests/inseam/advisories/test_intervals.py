"""Ranges: compiled, they say of every version what OSV's algorithm says of their events."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from inseam.advisories.intervals import Event, RangeError, compile_events, in_any

VERSIONS = [
    *("0.dev1", "0", "0.1a1", "0.1", "1.0.dev3", "1.0a1", "1.0a2", "1.0rc1", "1.0", "1.0.post1"),
    *("1.0.1", "1.1", "2.0b1", "2.0", "2.0.0.0", "2.0.post2", "2.1", "10.0", "2024.1.1"),
    *("1!0.1", "1!0.9", "1!1.0rc2", "1!1.0", "2!0"),
]
KINDS = ("introduced", "fixed", "last_affected")


def naive(version: str, events: Sequence[Event]) -> bool:
    """https://ossf.github.io/osv-schema/#evaluation, word for word."""
    asked = Version(version)
    limits = [text for kind, text in events if kind == "limit"]
    if limits and not any(limit == "*" or asked < Version(limit) for limit in limits):
        return False

    def rank(event: Event) -> tuple[bool, Version]:
        kind, text = event
        return (kind, text) != ("introduced", "0"), Version(text)

    vulnerable = False
    for kind, text in sorted((event for event in events if event[0] != "limit"), key=rank):
        if kind == "introduced" and (text == "0" or asked >= Version(text)):
            vulnerable = True
        elif (kind == "fixed" and asked >= Version(text)) or (
            kind == "last_affected" and asked > Version(text)
        ):
            vulnerable = False
    return vulnerable


@st.composite
def ranges(draw: st.DrawFn) -> list[Event]:
    """Events at versions that differ, as OSV leaves open what comes first of equal ones."""
    texts = draw(
        st.lists(st.sampled_from(VERSIONS), min_size=1, max_size=8, unique_by=lambda v: Version(v))
    )
    events: list[Event] = [(draw(st.sampled_from(KINDS)), text) for text in texts]
    if draw(st.booleans()):
        events.append(("limit", draw(st.sampled_from([*VERSIONS, "*"]))))
    if not any(kind == "introduced" for kind, _ in events):
        events.append(("introduced", "0"))
    return draw(st.permutations(events))


@given(ranges(), st.sampled_from(VERSIONS))
def test_compiled_ranges_answer_as_the_algorithm_of_osv(events: list[Event], version: str) -> None:
    assert in_any(Version(version), compile_events(events)) == naive(version, events)


@given(ranges())
def test_compiling_does_not_depend_on_the_order_of_events(events: list[Event]) -> None:
    assert compile_events(events) == compile_events(reversed(events))


@pytest.mark.parametrize(
    ("events", "affected", "unaffected"),
    [
        (
            [("introduced", "1.0"), ("fixed", "2.0")],
            ["1.0", "2.0rc1", "1.9.post1"],
            ["1.0rc1", "2.0"],
        ),
        ([("introduced", "0"), ("last_affected", "2.0")], ["0.dev1", "2.0"], ["2.0.post1"]),
        # An epoch comes before all else: 1!0.1 is newer than 2024.1.1.
        ([("introduced", "0"), ("fixed", "1!0.1")], ["2024.1.1"], ["1!0.1"]),
        ([("introduced", "1!0"), ("fixed", "1!2")], ["1!1.0"], ["1.0", "1!2"]),
        # A build of a version is that version, unless the advisory speaks of builds itself.
        ([("introduced", "0"), ("last_affected", "2.0")], ["2.0+cu118"], ["2.1+cu118"]),
        ([("introduced", "2.0"), ("fixed", "2.0+sec.2")], ["2.0+sec.1", "2.0"], ["2.0+sec.2"]),
        ([("introduced", "0"), ("fixed", "2.0")], ["1.9+local"], ["2.0+local"]),
        # Equal versions: what ends begins again; one version alone.
        ([("introduced", "1"), ("fixed", "2"), ("introduced", "2"), ("fixed", "3")], ["2"], ["3"]),
        ([("introduced", "2"), ("last_affected", "2")], ["2"], ["1.9", "2.0.1"]),
        (
            [("introduced", "1"), ("last_affected", "2"), ("introduced", "2"), ("fixed", "3")],
            ["1", "2", "2.5"],
            ["3"],
        ),
        ([("introduced", "1"), ("fixed", "1")], [], ["1"]),
        ([("introduced", "0"), ("limit", "2.0")], ["1.9"], ["2.0", "3"]),
        ([("introduced", "0"), ("limit", "*"), ("limit", "2.0")], ["3"], []),
    ],
)
def test_versions(events: list[Event], affected: list[str], unaffected: list[str]) -> None:
    intervals = compile_events(events)

    assert [text for text in affected if not in_any(Version(text), intervals)] == []
    assert [text for text in unaffected if in_any(Version(text), intervals)] == []


@pytest.mark.parametrize("events", [[], [("fixed", "1.0")], [("introduced", "1.0-n653")]])
def test_events_that_mean_no_range(events: list[Event]) -> None:
    with pytest.raises(RangeError):
        compile_events(events)
