"""The goals `policy`, `policy-explain` and `policy-baseline`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pants.base.specs import Specs
from pants.core.util_rules.distdir import DistDir
from pants.engine.console import Console
from pants.engine.env_vars import EnvironmentVarsRequest
from pants.engine.fs import Workspace
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.target import AllTargets, Target
from pants.util.docutil import bin_name

from inseam_pants.compat import (
    collect_rules,
    environment_vars_subset,
    filter_targets,
    goal_rule,
    implicitly,
    rule,
)
from inseam_pants.pipeline import (
    BaselinesRequest,
    ExplanationRequest,
    JudgementRequest,
    explain,
    judge,
    propose_baselines,
)
from inseam_pants.problem import COULD_NOT_RUN, describe
from inseam_pants.subsystem import InseamSubsystem
from inseam_pants.targets import ServiceFieldSet

REPORTS = "inseam"
"""The folder of reports in `dist/`."""


class PolicySubsystem(GoalSubsystem):
    name = "policy"
    help = (
        "Judge services by the organisation's policy: run every gate, print a scorecard, write "
        "reports to `dist/inseam/`.\n\n"
        "Ends 0 when all pass, 1 when one violates the policy, 2 when that could not be found out."
    )


class PolicyGoal(Goal):
    subsystem_cls = PolicySubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


class PolicyExplainSubsystem(GoalSubsystem):
    name = "policy-explain"
    help = (
        "Show every value of services' effective policy, the file and line that it comes from, and "
        "what it overrode. Runs no gate."
    )


class PolicyExplainGoal(Goal):
    subsystem_cls = PolicyExplainSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


class PolicyBaselineSubsystem(GoalSubsystem):
    name = "policy-baseline"
    help = (
        "Record the findings that a ratchet tolerates: all of today's the first time, afterwards "
        "only what is left of them. Writes to the workspace."
    )


class PolicyBaselineGoal(Goal):
    subsystem_cls = PolicyBaselineSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@dataclass(frozen=True)
class SelectionRequest:
    """A request for the services that the command line names."""

    specs: Specs


@dataclass(frozen=True)
class Selection:
    """The services to judge. If there are none, how the goal ends and what it says."""

    services: tuple[ServiceFieldSet, ...]
    exit_code: int = COULD_NOT_RUN
    message: str = ""


def _services(targets: Iterable[Target]) -> tuple[ServiceFieldSet, ...]:
    return tuple(
        ServiceFieldSet.create(target)
        for target in targets
        if ServiceFieldSet.is_applicable(target)
    )


@dataclass(frozen=True)
class AllServices:
    services: tuple[ServiceFieldSet, ...]


@rule
async def find_all_services(targets: AllTargets) -> AllServices:
    return AllServices(_services(targets))


def _concerns_policy(specs: Specs, policies: str) -> bool:
    """Whether `--changed-since` found a change of policy, which concerns every service."""
    folder = PurePosixPath(policies)
    return any(folder in PurePosixPath(spec.file).parents for spec in specs.includes.file_literals)


@rule
async def select_services(request: SelectionRequest, subsystem: InseamSubsystem) -> Selection:
    specs = request.specs
    by_change = specs.includes.from_change_detection
    if not specs and not by_change:
        return Selection(
            (),
            COULD_NOT_RUN,
            f"nothing to judge: name services, such as `{bin_name()} policy ::`",
        )
    if by_change and _concerns_policy(specs, subsystem.policies):
        return Selection((await find_all_services(**implicitly())).services)
    services = _services(await filter_targets(**implicitly({specs: Specs})))
    if services:
        return Selection(services)
    if by_change:
        return Selection((), 0, "no service is affected by what changed")
    return Selection(
        (),
        COULD_NOT_RUN,
        "nothing to judge: no `python_service` target there\n"
        f"  fix: name others, or let `{bin_name()} tailor ::` add targets where a lock lies next "
        "to a pyproject.toml",
    )


def _report_failure(console: Console, error: Exception) -> int:
    """Print what kept a goal from its work. Never 0 nor 1: nothing was found out."""
    console.print_stderr(f"{console.red('could not run')}: {describe(error)}")
    return COULD_NOT_RUN


@goal_rule
async def policy(
    console: Console,
    workspace: Workspace,
    dist_dir: DistDir,
    specs: Specs,
    subsystem: InseamSubsystem,
) -> PolicyGoal:
    try:
        selection = await select_services(SelectionRequest(specs), **implicitly())
        if not selection.services:
            console.print_stderr(selection.message)
            return PolicyGoal(selection.exit_code)
        judgement = await judge(
            JudgementRequest(selection.services, subsystem.gates, color=console.use_colors),
            **implicitly(),
        )
        env = await environment_vars_subset(
            EnvironmentVarsRequest(("GITHUB_ACTIONS",)), **implicitly()
        )
    except Exception as error:  # noqa: BLE001  # whatever Pants raises must not become a pass
        return PolicyGoal(_report_failure(console, error))
    folder = str(dist_dir.relpath / REPORTS)
    workspace.write_digest(judgement.reports, path_prefix=folder, clear_paths=(folder,))
    console.print_stdout(judgement.text.rstrip("\n"))
    if env.get("GITHUB_ACTIONS") == "true":
        console.print_stdout(judgement.annotations.rstrip("\n"))
    return PolicyGoal(judgement.exit_code)


@goal_rule
async def policy_explain(console: Console, specs: Specs) -> PolicyExplainGoal:
    try:
        selection = await select_services(SelectionRequest(specs), **implicitly())
        if not selection.services:
            console.print_stderr(selection.message)
            return PolicyExplainGoal(selection.exit_code)
        explanation = await explain(ExplanationRequest(selection.services), **implicitly())
    except Exception as error:  # noqa: BLE001  # whatever Pants raises must not become a pass
        return PolicyExplainGoal(_report_failure(console, error))
    console.print_stdout(explanation.text.rstrip("\n"))
    return PolicyExplainGoal(explanation.exit_code)


@goal_rule
async def policy_baseline(
    console: Console, workspace: Workspace, specs: Specs, subsystem: InseamSubsystem
) -> PolicyBaselineGoal:
    try:
        selection = await select_services(SelectionRequest(specs), **implicitly())
        if not selection.services:
            console.print_stderr(selection.message)
            return PolicyBaselineGoal(selection.exit_code)
        baselines = await propose_baselines(
            BaselinesRequest(selection.services, subsystem.gates), **implicitly()
        )
    except Exception as error:  # noqa: BLE001  # whatever Pants raises must not become a pass
        return PolicyBaselineGoal(_report_failure(console, error))
    workspace.write_digest(baselines.digest)
    console.print_stdout(baselines.text.rstrip("\n"))
    return PolicyBaselineGoal(baselines.exit_code)


def rules() -> Iterable[Any]:
    return collect_rules()
