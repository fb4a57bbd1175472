"""Whether functions with other bodies do what they did: then nothing else is judged anew.

A result hangs on a body through the facts that evaluating it gives, in the ways in which it was
evaluated. So both bodies are evaluated in all of them, each in a program of its own that has all
else as it is now, and their facts compared in full, in order; only places may differ. Where the
values are what they were, and what it runs is not, only what runs it is judged anew.

The facts of a function may hang on what was being evaluated around it: where functions need each
other, where a stack gets too deep, and where one function is called in too many ways. Such a
function counts as changed, whatever its facts here: only what no order of evaluation can touch is
said to do what it did.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inseam.gates.async_blocking.catalogue import Catalogue
from inseam.gates.async_blocking.dependencies import Dependencies, Using, body
from inseam.gates.async_blocking.evaluation import DEEP, MOST_WAYS, Evaluator
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

_MOST = 32
"""Bodies that are compared; with more, judging anew is hardly dearer."""


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
    values: set[Place] = field(default_factory=set)
    """Functions that may do something else, but give what they gave."""
    uses: dict[str, list[str]] = field(default_factory=dict)
    """What the new bodies use; see `dependencies`."""
    problems: dict[str, Problem] = field(default_factory=dict)


def same(job: Job, loader: Loader, before: Mapping[Place, Body], ways: Ways) -> Same:
    """Finds the functions that do, or at least give, what they did.

    Args:
        job: what is judged.
        loader: gives the files as they are now.
        before: the bodies that were other ones.
        ways: in which ways functions were evaluated.
    """
    found = Same()
    if len(before) > _MOST:
        return found
    for place in before:
        job.deadline.left()
        with interning():
            _compare(job, loader, before, place, ways, found)
    return found


def _compare(
    job: Job,
    loader: Loader,
    before: Mapping[Place, Body],
    place: Place,
    ways: Ways,
    found: Same,
) -> None:
    old = _World(job, lambda path: _as_it_was(path, loader.load(path), before), loader.text)
    new = _World(job, loader.load, loader.text)
    was, now = old.told(place, ways), new.told(place, ways)
    if was is None or now is None or was.values != now.values or _crowds(was, now, ways):
        return
    lines: dict[int, int] = {}
    pairs = zip(was.lines, now.lines, strict=False)
    # Two places in one line may have gone to two.
    if was.runs == now.runs and all(lines.setdefault(one, other) == other for one, other in pairs):
        start, end = before[place].line, now.line
        found.lines[place] = {start + one: end + other for one, other in lines.items()}
    else:
        found.values.add(place)
    found.problems.update((path, loader.problems[path]) for path in new.missing)
    for node, used in new.program.dependencies.uses.items():
        found.uses.setdefault(node, []).extend(sorted(used))


def _crowds(was: _Told, now: _Told, ways: Ways) -> bool:
    """Whether a function is called in other ways, and may be in too many to be told apart."""
    others = Counter(node for node, _ in was.keys ^ now.keys)
    return any(ways.count(node) + number >= MOST_WAYS for node, number in others.items())


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

    values: Any
    """What others see of its values, as data."""
    runs: Any
    """What it runs, as data; places are left out."""
    keys: frozenset[tuple[str, str]]
    """All that was evaluated for it: bodies, each in a way."""
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

    def __init__(
        self,
        job: Job,
        load: Callable[[str], Summary | None],
        text: Callable[[str], bytes],
    ) -> None:
        settings = job.settings
        self.missing: set[str] = set()
        """Files that were needed and have no summary."""

        def loaded(path: str) -> Summary | None:
            summary = load(path)
            if summary is None:
                self.missing.add(path)
            return summary

        catalogue = Catalogue(extra_sinks=settings.extra_sinks)
        self.program = Program(job.index, catalogue, loaded, text)
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
        values, runs, lines = Table(), Table(), []
        told: list[tuple[list[Any], list[Any]]] = []
        inner = _is_around_others(source, function)
        for key in dict.fromkeys([evaluator.key(function), *ways.of(body(*place), self.program)]):
            facts = evaluator.facts(key)
            told.append((_values(facts, values, inner=inner), _runs(facts, runs)))
            lines += [line_of(site.place) for site in facts.sites.values()]
        keys = _texts(evaluator.evaluated())
        if (
            not evaluator.in_order
            or evaluator.too_deep
            or evaluator.deepest >= DEEP
            or any(ways.was_cut(node) for node, _ in keys)
        ):
            return None
        return _Told(
            (values.entries, [one for one, _ in told]),
            (runs.entries, [one for _, one in told]),
            keys,
            lines,
            function.line,
        )


def _texts(keys: Iterable[Key]) -> frozenset[tuple[str, str]]:
    """Keys as they are told apart from program to program."""
    found = set()
    for key in keys:
        table = Table()
        table.number(key)
        found.add((key.function.node, json.dumps(table.entries)))
    return frozenset(found)


def _is_around_others(source: Source, function: Function) -> bool:
    """Whether functions or classes are nested in a function, which may see its variables."""
    return any(one.head.parent == function.number for one in source.functions()) or any(
        one.head.parent == function.number for one in source.classes()
    )


def _values(facts: Facts, table: Table, *, inner: bool) -> list[Any]:
    """What evaluating other functions hangs on."""
    named = (facts.attributes, facts.annotated, facts.rebound, facts.locals if inner else {})
    targets = (target for site in facts.sites.values() for target in site.targets)
    return [
        table.number(facts.returns),
        table.number(facts.yields),
        [[(name, table.number(value)) for name, value in known.items()] for known in named],
        # Attributes are looked for in what `__init__` passes its arguments on to.
        [table.number(target) for target in targets if target.function.head.name == "__init__"],
    ]


def _runs(facts: Facts, table: Table) -> list[Any]:
    """What only matters where the function is run."""
    return [
        [
            (
                [(table.number(key), sure) for key, sure in site.targets.items()],
                list(site.sinks.items()),
            )
            for site in facts.sites.values()
        ],
        [table.number(key) for key in facts.callbacks],
        [table.number(function) for function in facts.coroutines],
        [table.number(key) for key in facts.started],
        [table.number(function) for function in facts.loop_owners],
    ]
