"""Old results after an edit: which of them hold, and what is added to them.

Read and written only where something changed; see `results`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from inseam.gates.async_blocking import ways
from inseam.gates.async_blocking.dependencies import QUERY, RESULT, Edit, body, doing
from inseam.gates.async_blocking.glances import NOTHING
from inseam.gates.async_blocking.graphs import affected, graph, joined
from inseam.gates.async_blocking.hierarchy import Hierarchy, dump
from inseam.gates.async_blocking.judged import Place
from inseam.gates.async_blocking.judging import Part
from inseam.gates.async_blocking.modules import ModuleIndex
from inseam.gates.async_blocking.results import DAMAGED, Kept, Results, as_json, judged
from inseam.gates.async_blocking.sameness import Same
from inseam.gates.async_blocking.sections import tidy, write

_GRAPH = "graph "
_WAYS = "ways "
_FEW = 8
"""Results that are sooner found anew than it is found out that they are what they were."""

Edits = Callable[[str, str], Edit]
"""Tells what an edit changed, from a file's path and the digest that it had."""
Comparison = Callable[[Mapping[Place, tuple[str, int]], Sequence[str]], Same]
"""Tells which functions do what they did, from what their bodies and lines were, and the ways in
which functions were evaluated."""


class Renewed:
    """The results of the run before as they are being renewed."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self.hierarchy = Hierarchy()
        """What the names in the files say."""
        self.modules = ""
        """The index of the files' modules as text, if that is what it was."""
        self._described: dict[str, str] = {}
        """What `describe` made."""
        self._forget()

    def _forget(self) -> None:
        self._results.files, self._results.problems, self.modules = {}, {}, ""
        self._graphs: list[bytes] = []
        self._ways: list[str] = []
        self._lines: dict[str, str] = {}
        """Results that are what they were, as text."""
        self._answers: dict[str, str] = {}
        """What was asked of all files' names, and what stands for the answers."""
        self._asked: set[str] = set()
        """What was asked in this run."""
        self._judged: list[str] = []
        """The files that were judged in the run before."""

    def begin(self, edits: Edits, compare: Comparison) -> None:
        """Finds out what the names in the files say, and which old results still hold.

        Args:
            edits: tells what an edit changed.
            compare: tells which functions do what they did.
        """
        if self._results.same_world:
            try:
                self._begin(edits, compare)
            except DAMAGED:
                self._forget()
            else:
                return
        glances = self._results.glances()
        self.hierarchy = Hierarchy()
        for path in self._results.looks:
            self.hierarchy.enter(path, glances[path].skim)

    def _begin(self, edits: Edits, compare: Comparison) -> None:
        results, known = self._results, self._results.known
        self.modules = self._results.text("modules")
        self._judged = json.loads(self._results.text("paths"))
        self._graphs = self._all(_GRAPH)
        self._ways = [text.decode("ascii") for text in self._all(_WAYS)]
        self._answers = json.loads(self._results.text("queries"))
        renamed = self._renamed()
        edited = {path: edits(path, known[path][0]) for path in results.edited}
        kept = results.kept()
        found = {f"{RESULT}{path}" for path in edited}
        found |= _told_elsewhere(kept, edited.keys())
        for edit in edited.values():
            found |= edit.nodes
        found |= self._answered(renamed)
        changed = affected(self._graphs, found)
        bodies = {
            (path, number): was
            for path, one in edited.items()
            for number, was in one.bodies.items()
        }
        same: Same | None = None
        lines: dict[Place, dict[int, int]] = {}
        if bodies and sum(node.startswith(RESULT) for node in changed) > len(edited) + _FEW:
            same = compare(bodies, self._ways)
            lines = same.lines
            found -= {body(*place) for place in (*lines, *same.values)}
            found |= {doing(body(*place)) for place in same.values}
            changed = affected(self._graphs, found)
            if same.uses:
                self._graphs.append(graph(same.uses))
            self._asked.update(_queries(same.uses))
        self._keep_what_holds(kept, edited, changed, lines)
        if same is not None:
            results.problems.update(same.problems)

    def _all(self, kind: str) -> list[bytes]:
        names = self._results.sections.names()
        return [self._results.sections.get(name) for name in names if name.startswith(kind)]

    def _renamed(self) -> set[str]:
        """The names that edited files came to hold or hold no more."""
        self.hierarchy = Hierarchy(
            list(self._results.looks),
            self._results.text("deriving"),
            self._results.text("defining"),
        )
        changed: set[str] = set()
        for path in self._results.edited:
            before, after = self._results.old_skim(path), self._results.looks[path].skim or NOTHING
            changed |= self.hierarchy.change(self._results.number(path), before, after)
        return changed

    def _answered(self, renamed: set[str]) -> set[str]:
        """The questions that have other answers now."""
        found = set()
        for asked, answer in self._answers.items() if renamed else ():
            if not renamed.isdisjoint(asked.split(":")[1:]):
                self._answers[asked] = now = self.hierarchy.answer(asked)
                if now != answer:
                    found.add(asked)
        return found

    def _keep_what_holds(
        self,
        kept: Kept,
        edited: Mapping[str, Edit],
        changed: set[str],
        lines: Mapping[Place, Mapping[int, int]],
    ) -> None:
        moved = {path: one.moved for path, one in edited.items() if any(one.moved)}
        names = [as_json(path) for path in {*moved, *(path for path, _ in lines)}]
        for line, (path, *fields) in kept:
            if f"{RESULT}{path}" in changed:
                continue
            self._results.files[path] = judged(fields)
            if any(name in line for name in names):
                _move(fields[0], moved, lines)
            else:
                self._lines[path] = line
        self._results.problems = {
            path: problem
            for path, problem in self._results.old_problems().items()
            if path not in changed and path not in edited
        }

    def judged(self, select: Callable[[Sequence[str]], list[str]]) -> list[str]:
        """The files that are judged, in order.

        Args:
            select: picks those that are judged out of some.
        """
        if not self._graphs:
            return select(list(self._results.looks))
        edited = set(self._results.edited)
        kept = [path for path in self._judged if path not in edited]
        return sorted([*kept, *select(self._results.edited)])

    def take(self, part: Part) -> None:
        """Adds what judging some files gave."""
        self._results.files.update(part.files)
        for path in part.files:
            self._lines.pop(path, None)
        self._results.problems.update(part.problems)
        self._graphs.append(part.graph)
        self._ways.append(part.ways)
        self._asked.update(part.asked)

    def describe(self, index: ModuleIndex) -> None:
        """Makes what is kept of the files themselves, which nothing that is judged changes."""
        deriving, defining = self.hierarchy.texts()
        self._described = {
            "seen": self._results.seen(),
            "skims": "\n".join(map(self._line, self._results.looks)),
            "deriving": deriving,
            "defining": defining,
            "modules": self.modules or index.text(),
        }

    def save(self, judged: Sequence[str], index: ModuleIndex) -> None:
        """Keeps the results; without a cache the next run is only slower.

        Args:
            judged: the files that were judged now or before.
            index: that of the files' modules.
        """
        if not self._described:
            self.describe(index)
        results, wanted = self._results, set(judged)
        files = {path: one for path, one in sorted(results.files.items()) if path in wanted}
        results.files = files
        for asked in self._asked - self._answers.keys():
            self._answers[asked] = self.hierarchy.answer(asked)
        texts = {
            **self._described,
            "queries": as_json(self._answers),
            "problems": as_json(
                {path: [one.what, one.message, one.line] for path, one in results.problems.items()}
            ),
            "paths": as_json(judged),
            "judged": "\n".join(
                [
                    self._lines.get(path)
                    or as_json([path, one.roots, one.calls, one.owned, one.reaches])
                    for path, one in files.items()
                ]
            ),
        }
        kept = {name: text.encode("ascii") for name, text in texts.items()}
        for number, known in enumerate(joined(self._graphs)):
            kept[f"{_GRAPH}{number}"] = known
        for number, listed in enumerate(ways.joined(self._ways)):
            kept[f"{_WAYS}{number}"] = listed.encode("ascii")
        write(results.path, kept)
        tidy(os.path.dirname(results.path))
        results.sections.close()

    def _line(self, path: str) -> str:
        seen = self._results.looks[path].skim
        return dump(seen) if seen is not None else self._results.seen_line(path)


def _told_elsewhere(kept: Kept, edited: Collection[str]) -> set[str]:
    """Results in which findings stand in files that were edited, as callbacks' do."""
    names = [as_json(path) for path in edited]
    return {
        f"{RESULT}{path}"
        for line, (path, roots, *_) in kept
        if any(name in line for name in names)
        and any(file != path and file in edited for file, _, _ in roots)
    }


def _queries(uses: Mapping[str, Iterable[str]]) -> Iterator[str]:
    return (node for used in uses.values() for node in used if node.startswith(QUERY))


def _move(
    roots: Sequence[Any],
    moved: Mapping[str, Sequence[int]],
    lines: Mapping[Place, Mapping[int, int]],
) -> None:
    """Corrects lines of places in functions that were moved and otherwise do what they did."""
    for _, _, told in roots:
        for finding, places in told:
            for related, (path, number) in zip(finding["related"], places, strict=True):
                if (path, number) in lines:
                    related["line"] = lines[path, number][related["line"]]
                elif path in moved and number < len(moved[path]):
                    related["line"] += moved[path][number]
