"""What judging found, kept from run to run, so that an edit costs what depends on it.

A file's result holds as long as the file and all that it depends on, directly or not, are what
they were (see `dependencies`), and as long as nothing changed that every result depends on: the
settings, the analyser, the catalogue, and which files there are.

It is kept in sections, of which a run reads only what it needs: where nothing changed, what was
seen of the files and what was found in them.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inseam.gates.async_blocking import sections
from inseam.gates.async_blocking.glances import NOTHING, Glances, Known, Look, Problem
from inseam.gates.async_blocking.hierarchy import Hierarchy, Skim, dump, load
from inseam.gates.async_blocking.judged import Judged

if TYPE_CHECKING:
    from inseam.gates.async_blocking.dependencies import Edit
    from inseam.gates.async_blocking.judging import Part
    from inseam.gates.async_blocking.settings import AsyncBlockingSettings

SINKS = Path(__file__).parent / "sinks"

_RESULT = "="
_GRAPH = "graph "
_WORTH_WRITING = 256
"""Files that a later run need not read again, from which on that is written down."""
_DAMAGED = (ValueError, LookupError, TypeError, AttributeError, OSError)
"""What reading something damaged raises."""

Edits = Callable[[str, str], "Edit"]
"""Tells what an edit changed, from a file's path and the digest that it had."""


