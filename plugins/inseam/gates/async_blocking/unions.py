"""Unions of atoms: joined, read as annotations, and with their type variables replaced."""

from __future__ import annotations

from itertools import chain

from inseam.gates.async_blocking.types import (
    UNKNOWN,
    Atom,
    Calling,
    Coroutine,
    External,
    Instance,
    Suspended,
    Tuple,
    Type,
    Value,
    Variable,
)

WIDEST = 12
"""Atoms that a value keeps; further ones are dropped, so that unions stay bounded."""


_STATED = (Variable, Coroutine, Tuple, Calling, Instance)
"""What annotations may be evaluated to that is no class."""


def join(*values: Value) -> Value:
    """What is any of `values`."""
    first = UNKNOWN
    for value in values:
        if value and value != first:
            if first:
                return tuple(dict.fromkeys(chain.from_iterable(values)))[:WIDEST]
            first = value
    return first


def either(first: Value, second: Value) -> Value:
    """What is one or the other: `join` of two."""
    if not second or first == second:
        return first
    if not first:
        return second
    return tuple(dict.fromkeys((*first, *second)))[:WIDEST]


_BUILTIN_NAMES = (
    *("str", "bytes", "int", "float", "bool", "list", "dict", "set", "tuple", "frozenset"),
)
_BUILTINS = {name: External(f"builtins.{name}") for name in _BUILTIN_NAMES}


def builtin(name: str, *arguments: Value) -> Value:
    """An object of a builtin class."""
    return (Instance(_BUILTINS[name], arguments),)


def instances(value: Value) -> Value:
    """The objects that an annotation, evaluated as an expression, stands for."""
    if len(value) == 1 and isinstance(value[0], Type):
        return value[0].objects
    found: list[Atom] = []
    for atom in value:
        if isinstance(atom, Type):
            found.extend(atom.objects)
        elif isinstance(atom, _STATED):
            found.append(atom)
    return tuple(found)


def substitute(value: Value, known: dict[str, Value], depth: int = 4) -> Value:
    """`value` with its type variables replaced by what is known of them, else by their bounds."""
    if is_open(value, depth):
        return join(*(_substituted(atom, known, depth) for atom in value))
    return value


def is_open(value: Value, depth: int = 4) -> bool:
    """Whether `substitute` would replace anything."""
    for atom in value:  # asked so often that a generator shows
        if atom.nearest <= depth:
            break
    else:
        return False
    return True


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
