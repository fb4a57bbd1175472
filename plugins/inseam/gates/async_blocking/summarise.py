"""From a file's text to its summary, in one pass over its syntax tree."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from pydantic_core import to_json

from inseam.gates.async_blocking.newer_syntax import in_older_words
from inseam.gates.async_blocking.statements import Statements
from inseam.gates.async_blocking.summary import (
    ASYNC,
    DECORATED,
    GENERATOR,
    MAIN,
    STUB,
    Expression,
    is_a,
)


def summarise(content: bytes) -> str:
    """The text of a file's summary.

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


_RETURNS, _DECORATORS, _PARENT, _OWNER = 5, 6, 7, 8
"""Where these stand in a function's head."""
_ASSIGNED = 7
"""Where the attributes that methods assign stand in a class."""


def _dumps(value: Any) -> str:
    try:
        return to_json(value).decode()
    except ValueError:  # nested deeper than it allows, or a text that is no Unicode
        return json.dumps(value, separators=(",", ":"), check_circular=False)


class _Summariser(Statements):
    def __init__(self) -> None:
        super().__init__()
        self._functions: list[list[Any]] = []
        self._lines: list[int] = []
        self._bodies: list[str] = []
        self._classes: list[list[Any]] = []
        self._bindings: dict[str, list[list[Any]]] = {}
        self._rebound: dict[str, list[int]] = {}
        self._stars: list[list[Any]] = []
        self._commands: list[Expression] = []
        self._function = -1
        """The function being read, by number."""
        self._owner = -1
        """The class whose body is being read."""

    def module(self, tree: ast.Module) -> str:
        self._body(tree.body, self._bindings)
        head = [
            [function[1] for function in self._functions],
            self._lines,
            len(self._classes),
            list(self._bindings),
            self._rebound,
            self._stars,
            self._commands,
        ]
        return "\n".join(
            [
                _dumps(head),
                *map(_dumps, self._functions),
                *self._bodies,
                *map(_dumps, self._classes),
                *map(_dumps, self._bindings.values()),
            ]
        )

    def _body(self, nodes: Sequence[ast.stmt], into: dict[str, list[list[Any]]]) -> None:
        """What a module's or class's body binds: branches are all taken."""
        for node in nodes:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._bind(into, node.name, 0, ["D", self.function_number(node)])
                case ast.ClassDef():
                    self._bind(into, node.name, 0, ["C", self.class_number(node)])
                case ast.Import() | ast.ImportFrom():
                    for name, value in self.imported(node):
                        self._bind(into, name, 0, value)
                    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                        self._stars.append([node.level, node.module or ""])
                case ast.Assign():
                    value = self.expression(node.value)
                    for target in node.targets:
                        self._bind_target(into, target, 0, value)
                case ast.AnnAssign():
                    annotation = self.annotation(node.annotation)
                    self._bind_target(into, node.target, annotation, self.expression(node.value))
                case ast.With() | ast.AsyncWith():
                    for item in node.items:
                        if item.optional_vars is not None:
                            value = ["with", self.expression(item.context_expr)]
                            self._bind_target(into, item.optional_vars, 0, value)
                    self._body(node.body, into)
                case ast.If():
                    if _is_main(node.test):
                        self._commands.extend(self._calls(node.body))
                    self._body(node.body, into)
                    self._body(node.orelse, into)
                case ast.Try() | ast.For() | ast.While() | ast.AsyncFor():
                    self._body(node.body, into)
                    for handler in getattr(node, "handlers", ()):
                        self._body(handler.body, into)
                    self._body(node.orelse, into)
                    self._body(getattr(node, "finalbody", ()), into)
                case ast.Expr(value=ast.Call()):
                    self.expression(node.value)  # for the lambdas in it
                case _ if type(node).__name__ == "TypeAlias":  # since Python 3.12
                    self._type_parameters(node)
                    name, value = vars(node)["name"], vars(node)["value"]
                    self._bind_target(into, name, 0, self.annotation(value))
                case _:
                    pass

    def _bind_target(
        self, into: dict[str, list[list[Any]]], target: ast.expr, annotation: Any, value: Any
    ) -> None:
        if isinstance(target, ast.Name):
            self._bind(into, target.id, annotation, value)
        elif isinstance(target, ast.Tuple | ast.List):
            for index, element in enumerate(target.elts):
                place = self.place(target.lineno, target.col_offset)
                if value:
                    part = ["[", value, ["k", index], place]
                    self._bind_target(into, element, 0, part)

    @staticmethod
    def _bind(into: dict[str, list[list[Any]]], name: str, annotation: Any, value: Any) -> None:
        if annotation or value:
            into.setdefault(name, []).append([annotation, value])

    def _calls(self, nodes: Sequence[ast.stmt]) -> Iterator[Expression]:
        for node in nodes:
            for child in ast.walk(node):
                if isinstance(child, ast.Call):
                    yield self.expression(child)

    def lambda_number(self, node: ast.Lambda) -> int:
        number = self._enter(node, "<lambda>", 0)
        with self._inside(number, None):
            value = self.expression(node.body)
            self._bodies[number] = _dumps([["r", value]])
        self._functions[number][_PARENT] = self._function
        return number

    def function_number(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        number = self._enter(node, node.name, ASYNC * isinstance(node, ast.AsyncFunctionDef))
        head = self._functions[number]
        self._type_parameters(node)
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
        self._bodies[number] = _dumps(statements)
        if assigned and self._owner >= 0:
            of_class = self._classes[self._owner][_ASSIGNED]
            for name in sorted(assigned):
                of_class.setdefault(name, []).append(number)
        return number

    def _enter(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str, flags: int
    ) -> int:
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
        self._lines.append(node.lineno)
        self._functions.append(
            [
                name,
                flags,
                [self._parameter(*pair) for pair in zip(positional, defaults, strict=True)],
                [
                    self._parameter(*pair)
                    for pair in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
                ],
                [
                    [extra.arg, self.annotation(extra.annotation)] if extra else 0
                    for extra in (arguments.vararg, arguments.kwarg)
                ],
                0,
                [],
                -1,
                -1,
            ]
        )
        self._bodies.append("[]")
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

    def _type_parameters(self, node: ast.AST) -> list[str]:
        """Binds the type variables of a generic function or class, as if by `TypeVar`."""
        names: list[str] = []
        for parameter in getattr(node, "type_params", ()):  # since Python 3.12
            if type(parameter).__name__ != "TypeVar":
                continue
            bound = self.annotation(parameter.bound)
            arguments = [["k", parameter.name], *(bound[1] if is_a(bound, "t") else ())]
            keywords = {"bound": bound} if bound and not is_a(bound, "t") else 0
            place = self.place(parameter.lineno, parameter.col_offset)
            made = ["c", ["F", 0, "typing", "TypeVar"], arguments, keywords, place]
            known = self._bindings.get(parameter.name, ())
            if not any(value and value[:4] == made[:4] for _, value in known):
                self._bind(self._bindings, parameter.name, 0, made)
            names.append(parameter.name)
        return names

    def class_number(self, node: ast.ClassDef) -> int:
        members: dict[str, list[list[Any]]] = {}
        bases = [self.annotation(base) for base in node.bases]
        place = self.place(node.lineno, node.col_offset)
        if names := self._type_parameters(node):
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
            self._body(node.body, members)
        finally:
            self._owner = before
        return number


def _is_main(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
    )


def _is_stub(nodes: Sequence[ast.stmt]) -> bool:
    for node in nodes:
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Raise():
                continue
            case _:
                return False
    return True
