"""What an expression can be: the abstract values of the analysis.

A `Value` is a union: a tuple of atoms, of which the expression may be any. The empty one says that
nothing is known. `None` is no atom: whether something may be missing does not matter here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from inseam.gates.async_blocking.program import Class, Function

WIDEST = 12
"""Atoms that a value keeps; further ones are dropped, so that unions stay bounded."""


_KNOWN: dict[object, Any] = {}
"""All atoms, by what they are made of."""


@contextmanager
def interning() -> Iterator[None]:
    """Forgets in the end what atoms were made meanwhile: they hold on to a whole program."""
    before = dict(_KNOWN)
    try:
        yield
    finally:
        _KNOWN.clear()
        _KNOWN.update(before)


class _Interned:
    """Atoms that are equal are the same object: values are nested and looked up all the time."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({fields})"


class External(_Interned):
    """A class outside of the tree, under the catalogue's name for it."""

    __slots__ = ("name",)
    __match_args__ = ("name",)
    name: str

    def __new__(kind, name: str) -> External:
        mark = (kind, name)
        known: External | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.name = name
        return known

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]


AnyClass = Union["Class", External]


class Instance(_Interned):
    """An object of a class, or of one below it unless `exact`."""

    __slots__ = ("arguments", "cls", "exact")
    __match_args__ = ("cls", "arguments", "exact")
    cls: AnyClass
    arguments: tuple[Value, ...]
    exact: bool

    def __new__(
        kind, cls: AnyClass, arguments: tuple[Value, ...] = (), exact: bool = False
    ) -> Instance:
        mark = (kind, cls, arguments, exact)
        known: Instance | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.cls = cls
            known.arguments = arguments
            known.exact = exact
        return known


class Type(_Interned):
    """A class itself."""

    __slots__ = ("arguments", "cls", "exact")
    __match_args__ = ("cls", "arguments", "exact")
    cls: AnyClass
    arguments: tuple[Value, ...]
    exact: bool
    """Whether no class below it is meant."""

    def __new__(kind, cls: AnyClass, arguments: tuple[Value, ...] = (), exact: bool = True) -> Type:
        mark = (kind, cls, arguments, exact)
        known: Type | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.cls = cls
            known.arguments = arguments
            known.exact = exact
        return known


class Routine(_Interned):
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
        known: Routine | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.function = function
            known.receiver = receiver
            known.outer = outer
            known.sure = sure
        return known


class Named(_Interned):
    """A function or module outside of the tree, by its dotted name."""

    __slots__ = ("name",)
    __match_args__ = ("name",)
    name: str

    def __new__(kind, name: str) -> Named:
        mark = (kind, name)
        known: Named | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.name = name
        return known


class Method(_Interned):
    """A method of a class outside of the tree."""

    __slots__ = ("name", "owner", "receiver")
    __match_args__ = ("owner", "name", "receiver")
    owner: str
    name: str
    receiver: Instance | Type

    def __new__(kind, owner: str, name: str, receiver: Instance | Type) -> Method:
        mark = (kind, owner, name, receiver)
        known: Method | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.owner = owner
            known.name = name
            known.receiver = receiver
        return known


class Module(_Interned):
    """A module of the tree."""

    __slots__ = ("name", "path")
    __match_args__ = ("name", "path")
    name: str
    path: str
    """Its file. With a slash at its end the folder of a package without `__init__`; empty if only
    the name says where modules below it are."""

    def __new__(kind, name: str, path: str) -> Module:
        mark = (kind, name, path)
        known: Module | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.name = name
            known.path = path
        return known


class Partial(_Interned):
    """`functools.partial` of something."""

    __slots__ = ("of",)
    __match_args__ = ("of",)
    of: Value

    def __new__(kind, of: Value) -> Partial:
        mark = (kind, of)
        known: Partial | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.of = of
        return known


class Super(_Interned):
    """What `super()` gives."""

    __slots__ = ("cls", "receiver")
    __match_args__ = ("cls", "receiver")
    cls: Class
    receiver: Instance | Type

    def __new__(kind, cls: Class, receiver: Instance | Type) -> Super:
        mark = (kind, cls, receiver)
        known: Super | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.cls = cls
            known.receiver = receiver
        return known


class Suspended(_Interned):
    """The generator that calling a generator function gives: its body runs when iterated, or on
    entry where a decorator made it a context manager."""

    __slots__ = ("element", "key", "manager")
    __match_args__ = ("key", "element", "manager")
    key: Key
    element: Value
    manager: bool

    def __new__(kind, key: Key, element: Value, manager: bool = False) -> Suspended:
        mark = (kind, key, element, manager)
        known: Suspended | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.key = key
            known.element = element
            known.manager = manager
        return known


class Coroutine(_Interned):
    """What has to be awaited for a value; `manager` where `async with` does that."""

    __slots__ = ("manager", "value")
    __match_args__ = ("value", "manager")
    value: Value
    manager: bool

    def __new__(kind, value: Value, manager: bool = False) -> Coroutine:
        mark = (kind, value, manager)
        known: Coroutine | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.value = value
            known.manager = manager
        return known


