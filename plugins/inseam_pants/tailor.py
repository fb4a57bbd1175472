"""How `tailor` finds services."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.core.goals.tailor import PutativeTarget, PutativeTargets, PutativeTargetsRequest
from pants.engine.unions import UnionRule

from inseam_pants.compat import (
    collect_rules,
    get_digest_contents,
    path_globs_to_digest,
    path_globs_to_paths,
    rule,
)
from inseam_pants.services import LOCK_GLOBS, ServiceIndex
from inseam_pants.subsystem import InseamSubsystem
from inseam_pants.targets import PythonService

TARGET_NAME = "service"
"""Not the folder's, which Pants gives to the `python_sources` there."""

_PROJECT = re.compile(rb"^\s*\[\s*(project|tool\s*\.\s*poetry)\s*\]", re.MULTILINE)
_PROJECT_NAME = re.compile(rb"^\s*name\s*=\s*[\"']([\w.-]+)[\"']", re.MULTILINE)


@dataclass(frozen=True)
class PutativeServicesRequest(PutativeTargetsRequest):
    pass


@rule(desc="Find services to tailor")
async def find_putative_services(
    request: PutativeServicesRequest, index: ServiceIndex, subsystem: InseamSubsystem
) -> PutativeTargets:
    if not subsystem.tailor:
        return PutativeTargets()
    locks = await path_globs_to_paths(request.path_globs(*LOCK_GLOBS))
    locked = {os.path.dirname(path) for path in locks.files}
    projects = await get_digest_contents(
        await path_globs_to_digest(request.path_globs("pyproject.toml"))
    )
    return PutativeTargets(
        _putative(folder, project.content)
        for folder, project in ((os.path.dirname(file.path), file) for file in projects)
        if folder in locked
        and (folder or ".") not in index.members
        and _PROJECT.search(project.content)
    )


def _putative(folder: str, pyproject: bytes) -> PutativeTarget:
    """A target that owns no files, and so keeps none from being proposed for others."""
    kwargs: dict[str, str | int | bool | tuple[str, ...]] = {"name": TARGET_NAME}
    if not folder:
        name = _PROJECT_NAME.search(pyproject)
        kwargs["policy"] = name[1].decode() if name else "root"
    return PutativeTarget(
        path=folder,
        name=TARGET_NAME,
        type_alias=PythonService.alias,
        triggering_sources=(),
        owned_sources=(),
        kwargs=kwargs,
    )


def rules() -> Iterable[Any]:
    return (
        *collect_rules(),
        UnionRule(PutativeTargetsRequest, PutativeServicesRequest),
    )
