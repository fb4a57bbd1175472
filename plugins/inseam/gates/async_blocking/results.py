"""What judging found, kept from run to run, so that an edit costs what depends on it.

A file's result holds as long as the file and all that it depends on, directly or not, are what
they were (see `dependencies`), and as long as nothing changed that every result depends on: the
settings, the analyser, the catalogue, and which files there are.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from inseam.gates.async_blocking import packs
from inseam.gates.async_blocking.catalogue import SINKS
from inseam.gates.async_blocking.dependencies import QUERY, RESULT, Edit, affected
from inseam.gates.async_blocking.hierarchy import Hierarchy, Skim
from inseam.gates.async_blocking.judging import Judged, Part
from inseam.gates.async_blocking.loading import Glance, Problem
from inseam.gates.async_blocking.settings import AsyncBlockingSettings

_MOST_GRAPHS = 16
"""Graphs from which on they are joined."""

Edits = Callable[[str, str], Edit]
"""Tells what an edit changed, from a file's path and the digest that it had."""


@dataclass(slots=True)
class Results:
    """The results of one service under one policy."""

    _path: str
    skims: dict[str, Skim] = field(default_factory=dict)
    """What was seen of files, by digest."""
    files: dict[str, Judged] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    _graphs: list[str] = field(default_factory=list)
    """What results depend on, as text: that of the first run, and what later ones added."""
    _digests: dict[str, str] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    """What was asked of all files' names."""
    _world: str = ""
    _old: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, cache: Path, service: str, settings: AsyncBlockingSettings) -> Results:
        """The results of the run before, if there are any that can be used."""
        stated = json.dumps(_sorted(settings.model_dump(mode="json")), sort_keys=True)
        identity = f"{service}\0{stated}\0{_analyser()}"
        digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
        path = os.path.join(cache, "async-blocking", "results", digest)
        made = cls(path)
        try:
            made._old = json.loads(zlib.decompress(packs.kept(path) or b""))
            made.skims = {
                key: Skim(known[0], known[1], known[2], tuple(known[3]), tuple(known[4]))
                for key, known in made._old["skims"].items()
            }
        except (ValueError, LookupError, TypeError, AttributeError, zlib.error):
            made._old, made.skims = {}, {}
        return made

    def hold(self, seen: Mapping[str, Glance], world: object) -> bool:
        """Whether all results of the run before hold, since nothing was edited at all.

        Args:
            seen: all files as they are now.
            world: what all results depend on, besides the settings and the analyser.
        """
        self._digests = {path: one.digest for path, one in seen.items()}
        self._world = _digest([world, sorted(seen)])
        self.skims = {one.digest: one.skim for one in seen.values() if one.digest}
        try:
            if (self._old["world"], self._old["digests"]) != (self._world, self._digests):
                return False
            self._keep_what_holds({}, set())
        except (ValueError, LookupError, TypeError, AttributeError):
            self._forget()
            return False
        return True

    def begin(self, hierarchy: Hierarchy, edits: Edits) -> None:
        """Finds out which old results still hold after an edit.

        Args:
            hierarchy: what the names in the files say.
            edits: tells what an edit changed.
        """
        if self._old.get("world") != self._world:
            return
        try:
            edited = {
                path: edits(path, digest)
                for path, digest in self._old["digests"].items()
                if self._digests[path] != digest
            }
            self._keep_what_holds(edited, self._changed(edited, hierarchy))
        except (ValueError, LookupError, TypeError, AttributeError):
            self._forget()

    def _forget(self) -> None:
        self.files, self.problems, self._graphs = {}, {}, []

    def _keep_what_holds(self, edited: Mapping[str, Edit], changed: set[str]) -> None:
        moved = {path: one.moved for path, one in edited.items() if any(one.moved)}
        for path, (roots, calls, owned) in self._old["files"].items():
            if f"{RESULT}{path}" not in changed:
                self.files[path] = Judged(
                    roots,
                    [((a, b), (c, d)) for (a, b), (c, d) in calls],
                    [(file, number) for file, number in owned],
                )
                if moved:
                    _move(roots, moved)
        self.problems = {
            path: Problem(*fields)
            for path, fields in self._old["problems"].items()
            if path not in changed and path not in edited
        }

    def _changed(self, edited: Mapping[str, Edit], hierarchy: Hierarchy) -> set[str]:
        """All nodes that are no longer what they were."""
        self._graphs = [str(text) for text in self._old["graphs"]]
        known = _uses(self._graphs)
        found = {f"{RESULT}{path}" for path in edited}
        for edit in edited.values():
            found |= edit.nodes
        self._asked.update(self._old["queries"])
        found |= {
            asked
            for asked, answer in self._old["queries"].items()
            if hierarchy.answer(asked) != answer
        }
        if len(self._graphs) > _MOST_GRAPHS:
            self._graphs = [_graph(known)]
        return affected(known, found)

    def stale(self, paths: Iterable[str]) -> list[str]:
        """The files of `paths` that have to be judged."""
        return [path for path in paths if path not in self.files]

    def take(self, part: Part) -> None:
        """Adds what judging some files gave."""
        self.files.update(part.files)
        self.problems.update(part.problems)
        self._graphs.append(_graph(part.uses))
        for used in part.uses.values():
            self._asked.update(node for node in used if node.startswith(QUERY))

    def save(self, judged: Iterable[str], hierarchy: Hierarchy) -> None:
        """Keeps the results; without a cache the next run is only slower."""
        wanted = set(judged)
        self.files = {path: one for path, one in sorted(self.files.items()) if path in wanted}
        document = {
            "world": self._world,
            "digests": self._digests,
            "skims": {
                digest: [
                    one.has_async,
                    one.has_callbacks,
                    one.has_own_loops,
                    one.bases,
                    one.methods,
                ]
                for digest, one in self.skims.items()
            },
            "queries": {asked: hierarchy.answer(asked) for asked in sorted(self._asked)},
            "problems": {
                path: [one.what, one.message, one.line] for path, one in self.problems.items()
            },
            "files": {path: [one.roots, one.calls, one.owned] for path, one in self.files.items()},
            # Text in text: read only after an edit.
            "graphs": self._graphs,
        }
        text = json.dumps(document, separators=(",", ":")).encode("ascii")
        packs.keep(self._path, zlib.compress(text, 1))


