"""Running one unit: a sandboxed process that looks at some services with one gate."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.env_vars import CompleteEnvironmentVars
from pants.engine.fs import (
    EMPTY_DIGEST,
    AddPrefix,
    CreateDigest,
    Digest,
    Directory,
    FileContent,
    FileDigest,
    FileEntry,
    MergeDigests,
    PathGlobs,
)
from pants.engine.process import FallibleProcessResult
from pants.util.frozendict import FrozenDict

from inseam_pants.base import BaseCommit, BaseFilesRequest, read_base_files
from inseam_pants.closure import ClosureRequest, find_closure
from inseam_pants.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    get_digest_contents,
    get_digest_entries,
    implicitly,
    merge_digests,
    path_globs_to_digest,
    rule,
)
from inseam_pants.engine import EngineRequest, run_engine
from inseam_pants.lock_files import LockFilesRequest, find_lock_files
from inseam_pants.services import ServiceDescription
from inseam_pants.subsystem import Advisories, InseamSubsystem
from inseam_pants.wire import (
    NEEDS_ENVIRONMENT,
    NEEDS_LOCKFILE,
    NEEDS_SOURCES,
    PlannedUnit,
    failed_unit,
    states_outcome,
)

logger = logging.getLogger(__name__)

WORKSPACE = "workspace"
"""The folder of sandboxes that stands for the workspace; a service at the root has no other
things among its files then."""

_BASE = "base"
_TIP = "tip"
_CACHE = "cache"
_UNIT = "unit.json"
_FINDINGS = "findings.json"

_GRACE = 30
"""Seconds between a unit's own limit, at which it says what took so long, and Pants' kill."""


@dataclass(frozen=True)
class ToolEnvironment:
    """The variables that gates see which build environments."""

    variables: FrozenDict[str, str]


@rule
async def choose_environment(
    subsystem: InseamSubsystem, environ: CompleteEnvironmentVars
) -> ToolEnvironment:
    return ToolEnvironment(
        FrozenDict(
            (name, value)
            for name, value in sorted(environ.items())
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in subsystem.env_vars)
        )
    )


@dataclass(frozen=True)
class UnitRequest:
    """A request to run a unit."""

    unit: PlannedUnit
    services: tuple[ServiceDescription, ...]
    """Those of the unit."""
    base: BaseCommit | None = None
    """Where the tree branched off; None without a base."""


@dataclass(frozen=True)
class UnitFindings:
    """A unit's `inseam.findings/1` document, which there always is."""

    file: FileDigest


@dataclass(frozen=True)
class _Workspace:
    """What of the workspace a unit sees."""

    digest: Digest
    source_roots: dict[str, tuple[str, ...]]
    """By service, of those whose environment is needed."""


async def _workspace(unit: PlannedUnit, services: tuple[ServiceDescription, ...]) -> _Workspace:
    of_locks = await concurrently(
        find_lock_files(
            LockFilesRequest(service.pyproject, service.lock, service.lock_kind), **implicitly()
        )
        for service in (services if unit.needs == NEEDS_LOCKFILE else ())
    )
    files = await concurrently(
        path_globs_to_digest(PathGlobs(globs))
        for globs in (
            [found.globs for found in of_locks]
            if unit.needs == NEEDS_LOCKFILE
            else [service.globs for service in services]
        )
    )
    closures = await concurrently(
        find_closure(ClosureRequest(service.root), **implicitly())
        for service in (services if unit.needs == NEEDS_ENVIRONMENT else ())
    )
    inputs = await path_globs_to_digest(PathGlobs(unit.inputs))
    # A service whose lock and `pyproject.toml` lie elsewhere has a folder all the same.
    folders = await create_digest(
        CreateDigest(Directory(service.root) for service in services if service.root != ".")
    )
    merged = await merge_digests(
        MergeDigests((*files, folders, inputs, *(closure.digest for closure in closures)))
    )
    return _Workspace(
        await add_prefix(AddPrefix(merged, WORKSPACE)),
        {service.name: closure.source_roots for service, closure in zip(services, closures)},
    )


@dataclass(frozen=True)
class _Elsewhere:
    """What the unit reads as it is at other commits."""

    digest: Digest
    argv: tuple[str, ...]


