"""The projects that a `uv.lock` is for, and the configuration that uv finds for them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.utils import canonicalize_name

from inseam.gates.environment.lock import LockError
from inseam.gates.lockfile.pyproject import PYPROJECT, TomlFile, join, read_toml
from inseam.gates.locks import shape

UV_TOML = "uv.toml"


@dataclass(frozen=True, kw_only=True)
class Member:
    """A project of the workspace."""

    name: str
    """Normalised."""
    folder: str
    """Relative to inseam's workspace."""
    file: TomlFile

    @property
    def uv(self) -> Mapping[str, Any]:
        """`[tool.uv]`."""
        return self.file.table("tool", "uv")

    @property
    def is_dynamic(self) -> bool:
        """Whether its version is only known when it is built."""
        return "version" in shape.texts(self.file.table("project"), "dynamic")

    def is_package(self, *, required: bool) -> bool:
        """Whether it is installed, and not only what it depends on.

        Args:
            required: whether another project depends on it.
        """
        stated = self.uv.get("package")
        if isinstance(stated, bool):
            return stated
        return required or "build-system" in self.file.document


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """What a lock is made from."""

    folder: str
    """Where the lock lies."""
    root: TomlFile
    members: Mapping[str, Member]
    """By name; the root's own project among them."""
    settings: Mapping[str, Any]
    """What uv takes for its settings: of the nearest `uv.toml` or `[tool.uv]`."""
    settings_file: TomlFile | None
    settings_path: tuple[str, ...] = ()
    """Where in the file they stand."""
    indexes: tuple[Mapping[str, Any], ...] = field(default=())
    """`[[tool.uv.index]]` of the root."""

    @property
    def uv(self) -> Mapping[str, Any]:
        """`[tool.uv]` of the root."""
        return self.root.table("tool", "uv")

    def required(self) -> Mapping[str, bool | None]:
        """Members that others take from the workspace, and whether editable where that is said."""
        found: dict[str, bool | None] = {}
        own = self.root.document.get("project")
        own_name = canonicalize_name(str(own.get("name"))) if isinstance(own, Mapping) else None
        owners = [(own_name, self.root), *((m.name, m.file) for m in self.members.values())]
        for owner, file in owners:
            for name, source in source_tables(file):
                if name != owner and source.get("workspace") is True:
                    editable = source.get("editable")
                    found[name] = editable if isinstance(editable, bool) else found.get(name)
        return found


def source_tables(file: TomlFile) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entries of `[tool.uv.sources]`, those of an array one by one, by normalised name."""
    for name, stated in file.table("tool", "uv", "sources").items():
        for source in stated if isinstance(stated, list) else [stated]:
            if not isinstance(source, Mapping):
                raise shape.ShapeError(f"`tool.uv.sources.{name}` is no table")
            yield canonicalize_name(name), source


def find_workspace(root: Path, folder: str) -> Workspace:
    """The workspace whose lock lies in `folder`.

    Raises:
        LockError: `pyproject-unreadable`, or `no-pyproject` where there is none beside the lock.
        ShapeError: a table is not what uv takes.
    """
    file = read_toml(root, join(folder, PYPROJECT) or PYPROJECT)
    if file is None:
        raise LockError(
            "no-pyproject",
            "there is no pyproject.toml beside the uv.lock, so nothing says what it has to hold",
            "name the lock that lies beside the workspace's own pyproject.toml",
            file=str(PurePosixPath(folder, "uv.lock")),
        )
    members: dict[str, Member] = {}
    for found in (file, *_member_files(root, folder, file)):
        name = found.document.get("project", {}).get("name")
        if isinstance(name, str):
            normal = canonicalize_name(name)
            members.setdefault(normal, Member(name=normal, folder=found.folder, file=found))
        elif found is not file:
            raise LockError(
                "pyproject-unreadable",
                "the workspace's member has no `project.name`",
                "name it, or leave its folder out of `tool.uv.workspace`",
                file=found.file,
            )
    settings_file, path = _settings(root, folder)
    settings = settings_file.table(*path) if settings_file is not None else {}
    return Workspace(
        folder=folder,
        root=file,
        members=members,
        settings=settings,
        settings_file=settings_file,
        settings_path=path,
        indexes=tuple(shape.tables(file.table("tool", "uv"), "index")),
    )


def _member_files(root: Path, folder: str, file: TomlFile) -> Iterator[TomlFile]:
    """The members' files that the globs of `[tool.uv.workspace]` find, in their order."""
    table = file.table("tool", "uv", "workspace")
    excluded = [pattern.strip("/") for pattern in shape.texts(table, "exclude")]
    seen = {folder}
    for pattern in shape.texts(table, "members"):
        normal = join(".", pattern)
        if normal is None:
            raise LockError(
                "workspace-outside",
                f"the workspace's members {pattern!r} lie outside of it",
                "keep members below the workspace's root",
                file=file.file,
            )
        for found in sorted((root / folder).glob(normal)):
            inside = found.relative_to(root / folder).as_posix()
            own = join(folder, inside) or folder
            if own in seen or any(fnmatch.fnmatchcase(inside, one) for one in excluded):
                continue
            seen.add(own)
            member = read_toml(root, f"{own}/{PYPROJECT}")
            # Unmanaged, or a folder that holds no project: uv passes by what is hidden or empty.
            if member is not None and member.table("tool", "uv").get("managed") is not False:
                yield member


def _settings(root: Path, folder: str) -> tuple[TomlFile | None, tuple[str, ...]]:
    """The file with uv's settings nearest to `folder`, and where in it they stand."""
    current = PurePosixPath(folder)
    for place in (current, *current.parents):
        own = read_toml(root, str(place / UV_TOML))
        if own is not None:
            return own, ()
        project = read_toml(root, str(place / PYPROJECT))
        if project is not None and "uv" in project.table("tool"):
            return project, ("tool", "uv")
    return None, ()
