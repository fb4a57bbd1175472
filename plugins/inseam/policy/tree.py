"""A YAML document as a tree of located nodes: what the reader makes and the layers keep.

The tree exists for places: a typed document says *what* a layer states, its tree *where*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Json = bool | int | float | str | None | list["Json"] | dict[str, "Json"]
JsonScalar = bool | int | float | str | None
Path = Sequence[str | int]
"""How to walk from a document's root to a node: keys of mappings, indexes of lists."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value."""

    line: int
    column: int
    value: JsonScalar
    text: str
    """As written, without quotes."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    line: int
    column: int
    nodes: list[Node]


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping; its keys are unique."""

    line: int
    column: int
    entries: dict[str, Entry]


Node = Scalar | Items | Table


def plain(node: Node) -> Json:
    """The node's value as JSON would hold it. Depth is bounded by the reader."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.nodes]
    return {key: plain(entry.value) for key, entry in node.entries.items()}


def find(root: Node, path: Path) -> Node:
    """The node at `path`, or the last one on the way that exists."""
    node = root
    for step in path:
        below = _below(node, step)
        if below is None:
            break
        node = below
    return node


def locate(root: Node, path: Path) -> tuple[int, int]:
    """Line and column of what a person would point at: a mapping's key, a list's item.

    Where `path` leads past what the document holds, the last existing step of it.
    """
    node = root
    place = (root.line, root.column)
    for step in path:
        below = _below(node, step)
        if below is None:
            break
        place = (below.line, below.column)
        if isinstance(node, Table):
            key = node.entries[str(step)].key
            place = (key.line, key.column)
        node = below
    return place


def _below(node: Node, step: str | int) -> Node | None:
    if isinstance(node, Table) and isinstance(step, str):
        entry = node.entries.get(step)
        return None if entry is None else entry.value
    if isinstance(node, Items) and isinstance(step, int) and step < len(node.nodes):
        return node.nodes[step]
    return None
