"""What one file says, as data: small enough to keep, safe to load from a cache.

A summary is text of many lines, all of them JSON: the first tells what there is, each other one is
the head of a function, its body, a class, or what the module binds to a name. They are read only
when they are looked at, which of most files is seldom.

Expressions are a string for a name, 0 for what is of no interest, or a list that starts with one
of these:

    ["a", value, attribute, position]              value.attribute
    ["c", function, [arguments], {keywords}, position]
    ["[", value, index, position]                  value[index]
    ["/", left, right, position], ["|", …], ["+", …]
    ["in", container, element, position]           element in container; 0 if that does nothing
    ["?", value, position]                         a value that is tested for truth
    ["k", literal]                                 None, a bool, a number or a short text
    ["s"], ["B"]                                   another text, bytes
    ["or", [values]], ["and", [values]], ["not", value], ["if", test, then, else]
    ["t", [elements]], ["l", …], ["S", …]          a tuple, list, set
    ["d", [keys], [values]]
    ["g", kind, element, [[target, iterable, [conditions], is_async, position]], value]
    ["L", function]                                a lambda, by its number
    ["D", function], ["C", class]                  what `def` and `class` bind
    ["M", module]                                  what `import` binds
    ["F", level, module, name]                     what `from … import` binds
    ["aw", value], ["y", value], ["yf", value, position], ["*", value, position],
    [":=", name, value]
    ["x", [values]]                                anything else, with what is evaluated in it

Statements are lists that start with one of:

    ["e", value]  ["=", [targets], value]  [":", target, annotation, value]  ["+=", target, value]
    ["f", target, iterable, body, else, is_async, position]
    ["i", test, body, else]  ["w", test, body, else]  ["A", test]
    ["W", [[value, target, position]], body, is_async]
    ["T", body, [[type, name, body]], else, finally]
    ["m", subject, [[pattern, guard, body]]]
    ["r", value]  ["R", [values]]  ["b"]           return, raise, break or continue
    ["G", [names]]                                 global or nonlocal

Patterns are 0 for what says nothing of types, or a list that starts with one of:

    ["as", pattern, name]  ["any", [patterns]]  ["each", [patterns]]  ["star", name]
    ["class", class, [patterns], [[attribute, pattern]], position]
    ["keys", [[key, pattern]]]
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ASYNC = 1
GENERATOR = 2
STUB = 4
"""Its body is no more than a docstring, `pass`, `...` or `raise NotImplementedError`."""
DECORATED = 8
MAIN = 16
"""It is the module's own sync function `main`."""

_COLUMNS = 1024

Expression = Any
"""Nested lists as described above: what JSON holds."""


def position(line: int, column: int) -> int:
    """A place in a file as one number; far columns lose precision."""
    return line * _COLUMNS + (column if column < _COLUMNS else _COLUMNS - 1)


def line_of(place: int) -> int:
    """The line, from 1."""
    return place // _COLUMNS


def column_of(place: int) -> int:
    """The column, from 1, in bytes as `ast` counts them."""
    return place % _COLUMNS + 1


def is_a(expression: Expression, kind: str) -> bool:
    """Whether an expression is a list that starts with `kind`; names are none."""
    return type(expression) is list and expression[0] == kind


def last_name(expression: Expression) -> str:
    """The last part of a dotted name; empty for anything else."""
    if type(expression) is str:
        return expression
    return str(expression[2]) if is_a(expression, "a") else ""


def is_import(expression: Expression) -> bool:
    """Whether an expression is what an import binds."""
    return type(expression) is list and expression[0] in ("F", "M")


@dataclass(slots=True)  # not frozen: tens of thousands are read, each at twice the cost
class FunctionHead:
    """A function without its body."""

    name: str
    flags: int
    parameters: list[list[Any]]
    """`[name, annotation, default]` of the positional ones, in order."""
    keyword_only: list[list[Any]]
    variadic: list[list[Any]]
    """`[name, annotation]` of `*args` and `**kwargs`; 0 where there is none."""
    returns: Expression
    decorators: list[Expression]
    parent: int
    """The function that it is nested in, by number; -1 for none."""
    owner: int
    """The class whose body it stands in, by number; -1 for none."""
    switches: list[list[Any]]
    """`[name, place, default]` of parameters on whose truth what it does may hang, with a place of
    -1 for those that are passed by name only; none of an async one."""


