"""Where a service's files are: as its fields state it, else where they are looked for."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass
from pathlib import PurePath

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.fs import PathGlobs

from inseam_pants.compat import get_digest_contents, path_globs_to_digest, path_globs_to_paths
from inseam_pants.problem import Problem, ProblemError
from inseam_pants.targets import ServiceFieldSet

LOCK_GLOBS = ("uv.lock", "poetry.lock", "requirements*.lock", "requirements*.txt")
"""Locks next to a `pyproject.toml`, the first that exists before the others."""

_KINDS_BY_NAME = (
    (re.compile(r"uv\.lock$"), "uv"),
    (re.compile(r"poetry\.lock$"), "poetry"),
    (re.compile(r".*\.txt$|requirements.*\.lock$"), "requirements"),
)


@dataclass(frozen=True)
class Lock:
    """A service's lock, and what wrote it."""

    path: str | None
    kind: str | None


async def stated_file(service: ServiceFieldSet, field: str, stated: str | None) -> str | None:
    """The path that a field states, relative to the workspace."""
    if stated is None:
        return None
    path = service.path(stated)
    if path.startswith("..") or os.path.isabs(path):
        raise ProblemError(
            Problem(
                service.address.spec,
                f"`{field}` leads out of the workspace: {stated}",
                "state a path below the service's folder, or from the root with a leading `//`",
            )
        )
    if not (await path_globs_to_paths(PathGlobs([path]))).files:
        raise ProblemError(
            Problem(
                service.address.spec,
                f"`{field}` names {path}, which does not exist or which Pants ignores",
                "correct the field, or create the file",
            )
        )
    return path


async def _content(path: str) -> bytes:
    contents = await get_digest_contents(await path_globs_to_digest(PathGlobs([path])))
    return contents[0].content if contents else b""


async def find_lock(
    service: ServiceFieldSet, found: tuple[str, ...], python_setup: PythonSetup
) -> Lock:
    """The service's lock: as its fields state it, else the first next to its `pyproject.toml`."""
    stated = await stated_file(service, service.lock.alias, service.lock.value)
    if stated is not None and service.resolve.value is not None:
        raise ProblemError(
            Problem(
                service.address.spec,
                "`lock` and `resolve` are both stated, but a service has one lock",
                "remove one of them",
            )
        )
    if service.resolve.value is not None:
        stated = _resolve_lock(service, python_setup)
    if stated is not None:
        return Lock(stated, service.lock_kind.value or await _kind(service, stated))
    for name in LOCK_GLOBS:
        pattern = PurePath(service.address.spec_path) / name
        for path in sorted(found):
            if not PurePath(path).match(str(pattern)):
                continue
            if path.endswith(".txt") and b"--hash=" not in await _content(path):
                continue  # a list of requirements, which locks nothing
            return Lock(path, service.lock_kind.value or await _kind(service, path))
    return Lock(None, None)


def _resolve_lock(service: ServiceFieldSet, python_setup: PythonSetup) -> str:
    resolves = python_setup.resolves if python_setup.enable_resolves else {}
    resolve = service.resolve.value or ""
    if resolve not in resolves:
        known = ", ".join(sorted(resolves)) or "none, as `[python].enable_resolves` is off"
        raise ProblemError(
            Problem(
                service.address.spec,
                f"`resolve` names {resolve}, which is no resolve; there are: {known}",
                "correct the field, or add the resolve to `[python.resolves]`",
            )
        )
    return resolves[resolve]


async def _kind(service: ServiceFieldSet, path: str) -> str:
    """What wrote a lock."""
    name = os.path.basename(path)
    content = await _content(path)
    if any(line.startswith(b"{") for line in content.splitlines() if line[:2] not in (b"", b"//")):
        return "pex"
    for pattern, kind in _KINDS_BY_NAME:
        if pattern.match(name):
            return kind
    if b"--hash=" in content:
        return "requirements"
    raise ProblemError(
        Problem(
            service.address.spec,
            f"it cannot be told what wrote the lock {path}",
            f"state `lock_kind`: one of {', '.join(service.lock_kind.valid_choices)}",
        )
    )
