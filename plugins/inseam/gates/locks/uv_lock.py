"""`uv.lock`, of version 1 and any revision."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from inseam.gates.locks import shape
from inseam.gates.locks.model import Artifact, Edge, LockedPackage, Root, Source, SourceKind

VERSION = 1
"""The version of the format that is known here; revisions of it add without changing."""

_SOURCES: tuple[SourceKind, ...] = (
    "registry",
    "git",
    "url",
    "path",
    "directory",
    "editable",
    "virtual",
)
LOCAL_KINDS: frozenset[SourceKind] = frozenset({"editable", "virtual", "directory"})
"""Kinds of sources that are folders."""


def package_of(table: Mapping[str, Any], line: int) -> LockedPackage:
    """One `[[package]]`.

    Raises:
        ShapeError: it is not as uv writes it.
    """
    edges = [_edge(item, line) for item in shape.tables(table, "dependencies")]
    for extra in shape.table(table, "optional-dependencies"):
        optional = shape.tables(shape.table(table, "optional-dependencies"), extra)
        edges += [_edge(item, line, when_extra=canonicalize_name(extra)) for item in optional]
    return LockedPackage(
        name=shape.name_in(table),
        version=shape.optional_text(table, "version"),
        source=_source(shape.table(table, "source")),
        artifacts=tuple(_artifacts(table)),
        edges=tuple(edges),
        line=line,
        markers=shape.texts(table, "resolution-markers"),
    )


def members(document: Mapping[str, Any], packages: tuple[LockedPackage, ...]) -> frozenset[str]:
    """Names of the projects that the lock is for.

    A lock of one project lists no members: it is the package at the lock's own folder.
    """
    stated = shape.texts(shape.table(document, "manifest"), "members")
    if stated:
        return frozenset(map(canonicalize_name, stated))
    return frozenset(
        package.name
        for package in packages
        if package.source.kind in LOCAL_KINDS and package.source.location == "."
    )


def roots(
    document: Mapping[str, Any], tables: tuple[Mapping[str, Any], ...], asking: frozenset[str]
) -> Iterator[Root]:
    """What the members ask for, and what the manifest asks for by itself."""
    for table in tables:
        name = shape.name_in(table)
        if name not in asking or shape.table(table, "source").keys().isdisjoint(LOCAL_KINDS):
            continue
        ranges = _ranges(table)
        for item in shape.tables(table, "dependencies"):
            yield _root(item, name, ranges)
        for extra, items in shape.table(table, "optional-dependencies").items():
            for item in shape.tables({"items": items}, "items"):
                yield _root(item, name, ranges, extra=canonicalize_name(extra))
        for group, items in shape.table(table, "dev-dependencies").items():
            for item in shape.tables({"items": items}, "items"):
                yield _root(item, name, {}, group=canonicalize_name(group))
    manifest = shape.table(document, "manifest")
    for item in shape.tables(manifest, "requirements"):
        yield _requirement(item)
    for group, items in shape.table(manifest, "dependency-groups").items():
        for item in shape.tables({"items": items}, "items"):
            yield _requirement(item, group=canonicalize_name(group))


def _ranges(table: Mapping[str, Any]) -> Mapping[str, str]:
    """What a project asks for, by name; left out are names with several ranges."""
    found: dict[str, set[str]] = {}
    for item in shape.tables(shape.table(table, "metadata"), "requires-dist"):
        specifier = shape.optional_text(item, "specifier")
        found.setdefault(shape.name_in(item), set()).add(specifier or "")
    return {name: next(iter(ranges)) for name, ranges in found.items() if len(ranges) == 1}


def _root(
    table: Mapping[str, Any],
    asker: str,
    ranges: Mapping[str, str],
    *,
    extra: str | None = None,
    group: str | None = None,
) -> Root:
    edge = _edge(table, None)
    return Root(
        name=edge.name,
        asker=asker,
        extras=edge.extras,
        specifier=ranges.get(edge.name) or None,
        marker=edge.marker,
        version=edge.version,
        extra=extra,
        group=group,
    )


def _requirement(table: Mapping[str, Any], *, group: str | None = None) -> Root:
    """A requirement of the manifest, which names no version of the lock."""
    return Root(
        name=shape.name_in(table),
        asker="pyproject.toml",
        extras=frozenset(map(canonicalize_name, shape.texts(table, "extras"))),
        marker=shape.optional_text(table, "marker"),
        group=group,
    )


def _edge(table: Mapping[str, Any], line: int | None, *, when_extra: str | None = None) -> Edge:
    return Edge(
        name=shape.name_in(table),
        version=shape.optional_text(table, "version"),
        extras=frozenset(map(canonicalize_name, shape.texts(table, "extra"))),
        marker=shape.optional_text(table, "marker"),
        when_extras=frozenset() if when_extra is None else frozenset({when_extra}),
        line=line,
    )


def _source(table: Mapping[str, Any]) -> Source:
    for kind in _SOURCES:
        location = shape.optional_text(table, kind)
        if location is None:
            continue
        _, _, commit = location.partition("#") if kind == "git" else ("", "", "")
        return Source(kind=kind, location=location, revision=commit or None)
    raise shape.ShapeError("`source` is of no known kind")


def _artifacts(table: Mapping[str, Any]) -> Iterator[Artifact]:
    if "sdist" in table:
        yield _artifact(shape.table(table, "sdist"), table)
    for wheel in shape.tables(table, "wheels"):
        yield _artifact(wheel, table)


def _artifact(table: Mapping[str, Any], package: Mapping[str, Any]) -> Artifact:
    url = shape.optional_text(table, "url") or shape.optional_text(table, "path")
    if url is None:  # the package's own source, which is the file
        source = shape.table(package, "source")
        url = shape.optional_text(source, "url") or shape.optional_text(source, "path")
    name = shape.optional_text(table, "filename")
    if name is None and url is not None:
        name = unquote(PurePosixPath(urlsplit(url).path).name)
    hash_ = shape.optional_text(table, "hash")
    size = table.get("size")
    return Artifact(
        name=name,
        url=url,
        hashes=() if hash_ is None else (hash_,),
        size=size if isinstance(size, int) else None,
        upload_time=_moment(table.get("upload-time")),
    )


def _moment(value: object) -> datetime.datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value)
        except ValueError as error:
            raise shape.ShapeError("`upload-time` is no time") from error
    if value is None:
        return None
    if not isinstance(value, datetime.datetime):
        raise shape.ShapeError("`upload-time` is no time")
    return value if value.tzinfo is not None else value.replace(tzinfo=datetime.UTC)
