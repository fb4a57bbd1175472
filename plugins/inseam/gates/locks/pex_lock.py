"""PEX's locks and those of Pants' resolves: JSON, with Pants' header above it or beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from inseam.gates.locks import shape
from inseam.gates.locks.model import Artifact, Edge, LockedPackage, Root, Source

_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


def packages_of(document: Mapping[str, Any], text: str) -> Iterator[LockedPackage]:
    """What all resolves of the lock pin, each version once.

    Raises:
        ShapeError: it is not as PEX writes it.
    """
    seen: set[tuple[str, str]] = set()
    lines = _lines(text)
    for resolve in shape.tables(document, "locked_resolves"):
        for table in shape.tables(resolve, "locked_requirements"):
            name, version = shape.name_in(table, "project_name"), shape.text(table, "version")
            if (name, version) in seen:
                continue
            seen.add((name, version))
            artifacts = tuple(_artifacts(table))
            yield LockedPackage(
                name=name,
                version=version,
                source=_source(artifacts),
                artifacts=artifacts,
                edges=tuple(_edges(table, lines.get(name, 1))),
                line=lines.get(name, 1),
                requires_python=shape.optional_text(table, "requires_python"),
            )


def roots_of(document: Mapping[str, Any]) -> Iterator[Root]:
    """The requirements that the lock was made for.

    Raises:
        ShapeError: it is not as PEX writes it.
    """
    for text in shape.texts(document, "requirements"):
        requirement = requirement_of(text)
        yield Root(
            name=canonicalize_name(requirement.name),
            asker="the resolve",
            extras=frozenset(map(canonicalize_name, requirement.extras)),
            specifier=str(requirement.specifier),
            marker=None if requirement.marker is None else str(requirement.marker),
        )


def requirement_of(text: str) -> Requirement:
    """A requirement in PEX's spelling, which PEP 508 has too.

    Raises:
        ShapeError: it is none.
    """
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise shape.ShapeError(f"{text!r} is no requirement") from error


def _artifacts(table: Mapping[str, Any]) -> Iterator[Artifact]:
    for item in shape.tables(table, "artifacts"):
        url = shape.text(item, "url")
        hash_ = shape.optional_text(item, "hash")
        algorithm = shape.optional_text(item, "algorithm") or "sha256"
        yield Artifact(
            name=url.partition("#")[0].rpartition("/")[2],
            url=url,
            hashes=(f"{algorithm}:{hash_}",) if hash_ else (),
        )


def _source(artifacts: tuple[Artifact, ...]) -> Source:
    """Where a package comes from: PEX names no index, only files."""
    for artifact in artifacts:
        url = artifact.url or ""
        if url.startswith("git+"):
            commit = url.partition("#")[0].rpartition("@")[2]
            return Source(kind="git", location=url, revision=commit if "/" not in commit else None)
        if url.startswith("file:"):
            kept = url.endswith((".whl", ".tar.gz", ".zip", ".tar.bz2"))
            return Source(kind="path" if kept else "directory", location=url)
    return Source(kind="unstated")


def _edges(table: Mapping[str, Any], line: int) -> Iterator[Edge]:
    for text in shape.texts(table, "requires_dists"):
        requirement = requirement_of(text)
        marker = None if requirement.marker is None else str(requirement.marker)
        yield Edge(
            name=canonicalize_name(requirement.name),
            extras=frozenset(map(canonicalize_name, requirement.extras)),
            specifier=str(requirement.specifier),
            marker=marker,
            when_extras=frozenset(map(canonicalize_name, _EXTRA.findall(marker or ""))),
            line=line,
        )


def _lines(text: str) -> dict[str, int]:
    """The first line that names each project; for JSON on one line, that line."""
    lines: dict[str, int] = {}
    position, line = 0, 1
    for found in re.finditer(r'"project_name"\s*:\s*"([^"]*)"', text):
        line += text.count("\n", position, found.start())
        position = found.start()
        lines.setdefault(canonicalize_name(found[1]), line)
    return lines


_BEGIN = "--- BEGIN PANTS LOCKFILE METADATA"
_END = "--- END PANTS LOCKFILE METADATA"


def header_metadata(text: str) -> tuple[Mapping[str, Any], int] | None:
    """What Pants wrote above the JSON, and the line on which it begins; None if there is nothing.

    Raises:
        ShapeError: it is no JSON object.
    """
    lines = text.split("\n")
    begin = next((i for i, line in enumerate(lines) if _is_mark(line, _BEGIN)), None)
    if begin is None:
        return None
    end = next((i for i, line in enumerate(lines) if i > begin and _is_mark(line, _END)), None)
    if end is None:
        raise shape.ShapeError("Pants' header has no end")
    body = "\n".join(re.sub(r"^(?://|#)", "", line) for line in lines[begin + 1 : end])
    return metadata_object(body), begin + 1


def metadata_object(text: str) -> Mapping[str, Any]:
    """Pants' metadata in JSON.

    Raises:
        ShapeError: it is no JSON object.
    """
    try:
        metadata = json.loads(text)
    except ValueError as error:
        raise shape.ShapeError(f"Pants' metadata is no JSON: {error}") from error
    if not isinstance(metadata, dict):
        raise shape.ShapeError("Pants' metadata is no JSON object")
    return metadata


def _is_mark(line: str, mark: str) -> bool:
    return line.startswith(("//", "#")) and mark in line
