"""How `tailor` finds services."""

from __future__ import annotations

import json
import os.path
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pants.core.goals.tailor import PutativeTarget, PutativeTargets, PutativeTargetsRequest
from pants.engine.fs import PathGlobs
from pants.engine.unions import UnionRule

from inseam_pants.compat import (
    collect_rules,
    get_digest_contents,
    path_globs_to_digest,
    path_globs_to_paths,
    rule,
)
from inseam_pants.service_files import LOCK_GLOBS
from inseam_pants.services import ServiceIndex
from inseam_pants.subsystem import InseamSubsystem
from inseam_pants.targets import PythonService

TARGET_NAME = "service"
"""Not the folder's, which Pants gives to the `python_sources` there."""

_PROJECT = re.compile(rb"^\s*\[\s*(project|tool\s*\.\s*poetry)\s*\]", re.MULTILINE)
_PROJECT_NAME = re.compile(rb"^\s*name\s*=\s*[\"']([\w.-]+)[\"']", re.MULTILINE)


_ALEMBIC = re.compile(rb"^\s*\[\s*tool\s*\.\s*alembic\s*\]", re.MULTILINE)
_INI = "alembic.ini"


@dataclass(frozen=True)
class _Facts:
    """A `facts` field; BUILD files get what it is represented as."""

    alembic_ini: str

    def __repr__(self) -> str:
        return json.dumps({"alembic_ini": self.alembic_ini})


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
    found = {
        os.path.dirname(file.path): file.content
        for file in projects
        if os.path.dirname(file.path) in locked
        and (os.path.dirname(file.path) or ".") not in index.members
        and _PROJECT.search(file.content)
    }
    inis = await path_globs_to_paths(
        PathGlobs(os.path.join(folder, "**", _INI) for folder in sorted(found))
    )
    # Those of a service within another's folder are that one's.
    others = {*found, *(member for member in index.members if member != ".")}
    own: dict[str, list[str]] = {folder: [] for folder in found}
    for ini in sorted(inis.files):
        folder = _owner(ini, others)
        if folder in own:
            own[folder].append(PurePosixPath(ini).relative_to(folder).as_posix())
    return PutativeTargets(
        _putative(folder, pyproject, own[folder]) for folder, pyproject in found.items()
    )


def _owner(path: str, folders: Collection[str]) -> str | None:
    """The innermost of `folders` that a file lies in; the workspace's own is the empty one."""
    folder = os.path.dirname(path)
    while folder not in folders:
        if not folder:
            return None
        folder = os.path.dirname(folder)
    return folder


def _putative(folder: str, pyproject: bytes, inis: Sequence[str]) -> PutativeTarget:
    """A target that owns no files, and so keeps none from being proposed for others."""
    kwargs: dict[str, Any] = {"name": TARGET_NAME}
    comments: tuple[str, ...] = ()
    if not folder:
        name = _PROJECT_NAME.search(pyproject)
        kwargs["policy"] = name[1].decode() if name else "root"
    ini = _alembic_ini(pyproject, inis)
    if ini is not None:
        kwargs["facts"] = _Facts(ini)
    elif inis:
        comments = (f"# Which is its `alembic_ini`? State it in `facts`: {', '.join(inis)}.",)
    return PutativeTarget(
        path=folder,
        name=TARGET_NAME,
        type_alias=PythonService.alias,
        triggering_sources=(),
        owned_sources=(),
        kwargs=kwargs,
        comments=comments,
    )


def _alembic_ini(pyproject: bytes, inis: Sequence[str]) -> str | None:
    """The service's Alembic configuration, which the engine would take by itself as well."""
    if _INI in inis:
        return _INI
    if _ALEMBIC.search(pyproject):
        return "pyproject.toml"
    return inis[0] if len(inis) == 1 else None


def rules() -> Iterable[Any]:
    return (
        *collect_rules(),
        UnionRule(PutativeTargetsRequest, PutativeServicesRequest),
    )
