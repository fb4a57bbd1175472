"""Which blocking calls a function reaches, and by which shortest chain of calls.

First the calls are followed forward from the roots, so that only what runs is evaluated; then, for
each kind of waiting, back from the blocking calls, breadth first: surest chains first, the shortest
of those. Of equally good ones the one that runs first counts: which chain is told does not hang
on what else was judged. Neither recurses, and cycles end by themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inseam.gates.async_blocking.catalogue_model import Confidence, Entry, Kind
from inseam.gates.async_blocking.dependencies import doing
from inseam.gates.async_blocking.evaluation import Evaluator
from inseam.gates.async_blocking.facts import Site
from inseam.gates.async_blocking.keys import Key
from inseam.gates.environment.deadline import Deadline

TIERS = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)
_LINK_UNSURE = 1
_LINK_REMEMBERED = 2
_SHORT = frozenset({Kind.FILE, Kind.METADATA, Kind.CPU})
"""What hardly matters if it happens once in a process's life, as below `functools.cache`."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A blocking call at the end of a chain."""

    place: int
    name: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Step:
    """The way on from a function: the first link of its best chain."""

    tier: int
    length: int
    place: int
    rank: tuple[int, int]
    """Where it comes when the function is run: its place among all, and its number there."""
    to: Key | Sink


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of calls from a place in a root to a blocking call."""

    kind: Kind
    confidence: Confidence
    place: int
    hops: tuple[tuple[Key, int], ...]
    """The functions on the way, each with the place in it that leads on."""
    sink: Sink


class Reach:
    """What a set of roots reaches."""

    def __init__(self, evaluator: Evaluator, kinds: Iterable[Kind], deadline: Deadline) -> None:
        self._evaluator = evaluator
        self._deadline = deadline
        self._kinds = frozenset(kinds)
        self._order: dict[Key, int] = {}
        self._callers: dict[Key, list[tuple[Key, int, tuple[int, int], bool]]] = {}
        self._direct: dict[Kind, list[tuple[Key, Site, int]]] = {}
        """Where calls of the catalogue block, in the order in which functions were reached."""
        self._steps: dict[Kind, dict[Key, Step]] = {}
        self._leading: dict[Key, list[Kind]] = {}
        """The kinds that a function reaches, in their order."""

    def explore(self, roots: Iterable[Key]) -> None:
        """Follows calls from some roots, to what was not reached before."""
        pending = deque(roots)
        while pending:
            key = pending.popleft()
            if key in self._order:
                continue
            self._deadline.left()
            self._order[key] = len(self._order)
            node = key.function.node
            uses = self._evaluator.program.dependencies.of(doing(node))
            uses.add(node)
            for order, site in enumerate(self._evaluator.facts(key).sites.values()):
                for number, (target, sure) in enumerate(site.targets.items()):
                    uses.add(doing(target.function.node))
                    callers = self._callers.setdefault(target, [])
                    callers.append((key, site.place, (order, number), sure))
                    pending.append(target)
                if site.sinks:
                    for kind in {entry.blocks for entry, _ in site.sinks.values()}:
                        if kind in self._kinds:
                            self._direct.setdefault(kind, []).append((key, site, order))

    def settle(self) -> None:
        """Finds the best chains of all that was reached."""
        for kind in sorted(self._direct):
            self._steps[kind] = steps = self._search(kind)
            for key in steps:
                self._leading.setdefault(key, []).append(kind)

    def functions(self) -> Iterable[Key]:
        """All that was reached."""
        return self._order

    def chains(self, root: Key) -> Iterator[Chain]:
        """The best chain of each kind from each place in a root."""
        if root not in self._leading:
            return
        sites = self._evaluator.facts(root).sites
        for place in sorted(sites):
            site = sites[place]
            kinds = {
                entry.blocks for entry, _ in site.sinks.values() if entry.blocks in self._kinds
            }
            for target in site.targets:
                kinds.update(self._leading.get(target, ()))
            for kind in sorted(kind for kind in kinds if kind is not None):
                step = self._best_at(site, kind)
                if step is not None:
                    yield self._chain(kind, step)

    def _best_at(self, site: Site, kind: Kind) -> Step | None:
        found: list[Step] = []
        for number, (sink, tier) in enumerate(_sinks(site, kind)):
            found.append(Step(tier, 0, site.place, (0, number), sink))
        steps = self._steps[kind]
        for number, (target, sure) in enumerate(site.targets.items()):
            if (further := steps.get(target)) is not None:
                tier = max(further.tier, self._link(target, kind, sure=sure))
                found.append(Step(tier, further.length + 1, site.place, (0, number), target))
        return min(found, key=lambda step: (step.tier, step.length), default=None)

    def _chain(self, kind: Kind, first: Step) -> Chain:
        hops: list[tuple[Key, int]] = []
        step, steps = first, self._steps[kind]
        while not isinstance(step.to, Sink):
            key = step.to
            step = steps[key]
            hops.append((key, step.place))
        return Chain(kind, TIERS[first.tier], first.place, tuple(hops), step.to)

    def _search(self, kind: Kind) -> dict[Key, Step]:
        """For every function that reaches a kind, the first link of its best chain."""
        direct: list[list[tuple[Key, Step]]] = [[] for _ in TIERS]
        for key, site, order in self._direct[kind]:
            for number, (sink, tier) in enumerate(_sinks(site, kind)):
                direct[tier].append((key, Step(tier, 0, site.place, (order, number), sink)))
        steps: dict[Key, Step] = {}
        for tier in range(len(TIERS)):
            # What surer chains reach goes on over less sure links, too.
            layers: dict[int, list[tuple[Key, Step]]] = {}
            for key, step in direct[tier]:
                layers.setdefault(0, []).append((key, step))
            for key in list(steps):
                self._back(key, steps[key], kind, tier, layers)
            length = 0
            while layers:
                found: dict[Key, Step] = {}
                for key, step in layers.pop(length, ()):
                    if key not in steps and (key not in found or step.rank < found[key].rank):
                        found[key] = step
                for key, step in found.items():
                    steps[key] = step
                    self._back(key, step, kind, tier, layers)
                length += 1
        return steps

    def _back(
        self,
        key: Key,
        step: Step,
        kind: Kind,
        tier: int,
        layers: dict[int, list[tuple[Key, Step]]],
    ) -> None:
        for caller, place, rank, sure in self._callers.get(key, ()):
            if max(step.tier, self._link(key, kind, sure=sure)) <= tier:
                length = step.length + 1
                layers.setdefault(length, []).append((caller, Step(tier, length, place, rank, key)))

    def _link(self, target: Key, kind: Kind, *, sure: bool) -> int:
        """How sure a chain can be that leads on through a call of `target`."""
        if kind in _SHORT and self._evaluator.decorators.of(target.function).remembers:
            return _LINK_REMEMBERED
        return 0 if sure else _LINK_UNSURE


def _sinks(site: Site, kind: Kind) -> Iterator[tuple[Sink, int]]:
    for name, (entry, sure) in sorted(site.sinks.items()):
        if entry.blocks is kind:
            tier = TIERS.index(entry.confidence)
            yield Sink(site.place, name, entry), tier if sure else max(tier, _LINK_UNSURE)