@dataclass(slots=True)  # not frozen: the same
class ClassHead:
    """A class."""

    name: str
    bases: list[Expression]
    decorators: list[Expression]
    keywords: dict[str, Expression]
    parent: int
    """The function that it is nested in; -1 for none."""
    owner: int
    """The class that it is nested in; -1 for none."""
    members: dict[str, list[list[Any]]]
    """What its body binds: `[annotation, value]` each."""
    assigned: dict[str, list[int]]
    """Attributes that methods assign to `self`, and which methods."""


_scan: Callable[[str, int], tuple[Any, int]] = vars(json.JSONDecoder())["scan_once"]
"""`json.loads` without looking for white space, for lines that a checksum vouches for."""


@dataclass(slots=True)
class Summary:
    """What one file says."""

    flags: list[int]
    """Of each function; their number is that of the functions."""
    lines: list[int]
    """Of each function: places in its body count from there."""
    classes: int
    """How many classes there are."""
    names: dict[str, int]
    """Names that the module binds, numbered; among them what it sets on bags, see `bags`."""
    rebound: dict[str, list[int]]
    """Globals that functions assign, or what they set on bags, and which functions."""
    stars: list[list[Any]]
    """`[level, module]` of each `from … import *`."""
    commands: list[Expression]
    """Calls under `if __name__ == "__main__"`, and what runs a loop where the module is read."""
    text: list[str]
    """All lines of the text: the head, heads of functions, their bodies, classes, bindings."""

    def function(self, number: int) -> FunctionHead:
        """A function's head."""
        return FunctionHead(*_scan(self.text[1 + number], 0)[0])

    def body(self, function: int) -> list[Any]:
        """A function's statements."""
        statements: list[Any] = _scan(self.body_text(function), 0)[0]
        return statements

    def class_(self, number: int) -> ClassHead:
        """A class."""
        return ClassHead(*_scan(self.text[1 + 2 * len(self.flags) + number], 0)[0])

    def heads(self) -> list[str]:
        """The heads of all functions, as they are written."""
        return self.text[1 : 1 + len(self.flags)]

    def body_text(self, function: int) -> str:
        """A function's statements, as they are written."""
        return self.text[1 + len(self.flags) + function]

    def class_texts(self) -> list[str]:
        """All classes, as they are written."""
        first = 1 + 2 * len(self.flags)
        return self.text[first : first + self.classes]

    def bound_text(self, name: str) -> str:
        """What the module binds to a name, as it is written; empty if it binds nothing."""
        number = self.names.get(name)
        if number is None:
            return ""
        return self.text[1 + 2 * len(self.flags) + self.classes + number]

    def bound(self, name: str) -> list[list[Any]]:
        """What the module binds to a name: `[annotation, value]` each."""
        if name not in self.names:
            return []
        bindings: list[list[Any]] = _scan(self.bound_text(name), 0)[0]
        return bindings


NOTHING = Summary([], [], 0, {}, {}, [], [], [])
"""The summary of no file."""


def loads(text: bytes) -> Summary:
    """A summary from its text, in UTF-8.

    Raises:
        ValueError: it is none.
    """
    parts = text.decode().split("\n")
    try:
        flags, lines, classes, names, rebound, stars, commands = json.loads(parts[0])
        numbers = {name: number for number, name in enumerate(names)}
        expected = 1 + 2 * len(flags) + classes + len(names)
    except TypeError as error:
        raise ValueError(f"no summary: {error}") from error
    if len(parts) != expected or len(lines) != len(flags):
        raise ValueError("no summary: it was cut short")
    return Summary(flags, lines, classes, numbers, rebound, stars, commands, parts)
