"""Judging anew what an edit concerns, or all if nothing is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from inseam.gates.async_blocking.catalogue import Catalogue
from inseam.gates.async_blocking.judged import Place
from inseam.gates.async_blocking.judging import Job
from inseam.gates.async_blocking.loading import Loader, packs
from inseam.gates.async_blocking.modules import SUFFIXES, ModuleIndex
from inseam.gates.async_blocking.parts import judge
from inseam.gates.async_blocking.renewed import Renewed
from inseam.gates.async_blocking.results import Results
from inseam.gates.async_blocking.roots import may_hold_roots
from inseam.gates.async_blocking.sameness import Body, Same, same
from inseam.gates.async_blocking.settings import AsyncBlockingSettings
from inseam.gates.async_blocking.ways import Ways
from inseam.gates.contract import Request, Service
from inseam.gates.environment.deadline import Deadline
from inseam.gates.mypy.layout import selected


def renew(
    results: Results,
    request: Request[AsyncBlockingSettings],
    service: Service[AsyncBlockingSettings],
    made: ModuleIndex | None = None,
    *,
    installed: str,
    deadline: Deadline,
) -> None:
    """Judges what no longer holds.

    Args:
        results: those of the run before, which do not all hold.
        request: what the gate is asked.
        service: the service that they are of.
        made: the index of its modules if it was made already.
        installed: the folder of its installed packages; empty for none.
        deadline: by when that has to be done.
    """
    settings, facts, seen = service.settings, service.facts, results.glances()
    kept = packs(request.cache)
    loader = Loader(request.root, kept, seen)

    def job(judged: Collection[str] = ()) -> Job:
        return Job(
            root=request.root,
            packs=kept,
            service=service.name,
            installed=installed,
            settings=settings,
            index=_kept_index(renewed, list(seen), settings) or made or index(list(seen), service),
            glances=seen,
            hierarchy=renewed.hierarchy,
            deadline=deadline,
            judged=frozenset(judged),
        )

    def compare(bodies: Mapping[Place, tuple[str, int]], told: Sequence[str]) -> Same:
        before = {place: Body(text=text, line=line) for place, (text, line) in bodies.items()}
        return same(job(), loader, before, Ways(told))

    renewed = Renewed(results)
    renewed.begin(loader.edit, compare)
    loader.save()
    own = frozenset(service.files)

    def judged(paths: Sequence[str]) -> list[str]:
        python = [path for path in paths if path in own and path.endswith(SUFFIXES)]
        return [
            path
            for path in selected(python, facts.root, exclude=settings.exclude, tests=True)
            if (one := seen[path]).problem is not None
            or may_hold_roots(path, one.skim, settings.roots, facts.root)
        ]

    paths = renewed.judged(judged)
    work = job(paths)
    anew = [path for path in paths if path not in results.files]
    for part in judge(work, anew, meanwhile=lambda: renewed.describe(work.index)):
        renewed.take(part)
    renewed.save(paths, work.index)
    kept.tidy(seen.digests())
    kept.close()


def index(files: Sequence[str], service: Service[AsyncBlockingSettings]) -> ModuleIndex:
    """Which module each file is."""
    settings, roots = service.settings, service.facts.source_roots
    return ModuleIndex.of(files, roots, described=_described(settings), markers=service.files)


def _described(settings: AsyncBlockingSettings) -> frozenset[str]:
    catalogue = Catalogue(extra_sinks=settings.extra_sinks)
    return frozenset(module.partition(".")[0] for module in catalogue.modules)


def _kept_index(
    renewed: Renewed, files: Sequence[str], settings: AsyncBlockingSettings
) -> ModuleIndex | None:
    """The index that the run before kept, if it is still right."""
    if not renewed.modules:
        return None
    try:
        return ModuleIndex.read(renewed.modules, files, described=_described(settings))
    except (ValueError, TypeError):
        renewed.modules = ""
        return None
