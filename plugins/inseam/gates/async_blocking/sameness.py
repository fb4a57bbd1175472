"""Whether functions with other bodies do what they did: then nothing else is judged anew.

A result hangs on a body through the facts that evaluating it gives, in the ways in which it was
evaluated. So both bodies are evaluated in all of them, each in a program of its own that has all
else as it is now, and their facts compared in full, in order; only places may differ.

The facts of a function may hang on what was being evaluated around it: where functions need each
other, where a stack gets too deep, and where one function is called in too many ways. Such a
function counts as changed, whatever its facts here: only what no order of evaluation can touch is
said to do what it did.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inseam.gates.async_blocking.catalogue import Catalogue
from inseam.gates.async_blocking.dependencies import Dependencies, Using, body
from inseam.gates.async_blocking.evaluation import MOST_WAYS, Evaluator
from inseam.gates.async_blocking.facts import Facts
from inseam.gates.async_blocking.glances import Problem
from inseam.gates.async_blocking.interning import interning
from inseam.gates.async_blocking.judged import Place
from inseam.gates.async_blocking.judging import Job
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.loading import Loader
from inseam.gates.async_blocking.program import Program
from inseam.gates.async_blocking.sources import Function, Source
from inseam.gates.async_blocking.summary import Summary, line_of
from inseam.gates.async_blocking.ways import Table, Ways


@dataclass(frozen=True, kw_only=True)
class Body:
    """What a function's body was."""

    text: str
    line: int
    """The function's line, from which places count."""


@dataclass(slots=True)
class Same:
    """What was found out."""

    lines: dict[Place, dict[int, int]] = field(default_factory=dict)
    """Where places are that were in a line, for each function that does what it did."""
    uses: dict[str, list[str]] = field(default_factory=dict)
    """What the new bodies use; see `dependencies`."""
    problems: dict[str, Problem] = field(default_factory=dict)


def same(job: Job, loader: Loader, before: Mapping[Place, Body], ways: Ways) -> Same:
    """Finds the functions that do what they did.

    Args:
        job: what is judged.
        loader: gives the files as they are now.
        before: the bodies that were other ones.
        ways: in which ways functions were evaluated.
    """
    found = Same()
    for place in before:
        with interning():
            _compare(job, loader, before, place, ways, found)
    found.problems.update(loader.problems)
    return found


def _compare(
    job: Job,
    loader: Loader,
    before: Mapping[Place, Body],
    place: Place,
    ways: Ways,
    found: Same,
) -> None:
    if ways.was_cut(body(*place)):
        return
    old = _World(job, lambda path: _as_it_was(path, loader.load(path), before))
    new = _World(job, loader.load)
    ours, theirs = old.told(place, ways), new.told(place, ways)
    if ours is None or theirs is None or ours.facts != theirs.facts or ours.keys != theirs.keys:
        return
    if new.evaluator.deepest > old.evaluator.deepest:
        return
    lines: dict[int, int] = {}
    for was, now in zip(ours.lines, theirs.lines, strict=True):
        if lines.setdefault(before[place].line + was, theirs.line + now) != theirs.line + now:
            return  # two places in one line went to two
    found.lines[place] = lines
    for node, used in new.program.dependencies.uses.items():
        found.uses.setdefault(node, []).extend(sorted(used))


def _as_it_was(path: str, summary: Summary | None, before: Mapping[Place, Body]) -> Summary | None:
    """A file's summary with the bodies that it had."""
    changed = {number: was for (file, number), was in before.items() if file == path}
    if summary is None or not changed:
        return summary
    text = list(summary.text)
    for number, was in changed.items():
        text[1 + len(summary.flags) + number] = was.text
    return dataclasses.replace(summary, text=text)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a function does in one of the two programs."""

    facts: Any
    """As data; places are left out."""
    keys: frozenset[str]
    """All that was evaluated for it."""
    lines: list[int]
    """Of all places, counted from the function's line."""
    line: int


