"""Atoms of the analysis: equal ones are the same object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KNOWN: dict[object, Any] = {}
"""All atoms, by what they are made of."""


@contextmanager
def interning() -> Iterator[None]:
    """Forgets in the end what atoms were made meanwhile: they hold on to a whole program."""
    before = dict(KNOWN)
    try:
        yield
    finally:
        KNOWN.clear()
        KNOWN.update(before)


class Interned:
    """Atoms that are equal are the same object: values are nested and looked up all the time."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({fields})"