def _graph(uses: Mapping[str, Iterable[str]]) -> str:
    """A graph as text: its nodes, and for each that uses others their numbers."""
    numbers: dict[str, int] = {}
    listed = [
        [numbers.setdefault(node, len(numbers)) for node in (user, *dict.fromkeys(used))]
        for user, used in uses.items()
    ]
    return json.dumps([list(numbers), listed], separators=(",", ":"))


def _uses(graphs: Iterable[str]) -> dict[str, list[str]]:
    """What each node uses by any of some graphs: more than it does now, perhaps, never less."""
    found: dict[str, list[str]] = {}
    for text in graphs:
        nodes, listed = json.loads(text)
        for user, *used in listed:
            found.setdefault(nodes[user], []).extend([nodes[one] for one in used])
    return found


def _move(roots: Sequence[Any], moved: Mapping[str, Sequence[int]]) -> None:
    """Corrects lines of places in functions that were moved and are otherwise as they were."""
    for _, _, told in roots:
        for finding, places in told:
            for related, (path, number) in zip(finding["related"], places, strict=True):
                if path in moved and number < len(moved[path]):
                    related["line"] += moved[path][number]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode("ascii")).hexdigest()


def _sorted(value: Any) -> Any:
    """`value` with its lists in a fixed order: they stand for sets."""
    if isinstance(value, dict):
        return {key: _sorted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(inner) for inner in value), key=json.dumps)
    return value


@cache
def _analyser() -> str:
    """What identifies the analyser, its catalogue and the Python that parses."""
    digest = hashlib.sha256(repr(sys.version_info).encode())
    here = Path(__file__).parent
    for path in sorted([*here.glob("*.py"), *SINKS.glob("*.yaml")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
