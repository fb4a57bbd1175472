"""The same gates in `lint` and `check`, where users of Pants expect them.

What a gate needs decides which of the two it belongs to, and the plan says what it needs, so that
a new gate takes no change here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.core.goals.check import CheckRequest, CheckResult, CheckResults
from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.partitions import Partition, Partitions
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from inseam_pants.compat import collect_rules, concurrently, implicitly, rule
from inseam_pants.pipeline import JudgementRequest, PlanRequest, judge, make_plan
from inseam_pants.problem import COULD_NOT_RUN, ProblemError
from inseam_pants.subsystem import InseamSubsystem
from inseam_pants.targets import ServiceFieldSet
from inseam_pants.wire import NEEDS_ENVIRONMENT


class InseamLintRequest(LintTargetsRequest):
    field_set_type = ServiceFieldSet
    tool_subsystem = InseamSubsystem  # type: ignore[assignment]  # as in Pants' own backends


class InseamCheckRequest(CheckRequest[ServiceFieldSet]):
    field_set_type = ServiceFieldSet
    tool_name = InseamSubsystem.options_scope


@dataclass(frozen=True)
class GateRun:
    """One gate's judgement of services; Pants shows it as a partition."""

    gate: str | None
    """None when there is no plan that says which gates there are."""
    services: tuple[ServiceFieldSet, ...]

    @property
    def description(self) -> str:
        return self.gate or "policy"


@dataclass(frozen=True)
class GateRunsRequest:
    """A request for what `lint` or `check` has to do."""

    services: tuple[ServiceFieldSet, ...]
    needs_environment: bool


@dataclass(frozen=True)
class GateRuns:
    runs: tuple[GateRun, ...]


@rule
async def choose_gates(request: GateRunsRequest, subsystem: InseamSubsystem) -> GateRuns:
    services = request.services
    if subsystem.skip or not services:
        return GateRuns(())
    try:
        plan = await make_plan(PlanRequest(services, tuple(subsystem.gates)), **implicitly())
    except ProblemError:
        return GateRuns((GateRun(None, services),))  # which fails for the same reason
    if plan.has_errors:
        return GateRuns((GateRun(None, services),))
    gates = dict.fromkeys(
        unit.gate
        for unit in plan.units
        if (unit.needs == NEEDS_ENVIRONMENT) == request.needs_environment
    )
    return GateRuns(tuple(GateRun(gate, services) for gate in gates))


@dataclass(frozen=True)
class GateResult:
    exit_code: int
    text: str
    description: str


@rule
async def run_gate(request: GateRun, subsystem: InseamSubsystem) -> GateResult:
    gates = tuple(subsystem.gates) if request.gate is None else (request.gate,)
    try:
        judgement = await judge(JudgementRequest(request.services, gates), **implicitly())
    except ProblemError as error:
        return GateResult(COULD_NOT_RUN, str(error), request.description)
    return GateResult(judgement.exit_code, judgement.text, request.description)


@rule
async def partition_lint(
    request: InseamLintRequest.PartitionRequest[ServiceFieldSet],
) -> Partitions[Any, GateRun]:
    """A partition for each gate. Its one element is the gate, as Pants would cut many services
    into several batches, and `policy`'s results would not be those that `lint` finds cached."""
    chosen = await choose_gates(
        GateRunsRequest(tuple(request.field_sets), needs_environment=False), **implicitly()
    )
    return Partitions(Partition((run.description,), run) for run in chosen.runs)


@rule(level=LogLevel.DEBUG, desc="Judge by the policy's gates that need sources")
async def lint_services(request: InseamLintRequest.Batch[Any, GateRun]) -> LintResult:
    result = await run_gate(request.partition_metadata, **implicitly())
    return LintResult(
        exit_code=result.exit_code,
        stdout=result.text,
        stderr="",
        linter_name=request.tool_name,
        partition_description=result.description,
    )


@rule(level=LogLevel.DEBUG, desc="Judge by the policy's gates that need environments")
async def check_services(request: InseamCheckRequest) -> CheckResults:
    chosen = await choose_gates(
        GateRunsRequest(tuple(request.field_sets), needs_environment=True), **implicitly()
    )
    results = await concurrently(run_gate(run, **implicitly()) for run in chosen.runs)
    # `check` ends as the first result that is not 0: could-not-run comes before violations.
    return CheckResults(
        (
            CheckResult(result.exit_code, result.text, "", result.description)
            for result in sorted(results, key=lambda result: -result.exit_code)
        ),
        checker_name=request.tool_name,
    )


def rules() -> Iterable[Any]:
    return (
        *collect_rules(),
        *InseamLintRequest.rules(),
        UnionRule(CheckRequest, InseamCheckRequest),
    )
