"""The command that makes a lock again."""

from __future__ import annotations

import shlex
from pathlib import Path, PurePosixPath

from inseam.gates.contract import ServiceFacts
from inseam.gates.environment.lock import Lock
from inseam.gates.lockfile.compiled.command import CommandError, read_command
from inseam.gates.locks.requirements import parse_requirements


def mending(lock: Lock, facts: ServiceFacts, root: Path) -> str:
    """What to run, from the workspace's root, so that the lock is what its project asks for."""
    folder = str(PurePosixPath(lock.file).parent)
    if lock.kind == "uv":
        return _in_folder("uv lock", "--project", folder)
    if lock.kind == "poetry":
        return _in_folder("poetry lock", "--project", folder)
    if lock.kind == "pex":
        resolve = facts.resolve.name if facts.resolve is not None else None
        return "pants generate-lockfiles" + (
            f" --resolve={shlex.quote(resolve)}" if resolve else ""
        )
    return _compile(lock, folder, root)


def _in_folder(command: str, option: str, folder: str) -> str:
    return command if folder == "." else f"{command} {option} {shlex.quote(folder)}"


def _compile(lock: Lock, folder: str, root: Path) -> str:
    """The header's own command, in the folder where it finds its files."""
    file = parse_requirements(lock.text)
    stated = file.header.command
    if stated is None:
        return f"uv pip compile --generate-hashes --output-file {shlex.quote(lock.file)} …"
    try:
        sources = read_command(file).sources
    except CommandError:
        return stated
    place = PurePosixPath(folder)
    for candidate in (place, *place.parents):
        if sources and all((root / candidate / source).is_file() for source in sources):
            if str(candidate) == ".":
                return stated
            return f"cd {shlex.quote(str(candidate))} && {stated}"
    return stated
