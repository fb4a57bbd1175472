"""From services to a verdict: plan, units, verdict, each a process that Pants caches."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.fs import (
    AddPrefix,
    CreateDigest,
    Digest,
    Directory,
    FileEntry,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
)
from pants.engine.process import FallibleProcessResult

from inseam_pants.base import BaseCommit, BaseFilesRequest, read_base_files
from inseam_pants.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    get_digest_contents,
    implicitly,
    merge_digests,
    path_globs_to_digest,
    remove_prefix,
    rule,
)
from inseam_pants.engine import EngineRequest, run_engine
from inseam_pants.inputs import BASE, InputsRequest, gather_inputs
from inseam_pants.problem import COULD_NOT_RUN, Problem, ProblemError
from inseam_pants.services import ServiceDescription
from inseam_pants.targets import ServiceFieldSet
from inseam_pants.units import WORKSPACE, UnitRequest, run_unit
from inseam_pants.wire import PlannedUnit, baseline_paths, planned_units

_PLAN = "plan.json"
_FINDINGS = "findings"
_REPORTS = "reports"
_BASELINES = "baselines"


def _expect(result: FallibleProcessResult, what: str, *exit_codes: int) -> None:
    """Raise a `ProblemError` with the last lines of a process that ended otherwise."""
    if result.exit_code in exit_codes:
        return
    output = (result.stdout + b"\n" + result.stderr).decode(errors="replace")
    lines = [line for line in output.splitlines() if line.strip()][-15:]
    raise ProblemError(
        Problem(
            "inseam",
            "\n".join([f"{what}: the engine ended {result.exit_code}", *lines]),
            "put right what it says; if it is a traceback, report it as a bug of inseam",
        )
    )


@dataclass(frozen=True)
class PlanRequest:
    """A request for what has to run."""

    services: tuple[ServiceFieldSet, ...]
    gates: tuple[str, ...] = ()
    """Only these; all if empty."""


@dataclass(frozen=True)
class Plan:
    """`inseam.plan/1`, and what the backend reads in it."""

    digest: Digest
    """`_PLAN`."""
    services: tuple[ServiceDescription, ...]
    units: tuple[PlannedUnit, ...]
    baselines: tuple[str, ...]
    has_errors: bool
    base: BaseCommit | None


@rule(desc="Plan what the policy asks for")
async def make_plan(request: PlanRequest) -> Plan:
    """What has to run.

    Raises:
        ProblemError: the engine cannot plan. Errors in policy are in the plan.
    """
    inputs = await gather_inputs(InputsRequest(request.services), **implicitly())
    only = (f"--gates={','.join(request.gates)}",) if request.gates else ()
    result = await run_engine(
        EngineRequest(
            argv=("plan", *inputs.argv, *only, f"--out={_PLAN}"),
            description="Plan what the policy asks for",
            inputs=inputs.digest,
            output_files=(_PLAN,),
        ),
        **implicitly(),
    )
    _expect(result, "the plan could not be made", 0)
    contents = await get_digest_contents(result.output_digest)
    plan = json.loads(contents[0].content)
    return Plan(
        digest=result.output_digest,
        services=inputs.services,
        units=planned_units(plan),
        baselines=baseline_paths(plan),
        has_errors=bool(plan["errors"]),
        base=inputs.base,
    )


@dataclass(frozen=True)
class EvidenceRequest:
    """A request to run all units of a plan."""

    plan: Plan


@dataclass(frozen=True)
class Evidence:
    """What the engine judges: the plan, every unit's findings, the baselines."""

    digest: Digest
    argv: tuple[str, ...]
    """The options that name them."""


@rule(desc="Run gates")
async def gather_evidence(request: EvidenceRequest) -> Evidence:
    plan = request.plan
    by_name = {service.name: service for service in plan.services}
    found = await concurrently(
        run_unit(
            UnitRequest(unit, tuple(by_name[name] for name in unit.services), plan.base),
            **implicitly(),
        )
        for unit in plan.units
    )
    findings = await create_digest(
        CreateDigest(
            (
                Directory(_FINDINGS),  # which there is also when nothing has to run
                *(
                    FileEntry(f"{_FINDINGS}/{unit.id}.json", result.file)
                    for unit, result in zip(plan.units, found)
                ),
            )
        )
    )
    baselines = await path_globs_to_digest(PathGlobs(plan.baselines))
    digests = [
        plan.digest,
        findings,
        await add_prefix(AddPrefix(baselines, WORKSPACE)),
    ]
    argv = [f"--plan={_PLAN}", f"--findings-dir={_FINDINGS}", f"--root={WORKSPACE}"]
    if plan.base is not None:
        of_base = await read_base_files(
            BaseFilesRequest(plan.base, plan.baselines, BASE), **implicitly()
        )
        digests.append(of_base.digest)
        argv.append(f"--base-root={BASE}")
    return Evidence(await merge_digests(MergeDigests(digests)), tuple(argv))