@dataclass(slots=True)
class Results:
    """The results of one service under one policy."""

    _path: str
    _sections: sections.Sections
    _place: str
    """Where stamps of files count."""
    files: dict[str, Judged] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    hierarchy: Hierarchy = field(default_factory=Hierarchy)
    """What the names in the files say."""
    _graphs: list[bytes] = field(default_factory=list)
    """What results depend on, as text."""
    _lines: dict[str, str] = field(default_factory=dict)
    """Results that are what they were, as text."""
    modules: str = ""
    """The index of the files' modules as text, if that is what it was."""
    _answers: dict[str, str] = field(default_factory=dict)
    """What was asked of all files' names, and what stands for the answers."""
    _judged: list[str] = field(default_factory=list)
    """The files that were judged in the run before."""
    _asked: set[str] = field(default_factory=set)
    """What was asked in this run."""
    _looks: Mapping[str, Look] = field(default_factory=dict)
    _world: str = ""
    _old_world: str = ""
    _old: dict[str, list[str]] = field(default_factory=dict)
    """Digest and stamp of each file, as the run before saw it."""
    _skims: list[str] = field(default_factory=list)
    """What it saw, a line for each of these files."""
    _numbers: dict[str, int] = field(default_factory=dict)
    _edited: list[str] = field(default_factory=list)

    @classmethod
    def open(
        cls, cache: Path, service: str, settings: AsyncBlockingSettings, root: Path
    ) -> Results:
        """The results of the run before, if there are any that can be used."""
        stated = json.dumps(_sorted(settings.model_dump(mode="json")), sort_keys=True)
        identity = f"{service}\0{stated}\0{_analyser()}"
        digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
        path = os.path.join(cache, "async-blocking", "results", digest)
        made = cls(path, sections.Sections(path), f"{os.geteuid()}\0{root}")
        try:
            seen = json.loads(made._sections.get("seen"))
            made._old_world, made._old = seen["world"], seen["files"]
            if seen["place"] != made._place:
                made._old = {path: [digest, ""] for path, (digest, _) in made._old.items()}
        except _DAMAGED:
            made._old_world, made._old = "", {}
        return made

    @property
    def known(self) -> Known:
        """Digest and stamp of each file, as the run before saw it."""
        return self._old

    def hold(self, looks: Mapping[str, Look], world: object) -> bool:
        """Whether all results of the run before hold, since nothing was edited at all.

        Args:
            looks: all files as they are now.
            world: what all results depend on, besides the settings and the analyser.
        """
        self._looks = looks
        self._world = _digest([world, list(looks)])
        old = self._old
        self._edited = [
            path for path, look in looks.items() if path not in old or old[path][0] != look.digest
        ]
        if self._edited or self._old_world != self._world:
            return False
        try:
            self._keep_what_holds({}, set())
        except _DAMAGED:
            self._forget()
            return False
        fresh = sum(look.stamp != old[path][1] for path, look in looks.items() if look.stamp)
        if fresh >= _WORTH_WRITING:
            self._stamp()
        self._sections.close()
        return True

    def glances(self) -> Glances:
        """What a first look at the files gave."""
        return Glances(self._looks, self._skim)

    def _skim(self, path: str) -> Skim:
        """What was seen of a file that is what it was."""
        if not self._skims:
            self._skims = self._text("skims").split("\n")
            self._numbers = {path: number for number, path in enumerate(self._old)}
        return load(self._skims[self._numbers[path]])

    def _text(self, section: str) -> str:
        return self._sections.get(section).decode("ascii")

    def begin(self, edits: Edits) -> None:
        """Finds out what the names in the files say, and which old results still hold.

        Args:
            edits: tells what an edit changed.
        """
        if self._old_world == self._world:
            try:
                self.modules = self._text("modules")
                self._judged = json.loads(self._text("paths"))
                changed = self._renamed()
                edited = {path: edits(path, self._old[path][0]) for path in self._edited}
                self._keep_what_holds(edited, self._changed(edited, changed))
            except _DAMAGED:
                self._forget()
            else:
                return
        glances = self.glances()
        self.hierarchy = Hierarchy()
        for path in self._looks:
            self.hierarchy.enter(path, glances[path].skim)

    def _forget(self) -> None:
        self.files, self.problems, self._graphs, self._answers = {}, {}, [], {}
        self._lines, self.modules = {}, ""

    def _renamed(self) -> set[str]:
        """The names that edited files came to hold or hold no more."""
        self.hierarchy = Hierarchy(
            list(self._looks), self._text("deriving"), self._text("defining")
        )
        changed: set[str] = set()
        for path in self._edited:
            before, after = self._skim(path), self._looks[path].skim or NOTHING
            changed |= self.hierarchy.change(self._numbers[path], before, after)
        return changed

    def _keep_what_holds(self, edited: Mapping[str, Edit], changed: set[str]) -> None:
        moved = {path: one.moved for path, one in edited.items() if any(one.moved)}
        names = [_json(path) for path in moved]
        text = self._text("judged")
        lines = text.split("\n") if text else []
        for line, (path, roots, calls, owned, reaches) in zip(
            lines, json.loads(f"[{','.join(lines)}]"), strict=True
        ):
            if f"{_RESULT}{path}" in changed:
                continue
            self.files[path] = Judged(
                roots,
                [((a, b), (c, d)) for (a, b), (c, d) in calls],
                [(file, number) for file, number in owned],
                [((a, b), (c, d)) for (a, b), (c, d) in reaches],
            )
            if any(name in line for name in names):
                _move(roots, moved)
            else:
                self._lines[path] = line
        self.problems = {
            path: Problem(*fields)
            for path, fields in json.loads(self._text("problems")).items()
            if path not in changed and path not in edited
        }

    def _changed(self, edited: Mapping[str, Edit], renamed: set[str]) -> set[str]:
        """All nodes that are no longer what they were."""
        from inseam.gates.async_blocking.graphs import affected

        self._graphs = [
            self._sections.get(name) for name in self._sections.names() if name.startswith(_GRAPH)
        ]
        self._answers = json.loads(self._text("queries"))
        found = {f"{_RESULT}{path}" for path in edited}
        for edit in edited.values():
            found |= edit.nodes
        for asked, answer in self._answers.items() if renamed else ():
            if not renamed.isdisjoint(asked.split(":")[1:]):
                self._answers[asked] = now = self.hierarchy.answer(asked)
                if now != answer:
                    found.add(asked)
        return affected(self._graphs, found)

    def judged(self, select: Callable[[Sequence[str]], list[str]]) -> list[str]:
        """The files that are judged, in order.

        Args:
            select: picks those that are judged out of some.
        """
        if not self._graphs:
            return select(list(self._looks))
        edited = set(self._edited)
        kept = [path for path in self._judged if path not in edited]
        return sorted([*kept, *select(self._edited)])

    def take(self, part: Part) -> None:
        """Adds what judging some files gave."""
        self.files.update(part.files)
        for path in part.files:
            self._lines.pop(path, None)
        self.problems.update(part.problems)
        self._graphs.append(part.graph)
        self._asked.update(part.asked)

    def save(self, judged: Sequence[str], modules: str) -> None:
        """Keeps the results; without a cache the next run is only slower.

        Args:
            judged: the files that were judged now or before.
            modules: the index of the files' modules as text.
        """
        from inseam.gates.async_blocking.graphs import joined

        wanted = set(judged)
        self.files = {path: one for path, one in sorted(self.files.items()) if path in wanted}
        for asked in self._asked - self._answers.keys():
            self._answers[asked] = self.hierarchy.answer(asked)
        deriving, defining = self.hierarchy.texts()
        texts = {
            "seen": self._seen(),
            "skims": "\n".join(map(self._line, self._looks)),
            "deriving": deriving,
            "defining": defining,
            "queries": _json(self._answers),
            "problems": _json(
                {path: [one.what, one.message, one.line] for path, one in self.problems.items()}
            ),
            "paths": _json(judged),
            "judged": "\n".join(
                [
                    self._lines.get(path)
                    or _json([path, one.roots, one.calls, one.owned, one.reaches])
                    for path, one in self.files.items()
                ]
            ),
            "modules": modules,
        }
        kept = {name: text.encode("ascii") for name, text in texts.items()}
        graphs = enumerate(joined(self._graphs))
        kept.update((f"{_GRAPH}{number}", graph) for number, graph in graphs)
        sections.write(self._path, kept)
        self._sections.close()

    def _line(self, path: str) -> str:
        seen = self._looks[path].skim
        if seen is not None:
            return dump(seen)
        return self._skims[self._numbers[path]] if self._skims else dump(self._skim(path))

    def _seen(self) -> str:
        files = {path: (look.digest, look.stamp) for path, look in self._looks.items()}
        return _json({"place": self._place, "world": self._world, "files": files})

    def _stamp(self) -> None:
        """Writes down how the files are known again unread."""
        try:
            kept = self._sections.all()
        except _DAMAGED:
            return
        sections.write(self._path, {**kept, "seen": self._seen().encode("ascii")})


def _move(roots: Sequence[Any], moved: Mapping[str, Sequence[int]]) -> None:
    """Corrects lines of places in functions that were moved and are otherwise as they were."""
    for _, _, told in roots:
        for finding, places in told:
            for related, (path, number) in zip(finding["related"], places, strict=True):
                if path in moved and number < len(moved[path]):
                    related["line"] += moved[path][number]


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


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
