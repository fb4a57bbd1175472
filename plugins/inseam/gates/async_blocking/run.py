"""Looking through one service for blocking calls that its async code reaches."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from inseam.findings.model import Failure, Finding
from inseam.gates.async_blocking.glances import Problem, believed, look_at
from inseam.gates.async_blocking.judged import only_commands, without_commands
from inseam.gates.async_blocking.modules import SUFFIXES, ModuleIndex, is_marker
from inseam.gates.async_blocking.results import Results
from inseam.gates.async_blocking.room import roomy
from inseam.gates.async_blocking.rules import GATE
from inseam.gates.async_blocking.settings import AsyncBlockingSettings
from inseam.gates.contract import GateError, Request, Service
from inseam.gates.environment.deadline import Deadline
from inseam.gates.files import is_skipped_folder

_LARGE = 2_000
"""Files of a service whose results are many."""
_OLDEST_MINOR = 8
"""The oldest Python 3 whose environments can be read; nothing of them is run."""
_TESTS = frozenset({"test", "tests"})


def run(request: Request[AsyncBlockingSettings]) -> Iterator[Finding | Failure]:
    """Looks through each service."""
    deadline = Deadline.after(request.time_limit)
    for service in request.services:
        try:
            yield from _check(request, service, deadline)
        except GateError as error:
            from inseam.gates.environment.failures import failure  # dear to import, too

            yield failure(error, gate=GATE, service=service.name)


def _check(
    request: Request[AsyncBlockingSettings],
    service: Service[AsyncBlockingSettings],
    deadline: Deadline,
) -> Iterator[Finding | Failure]:
    with roomy():
        results = _results(request, service, deadline)
        if len(service.files) >= _LARGE:
            gc.freeze()  # all of it is wanted: a collector would look through it in vain
    yield from without_commands(results.files, only_commands(results.files))
    for path, problem in sorted(results.problems.items()):
        yield _failure(service.name, path, problem)


def _results(
    request: Request[AsyncBlockingSettings],
    service: Service[AsyncBlockingSettings],
    deadline: Deadline,
) -> Results:
    settings, facts = service.settings, service.facts
    own = [file for file in service.files if file.endswith(SUFFIXES)]
    installed = _installed(request, service, deadline) if settings.environment else ""
    files = sorted({*own, *_library_files(request.root, service), *_installed_files(installed)})
    results = Results.open(request.cache, service.name, settings, request.root)
    roots = [str(request.root), *filter(None, [installed])]
    # A file that is changed from here on is younger than this moment.
    now = time.time_ns() if all(believed(os.path.realpath(root)) for root in roots) else 0
    indices: list[ModuleIndex] = []

    def meanwhile() -> None:
        from inseam.gates.async_blocking.renewal import index

        if not results.known:
            indices.append(index(files, service))

    looks = look_at(roots[0], files, results.known, now=now, meanwhile=meanwhile)
    if not results.hold(looks, [facts.source_roots, sorted(filter(is_marker, service.files))]):
        from inseam.gates.async_blocking.renewal import renew  # dear to import, and seldom wanted

        renew(results, request, service, *indices, installed=installed, deadline=deadline)
    return results


def _installed(
    request: Request[AsyncBlockingSettings],
    service: Service[AsyncBlockingSettings],
    deadline: Deadline,
) -> str:
    """The folder of the packages in the service's locked environment, which is made if need be.

    Raises:
        GateError: it cannot be made.
    """
    from inseam.gates.environment.workshop import Workshop  # dear to import, and seldom wanted

    workshop = Workshop.of(request, deadline)
    prepared = workshop.for_service(service.facts, service.settings, at_least=_OLDEST_MINOR)
    return prepared.environment.site_packages.as_posix()


def _installed_files(folder: str) -> Iterator[str]:
    """The Python files of installed packages; their paths are absolute."""
    for here, folders, names in os.walk(folder) if folder else ():
        folders[:] = sorted(
            name for name in folders if not is_skipped_folder(name) and name not in _TESTS
        )
        yield from (f"{here}/{name}" for name in sorted(names) if name.endswith(SUFFIXES))


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
        yield from (f"{prefix}{name}" for name in sorted(names) if name.endswith(SUFFIXES))


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
