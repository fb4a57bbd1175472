"""`poetry.lock`, of versions 1 and 2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from inseam.gates.locks import shape
from inseam.gates.locks.model import Artifact, Edge, LockedPackage, Source, SourceKind

NEWEST_MAJOR = 2
"""Of `lock-version`; the minor adds without changing."""

MAIN = "main"

_KINDS: Mapping[str, SourceKind] = {
    "git": "git",
    "url": "url",
    "file": "path",
    "directory": "directory",
    "legacy": "registry",
}
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


def package_of(
    table: Mapping[str, Any], line: int, files: Mapping[str, Any] | None = None
) -> LockedPackage:
    """One `[[package]]`.

    Args:
        table: the package's own.
        line: of its header.
        files: `[metadata.files]`, where versions before 2 keep all files.

    Raises:
        ShapeError: it is not as Poetry writes it.
    """
    name = shape.name_in(table)
    listed = table if files is None else {"files": _files_of(files, table)}
    markers = table.get("markers")
    groups = shape.texts(table, "groups") or shape.texts(table, "category") or (MAIN,)
    return LockedPackage(
        name=name,
        version=shape.text(table, "version"),
        source=_source(shape.table(table, "source")),
        artifacts=tuple(
            Artifact(name=shape.text(file, "file"), url=None, hashes=(shape.text(file, "hash"),))
            for file in shape.tables(listed, "files")
        ),
        edges=tuple(_edges(table, line)),
        line=line,
        # A table of groups where these differ: a package is installed where one of them holds.
        markers=tuple(sorted(set(markers.values())))
        if isinstance(markers, Mapping) and len(markers) == len(groups)
        else shape.texts({"markers": markers if isinstance(markers, str) else []}, "markers"),
        groups=frozenset(groups),
        requires_python=shape.optional_text(table, "python-versions"),
    )


def _files_of(files: Mapping[str, Any], table: Mapping[str, Any]) -> Any:
    wanted = shape.name_in(table)
    return next((found for name, found in files.items() if canonicalize_name(name) == wanted), [])


def _source(table: Mapping[str, Any]) -> Source:
    if not table:
        return Source(kind="unstated")
    kind = _KINDS.get(shape.text(table, "type"))
    if kind is None:
        raise shape.ShapeError("`source.type` is of no known kind")
    return Source(
        kind=kind,
        location=shape.text(table, "url"),
        revision=shape.optional_text(table, "resolved_reference"),
    )


def _edges(table: Mapping[str, Any], line: int) -> Iterator[Edge]:
    for name, stated in shape.table(table, "dependencies").items():
        for item in stated if isinstance(stated, list) else [stated]:
            item = {"version": item} if isinstance(item, str) else item
            if not isinstance(item, Mapping):
                raise shape.ShapeError(f"`dependencies.{name}` is no requirement")
            marker = shape.optional_text(item, "markers")
            optional = item.get("optional") is True
            yield Edge(
                name=canonicalize_name(name),
                extras=frozenset(map(canonicalize_name, shape.texts(item, "extras"))),
                specifier=shape.optional_text(item, "version"),
                marker=marker,
                when_extras=frozenset(map(canonicalize_name, _EXTRA.findall(marker or "")))
                if optional
                else frozenset(),
                line=line,
            )
