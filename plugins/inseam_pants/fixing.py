"""The changes that gates know for their findings, in `fix`, where users of Pants expect them.

Off unless `[inseam].fix` says so. Pants runs fixers in `lint` as well, and has it fail when they
would change something, which would fail findings that a baseline tolerates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.core.goals.fix import FixResult, FixTargetsRequest
from pants.core.util_rules.partitions import Partition, PartitionerType, Partitions
from pants.engine.fs import (
    AddPrefix,
    CreateDigest,
    FileEntry,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
    Snapshot,
)
from pants.util.logging import LogLevel

from inseam_pants.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    digest_to_snapshot,
    get_digest_entries,
    implicitly,
    merge_digests,
    path_globs_to_paths,
    remove_prefix,
    rule,
)
from inseam_pants.engine import EngineRequest, run_engine
from inseam_pants.pipeline import PlanRequest, make_plan
from inseam_pants.problem import Problem, ProblemError
from inseam_pants.services import ServiceDescription
from inseam_pants.subsystem import InseamSubsystem
from inseam_pants.targets import ServiceFieldSet
from inseam_pants.units import WORKSPACE, UnitRequest, run_unit
from inseam_pants.wire import PlannedUnit

REWRITING_GATES = frozenset({"async-blocking"})
"""Gates whose findings the engine can rewrite."""

_FINDINGS = "findings.json"
_FIXED = "fixed"


class InseamFixRequest(FixTargetsRequest):
    field_set_type = ServiceFieldSet
    tool_subsystem = InseamSubsystem  # type: ignore[assignment]  # as in Pants' own backends
    partitioner_type = PartitionerType.CUSTOM


@dataclass(frozen=True)
class FixRun:
    """One gate's changes to one service; Pants shows it as a partition."""

    unit: PlannedUnit
    service: ServiceDescription

    @property
    def description(self) -> str:
        return f"{self.unit.gate} on {self.service.name}"


@rule
async def partition_fix(
    request: InseamFixRequest.PartitionRequest[ServiceFieldSet], subsystem: InseamSubsystem
) -> Partitions[Any, FixRun]:
    """A partition for each service, of its Python files.

    Raises:
        ProblemError: policy does not say what to run.
    """
    gates = REWRITING_GATES.intersection(subsystem.gates or REWRITING_GATES)
    if not (subsystem.fix and gates and request.field_sets):
        return Partitions()
    plan = await make_plan(
        PlanRequest(tuple(request.field_sets), tuple(sorted(gates))), **implicitly()
    )
    if plan.has_errors:
        raise ProblemError(
            Problem(
                subsystem.policies,
                "there are errors in policy, so that nothing is known of what to fix",
                "see them with the goal `policy`",
            )
        )
    by_name = {service.name: service for service in plan.services}
    runs = [FixRun(unit, by_name[name]) for unit in plan.units for name in unit.services]
    found = await concurrently(path_globs_to_paths(PathGlobs(run.service.globs)) for run in runs)
    files = [tuple(path for path in paths.files if path.endswith(".py")) for paths in found]
    return Partitions(Partition(paths, run) for paths, run in zip(files, runs) if paths)


async def _updated(snapshot: Snapshot, changed: Iterable[Any]) -> Snapshot:
    """A snapshot in which some files have new content."""
    entries = {entry.path: entry for entry in await get_digest_entries(snapshot.digest)}
    entries.update({entry.path: entry for entry in changed})
    return await digest_to_snapshot(await create_digest(CreateDigest(entries.values())))


@rule(level=LogLevel.DEBUG, desc="Rewrite what gates found")
async def fix_service(request: InseamFixRequest.Batch) -> FixResult:
    """The files after the changes.

    Raises:
        ProblemError: the gate or the rewriting could not look at something.
    """
    run: FixRun = request.partition_metadata
    findings = await run_unit(UnitRequest(run.unit, (run.service,)), **implicitly())
    inputs = await concurrently(
        create_digest(CreateDigest([FileEntry(_FINDINGS, findings.file)])),
        add_prefix(AddPrefix(request.snapshot.digest, WORKSPACE)),
    )
    result = await run_engine(
        EngineRequest(
            argv=(
                *("fix", f"--findings={_FINDINGS}", f"--root={WORKSPACE}", f"--out={_FIXED}"),
                *(f"--file={file}" for file in request.files),
            ),
            description=f"Rewrite what {run.description} found",
            inputs=await merge_digests(MergeDigests(inputs)),
            output_directories=(_FIXED,),
        ),
        **implicitly(),
    )
    if result.exit_code:
        raise ProblemError(
            Problem(
                run.service.root,
                (result.stdout + result.stderr).decode(errors="replace").rstrip(),
                "put right what it says; nothing was changed",
            )
        )
    changed = await remove_prefix(RemovePrefix(result.output_digest, _FIXED))
    return FixResult(
        input=request.snapshot,
        output=await _updated(request.snapshot, await get_digest_entries(changed)),
        stdout=result.stdout.decode(errors="replace"),
        stderr="",
        tool_name=request.tool_name,
    )


def rules() -> Iterable[Any]:
    return (*collect_rules(), *InseamFixRequest.rules())
