"""What plans are made from: the day, policy, its base, and the services' facts."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileContent, MergeDigests, PathGlobs

from inseam_pants.base import (
    BaseCommit,
    BaseCommitRequest,
    BaseFilesRequest,
    find_base_commit,
    read_base_files,
)
from inseam_pants.compat import (
    collect_rules,
    concurrently,
    create_digest,
    implicitly,
    merge_digests,
    path_globs_to_digest,
    path_globs_to_paths,
    rule,
    session_rule,
)
from inseam_pants.problem import Problem, ProblemError
from inseam_pants.services import (
    DescriptionRequest,
    ServiceDescription,
    describe_service,
)
from inseam_pants.subsystem import InseamSubsystem
from inseam_pants.targets import ServiceFieldSet
from inseam_pants.wire import services_document

BASE = "base"
"""The folder of sandboxes for the base's files."""

BASELINES = "baselines"
SCHEMA = "schema"
"""The subfolders of the policies' folder that hold no policy."""

_SERVICES = "services.json"


@dataclass(frozen=True)
class Day:
    """The day to judge by, in UTC."""

    iso: str


@session_rule
async def choose_day(subsystem: InseamSubsystem) -> Day:
    stated = subsystem.as_of
    if stated is None:
        return Day(time.strftime("%Y-%m-%d", time.gmtime()))
    try:
        return Day(datetime.date.fromisoformat(stated).isoformat())
    except ValueError as error:
        raise ProblemError(
            Problem("[inseam].as_of", f"{stated!r} is no date", "write it as 2026-11-22")
        ) from error


@dataclass(frozen=True)
class Policies:
    """The documents of policy, without baselines and schemas."""

    folder: str
    digest: Digest
    base: BaseCommit | None
    """What a pull request goes to, if policy is to be joined with that."""
    base_digest: Digest
    """Its documents, under `BASE`."""


@rule(desc="Read policy")
async def read_policies(subsystem: InseamSubsystem) -> Policies:
    """Policy of the tree, and where that of the base is.

    Raises:
        ProblemError: there is none, or the base cannot be found.
    """
    folder = PurePosixPath(subsystem.policies)
    if folder.is_absolute() or ".." in folder.parts or folder == PurePosixPath("."):
        raise ProblemError(
            Problem(
                "[inseam].policies",
                f"{subsystem.policies!r} is no folder of the workspace",
                "state a path relative to the workspace's root",
            )
        )
    excluded = (f"!{folder}/{BASELINES}/**", f"!{folder}/{SCHEMA}/**")
    found = PathGlobs([f"{folder}/**/*.yaml", f"{folder}/**/*.yml", *excluded])
    paths = (await path_globs_to_paths(found)).files
    organisation = {f"{folder}/org.yaml", f"{folder}/org.yml"}
    if organisation.isdisjoint(paths):
        raise ProblemError(
            Problem(
                f"{folder}/org.yaml",
                "there is no such file, and so no policy to judge by",
                "create it; two lines are enough to begin with: `schema: inseam.policy/1` and "
                "`kind: org`",
            )
        )
    base, base_digest = None, EMPTY_DIGEST
    if subsystem.base is not None:
        commit = await find_base_commit(BaseCommitRequest(subsystem.base), **implicitly())
        files = await read_base_files(
            BaseFilesRequest(commit, (str(folder),), BASE), **implicitly()
        )
        # A change that introduces policy has none to be joined with.
        if not files.paths.isdisjoint(organisation):
            base, base_digest = commit, files.digest
    return Policies(str(folder), await path_globs_to_digest(found), base, base_digest)


@dataclass(frozen=True)
class InputsRequest:
    """A request for all that services' policy depends on."""

    services: tuple[ServiceFieldSet, ...]


@dataclass(frozen=True)
class Inputs:
    """What the engine makes plans and explanations from."""

    digest: Digest
    argv: tuple[str, ...]
    """The options that name what is in the digest."""
    services: tuple[ServiceDescription, ...]
    base: BaseCommit | None


@rule
async def gather_inputs(request: InputsRequest, policies: Policies, day: Day) -> Inputs:
    """Policy and services.

    Raises:
        ProblemError: services' BUILD files are wrong.
    """
    described = await concurrently(
        describe_service(DescriptionRequest(service), **implicitly())
        for service in request.services
    )
    problems = [service.problem for service in described if service.problem is not None]
    if problems:
        raise ProblemError(*problems)
    services = tuple(
        service.description for service in described if service.description is not None
    )
    document = services_document(service.document() for service in services)
    digests = [
        policies.digest,
        await create_digest(CreateDigest([FileContent(_SERVICES, document)])),
    ]
    argv = [f"--policies={policies.folder}", f"--services={_SERVICES}", f"--as-of={day.iso}"]
    if policies.base is not None:
        argv.append(f"--base-policies={BASE}/{policies.folder}")
        digests.append(policies.base_digest)
    return Inputs(await merge_digests(MergeDigests(digests)), tuple(argv), services, policies.base)


def rules() -> Iterable[Any]:
    return collect_rules()
