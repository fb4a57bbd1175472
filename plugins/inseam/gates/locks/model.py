"""The packages that a lock pins, their files, and what leads from one to the next."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from inseam.gates.contract import LockKind

SourceKind = Literal[
    "registry", "git", "url", "path", "directory", "editable", "virtual", "unstated"
]

LOCAL: frozenset[SourceKind] = frozenset({"path", "directory", "editable", "virtual"})
"""Kinds of sources that lie on the machine itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where a package comes from."""

    kind: SourceKind
    """`unstated` where the format does not say: hashed requirements and Poetry's default index."""
    location: str | None = None
    """An index, a repository, an archive or a folder, as the lock writes it."""
    revision: str | None = None
    """A git commit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """One file of a package's version."""

    name: str | None
    """Its file name; None in hashed requirements, which hold hashes only."""
    url: str | None = None
    """Also a path, in the locks of a `--find-links` folder."""
    hashes: tuple[str, ...] = ()
    """As `sha256:…`."""
    size: int | None = None
    """Bytes."""
    upload_time: datetime.datetime | None = None

    @property
    def is_wheel(self) -> bool:
        """Whether it is installed without building it."""
        return self.name is not None and self.name.endswith(".whl")


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """That one package asks for another."""

    name: str
    """Normalised."""
    version: str | None = None
    """Which of several locked ones; None where the lock names one only, or does not say."""
    extras: frozenset[str] = frozenset()
    """Of what it asks for."""
    specifier: str | None = None
    """The range that it asks for, as the format writes it; uv keeps none."""
    marker: str | None = None
    when_extras: frozenset[str] = frozenset()
    """If there are any, it holds only where one of these extras of the asking package is asked
    for."""
    line: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedPackage:
    """One version of a package."""

    name: str
    """Normalised."""
    version: str | None
    """None for a folder whose version is dynamic, and for URLs in requirements."""
    source: Source
    artifacts: tuple[Artifact, ...] = ()
    edges: tuple[Edge, ...] = ()
    line: int
    """Where the lock begins to speak of it."""
    markers: tuple[str, ...] = ()
    """It is installed where one of them holds; everywhere if there are none. uv writes these on
    the edges instead, and here only what its forks are for."""
    groups: frozenset[str] = frozenset()
    """Dependency groups, where the lock says (Poetry, with `main` for none)."""
    requires_python: str | None = None
    yanked: bool | None = None
    """None where the format does not record it."""

    @property
    def key(self) -> PackageKey:
        """What tells it from the lock's other packages."""
        return (self.name, self.version or "", self.source.location or "")


PackageKey = tuple[str, str, str]
"""Name, version, location."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """What somebody asks for directly: the beginning of chains."""

    name: str
    """The package asked for, normalised."""
    asker: str
    """Who asks: a workspace's member, `pyproject.toml`, `-r requirements.in`."""
    extras: frozenset[str] = frozenset()
    specifier: str | None = None
    """The range, as it is written; None where the lock keeps none."""
    marker: str | None = None
    version: str | None = None
    """Which of several locked ones; None for any."""
    extra: str | None = None
    """The asker's extra that it belongs to."""
    group: str | None = None
    """The asker's dependency group that it belongs to."""
    line: int | None = None
    """Where the lock says so, if it does."""

    @property
    def label(self) -> str:
        """The asker, with the extra or group."""
        if self.extra is not None:
            return f"{self.asker}[{self.extra}]"
        return f"{self.asker}:{self.group}" if self.group is not None else self.asker


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexLine:
    """A line of a requirements file that says where pip looks for all of it."""

    option: str
    """`--index-url`, `--extra-index-url` or `--find-links`."""
    url: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Pins:
    """All that a lock pins."""

    kind: LockKind
    file: str
    packages: tuple[LockedPackage, ...]
    """In the lock's order. A workspace's own members are among them (`editable`, `virtual`)."""
    roots: tuple[Root, ...]
    format_version: str | None
    """uv's `version.revision`, Poetry's `lock-version`, PEX's version; None in requirements."""
    maker: str | None
    """The tool and its version, where a header says."""
    requires_python: tuple[str, ...] = ()
    """Alternatives; empty if the lock states none."""
    members: frozenset[str] = frozenset()
    """Names of the projects that the lock is for, as far as they are among the packages."""
    knows_edges: bool = True
    """False if the lock does not say what asks for what (requirements without annotations)."""
    indexes: tuple[IndexLine, ...] = ()
    """Of requirements files; other locks say it package by package."""
    by_name: Mapping[str, Sequence[LockedPackage]] = field(init=False)

    def __post_init__(self) -> None:
        by_name: dict[str, list[LockedPackage]] = {}
        for package in self.packages:
            by_name.setdefault(package.name, []).append(package)
        object.__setattr__(self, "by_name", by_name)

    def asked_for(self, edge: Edge | Root) -> Sequence[LockedPackage]:
        """The packages that an edge or a root leads to; none if the lock lacks them."""
        found = self.by_name.get(edge.name, ())
        if edge.version is None:
            return found
        return [package for package in found if package.version == edge.version]
