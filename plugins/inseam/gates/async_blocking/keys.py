"""Functions as they are called, under which what they do is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inseam.gates.async_blocking.interning import KNOWN, Interned
from inseam.gates.async_blocking.types import Instance, Type, Value

if TYPE_CHECKING:
    from inseam.gates.async_blocking.sources import Function


class Key(Interned):
    """A function as it is called: what of its call its body's meaning depends on."""

    __slots__ = ("arguments", "function", "outer", "receiver")
    __match_args__ = ("function", "receiver", "arguments", "outer")
    function: Function
    receiver: Instance | Type | None
    arguments: tuple[tuple[str, Value], ...]
    """Values of parameters whose annotations say less, and constants that switches are given."""
    outer: Key | None

    def __new__(
        kind,
        function: Function,
        receiver: Instance | Type | None = None,
        arguments: tuple[tuple[str, Value], ...] = (),
        outer: Key | None = None,
    ) -> Key:
        mark = (kind, function, receiver, arguments, outer)
        known: Key | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.function = function
            known.receiver = receiver
            known.arguments = arguments
            known.outer = outer
        return known
