"""Which files a gate needs that compares a lock with what it was made from.

A lock is made from more than the `pyproject.toml` beside it: a workspace's root and members,
folders that are taken by their path, `.in` files that a header names, what Pants wrote beside a
lock. What is named here and does not exist is left out in silence; too much does no harm.
"""

from __future__ import annotations

import os.path
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pants.engine.fs import PathGlobs

from inseam_pants.compat import (
    collect_rules,
    get_digest_contents,
    path_globs_to_digest,
    rule,
)

_PROJECT_FILES = ("pyproject.toml", "uv.toml", "setup.py", "setup.cfg")
_LOCAL_SOURCE = re.compile(r'\b(?:path|editable|directory|virtual)\s*=\s*"([^"\n]+)"')
"""In `uv.lock`, `poetry.lock` and `pyproject.toml`: a folder of the workspace."""
_POETRY_SOURCE = re.compile(r'type = "(?:directory|file)"\s*\n\s*url = "([^"\n]+)"')
_INCLUDED = re.compile(
    r"^\s*(?:-r|--requirement|-c|--constraint)[=\s]\s*(\S+)"
    r"|#\s+(?:via\s+)?-[rc]\s+(\S+)|#.*\s\(([^()\s]+\.(?:toml|cfg|py))\)",
    re.MULTILINE,
)
_DEPTH = 8
"""How often a file that is named may name further ones."""
_COMMENT_LINES = 200
"""In which a requirements file has its header."""


@dataclass(frozen=True)
class LockFilesRequest:
    """A request for the files that belong to a service's lock."""

    pyproject: str | None
    lock: str | None
    kind: str | None


@dataclass(frozen=True)
class LockFiles:
    """Globs relative to the workspace."""

    globs: tuple[str, ...]


@rule
async def find_lock_files(request: LockFilesRequest) -> LockFiles:
    globs = set(stated_files(request))
    fresh = set(globs)
    for _ in range(_DEPTH):
        contents = await get_digest_contents(await path_globs_to_digest(PathGlobs(sorted(fresh))))
        named = {
            found
            for file in contents
            for found in named_files(file.path, file.content.decode(errors="replace"), request)
        }
        fresh = named - globs
        if not fresh:
            break
        globs |= fresh
    return LockFiles(tuple(sorted(globs)))


def stated_files(request: LockFilesRequest) -> Iterator[str]:
    """What can be named without reading anything: the files themselves, what Pants writes beside
    a lock, and every project's and uv's file in the folders above."""
    if request.lock is not None:
        yield request.lock
        yield f"{request.lock}.metadata"
        if request.kind == "uv":
            yield os.path.join(os.path.dirname(request.lock), "**", "pyproject.toml")
    if request.pyproject is not None:
        yield request.pyproject
    for file in (request.lock, request.pyproject):
        for folder in _upwards(file) if file is not None else ():
            yield os.path.join(folder, "pyproject.toml")
            yield os.path.join(folder, "uv.toml")
            if request.kind == "requirements":  # which `uv export` may have made of it
                yield os.path.join(folder, "uv.lock")


def named_files(path: str, text: str, request: LockFilesRequest) -> Iterator[str]:
    """The files that a file names, of those that say what is locked."""
    folder = os.path.dirname(path)
    if path.endswith(".toml") or request.kind in ("uv", "poetry"):
        for pattern in (_LOCAL_SOURCE, _POETRY_SOURCE):
            for found in pattern.findall(text):
                yield from _inside(os.path.join(folder, found, "pyproject.toml"))
        return
    if request.kind != "requirements" or path.endswith(_PROJECT_FILES):
        return
    for match in _INCLUDED.finditer(text):
        named = next(group for group in match.groups() if group)
        for place in _upwards(path):
            yield from _inside(os.path.join(place, named))
    if path == request.lock:
        for word in header_words(text):
            for place in _upwards(path):
                yield from _inside(os.path.join(place, word))


def header_words(text: str) -> Iterator[str]:
    """What may be files in the command of a requirements file's header."""
    comments = [line[1:] for line in text.splitlines()[:_COMMENT_LINES] if line.startswith("#")]
    command = " ".join(line.strip().rstrip("\\") for line in comments)
    try:
        words = shlex.split(command)
    except ValueError:  # prose with an apostrophe
        words = command.split()
    if "pip-compile" in words:  # takes these when told nothing
        yield from ("requirements.in", *_PROJECT_FILES)
    for word in words:
        value = word.partition("=")[2] if word.startswith("-") else word
        if re.fullmatch(r"[^\s*?\[\]{}!]+\.\w+", value):
            yield value


def _upwards(file: str) -> Iterator[str]:
    """The folder of a file and all above it, down to the workspace's."""
    folder = PurePath(file).parent
    for place in (folder, *folder.parents):
        yield "" if str(place) == "." else str(place)


def _inside(path: str) -> Iterator[str]:
    normal = os.path.normpath(path)
    if not normal.startswith("..") and not os.path.isabs(normal):
        yield normal


def rules() -> Iterable[Any]:
    return collect_rules()
