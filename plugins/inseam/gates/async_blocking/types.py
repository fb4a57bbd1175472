"""What an expression can be: the abstract values of the analysis.

A `Value` is a union: a tuple of atoms, of which the expression may be any. The empty one says that
nothing is known. `None` is no atom: whether something may be missing does not matter here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inseam.gates.async_blocking.interning import KNOWN, Interned
from inseam.gates.async_blocking.objects import AnyClass, External, Instance, Type, nearest

if TYPE_CHECKING:
    from inseam.gates.async_blocking.keys import Key
    from inseam.gates.async_blocking.sources import Class, Function

__all__ = [
    "UNKNOWN",
    "AnyClass",
    "Atom",
    "Calling",
    "Constant",
    "Coroutine",
    "External",
    "Instance",
    "Method",
    "Module",
    "Named",
    "Partial",
    "Routine",
    "Super",
    "Suspended",
    "Tuple",
    "Type",
    "Value",
    "Variable",
]


class Routine(Interned):
    """A function or lambda of the tree, perhaps bound to what it is called on."""

    __slots__ = ("function", "outer", "receiver", "sure")
    __match_args__ = ("function", "receiver", "outer", "sure")
    function: Function
    receiver: Instance | Type | None
    outer: Key | None
    """The call of the function that it is nested in."""
    sure: bool
    """Whether it is what is called, not only an overriding one that may be."""

    def __new__(
        kind,
        function: Function,
        receiver: Instance | Type | None = None,
        outer: Key | None = None,
        sure: bool = True,
    ) -> Routine:
        mark = (kind, function, receiver, outer, sure)
        known: Routine | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.function = function
            known.receiver = receiver
            known.outer = outer
            known.sure = sure
        return known


class Named(Interned):
    """A function or module outside of the tree, by its dotted name."""

    __slots__ = ("name",)
    __match_args__ = ("name",)
    name: str

    def __new__(kind, name: str) -> Named:
        mark = (kind, name)
        known: Named | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.name = name
        return known


class Method(Interned):
    """A method of a class outside of the tree."""

    __slots__ = ("dotted", "name", "owner", "receiver")
    __match_args__ = ("owner", "name", "receiver")
    owner: External
    name: str
    receiver: Instance | Type
    dotted: str
    """Its name with its class's before it."""

    def __new__(kind, owner: External, name: str, receiver: Instance | Type) -> Method:
        mark = (kind, owner, name, receiver)
        known: Method | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.owner = owner
            known.dotted = f"{owner.name}.{name}"
            known.name = name
            known.receiver = receiver
        return known


class Module(Interned):
    """A module of the tree."""

    __slots__ = ("name", "path")
    __match_args__ = ("name", "path")
    name: str
    path: str
    """Its file. With a slash at its end the folder of a package without `__init__`; empty if only
    the name says where modules below it are."""

    def __new__(kind, name: str, path: str) -> Module:
        mark = (kind, name, path)
        known: Module | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.name = name
            known.path = path
        return known


class Partial(Interned):
    """`functools.partial` of something."""

    __slots__ = ("of",)
    __match_args__ = ("of",)
    of: Value

    def __new__(kind, of: Value) -> Partial:
        mark = (kind, of)
        known: Partial | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.of = of
        return known


class Super(Interned):
    """What `super()` gives."""

    __slots__ = ("cls", "receiver")
    __match_args__ = ("cls", "receiver")
    cls: Class
    receiver: Instance | Type

    def __new__(kind, cls: Class, receiver: Instance | Type) -> Super:
        mark = (kind, cls, receiver)
        known: Super | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.cls = cls
            known.receiver = receiver
        return known


class Suspended(Interned):
    """The generator that calling a generator function gives: its body runs when iterated, or on
    entry where a decorator made it a context manager."""

    __slots__ = ("element", "key", "manager", "nearest")
    __match_args__ = ("key", "element", "manager")
    key: Key
    element: Value
    manager: bool

    def __new__(kind, key: Key, element: Value, manager: bool = False) -> Suspended:
        mark = (kind, key, element, manager)
        known: Suspended | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.key = key
            known.element = element
            known.manager = manager
            known.nearest = nearest((element,))
        return known


class Coroutine(Interned):
    """What has to be awaited for a value; `manager` where `async with` does that."""

    __slots__ = ("manager", "nearest", "value")
    __match_args__ = ("value", "manager")
    value: Value
    manager: bool

    def __new__(kind, value: Value, manager: bool = False) -> Coroutine:
        mark = (kind, value, manager)
        known: Coroutine | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.value = value
            known.manager = manager
            known.nearest = nearest((value,))
        return known


class Tuple(Interned):
    """A tuple of known length."""

    __slots__ = ("elements", "nearest")
    __match_args__ = ("elements",)
    elements: tuple[Value, ...]

    def __new__(kind, elements: tuple[Value, ...]) -> Tuple:
        mark = (kind, elements)
        known: Tuple | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.elements = elements
            known.nearest = nearest(elements)
        return known


class Calling(Interned):
    """A callable of which only the result is known."""

    __slots__ = ("nearest", "returns")
    __match_args__ = ("returns",)
    returns: Value

    def __new__(kind, returns: Value) -> Calling:
        mark = (kind, returns)
        known: Calling | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.returns = returns
            known.nearest = nearest((returns,))
        return known


class Constant(Interned):
    """Of a parameter that switches what a function does: whether what it is given is true."""

    __slots__ = ("truth",)
    __match_args__ = ("truth",)
    truth: bool

    def __new__(kind, truth: bool) -> Constant:
        mark = (kind, truth)
        known: Constant | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.truth = truth
        return known


class Variable(Interned):
    """A type variable."""

    __slots__ = ("bound", "name")
    __match_args__ = ("name", "bound")
    nearest = 0
    name: str
    bound: Value

    def __new__(kind, name: str, bound: Value) -> Variable:
        mark = (kind, name, bound)
        known: Variable | None = KNOWN.get(mark)
        if known is None:
            known = KNOWN[mark] = object.__new__(kind)
            known.name = name
            known.bound = bound
        return known


Atom = (
    Instance
    | Type
    | Routine
    | Named
    | Method
    | Module
    | Partial
    | Super
    | Suspended
    | Coroutine
    | Tuple
    | Calling
    | Constant
    | Variable
)
Value = tuple[Atom, ...]
UNKNOWN: Value = ()
