"""What an expression can be: the abstract values of the analysis.

A `Value` is a union: a tuple of atoms, of which the expression may be any. The empty one says that
nothing is known. `None` is no atom: whether something may be missing does not matter here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, Union

if TYPE_CHECKING:
    from inseam.gates.async_blocking.program import Class, Function

T = TypeVar("T")

WIDEST = 12
"""Atoms that a value keeps; further ones are dropped, so that unions stay bounded."""


class _Hashed:
    """Has room for its hash: values are nested, and looked up all the time."""

    __slots__ = ("_hash",)


def _remembering(cls: type[T]) -> type[T]:
    """Makes objects of a dataclass compute their hash once.

    They are not frozen, as that makes each three times as dear to make; nothing ever changes one.
    """
    compute = cls.__hash__

    def remembered(self: Any) -> int:
        try:
            known: int = self._hash
        except AttributeError:
            known = compute(self)
            object.__setattr__(self, "_hash", known)
        return known

    type.__setattr__(cls, "__hash__", remembered)
    return cls


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class External(_Hashed):
    """A class outside of the tree, under the catalogue's name for it."""

    name: str

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]


AnyClass = Union["Class", External]


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Instance(_Hashed):
    """An object of a class, or of one below it unless `exact`."""

    cls: AnyClass
    arguments: tuple[Value, ...] = ()
    exact: bool = False


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Type(_Hashed):
    """A class itself."""

    cls: AnyClass
    arguments: tuple[Value, ...] = ()
    exact: bool = True
    """Whether no class below it is meant."""


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Routine(_Hashed):
    """A function or lambda of the tree, perhaps bound to what it is called on."""

    function: Function
    receiver: Instance | Type | None = None
    outer: Key | None = None
    """The call of the function that it is nested in."""
    sure: bool = True
    """Whether it is what is called, not only an overriding one that may be."""


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Named(_Hashed):
    """A function or module outside of the tree, by its dotted name."""

    name: str


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Method(_Hashed):
    """A method of a class outside of the tree."""

    owner: str
    name: str
    receiver: Instance | Type


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the tree."""

    name: str
    path: str
    """Its file. With a slash at its end the folder of a package without `__init__`; empty if only
    the name says where modules below it are."""


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Partial(_Hashed):
    """`functools.partial` of something."""

    of: Value


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Super(_Hashed):
    """What `super()` gives."""

    cls: Class
    receiver: Instance | Type


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Suspended(_Hashed):
    """The generator that calling a generator function gives: its body runs when iterated, or on
    entry where a decorator made it a context manager."""

    key: Key
    element: Value
    manager: bool = False


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Coroutine(_Hashed):
    """What has to be awaited for a value; `manager` where `async with` does that."""

    value: Value
    manager: bool = False


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Tuple(_Hashed):
    """A tuple of known length."""

    elements: tuple[Value, ...]


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Calling(_Hashed):
    """A callable of which only the result is known."""

    returns: Value


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Variable(_Hashed):
    """A type variable."""

    name: str
    bound: Value


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


@_remembering
@dataclass(unsafe_hash=True, slots=True)
class Key(_Hashed):
    """A function as it is called: what of its call its body's meaning depends on."""

    function: Function
    receiver: Instance | Type | None = None
    arguments: tuple[tuple[str, Value], ...] = ()
    """Values of parameters that have no annotation."""
    outer: Key | None = None


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