class Tuple(_Interned):
    """A tuple of known length."""

    __slots__ = ("elements",)
    __match_args__ = ("elements",)
    elements: tuple[Value, ...]

    def __new__(kind, elements: tuple[Value, ...]) -> Tuple:
        mark = (kind, elements)
        known: Tuple | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.elements = elements
        return known


class Calling(_Interned):
    """A callable of which only the result is known."""

    __slots__ = ("returns",)
    __match_args__ = ("returns",)
    returns: Value

    def __new__(kind, returns: Value) -> Calling:
        mark = (kind, returns)
        known: Calling | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.returns = returns
        return known


class Variable(_Interned):
    """A type variable."""

    __slots__ = ("bound", "name")
    __match_args__ = ("name", "bound")
    name: str
    bound: Value

    def __new__(kind, name: str, bound: Value) -> Variable:
        mark = (kind, name, bound)
        known: Variable | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
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
    | Variable
)
Value = tuple[Atom, ...]
UNKNOWN: Value = ()


class Key(_Interned):
    """A function as it is called: what of its call its body's meaning depends on."""

    __slots__ = ("arguments", "function", "outer", "receiver")
    __match_args__ = ("function", "receiver", "arguments", "outer")
    function: Function
    receiver: Instance | Type | None
    arguments: tuple[tuple[str, Value], ...]
    """Values of parameters that have no annotation."""
    outer: Key | None

    def __new__(
        kind,
        function: Function,
        receiver: Instance | Type | None = None,
        arguments: tuple[tuple[str, Value], ...] = (),
        outer: Key | None = None,
    ) -> Key:
        mark = (kind, function, receiver, arguments, outer)
        known: Key | None = _KNOWN.get(mark)
        if known is None:
            known = _KNOWN[mark] = object.__new__(kind)
            known.function = function
            known.receiver = receiver
            known.arguments = arguments
            known.outer = outer
        return known


def join(*values: Value) -> Value:
    """What is any of `values`."""
    if len(values) == 1:
        return values[0]
    known = [value for value in values if value]
    if len(known) <= 1:
        return known[0] if known else UNKNOWN
    first = known[0]
    if all(value == first for value in known[1:]):
        return first
    return tuple(dict.fromkeys(atom for value in known for atom in value))[:WIDEST]


def builtin(name: str, *arguments: Value) -> Value:
    """An object of a builtin class."""
    return (Instance(External(f"builtins.{name}"), arguments),)


def instances(value: Value) -> Value:
    """The objects that an annotation, evaluated as an expression, stands for."""
    found: list[Atom] = []
    for atom in value:
        match atom:
            case Type(External("builtins.type"), (argument, *_)):
                found.extend(
                    Type(inner.cls, inner.arguments, exact=False)
                    if isinstance(inner, Instance)
                    else inner
                    for inner in argument
                )
            case Type(cls, arguments):
                found.append(Instance(cls, arguments))
            case Variable() | Coroutine() | Tuple() | Calling() | Instance():
                found.append(atom)
            case _:
                pass
    return tuple(found)


def substitute(value: Value, known: dict[str, Value], depth: int = 4) -> Value:
    """`value` with its type variables replaced by what is known of them, else by their bounds."""
    if not any(_has_variable(atom, depth) for atom in value):
        return value
    return join(*(_substituted(atom, known, depth) for atom in value))


def _parts(atom: Atom) -> Iterable[Value]:
    match atom:
        case Instance(arguments=parts) | Type(arguments=parts) | Tuple(elements=parts):
            return parts
        case Coroutine(value=value):
            return (value,)
        case Suspended(element=value):
            return (value,)
        case Calling(returns=value):
            return (value,)
        case _:
            return ()


def _has_variable(atom: Atom, depth: int) -> bool:
    if isinstance(atom, Variable):
        return True
    if depth == 0:
        return False
    return any(_has_variable(inner, depth - 1) for part in _parts(atom) for inner in part)


def _substituted(atom: Atom, known: dict[str, Value], depth: int) -> Value:
    def inner(value: Value) -> Value:
        return substitute(value, known, depth - 1) if depth else value

    match atom:
        case Variable(name=name, bound=bound):
            return known.get(name) or bound
        case Instance(cls, arguments, exact):
            return (Instance(cls, tuple(map(inner, arguments)), exact),)
        case Type(cls, arguments, exact):
            return (Type(cls, tuple(map(inner, arguments)), exact),)
        case Tuple(elements):
            return (Tuple(tuple(map(inner, elements))),)
        case Coroutine(value, manager):
            return (Coroutine(inner(value), manager),)
        case Suspended(key, element, manager):
            return (Suspended(key, inner(element), manager),)
        case Calling(returns):
            return (Calling(inner(returns)),)
        case _:
            return (atom,)
