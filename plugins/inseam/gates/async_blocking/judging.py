"""Judging the async code of a service, or of a part of it: what is found in each file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inseam.findings.model import Finding
from inseam.gates.async_blocking.catalogue import Catalogue
from inseam.gates.async_blocking.dependencies import QUERY, RESULT, doing
from inseam.gates.async_blocking.evaluation import Evaluator
from inseam.gates.async_blocking.glances import Glance, Problem
from inseam.gates.async_blocking.graphs import graph
from inseam.gates.async_blocking.hierarchy import Hierarchy
from inseam.gates.async_blocking.judged import Judged, Place, Told
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.loading import TOO_DEEP, Loader
from inseam.gates.async_blocking.modules import ModuleIndex
from inseam.gates.async_blocking.packs import Packs
from inseam.gates.async_blocking.program import Program
from inseam.gates.async_blocking.reach import Reach
from inseam.gates.async_blocking.reporting import Reporter
from inseam.gates.async_blocking.roots import Roots
from inseam.gates.async_blocking.settings import AsyncBlockingSettings
from inseam.gates.async_blocking.sources import Function
from inseam.gates.async_blocking.ways import dump
from inseam.gates.environment.deadline import Deadline


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is the same for all parts."""

    root: Path
    packs: Packs
    service: str
    installed: str
    """The folder of installed packages that are read for their types; empty for none."""
    settings: AsyncBlockingSettings
    index: ModuleIndex
    glances: Mapping[str, Glance]
    hierarchy: Hierarchy
    deadline: Deadline
    judged: Collection[str] = ()
    """The files whose async code is judged."""


@dataclass(slots=True)
class Part:
    """What one part gave."""

    files: dict[str, Judged]
    problems: dict[str, Problem]
    graph: bytes
    """What results depend on; see `dependencies` and `graphs`."""
    asked: list[str]
    """What was asked of all files' names."""
    ways: str
    """In which ways functions were evaluated; see `ways`."""


class Judging:
    """Judges files of one part, in one process."""

    def __init__(self, job: Job, loader: Loader) -> None:
        settings = job.settings
        self._job = job
        self._loader = loader
        catalogue = Catalogue(extra_sinks=settings.extra_sinks)
        self._program = Program(job.index, catalogue, loader.load, loader.text)
        self._evaluator = Evaluator(
            self._program,
            job.hierarchy,
            offloaders=settings.extra_offloaders,
            extra_sinks={sink.call: sink.entry() for sink in settings.extra_sinks},
        )
        self._dependencies = self._program.dependencies
        self._roots = Roots(self._evaluator, settings.roots)
        self._reach = Reach(self._evaluator, settings.kinds, job.deadline)

    def part(self, paths: Sequence[str]) -> Part:
        """What judging the part gives."""
        keys: dict[str, list[Key]] = {}
        for path in paths:  # file by file, so that others have time to parse the last ones
            keys[path] = self._keys(path)
            self._reach.explore(keys[path])
        self._reach.settle()
        job = self._job
        reporter = Reporter(job.root, job.service, job.settings, installed=job.installed)
        files: dict[str, Judged] = {}
        for path in paths:
            with self._dependencies.within(f"{RESULT}{path}", path):
                files[path] = self._file(path, keys[path], reporter)
        self._loader.save()
        problems = dict(self._loader.problems)
        for path in self._evaluator.too_deep:
            problems[path] = TOO_DEEP
        ways = self._ways()
        uses = self._dependencies.uses
        asked = {node for used in uses.values() for node in used if node.startswith(QUERY)}
        ordered = {node: sorted(uses[node]) for node in sorted(uses)}
        return Part(files, problems, graph(ordered), sorted(asked), ways)

    def _ways(self) -> str:
        """In which ways functions were evaluated, as text."""
        keys: list[Key] = []
        plain: list[Key] = []
        # How a function is plainly called hangs on its decorators, which may not be evaluated yet.
        while len(keys) < len(self._evaluator.evaluated()):
            keys = list(self._evaluator.evaluated())
            plain.extend(map(self._evaluator.plain, keys[len(plain) :]))
        return dump(keys, plain, self._evaluator.cut)

    def _keys(self, path: str) -> list[Key]:
        """The roots that a file makes known."""
        with self._dependencies.within(f"{RESULT}{path}", path):
            keys = [
                key
                for key in self._roots.find(path, self._job.glances[path].skim)
                if not key.function.is_async or key.function.source.path in self._job.judged
            ]
            self._dependencies.use(path)
            for key in keys:
                self._dependencies.use(doing(key.function.node))
        return keys

    def _file(self, path: str, keys: Sequence[Key], reporter: Reporter) -> Judged:
        judged = Judged([], [], [], [])
        for key in keys:
            told: list[Told] = []
            for finding, chain in reporter.findings(key, self._reach.chains(key)):
                told.append((_plain(finding), [_place(hop.function) for hop, _ in chain.hops]))
            judged.roots.append((*_place(key.function), told))
            for called in self._evaluator.facts(key).coroutines:
                plain = called.owner is None and not called.head.decorators
                calls = judged.calls if plain else judged.reaches
                calls.append((_place(key.function), _place(called)))
        judged.owned.extend(map(_place, self._roots.owners_of_loops(path)))
        return judged


def _place(function: Function) -> Place:
    return (function.source.path, function.number)


def _plain(finding: Finding) -> dict[str, Any]:
    return finding.model_dump(mode="json")
