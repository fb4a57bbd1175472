"""Unions of atoms: joined, read as annotations, and with their type variables replaced."""

from __future__ import annotations

from collections.abc import Iterable
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


_BUILTINS = {
    name: External(f"builtins.{name}")
    for name in ("str", "bytes", "int", "float", "bool", "list", "dict", "set", "tuple", "frozenset")
}


def builtin(name: str, *arguments: Value) -> Value:
    """An object of a builtin class."""
    return (Instance(_BUILTINS[name], arguments),)


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
