"""A service's facts, read off its folder: for trees that have no `python_service` target."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

from inseam.gates.contract import LockKind, ServiceFacts

_LOCKS: tuple[tuple[str, LockKind], ...] = (
    ("uv.lock", "uv"),
    ("poetry.lock", "poetry"),
    ("requirements.lock", "requirements"),
    ("requirements.txt", "requirements"),
)
"""Names of locks, the most explicit first."""

_HASH = b"--hash="
_PEX = re.compile(rb"\s*(?://[^\n]*\n\s*)*\{")
"""How a lock of PEX's begins, with or without Pants' header."""


def detect_facts(root: Path, service: str, *, source_roots: tuple[str, ...] = ()) -> ServiceFacts:
    """What can be seen of the service in the folder `service` of the tree `root`.

    Args:
        root: the workspace.
        service: the service's folder, posix and relative to `root`; "." for `root` itself.
        source_roots: further folders that its imports resolve from, relative to `root`.
    """
    folder = PurePosixPath(service)
    lock = _lock(root, folder)
    own = (folder / "src", folder) if (root / folder / "src").is_dir() else (folder,)
    return ServiceFacts(
        name=folder.name or root.resolve().name or "service",
        root=folder.as_posix(),
        pyproject=_existing(root, folder / "pyproject.toml"),
        lock=lock[0] if lock else None,
        lock_kind=lock[1] if lock else None,
        source_roots=(*(path.as_posix() for path in own), *source_roots),
    )


def _existing(root: Path, path: PurePosixPath) -> str | None:
    return path.as_posix() if (root / path).is_file() else None


def _lock(root: Path, folder: PurePosixPath) -> tuple[str, LockKind] | None:
    for name, kind in _LOCKS:
        path = folder / name
        if not (root / path).is_file():
            continue
        if kind == "requirements" and _PEX.match((root / path).read_bytes()):
            return path.as_posix(), "pex"
        # A requirements.txt is a lock only if it pins by hash; an empty *.lock is one as it is.
        if name == "requirements.txt" and _HASH not in (root / path).read_bytes():
            continue
        return path.as_posix(), kind
    return _pex_lock(root, folder) or _workspace_lock(root, folder)


def _pex_lock(root: Path, folder: PurePosixPath) -> tuple[str, LockKind] | None:
    """The only lock of PEX's in the folder, whatever its name."""
    found = [
        path.name
        for path in sorted((root / folder).glob("*.lock"))
        if path.is_file() and _PEX.match(path.read_bytes())
    ]
    return ((folder / found[0]).as_posix(), "pex") if len(found) == 1 else None


def _workspace_lock(root: Path, folder: PurePosixPath) -> tuple[str, LockKind] | None:
    """The lock of the uv workspace that the service is a member of, if it is one."""
    for above in folder.parents if folder != PurePosixPath(".") else ():
        lock = above / "uv.lock"
        if not (root / lock).is_file():
            continue
        stated = _workspace(root / above / "pyproject.toml")
        inner = folder.relative_to(above)
        if _matches(inner, stated.get("members")) and not _matches(inner, stated.get("exclude")):
            return lock.as_posix(), "uv"
    return None


def _workspace(pyproject: Path) -> dict[str, Any]:
    """`[tool.uv.workspace]`; a file that is no TOML has none, which is others' to say."""
    try:
        document = tomllib.loads(pyproject.read_text(encoding="utf-8"))
        stated = document["tool"]["uv"]["workspace"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError):
        return {}
    return stated if isinstance(stated, dict) else {}


def _matches(folder: PurePosixPath, globs: object) -> bool:
    return isinstance(globs, list) and any(
        isinstance(glob, str)
        and len(folder.parts) == len(PurePosixPath(glob).parts)
        and folder.match(glob)
        for glob in globs
    )
