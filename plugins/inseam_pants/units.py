"""Running one unit: a sandboxed process that looks at some services with one gate."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.env_vars import CompleteEnvironmentVars
from pants.engine.fs import (
    AddPrefix,
    CreateDigest,
    Digest,
    FileContent,
    FileDigest,
    FileEntry,
    MergeDigests,
    PathGlobs,
)
from pants.util.frozendict import FrozenDict

from inseam_pants.closure import Closure, ClosureRequest, find_closure
from inseam_pants.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    get_digest_entries,
    implicitly,
    merge_digests,
    path_globs_to_digest,
    rule,
)
from inseam_pants.engine import EngineRequest, run_engine
from inseam_pants.services import ServiceDescription
from inseam_pants.subsystem import InseamSubsystem
from inseam_pants.wire import NEEDS_ENVIRONMENT, NEEDS_LOCKFILE, PlannedUnit, failed_unit

logger = logging.getLogger(__name__)

WORKSPACE = "workspace"
"""The folder of sandboxes that stands for the workspace; a service at the root has no other
things among its files then."""

CACHE = "cache"
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


@dataclass(frozen=True)
class UnitFindings:
    """A unit's `inseam.findings/1` document, which there always is."""

    file: FileDigest


async def _source_files(services: tuple[ServiceDescription, ...]) -> tuple[Digest, ...]:
    return await concurrently(
        path_globs_to_digest(PathGlobs(service.globs)) for service in services
    )


async def _lock_files(services: tuple[ServiceDescription, ...]) -> tuple[Digest, ...]:
    return await concurrently(
        path_globs_to_digest(PathGlobs(service.lock_globs)) for service in services
    )


async def _closures(services: tuple[ServiceDescription, ...]) -> tuple[Closure, ...]:
    return await concurrently(
        find_closure(ClosureRequest(service.root), **implicitly()) for service in services
    )


async def _write_findings(content: bytes) -> UnitFindings:
    digest = await create_digest(CreateDigest([FileContent(_FINDINGS, content)]))
    return await _findings_in(digest)


async def _findings_in(digest: Digest) -> UnitFindings:
    entries = await get_digest_entries(digest)
    return UnitFindings(
        next(entry.file_digest for entry in entries if isinstance(entry, FileEntry))
    )


@rule(desc="Run a gate")
async def run_unit(
    request: UnitRequest, subsystem: InseamSubsystem, environment: ToolEnvironment
) -> UnitFindings:
    unit, services = request.unit, request.services
    needs_environment = unit.needs == NEEDS_ENVIRONMENT
    try:
        digests: tuple[Digest, ...]
        closures: tuple[Closure, ...] = ()
        if unit.needs == NEEDS_LOCKFILE:
            digests = await _lock_files(services)
        else:
            digests = await _source_files(services)
        if needs_environment:
            closures = await _closures(services)
        files = await merge_digests(
            MergeDigests((*digests, *(closure.digest for closure in closures)))
        )
        document = unit.adjusted(
            time_limit=subsystem.time_limits.get(unit.gate),
            source_roots={
                service.name: closure.source_roots for service, closure in zip(services, closures)
            },
        )
        workspace = await add_prefix(AddPrefix(files, WORKSPACE))
        documents = await create_digest(CreateDigest([FileContent(_UNIT, document.encode())]))
        limit = subsystem.time_limits.get(unit.gate, unit.time_limit)
        result = await run_engine(
            EngineRequest(
                argv=(
                    "run",
                    f"--unit={_UNIT}",
                    f"--root={WORKSPACE}",
                    f"--cache={CACHE}",
                    f"--out={_FINDINGS}",
                ),
                description=f"Run {unit.gate} on {', '.join(unit.services[:3])}"
                + (f" and {len(unit.services) - 3} more" if len(unit.services) > 3 else ""),
                inputs=await merge_digests(MergeDigests((workspace, documents))),
                output_files=(_FINDINGS,),
                env=environment.variables if needs_environment else FrozenDict(),
                caches=FrozenDict({f"inseam_{unit.gate.replace('-', '_')}": CACHE}),
                time_limit=int(limit) + _GRACE,
            ),
            **implicitly(),
        )
        if result.exit_code == 0:
            return await _findings_in(result.output_digest)
        reason = f"the process ended {result.exit_code}"
        output = (result.stdout + b"\n" + result.stderr).decode(errors="replace")
    except Exception as error:  # whatever Pants raises must not become a pass
        logger.debug("%s could not run", unit.id, exc_info=True)
        reason, output = "Pants could not run the process", str(error)
    return await _write_findings(failed_unit(unit, reason, output))


def rules() -> Iterable[Any]:
    return collect_rules()
