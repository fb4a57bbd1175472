"""What judging files gave: data that is kept from run to run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from inseam.findings.model import Finding
from inseam.gates.async_blocking.command_lines import package_of_commands

Place = tuple[str, int]
"""A function: its file and its number there."""
Told = tuple[dict[str, Any], list[Place]]
"""A finding, and the functions that its related places are in."""


@dataclass(slots=True)
class Judged:
    """What judging one file gave; JSON can hold it."""

    roots: list[tuple[str, int, list[Told]]]
    """The functions that run on a loop, with the findings in each."""
    calls: list[tuple[Place, Place]]
    """Which async function calls which, of those that are neither methods nor decorated."""
    owned: list[Place]
    """Async functions to which a command gives a loop of their own."""
    reaches: list[tuple[Place, Place]]
    """Which async function calls which, of all others: they may have callers that nobody knows."""


def without_commands(judged: Mapping[str, Judged], private: Iterable[Place]) -> Iterator[Finding]:
    """The findings in roots that are not among the functions that only commands run. Of those of
    one rule at one place, in a function that does different things for different callers, the
    surest counts, of equally sure ones that with the shortest chain."""
    left_out = set(private)
    best: dict[tuple[str, int, int, str], dict[str, Any]] = {}
    for path in sorted(judged):
        for file, number, findings in judged[path].roots:
            if (file, number) not in left_out:
                for found, _ in findings:
                    mark = (file, found["line"], found["column"], found["rule"])
                    known = best.get(mark)
                    if known is None or _rank(found) < _rank(known):
                        best[mark] = found
    yield from map(Finding.model_validate, best.values())


def _rank(found: dict[str, Any]) -> tuple[int, int, str]:
    sureness = ("high", "medium", "low").index(found["confidence"])
    return sureness, len(found["related"]), found["message"]


def only_commands(judged: Mapping[str, Judged]) -> set[Place]:
    """The async functions that nothing but commands runs: those that a command gives a loop of
    their own, and what of their own file, or of their command line's folder, only they call."""
    callers: dict[Place, set[Place]] = {}
    reached: dict[Place, set[Place]] = {}
    for one in judged.values():
        for caller, called in one.calls:
            callers.setdefault(called, set()).add(caller)
        for caller, called in one.reaches:
            reached.setdefault(called, set()).add(caller)
    given = {place for one in judged.values() for place in one.owned}
    while True:
        owned = _with_callees(given, callers)
        # What others await as well has their loop too, such as the demonstration of a module.
        shared = {
            place
            for place in given
            if not callers.get(place, set()) | reached.get(place, set()) <= {place, *owned}
        }
        if not shared:
            break
        given -= shared
    return owned


def _with_callees(given: Set[Place], callers: Mapping[Place, set[Place]]) -> set[Place]:
    """Some functions, and what of their own file, or of their command line's folder, only these
    call."""
    owned = set(given)
    changed = True
    while changed:
        changed = False
        for called, known in callers.items():
            if called not in owned and known <= owned and _are_near(called, known):
                owned.add(called)
                changed = True
    return owned


def _are_near(called: Place, callers: Set[Place]) -> bool:
    """Whether a function is called from its own file or its command line's folder alone."""
    package = package_of_commands(called[0])
    return all(
        caller[0] == called[0] or (package and package_of_commands(caller[0]) == package)
        for caller in callers
    )
