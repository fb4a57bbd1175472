"""What judging found, kept from run to run, so that an edit costs what depends on it.

A file's result holds as long as the file and all files that it depends on, directly or not, are
what they were, and as long as nothing changed that every result depends on: the settings, the
analyser, the catalogue, which files there are, and which classes name which bases.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from inseam.gates.async_blocking import packs
from inseam.gates.async_blocking.catalogue import SINKS
from inseam.gates.async_blocking.hierarchy import Skim
from inseam.gates.async_blocking.judging import Judged, Part
from inseam.gates.async_blocking.loading import Glance, Problem
from inseam.gates.async_blocking.settings import AsyncBlockingSettings

METHODS = "<methods>"
"""Stands for the names of all methods of the tree among the files that a result depends on."""


@dataclass(slots=True)
class Results:
    """The results of one service under one policy."""

    _path: str
    skims: dict[str, Skim] = field(default_factory=dict)
    """What was seen of files, by digest."""
    files: dict[str, Judged] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    _uses: dict[str, set[str]] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)
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

    def begin(self, seen: Mapping[str, Glance], source_roots: Sequence[str]) -> None:
        """Finds out which old results still hold."""
        self._digests = {path: one.digest for path, one in seen.items()}
        bases = [[path, seen[path].skim.bases] for path in sorted(seen)]
        methods = [[path, seen[path].skim.methods] for path in sorted(seen)]
        self._digests[METHODS] = _digest(methods)
        self._world = _digest([bases, list(source_roots)])
        self.skims = {one.digest: one.skim for one in seen.values() if one.digest}
        if self._old.get("world") != self._world:
            return
        try:
            self._keep_what_holds()
        except (ValueError, LookupError, TypeError, AttributeError):
            self.files, self.problems, self._uses = {}, {}, {}

    def _keep_what_holds(self) -> None:
        old = self._old
        changed = {
            path for path, digest in old["digests"].items() if self._digests.get(path) != digest
        }
        users: dict[str, list[str]] = {}
        for path, used in old["uses"].items():
            for one in used:
                users.setdefault(one, []).append(path)
        pending = list(changed)
        while pending:
            for user in users.get(pending.pop(), ()):
                if user not in changed:
                    changed.add(user)
                    pending.append(user)
        for path, (roots, calls, owned) in old["files"].items():
            if path not in changed:
                self.files[path] = Judged(
                    [(file, number, findings) for file, number, findings in roots],
                    [((a, b), (c, d)) for (a, b), (c, d) in calls],
                    [(file, number) for file, number in owned],
                )
        self.problems = {
            path: Problem(*fields)
            for path, fields in old["problems"].items()
            if path not in changed
        }
        self._uses = {path: set(used) for path, used in old["uses"].items() if path not in changed}

    def stale(self, paths: Iterable[str]) -> list[str]:
        """The files of `paths` that have to be judged."""
        return [path for path in paths if path not in self.files]

    def take(self, part: Part) -> None:
        """Adds what judging some files gave."""
        self.files.update(part.files)
        self.problems.update(part.problems)
        for path, used in part.uses.items():
            self._uses.setdefault(path, set()).update(used)

    def save(self, judged: Iterable[str]) -> None:
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
            "uses": {path: sorted(used) for path, used in sorted(self._uses.items())},
            "problems": {
                path: [one.what, one.message, one.line] for path, one in self.problems.items()
            },
            "files": {path: [one.roots, one.calls, one.owned] for path, one in self.files.items()},
        }
        text = json.dumps(document, separators=(",", ":")).encode("ascii")
        packs.keep(self._path, zlib.compress(text, 1))


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
