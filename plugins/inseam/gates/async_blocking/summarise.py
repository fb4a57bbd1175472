"""From a file's text to its summary, in one pass over its syntax tree."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, repeat
from typing import Any

from pydantic_core import to_json

from inseam.gates.async_blocking.bodies import AnyFunction, Bodies
from inseam.gates.async_blocking.newer_syntax import in_older_words
from inseam.gates.async_blocking.summary import (
    ASYNC,
    DECORATED,
    GENERATOR,
    MAIN,
    STUB,
    Expression,
)


def summarise(content: bytes) -> bytes:
    """The text of a file's summary, in UTF-8.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: the file cannot be parsed, or is
            nested too deeply to be looked at.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of invalid escapes and the like: not ours to report
        tree = _parsed(content)
    return _Summariser().module(tree)


def _parsed(content: bytes) -> ast.Module:
    try:
        return ast.parse(content)
    except SyntaxError:
        older = in_older_words(content)
        if older is not None:
            with suppress(SyntaxError):
                return ast.parse(older)
        raise


_RETURNS, _DECORATORS, _PARENT, _OWNER, _SWITCHES = 5, 6, 7, 8, 9
"""Where these stand in a function's head."""
_ASKED = b'["?","'
"""How the text of a body begins to ask whether a name is true."""
_FLAGS = (["k", True], ["k", False])
_ASSIGNED = 7
"""Where the attributes that methods assign stand in a class."""


def _dumps(value: Any) -> bytes:
    try:
        return to_json(value)
    except ValueError:  # nested deeper than it allows, or a text that is no Unicode
        return json.dumps(value, separators=(",", ":"), check_circular=False).encode("ascii")


class _Summariser(Bodies):
    def __init__(self) -> None:
        super().__init__()
        self._functions: list[list[Any]] = []
        self._lines: list[int] = []
        self._bodies: list[bytes] = []
        self._classes: list[list[Any]] = []
        self._rebound: dict[str, list[int]] = {}
        self._function = -1
        """The function being read, by number."""
        self._owner = -1
        """The class whose body is being read."""

    def module(self, tree: ast.Module) -> bytes:
        self.body(tree.body, self.bindings)
        head = [
            [function[1] for function in self._functions],
            self._lines,
            len(self._classes),
            list(self.bindings),
            self._rebound,
            self.stars,
            self.commands,
        ]
        return b"\n".join(
            [
                _dumps(head),
                *map(_dumps, self._functions),
                *self._bodies,
                *map(_dumps, self._classes),
                *map(_dumps, self.bindings.values()),
            ]
        )

    def lambda_number(self, node: ast.Lambda) -> int:
        number = self._enter(node, "<lambda>", 0)
        with self._inside(number, None):
            value = self.expression(node.body)
            self._bodies[number] = _dumps([["r", value]])
        self._functions[number][_PARENT] = self._function
        return number

    def function_number(self, node: AnyFunction) -> int:
        number = self._enter(node, node.name, ASYNC * isinstance(node, ast.AsyncFunctionDef))
        head = self._functions[number]
        self.type_parameters(node)
        head[_RETURNS] = self.annotation(node.returns)
        head[_DECORATORS] = [self.expression(decorator) for decorator in node.decorator_list]
        head[_PARENT], head[_OWNER] = self._function, self._owner
        positional = [*node.args.posonlyargs, *node.args.args]
        instance = positional[0].arg if self._owner >= 0 and positional else None
        with self._inside(number, instance) as assigned:
            statements = self.block(node.body)
            head[1] |= GENERATOR * self._generator
            for name in sorted(self._globals):
                self._rebound.setdefault(name, []).append(number)
        is_main = node.name == "main" and self._function < 0 and self._owner < 0
        head[1] |= STUB * _is_stub(node.body) | DECORATED * bool(node.decorator_list)
        head[1] |= MAIN * (is_main and not head[1] & ASYNC)
        self._bodies[number] = text = _dumps(statements)
        if not head[1] & ASYNC:  # those are judged as the loop may run them, whoever calls them
            head[_SWITCHES] = self._switches(head[2], head[3], text)
        if assigned and self._owner >= 0:
            of_class = self._classes[self._owner][_ASSIGNED]
            for name in sorted(assigned):
                of_class.setdefault(name, []).append(number)
        return number

    def _switches(
        self, positional: Sequence[Any], keyword_only: Sequence[Any], text: bytes
    ) -> list[list[Any]]:
        """The parameters on whose truth a body hangs: `[name, place, default]`."""
        asks = _ASKED in text
        places = chain(range(len(positional)), repeat(-1))
        parameters = chain(positional, keyword_only)
        return [
            [name, place, default]
            for (name, _, default), place in zip(parameters, places, strict=False)
            if (asks or default in _FLAGS) and name not in self._shared
            if _is_switch(name, default, text)
        ]

    def _enter(self, node: AnyFunction | ast.Lambda, name: str, flags: int) -> int:
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
        self._lines.append(node.lineno)
        self._functions.append(
            [
                name,
                flags,
                [*map(self._parameter, positional, defaults)],
                [*map(self._parameter, arguments.kwonlyargs, arguments.kw_defaults)],
                [
                    [extra.arg, self.annotation(extra.annotation)] if extra else 0
                    for extra in (arguments.vararg, arguments.kwarg)
                ],
                0,
                [],
                -1,
                -1,
                [],
            ]
        )
        self._bodies.append(b"[]")
        return len(self._functions) - 1

    def _parameter(self, argument: ast.arg, default: ast.expr | None) -> list[Any]:
        return [argument.arg, self.annotation(argument.annotation), self.expression(default)]

    @contextmanager
    def _inside(self, number: int, instance: str | None) -> Iterator[set[str]]:
        """Reads what belongs to a function; gives the attributes that it assigns."""
        before = (
            self._function,
            self._owner,
            self._self,
            self._assigned,
            self._globals,
            self._generator,
            self._annotation,
            self._line,
        )
        self._function, self._owner = number, -1
        self._line = self._lines[number]
        self._assigned, self._globals = set(), set()
        self._generator = self._annotation = False
        # A nested function sees the instance of the method around it.
        self._self = instance or self._self
        try:
            yield self._assigned
        finally:
            (
                self._function,
                self._owner,
                self._self,
                self._assigned,
                self._globals,
                self._generator,
                self._annotation,
                self._line,
            ) = before

    def class_number(self, node: ast.ClassDef) -> int:
        members: dict[str, list[list[Any]]] = {}
        bases = [self.annotation(base) for base in node.bases]
        place = self.place(node.lineno, node.col_offset)
        if names := self.type_parameters(node):
            bases.append(["[", ["F", 0, "typing", "Generic"], ["t", names], place])
        self._classes.append(
            [
                node.name,
                bases,
                [self.expression(decorator) for decorator in node.decorator_list],
                {item.arg or "**": self.expression(item.value) for item in node.keywords},
                self._function,
                self._owner,
                members,
                {},
            ]
        )
        number = len(self._classes) - 1
        before = self._owner
        self._owner = number
        try:
            self.body(node.body, members)
        finally:
            self._owner = before
        return number


def _is_switch(name: str, default: Expression, text: bytes) -> bool:
    """Whether a body may ask whether a parameter is true, or pass it on to what does; not where it
    simply assigns it."""
    quoted = b'"%b"' % name.encode()
    used = quoted if default in _FLAGS else b'["?",%b,' % quoted
    return used in text and b'["=",[%b],' % quoted not in text


def _is_stub(nodes: Sequence[ast.stmt]) -> bool:
    for node in nodes:
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Raise():
                continue
            case _:
                return False
    return True