@dataclass(frozen=True)
class JudgementRequest:
    """A request to judge services by their policy."""

    services: tuple[ServiceFieldSet, ...]
    gates: tuple[str, ...] = ()
    """Only these; all if empty."""
    color: bool = False


@dataclass(frozen=True)
class Judgement:
    """What is printed and written, and how a goal ends."""

    exit_code: int
    """0 pass, 1 violation, 2 could not run."""
    text: str
    annotations: str
    """What GitHub is told, a line each."""
    reports: Digest
    """Files for `dist/`."""


@rule(desc="Judge by the policy")
async def judge(request: JudgementRequest) -> Judgement:
    """The verdict.

    Raises:
        ProblemError: none could be reached.
    """
    plan = await make_plan(PlanRequest(request.services, request.gates), **implicitly())
    evidence = await gather_evidence(EvidenceRequest(plan), **implicitly())
    color = ("--color",) if request.color else ()
    result = await run_engine(
        EngineRequest(
            argv=("verdict", *evidence.argv, *color, f"--out={_REPORTS}"),
            description="Judge by the policy",
            inputs=evidence.digest,
            output_directories=(_REPORTS,),
        ),
        **implicitly(),
    )
    _expect(result, "the verdict could not be reached", 0)
    contents = await get_digest_contents(result.output_digest)
    files = {file.path: file.content for file in contents}
    report = json.loads(files[f"{_REPORTS}/report.json"])
    return Judgement(
        exit_code=report["exit_code"],
        text=result.stdout.decode(),
        annotations=files[f"{_REPORTS}/annotations.txt"].decode(),
        reports=await remove_prefix(RemovePrefix(result.output_digest, _REPORTS)),
    )


@dataclass(frozen=True)
class ExplanationRequest:
    """A request to show services' effective policy."""

    services: tuple[ServiceFieldSet, ...]


@dataclass(frozen=True)
class Explanation:
    exit_code: int
    text: str


@rule(desc="Explain the policy")
async def explain(request: ExplanationRequest) -> Explanation:
    """Every effective value and its origin.

    Raises:
        ProblemError: services' BUILD files are wrong.
    """
    inputs = await gather_inputs(InputsRequest(request.services), **implicitly())
    result = await run_engine(
        EngineRequest(
            argv=("explain", *inputs.argv),
            description="Explain the policy",
            inputs=inputs.digest,
        ),
        **implicitly(),
    )
    _expect(result, "the policy could not be explained", 0, COULD_NOT_RUN)
    return Explanation(result.exit_code, (result.stdout + result.stderr).decode(errors="replace"))


@dataclass(frozen=True)
class BaselinesRequest:
    """A request for the baselines that services' ratchets should have."""

    services: tuple[ServiceFieldSet, ...]
    gates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Baselines:
    exit_code: int
    text: str
    digest: Digest
    """The files that changed, relative to the workspace."""


@rule(desc="Record baselines")
async def propose_baselines(request: BaselinesRequest) -> Baselines:
    """New baselines.

    Raises:
        ProblemError: none could be made.
    """
    plan = await make_plan(PlanRequest(request.services, request.gates), **implicitly())
    evidence = await gather_evidence(EvidenceRequest(plan), **implicitly())
    result = await run_engine(
        EngineRequest(
            argv=("baseline", *evidence.argv, f"--out={_BASELINES}"),
            description="Record baselines",
            inputs=evidence.digest,
            output_directories=(_BASELINES,),
        ),
        **implicitly(),
    )
    _expect(result, "baselines could not be recorded", 0, COULD_NOT_RUN)
    return Baselines(
        result.exit_code,
        (result.stdout + result.stderr).decode(errors="replace"),
        await remove_prefix(RemovePrefix(result.output_digest, _BASELINES)),
    )


def rules() -> Iterable[Any]:
    return collect_rules()
