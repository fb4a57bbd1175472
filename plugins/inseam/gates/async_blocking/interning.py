"""Atoms of the analysis: equal ones are the same object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KNOWN: dict[object, Any] = {}
"""All atoms, by what they are made of."""

NEVER = 1_000
"""As far within a value as nothing is."""


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
    form: str | None = None
    """Of a class of `typing`, `collections` or the builtins, and of its objects: the class's last
    name."""
    nearest: int = NEVER
    """How far within it the nearest type variable is: 0 if it is one."""

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({fields})"