class _Entered(Dependencies):
    """Knows within what it is that something is computed."""

    def __init__(self) -> None:
        super().__init__()
        self._entered: list[set[str]] = []

    def enter(self, node: str, path: str) -> Using:
        before = super().enter(node, path)
        self._entered.append(self._using)
        return before

    def leave(self, before: Using) -> None:
        super().leave(before)
        self._entered.pop()

    def within_only(self, node: str, *, above: int) -> bool:
        """Whether it is what was entered last, but for some."""
        place = len(self._entered) - 1 - above
        return place >= 0 and self._entered[place] is self.uses.get(node)


class _Watched(Evaluator):
    """Notes what makes facts hang on the order of evaluation."""

    deepest = 0
    in_order = True
    """Whether facts hang on nothing that was being evaluated around them."""
    _innermost: Key | None = None
    _is_tentative = False

    def facts(self, key: Key) -> Facts:
        above, self._is_tentative = int(self._is_tentative), False
        self.deepest = max(self.deepest, self._depth)
        if key in self._running:
            # A body that itself asks for what it does so far is entered in no other way. Where it
            # asks through something that is remembered, that may have asked first.
            entered = self._dependencies
            assert isinstance(entered, _Entered)
            if self._innermost is not key or not entered.within_only(
                key.function.node, above=above
            ):
                self.in_order = False
        elif len(self._ways.get(key.function, ())) >= MOST_WAYS:
            self.in_order = False
        return super().facts(key)

    def assigned(self, key: Key) -> Facts:
        self._is_tentative = True
        return super().assigned(key)

    def _evaluate(self, key: Key) -> Facts:
        before, self._innermost = self._innermost, key
        try:
            return super()._evaluate(key)
        finally:
            self._innermost = before


class _World:
    """A program in which a function is evaluated, and nothing else was before."""

    def __init__(self, job: Job, load: Callable[[str], Summary | None]) -> None:
        settings = job.settings
        self.program = Program(job.index, Catalogue(extra_sinks=settings.extra_sinks), load)
        self.program.dependencies = _Entered()
        self.evaluator = _Watched(
            self.program,
            job.hierarchy,
            offloaders=settings.extra_offloaders,
            extra_sinks={sink.call: sink.entry() for sink in settings.extra_sinks},
        )

    def told(self, place: Place, ways: Ways) -> _Told | None:
        """What a function does in all ways; None if that hangs on the order of evaluation."""
        path, number = place
        source = self.program.source(path)
        if source is None:
            return None
        function, evaluator = source.function(number), self.evaluator
        table, facts, lines = Table(), [], []
        inner = _is_around_others(source, function)
        for key in dict.fromkeys([evaluator.key(function), *ways.of(body(*place), self.program)]):
            one = evaluator.facts(key)
            facts.append(_data(one, table, inner=inner))
            lines += [line_of(site.place) for site in one.sites.values()]
        if not evaluator.in_order or evaluator.too_deep:
            return None
        return _Told((table.entries, facts), _texts(evaluator.evaluated()), lines, function.line)


def _texts(keys: Iterable[Key]) -> frozenset[str]:
    """Keys as they are told apart from program to program."""
    found = set()
    for key in keys:
        table = Table()
        table.number(key)
        found.add(json.dumps(table.entries))
    return frozenset(found)


def _is_around_others(source: Source, function: Function) -> bool:
    """Whether functions or classes are nested in a function, which may see its variables."""
    return any(one.head.parent == function.number for one in source.functions()) or any(
        one.head.parent == function.number for one in source.classes()
    )


def _data(facts: Facts, table: Table, *, inner: bool) -> list[Any]:
    values = [
        [(name, table.number(value)) for name, value in named.items()]
        for named in (
            *(facts.attributes, facts.annotated, facts.rebound),
            facts.locals if inner else {},
        )
    ]
    return [
        [
            (
                [(table.number(key), sure) for key, sure in site.targets.items()],
                list(site.sinks.items()),
            )
            for site in facts.sites.values()
        ],
        table.number(facts.returns),
        table.number(facts.yields),
        values,
        [table.number(key) for key in facts.callbacks],
        [table.number(function) for function in facts.coroutines],
        [table.number(function) for function in facts.loop_owners],
    ]
