"""What judging found, kept from run to run, so that an edit costs what depends on it.

A file's result holds as long as the file and all that it depends on, directly or not, are what
they were (see `dependencies`), and as long as nothing changed that every result depends on: the
settings, the analyser, the catalogue, and which files there are.

It is kept in sections, of which a run reads only what it needs: where nothing changed, what was
seen of the files and what was found in them. The rest is for `renewed`.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inseam.gates.async_blocking.glances import Glances, Known, Look, Problem, skimmed
from inseam.gates.async_blocking.hierarchy import Skim, dump, load
from inseam.gates.async_blocking.judged import Judged
from inseam.gates.async_blocking.sections import Sections, write

if TYPE_CHECKING:
    from inseam.gates.async_blocking.settings import AsyncBlockingSettings

# `catalogue.SINKS` again: what reads the catalogue is dear to import where all results hold.
_SINKS = Path(__file__).parent / "sinks"
_WORTH_WRITING = 256
"""Files that a later run need not read again, from which on that is written down."""
DAMAGED = (ValueError, LookupError, TypeError, AttributeError, OSError)
"""What reading something damaged raises."""

Kept = list[tuple[str, list[Any]]]
"""Results of files as text and as data: path, and the fields of what judging it gave."""


@dataclass(slots=True)
class Results:
    """The results of one service under one policy."""

    path: str
    sections: Sections
    """What the run before kept."""
    _root: str
    """The workspace."""
    files: dict[str, Judged] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    looks: Mapping[str, Look] = field(default_factory=dict)
    """The files as they are now."""
    edited: list[str] = field(default_factory=list)
    """Those that are not what they were."""
    same_world: bool = False
    """Whether all that every result depends on is what it was."""
    known: Known = field(default_factory=dict)
    """Digest and stamp of each file, as the run before saw it."""
    _world: str = ""
    _old_world: str = ""
    _skims: list[str] = field(default_factory=list)
    """What it saw, a line for each of these files."""
    _numbers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(
        cls, cache: Path, service: str, settings: AsyncBlockingSettings, root: Path
    ) -> Results:
        """The results of the run before, if there are any that can be used."""
        stated = json.dumps(_sorted(settings.model_dump(mode="json")), sort_keys=True)
        identity = f"{service}\0{stated}\0{_analyser()}"
        digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
        path = os.path.join(cache, "async-blocking", "results", digest)
        made = cls(path, Sections(path), str(root))
        try:
            seen = json.loads(made.text("seen"))
            made._old_world, made.known = seen["world"], seen["files"]
            if seen["place"] != made._place():
                made.known = {path: (digest, "") for path, (digest, _) in made.known.items()}
        except DAMAGED:
            made._old_world, made.known = "", {}
        return made

    def hold(self, looks: Mapping[str, Look], world: object) -> bool:
        """Whether all results of the run before hold, since nothing was edited at all.

        Args:
            looks: all files as they are now.
            world: what all results depend on, besides the settings and the analyser.
        """
        self.looks = looks
        self._world = _digest([world, list(looks)])
        self.same_world = self._old_world == self._world
        known = self.known
        self.edited = [
            path
            for path, look in looks.items()
            if path not in known or known[path][0] != look.digest
        ]
        if self.edited or not self.same_world:
            return False
        try:
            self.files = {path: judged(fields) for _, (path, *fields) in self.kept()}
            self.problems = self.old_problems()
        except DAMAGED:
            self.files, self.problems, self.same_world = {}, {}, False
            return False
        fresh = sum(look.stamp != known[path][1] for path, look in looks.items() if look.stamp)
        if fresh >= _WORTH_WRITING:
            self._stamp()
        self.sections.close()
        return True

    def text(self, section: str) -> str:
        """What the run before kept in a section.

        Raises:
            LookupError, ValueError: there is none that is whole.
        """
        return self.sections.get(section).decode("ascii")

    def glances(self) -> Glances:
        """What a first look at the files gave."""
        return Glances(self.looks, lambda path: load(self.seen_line(path)))

    def number(self, path: str) -> int:
        """A file's number among those that the run before saw."""
        if not self._numbers:
            self._numbers = {known: number for number, known in enumerate(self.known)}
        return self._numbers[path]

    def seen_line(self, path: str) -> str:
        """What was seen of a file that is what it was, as text."""
        try:
            return self._old_line(path)
        except DAMAGED:
            return dump(skimmed(self._root, path))

    def old_skim(self, path: str) -> Skim:
        """What the run before saw of a file.

        Raises:
            LookupError, ValueError, TypeError: that is not known.
        """
        return load(self._old_line(path))

    def _old_line(self, path: str) -> str:
        if not self._skims:
            self._skims = self.text("skims").split("\n")
        return self._skims[self.number(path)]

    def kept(self) -> Kept:
        """The results of the run before."""
        text = self.text("judged")
        lines = text.split("\n") if text else []
        return list(zip(lines, json.loads(f"[{','.join(lines)}]"), strict=True))

    def old_problems(self) -> dict[str, Problem]:
        """The problems of the run before."""
        return {
            path: Problem(*fields) for path, fields in json.loads(self.text("problems")).items()
        }

    def seen(self) -> str:
        """The files as they are now, as text."""
        files = {path: (look.digest, look.stamp) for path, look in self.looks.items()}
        return as_json({"place": self._place(), "world": self._world, "files": files})

    def _place(self) -> str:
        """Where stamps of files count: in this workspace, for this user."""
        return f"{os.geteuid()}\0{self._root}"

    def _stamp(self) -> None:
        """Writes down how the files are known again unread."""
        try:
            kept = self.sections.all()
        except DAMAGED:
            return
        write(self.path, {**kept, "seen": self.seen().encode("ascii")})


def judged(fields: list[Any]) -> Judged:
    """What judging a file gave, from data.

    Raises:
        ValueError, TypeError: it is something else.
    """
    roots, calls, owned, reaches = fields
    return Judged(
        roots,
        [((a, b), (c, d)) for (a, b), (c, d) in calls],
        [(file, number) for file, number in owned],
        [((a, b), (c, d)) for (a, b), (c, d) in reaches],
    )


def as_json(value: object) -> str:
    """Short JSON in ASCII."""
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
    for path in sorted([*here.glob("*.py"), *_SINKS.glob("*.yaml")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
