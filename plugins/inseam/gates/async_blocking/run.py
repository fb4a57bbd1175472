"""Looking through one service for blocking calls that its async code reaches."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from inseam.findings.model import Failure, Finding
from inseam.gates.async_blocking.catalogue import Catalogue
from inseam.gates.async_blocking.evaluation import Evaluator
from inseam.gates.async_blocking.hierarchy import Hierarchy
from inseam.gates.async_blocking.loading import Loader, Problem, roomy
from inseam.gates.async_blocking.modules import ModuleIndex
from inseam.gates.async_blocking.program import Program
from inseam.gates.async_blocking.reach import Reach
from inseam.gates.async_blocking.reporting import Reporter
from inseam.gates.async_blocking.roots import Roots
from inseam.gates.async_blocking.rules import GATE
from inseam.gates.async_blocking.settings import AsyncBlockingSettings
from inseam.gates.contract import Request, Service
from inseam.gates.files import is_skipped_folder
from inseam.gates.mypy.layout import selected

_SUFFIXES = (".py", ".pyi")


def run(request: Request[AsyncBlockingSettings]) -> Iterator[Finding | Failure]:
    """Looks through each service."""
    for service in request.services:
        with roomy():
            yield from _check(request, service)


def _check(
    request: Request[AsyncBlockingSettings], service: Service[AsyncBlockingSettings]
) -> Iterator[Finding | Failure]:
    settings = service.settings
    own = [file for file in service.files if file.endswith(_SUFFIXES)]
    judged = set(selected(own, service.facts.root, exclude=settings.exclude, tests=True))
    files = sorted({*own, *_library_files(request.root, service)})
    catalogue = Catalogue(extra_sinks=settings.extra_sinks)
    loader = Loader(request.root, request.cache)
    seen = loader.read_all(files)
    hierarchy = Hierarchy()
    for path, glance in seen.items():
        hierarchy.enter(path, glance)
    index = ModuleIndex.of(
        files,
        service.facts.source_roots,
        described=frozenset(module.partition(".")[0] for module in catalogue.modules),
        markers=service.files,
    )
    program = Program(index, catalogue, loader.load)
    evaluator = Evaluator(
        program,
        hierarchy,
        offloaders=settings.extra_offloaders,
        extra_sinks={sink.call: sink.entry() for sink in settings.extra_sinks},
    )
    roots = Roots(evaluator, settings.roots, service.facts.root)
    keys = roots.find([path for path in files if path in judged and _matters(seen[path])], seen)
    reach = Reach(evaluator, settings.kinds)
    reach.explore(keys)
    keys = roots.without_commands(keys)
    reporter = Reporter(request.root, service.name, settings)
    for key in keys:
        yield from reporter.findings(key, reach.chains(key))
    for path, problem in sorted(loader.problems.items()):
        yield _failure(service.name, path, problem)


def _matters(seen: object) -> bool:
    return bool(getattr(seen, "has_async", False) or getattr(seen, "has_callbacks", False))


def _library_files(root: Path, service: Service[AsyncBlockingSettings]) -> Iterator[str]:
    """Python files of the libraries that the service imports."""
    own = service.facts.root
    for source_root in service.facts.source_roots:
        if own == "." or source_root == own or source_root.startswith(f"{own}/"):
            continue
        yield from _python_files(root, source_root)


def _python_files(root: Path, folder: str) -> Iterator[str]:
    for here, folders, names in os.walk(root / folder):
        folders[:] = sorted(name for name in folders if not is_skipped_folder(name))
        relative = Path(here).relative_to(root).as_posix()
        prefix = "" if relative == "." else f"{relative}/"
        yield from (f"{prefix}{name}" for name in sorted(names) if name.endswith(_SUFFIXES))


def _failure(service: str, path: str, problem: Problem) -> Failure:
    fixes = {
        "unreadable": "make it a readable file in UTF-8, or in the encoding its first lines name",
        "syntax-error": "correct the file, or run the gate on a Python that knows its syntax: "
        f"this one is {sys.version_info[0]}.{sys.version_info[1]}",
        "too-complex": "split the file, or take it out with `exclude` if it is generated",
    }
    return Failure(
        gate=GATE,
        code=f"{GATE}/{problem.what}",
        service=service,
        file=path,
        line=problem.line,
        message=problem.message,
        fix=fixes[problem.what],
    )
