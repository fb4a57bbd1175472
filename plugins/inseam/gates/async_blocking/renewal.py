"""Judging anew what an edit concerns, or all if nothing is known."""

from __future__ import annotations

from collections.abc import Sequence

from inseam.gates.async_blocking.catalogue import Catalogue
from inseam.gates.async_blocking.judging import Job
from inseam.gates.async_blocking.loading import Loader, packs
from inseam.gates.async_blocking.modules import SUFFIXES, ModuleIndex
from inseam.gates.async_blocking.parts import judge
from inseam.gates.async_blocking.results import Results
from inseam.gates.async_blocking.roots import may_hold_roots
from inseam.gates.async_blocking.settings import AsyncBlockingSettings
from inseam.gates.contract import Request, Service
from inseam.gates.environment.deadline import Deadline
from inseam.gates.mypy.layout import selected


def renew(
    results: Results,
    request: Request[AsyncBlockingSettings],
    service: Service[AsyncBlockingSettings],
    *,
    installed: str,
    deadline: Deadline,
) -> None:
    """Judges what no longer holds.

    Args:
        results: those of the run before, which do not all hold.
        request: what the gate is asked.
        service: the service that they are of.
        installed: the folder of its installed packages; empty for none.
        deadline: by when that has to be done.
    """
    settings, facts, seen = service.settings, service.facts, results.glances()
    kept = packs(request.cache)
    loader = Loader(request.root, kept, seen)
    results.begin(loader.edit)
    loader.save()
    index = _index(results, service)
    own = frozenset(service.files)

    def judged(paths: Sequence[str]) -> list[str]:
        python = [path for path in paths if path in own and path.endswith(SUFFIXES)]
        return [
            path
            for path in selected(python, facts.root, exclude=settings.exclude, tests=True)
            if (one := seen[path]).problem is not None
            or may_hold_roots(path, one.skim, settings.roots, facts.root)
        ]

    job = Job(
        root=request.root,
        packs=kept,
        service=service.name,
        installed=installed,
        settings=settings,
        index=index,
        glances=seen,
        hierarchy=results.hierarchy,
        deadline=deadline,
    )
    paths = results.judged(judged)
    for part in judge(job, [path for path in paths if path not in results.files]):
        results.take(part)
    results.save(paths, results.modules or index.text())
    kept.tidy(seen.digests())
    kept.close()


def _index(results: Results, service: Service[AsyncBlockingSettings]) -> ModuleIndex:
    """Which module each file is."""
    catalogue = Catalogue(extra_sinks=service.settings.extra_sinks)
    described = frozenset(module.partition(".")[0] for module in catalogue.modules)
    files = list(results.glances())
    if results.modules:
        try:
            return ModuleIndex.read(results.modules, files, described=described)
        except (ValueError, TypeError):
            results.modules = ""
    return ModuleIndex.of(
        files, service.facts.source_roots, described=described, markers=service.files
    )
