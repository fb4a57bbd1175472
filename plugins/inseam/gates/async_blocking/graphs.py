"""The graph of dependencies as it is kept: read only where something changed.

Each text is one graph: a line with its nodes, and for each node a line with the numbers of those
that use it. What results depend on is told by all graphs together: that of the first run, and what
later runs added. They tell more than is so now, perhaps, and never less.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from inseam.gates.async_blocking.dependencies import RESULT

MOST = 16
"""Graphs from which on the small ones are joined."""


def graph(uses: Mapping[str, Iterable[str]]) -> bytes:
    """A graph as text, from what each node uses; what is in a file uses the file."""
    numbers: dict[str, int] = {}
    users: list[list[int]] = []

    def number(node: str) -> int:
        known = numbers.setdefault(node, len(users))
        if known == len(users):
            users.append([])
            path, inner, _ = node.partition("\0")
            if inner:
                users[number(path)].append(known)
        return known

    for user, used in uses.items():
        here = number(user)
        for node in used:
            users[number(node)].append(here)
    lines = [json.dumps(list(numbers), separators=(",", ":"))]
    lines += [" ".join(map(str, dict.fromkeys(found))) for found in users]
    return "\n".join(lines).encode("ascii")


def joined(graphs: Sequence[bytes]) -> list[bytes]:
    """The same graphs, fewer if they are many."""
    if len(graphs) <= MOST:
        return list(graphs)
    *small, large, largest = sorted(graphs, key=len)
    uses: dict[str, list[str]] = {}
    for nodes, users in map(_read, small):
        for node, line in zip(nodes, users, strict=True):
            for user in line.split():
                uses.setdefault(nodes[int(user)], []).append(node)
    return [largest, large, graph(uses)]


def affected(graphs: Sequence[bytes], changed: Iterable[str]) -> set[str]:
    """All nodes that depend on changed ones, those among them.

    Raises:
        ValueError, LookupError: something is no graph.
    """
    found = set(changed)
    # Mostly nobody uses what changed, which is seen at once from the text.
    pending = [node for node in found if any(_mentions(text, node) for text in graphs)]
    if not pending:
        return found
    known = [(nodes, users, _numbered(nodes)) for nodes, users in map(_read, graphs)]
    while pending:
        node = pending.pop()
        for nodes, users, numbers in known:
            here = numbers.get(node)
            if here is None:
                continue
            for user in users[here].split():
                name = nodes[int(user)]
                if name not in found:
                    found.add(name)
                    pending.append(name)
    return found


def _mentions(graph: bytes, node: str) -> bool:
    # Nothing uses what was found in a file, which every graph has.
    return not node.startswith(RESULT) and json.dumps(node).encode("ascii") in graph


def _read(text: bytes) -> tuple[list[str], list[bytes]]:
    head, *users = text.split(b"\n")
    nodes = json.loads(head)
    if len(nodes) != len(users):
        raise ValueError("no graph")
    return nodes, users


def _numbered(nodes: Sequence[str]) -> dict[str, int]:
    return dict(zip(nodes, range(len(nodes)), strict=True))
