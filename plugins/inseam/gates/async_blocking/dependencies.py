"""What results depend on, so that an edit costs what it changes.

A graph of texts, as they are kept from run to run:

    path            what a file says to others: all but the bodies of its functions
    path\\0n         the body of a function, by its number, and whether that is a stub; depends on
                    its own file
    path\\0n!        what a function runs: what its body's values depend on, and what is done by
                    what it calls
    path\\0?name     that a file does not bind a name
    =path           what was found in a file
    ?kind:name      what the names in the tree's files say: see `Hierarchy`

Whatever is computed once and then remembered is told apart by where it stands: in a function's
body as it is evaluated, or in what a file says.
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from inseam.gates.async_blocking.summary import STUB, Summary

RESULT = "="
ABSENT = "\0?"
QUERY = "?"


Using = tuple[str, set[str]]
"""Where something stands that is being computed, and what it was seen to use."""


def body(path: str, number: int) -> str:
    """The body of a function."""
    return f"{path}\0{number}"


def doing(node: str) -> str:
    """What a function runs, by its body."""
    return f"{node}!"


class Dependencies:
    """The graph while it grows."""

    def __init__(self) -> None:
        self.uses: dict[str, set[str]] = {}
        self._path = ""
        self._using: set[str] = set()

    def enter(self, node: str, path: str) -> Using:
        """Takes down what is used from here on as used by a node that stands in a file; what this
        gives is for `leave`."""
        before = (self._path, self._using)
        using = self.uses.get(node)
        self._path, self._using = path, using if using is not None else self.of(node)
        return before

    def leave(self, before: Using) -> None:
        """Goes on as before `enter`."""
        self._path, self._using = before

    @contextmanager
    def within(self, node: str, path: str) -> Iterator[None]:
        """`enter` and `leave` for what is done seldom: it is much slower."""
        before = self.enter(node, path)
        try:
            yield
        finally:
            self.leave(before)

    def of(self, node: str) -> set[str]:
        """What a node uses."""
        known = self.uses.get(node)
        if known is None:
            known = self.uses[node] = set()
        return known

    def use(self, node: str) -> None:
        """Notes that what is being computed uses a node."""
        self._using.add(node)

    def use_from(self, path: str, node: str) -> None:
        """Notes that what a file says uses a node, or a body in it that is being evaluated."""
        (self._using if path == self._path else self.of(path)).add(node)


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit of a file changed."""

    nodes: set[str]
    moved: list[int]
    """By how many lines each function moved that others may still know of."""
    bodies: dict[int, tuple[str, int]] = field(default_factory=dict)
    """What other bodies were, and the lines of their functions, where nothing else changed."""


def edit(path: str, before: Summary | None, after: Summary | None) -> Edit:
    """What an edit of a file changed."""
    if before is None or after is None or not _only_more(before, after):
        return Edit({path}, [])
    bodies = {
        number: (was, before.lines[number])
        for number in range(len(before.flags))
        if (was := before.body_text(number)) != after.body_text(number)
    }
    stubs = {
        number
        for number, (old, new) in enumerate(zip(before.flags, after.flags, strict=False))
        if (old ^ new) & STUB
    }
    for number in stubs:
        bodies.pop(number, None)  # whatever it does: it is overridden in another way
    found = {body(path, number) for number in {*bodies, *stubs}}
    found.update(f"{path}{ABSENT}{name}" for name in after.names if name not in before.names)
    found.update(f"{path}{ABSENT}{name}" for name in after.rebound if name not in before.rebound)
    moved = [new - old for old, new in zip(before.lines, after.lines, strict=False)]
    return Edit(found, moved, bodies)


def _only_more(before: Summary, after: Summary) -> bool:
    """Whether a file says all that it said, bodies of functions aside."""
    added = after.names.keys() - before.names.keys()
    if added and (before.stars or "__getattr__" in before.names):
        return False
    return (
        len(before.flags) <= len(after.flags)
        and before.stars == after.stars
        and all(map(_same_head, before.heads(), after.heads()))
        and before.class_texts() == after.class_texts()[: before.classes]
        and not any(hasattr(builtins, name) for name in added)
        and all(before.bound_text(name) == after.bound_text(name) for name in before.names)
        and all(before.rebound.get(name) == after.rebound.get(name) for name in before.names)
        and all(after.rebound.get(name) == numbers for name, numbers in before.rebound.items())
    )


def _same_head(before: str, after: str) -> bool:
    """Whether two heads tell the same, but for what hangs on the body: whether it is a stub."""
    return before == after or _apart_from_body(before) == _apart_from_body(after)


def _apart_from_body(head: str) -> list[Any]:
    fields: list[Any] = json.loads(head)
    fields[1] &= ~STUB
    return fields
