"""Whether a `uv.lock` leads from each project to all that it says the project asks for.

uv compares what projects ask for with `requires-dist`, and installs by `dependencies`: who edits
only the latter is not seen by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name

from inseam.gates.lockfile.meaning.parse import Atom, MarkerError, Tree, parse_marker
from inseam.gates.lockfile.meaning.specifiers import python_marker
from inseam.gates.lockfile.meaning.worlds import (
    TooManyWorldsError,
    both,
    either,
    implies,
    satisfiable,
)
from inseam.gates.lockfile.said import Said
from inseam.gates.lockfile.verdict import Place
from inseam.gates.locks import shape
from inseam.gates.locks.blocks import Blocks
from inseam.gates.locks.uv_lock import LOCAL_KINDS

_CONFLICT = re.compile(r"extra\s*[!=]=\s*[\"'](?:extra|group|project)-\d+-")


def judge(
    blocks: Blocks, file: str, *, members: frozenset[str], replaced: frozenset[str]
) -> Iterator[Said]:
    """What a project asks for and is not led to, or only under a further condition.

    Args:
        blocks: the lock's tables.
        file: the lock.
        members: the projects that it is for; of others only the extras that are asked for are in
            it.
        replaced: names of what the project overrides or leaves out.

    Raises:
        ShapeError: a table is not as uv writes it.
    """
    within = _scope(blocks.document)
    if within is None:
        return
    for table, line in zip(blocks.packages, blocks.lines, strict=True):
        if LOCAL_KINDS.isdisjoint(shape.table(table, "source")):
            continue
        own = shape.name_in(table)
        for label, wanted, edges in _lists(table) if own in members else [_own(table)]:
            for item in wanted:
                name = shape.name_in(item)
                if name == own or name in replaced:
                    continue
                lost = _lost(item, [edge for edge in edges if _named(edge, name)], within)
                if lost is None:
                    continue
                yield Said(
                    code="missing-package",
                    message=f"{own}{label} asks for {name}, to which the lock leads {lost}",
                    key=f"{own}{label} {name}",
                    place=Place(file=file, line=line),
                    package=name,
                )


def _named(edge: Mapping[str, Any], name: str) -> bool:
    return shape.name_in(edge) == name


def _scope(document: Mapping[str, Any]) -> Tree | None:
    """The Pythons and environments that the lock is for."""
    try:
        pythons = python_marker(shape.optional_text(document, "requires-python"))
        stated = [parse_marker(text) for text in shape.texts(document, "supported-markers")]
    except (InvalidSpecifier, MarkerError):
        return None
    return both(pythons, either(*stated)) if stated else pythons


def _own(table: Mapping[str, Any]) -> Lists:
    """What a project asks for by itself."""
    asked = shape.tables(shape.table(table, "metadata"), "requires-dist")
    mine = [item for item in asked if "extra" not in str(item.get("marker"))]
    return "", mine, list(shape.tables(table, "dependencies"))


Lists = tuple[str, list[Mapping[str, Any]], list[Mapping[str, Any]]]


def _lists(table: Mapping[str, Any]) -> Iterator[Lists]:
    """For a project, each of its extras and groups: what is asked for, and what is led to."""
    metadata = shape.table(table, "metadata")
    asked = list(shape.tables(metadata, "requires-dist"))
    yield _own(table)
    optional = shape.table(table, "optional-dependencies")
    for extra in shape.texts(metadata, "provides-extras"):
        edges = next(
            (
                list(shape.tables(optional, key))
                for key in optional
                if canonicalize_name(key) == canonicalize_name(extra)
            ),
            [],
        )
        mine: list[Mapping[str, Any]] = [
            {**item, "_extra": canonicalize_name(extra)}
            for item in asked
            if f"'{extra}'" in str(item.get("marker"))
        ]
        yield f"[{extra}]", mine, [*edges, *shape.tables(table, "dependencies")]
    groups, of_groups = (
        shape.table(metadata, "requires-dev"),
        shape.table(table, "dev-dependencies"),
    )
    for group in groups:
        edges = list(shape.tables(of_groups, group)) if group in of_groups else []
        yield f":{group}", list(shape.tables(groups, group)), edges


def _lost(item: Mapping[str, Any], edges: list[Mapping[str, Any]], within: Tree) -> str | None:
    """How far a requirement is not led to; None if it is, or if that cannot be told."""
    markers = [shape.optional_text(edge, "marker") for edge in edges]
    if None in markers:
        return None
    if any(marker is not None and _CONFLICT.search(marker) for marker in markers):
        return None  # uv's own words for conflicts
    try:
        extra = str(item.get("_extra", ""))
        wanted = both(
            parse_marker(shape.optional_text(item, "marker")), Atom("extra", "==", extra), within
        )
        if not satisfiable(wanted):
            return None
        if not edges:
            return "nowhere"
        led = either(*(parse_marker(marker) for marker in markers))
        if implies(wanted, led):
            return None
    except (MarkerError, TooManyWorldsError):
        return None
    return f"only where {' or '.join(str(marker) for marker in markers)}"