async def _elsewhere(request: UnitRequest) -> _Elsewhere:
    """What the unit compares with: the merge base, and the tip that the tree is merged with; of
    further files that it reads, what they are at the merge base."""
    unit = request.unit
    base = request.base if unit.reads_base or unit.inputs else None
    tip = base.at_tip() if base is not None and unit.reads_tip else None
    folders = [folder for folder, commit in ((_BASE, base), (_TIP, tip)) if commit is not None]
    # A lock may lie elsewhere: a workspace's, or a resolve's.
    places = {path for service in request.services for path in (service.root, *service.outside)}
    roots = tuple(sorted(places)) if unit.reads_base else ()
    wanted = [
        BaseFilesRequest(commit, roots, folder, unit.base_files)
        for folder, commit in ((_BASE, base), (_TIP, tip))
        if commit is not None
    ]
    if base is not None:
        wanted.append(BaseFilesRequest(base, unit.inputs, _BASE))
    if not folders:
        return _Elsewhere(EMPTY_DIGEST, ())
    files = await concurrently(read_base_files(asked, **implicitly()) for asked in wanted)
    # There may be none, and a folder that is missing would look like a mistake.
    made = await create_digest(CreateDigest(Directory(folder) for folder in folders))
    return _Elsewhere(
        await merge_digests(MergeDigests((made, *(found.digest for found in files)))),
        tuple(f"--{folder}={folder}" for folder in folders),
    )


async def _findings_in(digest: Digest) -> UnitFindings:
    entries = await get_digest_entries(digest)
    return UnitFindings(
        next(entry.file_digest for entry in entries if isinstance(entry, FileEntry))
    )


async def _findings_of(unit: PlannedUnit, result: FallibleProcessResult) -> UnitFindings:
    """What a unit's process found, or that it found nothing out."""
    contents = await get_digest_contents(result.output_digest)
    if contents and states_outcome(contents[0].content, result.exit_code):
        return await _findings_in(result.output_digest)
    output = (result.stdout + b"\n" + result.stderr).decode(errors="replace")
    return await _write_failure(unit, f"the process ended {result.exit_code}", output)


async def _write_failure(unit: PlannedUnit, reason: str, output: str) -> UnitFindings:
    content = failed_unit(unit, reason, output)
    return await _findings_in(await create_digest(CreateDigest([FileContent(_FINDINGS, content)])))


def _description(unit: PlannedUnit) -> str:
    more = f" and {len(unit.services) - 3} more" if len(unit.services) > 3 else ""
    return f"Run {unit.gate} on {', '.join(unit.services[:3])}{more}"


@rule(desc="Run a gate")
async def run_unit(
    request: UnitRequest, subsystem: InseamSubsystem, environment: ToolEnvironment
) -> UnitFindings:
    unit = request.unit
    limit = subsystem.time_limits.get(unit.gate)
    live = unit.can_be_live and subsystem.advisories is Advisories.LIVE
    try:
        workspace = await _workspace(unit, request.services)
        document = unit.adjusted(time_limit=limit, source_roots=workspace.source_roots, live=live)
        elsewhere = await _elsewhere(request)
        documents = await create_digest(CreateDigest([FileContent(_UNIT, document.encode())]))
        result = await run_engine(
            EngineRequest(
                argv=(
                    *("run", f"--unit={_UNIT}", f"--root={WORKSPACE}"),
                    *(f"--cache={_CACHE}", f"--out={_FINDINGS}"),
                    *elsewhere.argv,
                ),
                description=_description(unit),
                inputs=await merge_digests(
                    MergeDigests((workspace.digest, documents, elsewhere.digest))
                ),
                output_files=(_FINDINGS,),
                env=FrozenDict() if unit.needs == NEEDS_SOURCES else environment.variables,
                is_cached=not live,
                caches=FrozenDict({"inseam": _CACHE}),
                time_limit=int(limit or unit.time_limit) + _GRACE,
            ),
            **implicitly(),
        )
    except Exception as error:  # whatever Pants raises must not become a pass
        logger.debug("%s could not run", unit.id, exc_info=True)
        return await _write_failure(unit, "Pants could not run the process", str(error))
    return await _findings_of(unit, result)


def rules() -> Iterable[Any]:
    return collect_rules()
