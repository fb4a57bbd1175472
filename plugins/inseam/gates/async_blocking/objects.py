"""Classes, and objects of them, as what an expression can be; see `types`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Union

from inseam.gates.async_blocking.interning import KNOWN, NEVER, Interned

if TYPE_CHECKING:
    from inseam.gates.async_blocking.sources import Class
    from inseam.gates.async_blocking.types import Value

_FORM_MODULES = frozenset(
    {
        *("typing", "typing_extensions", "collections.abc", "collections", "builtins"),
        *("contextlib", "dataclasses", "sqlalchemy.orm"),
    }
)


class External(Interned):
    """A class outside of the tree, under the catalogue's name for it."""

    __slots__ = ("form", "name")
    __match_args__ = ("name",)
    name: str
    form: str | None
    """The last part of its name if it is of `typing`, `collections` or the builtins."""

    def __new__(kind, name: str) -> External:
        mark = (kind, name)
        known: External | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.name = name
            module, _, last = name.rpartition(".")
            known.form = last if module in _FORM_MODULES else None
        return known

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]


AnyClass = Union["Class", External]


class Instance(Interned):
    """An object of a class, or of one below it unless `exact`."""

    __slots__ = ("arguments", "cls", "exact", "form", "nearest")
    __match_args__ = ("cls", "arguments", "exact")
    cls: AnyClass
    arguments: tuple[Value, ...]
    exact: bool

    def __new__(
        kind, cls: AnyClass, arguments: tuple[Value, ...] = (), exact: bool = False
    ) -> Instance:
        mark = (kind, cls, arguments, exact)
        known: Instance | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.cls = cls
            known.arguments = arguments
            known.exact = exact
            known.form = cls.form if isinstance(cls, External) else None
            known.nearest = nearest(arguments)
        return known


class Type(Interned):
    """A class itself."""

    __slots__ = ("arguments", "cls", "exact", "form", "nearest", "objects")
    __match_args__ = ("cls", "arguments", "exact")
    cls: AnyClass
    arguments: tuple[Value, ...]
    exact: bool
    """Whether no class below it is meant."""
    objects: Value
    """The objects that it stands for as an annotation."""

    def __new__(kind, cls: AnyClass, arguments: tuple[Value, ...] = (), exact: bool = True) -> Type:
        mark = (kind, cls, arguments, exact)
        known: Type | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.cls = cls
            known.arguments = arguments
            known.exact = exact
            known.form = cls.form if isinstance(cls, External) else None
            known.nearest = nearest(arguments)
            known.objects = (Instance(cls, arguments),)
            if arguments and isinstance(cls, External) and cls.name == "builtins.type":
                known.objects = tuple(
                    Type(atom.cls, atom.arguments, exact=False)
                    if isinstance(atom, Instance)
                    else atom
                    for atom in arguments[0]
                )
        return known


def nearest(parts: Iterable[Value]) -> int:
    """How far within something made of `parts` the nearest type variable is."""
    return 1 + min((atom.nearest for value in parts for atom in value), default=NEVER)
