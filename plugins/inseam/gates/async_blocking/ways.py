"""The ways in which functions were evaluated, as data that outlives a run.

Values are nested and shared, so they are a table: each entry is the name of what it is and its
fields, of which numbers are other entries. Only functions that were evaluated in other ways than
as their own file shows them to be called are listed: that way is known without.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from inseam.gates.async_blocking import types
from inseam.gates.async_blocking.dependencies import body
from inseam.gates.async_blocking.interning import Interned
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.program import Program
from inseam.gates.async_blocking.sources import Class, Function

_FUNCTION = "f"
_CLASS = "k"
_TUPLE = "t"
_KINDS: dict[str, type[Interned]] = {
    kind.__name__: kind
    for kind in (
        *(Key, types.Calling, types.Coroutine, types.External, types.Instance, types.Method),
        *(types.Module, types.Named, types.Partial, types.Routine, types.Super, types.Suspended),
        *(types.Tuple, types.Type, types.Variable, types.Constant),
    )
}


class Table:
    """Values of one program as data: the same for the same values in the same order."""

    def __init__(self) -> None:
        self.entries: list[list[Any]] = []
        self._numbers: dict[object, int] = {}

    def number(self, thing: Any) -> int:
        """The number of a value, a key, a function or a class."""
        known = self._numbers.get(thing)
        if known is None:
            kind = thing.__class__
            if kind is tuple:
                entry = [_TUPLE, *map(self._field, thing)]
            elif kind is Function:
                entry = [_FUNCTION, thing.node]
            elif kind is Class:
                entry = [_CLASS, body(thing.source.path, thing.number)]
            else:
                fields = [getattr(thing, name) for name in kind.__match_args__]
                entry = [kind.__name__, *map(self._field, fields)]
            known = self._numbers[thing] = len(self.entries)
            self.entries.append(entry)
        return known

    def _field(self, field: Any) -> Any:
        return field if field is None or field.__class__ in (str, bool) else self.number(field)


class _Reader:
    """Values of a program from a table."""

    def __init__(self, entries: Sequence[Sequence[Any]], program: Program) -> None:
        self._entries = entries
        self._program = program
        self._known: dict[int, Any] = {}

    def thing(self, number: int) -> Any:
        if number not in self._known:
            kind, *fields = self._entries[number]
            self._known[number] = self._made(kind, fields)
        return self._known[number]

    def _made(self, kind: str, fields: Sequence[Any]) -> Any:
        if kind in (_FUNCTION, _CLASS):
            path, _, number = fields[0].partition("\0")
            source = self._program.source(path)
            if source is None:
                raise LookupError(path)
            return source.function(int(number)) if kind == _FUNCTION else source.class_(int(number))
        values = [self.thing(one) if one.__class__ is int else one for one in fields]
        return tuple(values) if kind == _TUPLE else _KINDS[kind](*values)


def dump(keys: Iterable[Key], plain: Iterable[Key], cut: Iterable[str]) -> str:
    """Ways as text.

    Args:
        keys: the ways in which functions were evaluated.
        plain: for each the way in which its own file shows the function to be called.
        cut: the bodies that were not followed to their ends, or deep within others.
    """
    table = Table()
    ways: dict[str, list[int]] = {}
    for key, usual in zip(keys, plain, strict=True):
        if key is not usual:
            ways.setdefault(key.function.node, []).append(table.number(key))
    return json.dumps([table.entries, ways, sorted(cut)], separators=(",", ":"))


class Ways:
    """What `dump` told in some runs."""

    def __init__(self, texts: Iterable[str]) -> None:
        """
        Raises:
            ValueError: something is no such text.
        """
        self._told = [json.loads(text) for text in texts]
        self._cut = {node for _, _, cut in self._told for node in cut}

    def count(self, node: str) -> int:
        """In how many ways a body was evaluated, at most."""
        return 1 + sum(len(ways.get(node, ())) for _, ways, _ in self._told)

    def was_cut(self, node: str) -> bool:
        """Whether a body was not always followed to its ends, or deep within others."""
        return node in self._cut

    def of(self, node: str, program: Program) -> Iterator[Key]:
        """In which ways besides the plain one a body was evaluated, in a program's terms.

        Raises:
            ValueError, LookupError, TypeError: something is no such text, or of another program.
        """
        for entries, ways, _ in self._told:
            reader = _Reader(entries, program)
            for number in ways.get(node, ()):
                yield reader.thing(number)


def joined(texts: Sequence[str]) -> list[str]:
    """The same ways in fewer texts if they are many: all but the longest in one."""
    if len(texts) <= _MOST:
        return list(texts)
    *small, longest = sorted(texts, key=len)
    entries: list[list[Any]] = []
    ways: dict[str, list[int]] = {}
    cut: set[str] = set()
    for more, numbers, nodes in map(json.loads, small):
        start = len(entries)
        entries += [
            [one + start if one.__class__ is int else one for one in entry] for entry in more
        ]
        for node, listed in numbers.items():
            ways.setdefault(node, []).extend([start + number for number in listed])
        cut.update(nodes)
    return [longest, json.dumps([entries, ways, sorted(cut)], separators=(",", ":"))]


_MOST = 16
"""Texts from which on they are joined."""
