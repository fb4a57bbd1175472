"""Where a requirement is taken from, in one form for `pyproject.toml` and for the lock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from inseam.gates.lockfile.pyproject import PYPROJECT, join, read_toml, relative
from inseam.gates.lockfile.uv.workspace import Member, Workspace
from inseam.gates.locks import shape

Origin = tuple[str, ...]
"""Kind and details: `("registry", index)`, `("git", url, reference, subdirectory)`, …"""

REGISTRY: Origin = ("registry", "")
_ARCHIVE = re.compile(r"\.(whl|zip|tar|tar\.\w+|tgz|tbz|txz)$")


class UntoldError(Exception):
    """Something that files of the workspace do not tell; its text says what."""


def _outside(path: str) -> UntoldError:
    return UntoldError(f"`{path}` lies outside of the workspace")


def locked_origin(table: Mapping[str, Any]) -> Origin:
    """The source of a requirement in the lock.

    Raises:
        ShapeError: it is not as uv writes it.
    """
    if (git := shape.optional_text(table, "git")) is not None:
        return _git_of_lock(git)
    if (url := shape.optional_text(table, "url")) is not None:
        return ("url", plain_url(url), shape.optional_text(table, "subdirectory") or "")
    for kind in ("path", "directory", "editable", "virtual"):
        if (path := shape.optional_text(table, kind)) is not None:
            return (kind, str(PurePosixPath(path)))
    index = shape.optional_text(table, "index")
    if index is None:
        return REGISTRY
    conflict = shape.table(table, "conflict")
    return ("registry", plain_url(index), *(str(conflict[key]) for key in sorted(conflict)))


def _git_of_lock(text: str) -> Origin:
    parts = urlsplit(text)
    query = parse_qs(parts.query)
    reference = next(
        (f"{kind}={query[kind][0]}" for kind in ("rev", "tag", "branch") if kind in query), ""
    )
    bare = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    lfs = "lfs" if query.get("lfs") == ["true"] else ""
    return ("git", git_url(bare), reference, query.get("subdirectory", [""])[0], lfs)


def git_url(url: str) -> str:
    """A repository's address without what only says how to get there."""
    return plain_url(url.removeprefix("git+"))


def plain_url(url: str) -> str:
    """A URL without credentials and without a fragment."""
    parts = urlsplit(url)
    host = parts.netloc if parts.scheme == "ssh" else parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def url_origin(url: str, folder: str, lock_folder: str) -> Origin:
    """The source in `name @ URL`.

    Raises:
        UntoldError: it is a path out of the workspace.
    """
    parts = urlsplit(url)
    fragment = parse_qs(parts.fragment)
    subdirectory = fragment.get("subdirectory", [""])[0]
    if parts.scheme.startswith("git+"):
        path, at, revision = parts.path.rpartition("@")
        bare = urlunsplit((parts.scheme, parts.netloc, path if at else parts.path, "", ""))
        reference = f"rev={unquote(revision)}" if at else ""
        return ("git", git_url(bare), reference, subdirectory, "")
    if parts.scheme in ("", "file"):
        if parts.path.startswith("/"):
            raise _outside(url)
        return path_origin(parts.path, folder, lock_folder, editable=False, package=True)
    return ("url", plain_url(url), subdirectory)


def path_origin(
    path: str, folder: str, lock_folder: str, *, editable: bool, package: bool
) -> Origin:
    """A file or a folder, as the lock in `lock_folder` names it.

    Raises:
        UntoldError: it leads out of the workspace.
    """
    found = join(folder, path)
    if found is None:
        raise _outside(path)
    where = relative(found, lock_folder)
    if _ARCHIVE.search(path):
        return ("path", where)
    if editable:
        return ("editable", where)
    return ("directory" if package else "virtual", where)


def stated_origin(
    source: Mapping[str, Any],
    name: str,
    folder: str,
    workspace: Workspace,
    member: Member,
    root: Path,
) -> Origin:
    """The source that an entry of `[tool.uv.sources]` states.

    Args:
        source: the entry.
        name: the package.
        folder: which paths are relative to.
        workspace: the lock's.
        member: whose requirement it is.
        root: inseam's workspace.

    Raises:
        UntoldError: it leads out of the workspace.
        ShapeError: it is of no known kind.
    """
    if (git := shape.optional_text(source, "git")) is not None:
        reference = next(
            (f"{kind}={source[kind]}" for kind in ("rev", "tag", "branch") if kind in source), ""
        )
        subdirectory = shape.optional_text(source, "subdirectory") or ""
        return ("git", git_url(git), reference, subdirectory, "lfs" if source.get("lfs") else "")
    if (url := shape.optional_text(source, "url")) is not None:
        return ("url", plain_url(url), shape.optional_text(source, "subdirectory") or "")
    if (path := shape.optional_text(source, "path")) is not None:
        return path_origin(
            path,
            folder,
            workspace.folder,
            editable=source.get("editable") is True,
            package=_is_package(source, join(folder, path), root),
        )
    if source.get("workspace") is True:
        return _of_workspace(name, workspace)
    if (index := shape.optional_text(source, "index")) is not None:
        return _of_index(index, source, workspace, member)
    raise shape.ShapeError(f"`tool.uv.sources.{name}` is of no known kind")


def _is_package(source: Mapping[str, Any], folder: str | None, root: Path) -> bool:
    stated = source.get("package")
    if isinstance(stated, bool):
        return stated
    file = read_toml(root, f"{folder}/{PYPROJECT}") if folder is not None else None
    return file is None or file.table("tool", "uv").get("package") is not False


def _of_workspace(name: str, workspace: Workspace) -> Origin:
    member = workspace.members.get(name)
    if member is None:
        raise shape.ShapeError(f"`{name}` is no member of the workspace")
    required = workspace.required()
    package = member.is_package(required=name in required)
    editable = package and required.get(name) is not False
    return path_origin(
        relative(member.folder, workspace.folder),
        workspace.folder,
        workspace.folder,
        editable=editable,
        package=package,
    )


def _of_index(
    index: str, source: Mapping[str, Any], workspace: Workspace, member: Member
) -> Origin:
    own = shape.tables(member.uv, "index")
    for table in (*own, *workspace.indexes, *shape.tables(workspace.settings, "index")):
        if table.get("name") == index:
            chosen = [f"{kind}={source[kind]}" for kind in ("extra", "group") if kind in source]
            conflict = (str(source.get("extra", source.get("group"))), member.name)
            return ("registry", plain_url(shape.text(table, "url")), *(conflict if chosen else ()))
    raise shape.ShapeError(f"there is no index `{index}`")
