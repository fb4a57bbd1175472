"""What the bodies of modules and classes bind, as a summary tells it; see `summary`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from inseam.gates.async_blocking.bags import shared_by
from inseam.gates.async_blocking.command_lines import LOOPS
from inseam.gates.async_blocking.statements import Statements
from inseam.gates.async_blocking.summary import Expression, is_a

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef
Bindings = dict[str, list[list[Any]]]
"""What names are bound to: `[annotation, value]` each."""


class Bodies(Statements):
    """Reads bodies of modules and classes."""

    def __init__(self) -> None:
        super().__init__()
        self.bindings: Bindings = {}
        """What the module binds."""
        self.stars: list[list[Any]] = []
        self.commands: list[Expression] = []

    def body(self, nodes: Sequence[ast.stmt], into: Bindings) -> None:
        """What a module's or class's body binds: branches are all taken."""
        for node in nodes:
            read = _BINDING.get(type(node))
            if read is not None:
                read(self, node, into)

    def _bound_function(self, node: AnyFunction, into: Bindings) -> None:
        self._bind(into, node.name, 0, ["D", self.function_number(node)])

    def _bound_class(self, node: ast.ClassDef, into: Bindings) -> None:
        self._bind(into, node.name, 0, ["C", self.class_number(node)])

    def _bound_imports(self, node: ast.Import | ast.ImportFrom, into: Bindings) -> None:
        for name, value in self.imported(node):
            self._bind(into, name, 0, value)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            self.stars.append([node.level, node.module or ""])

    def _bound_assignment(self, node: ast.Assign, into: Bindings) -> None:
        value = self.expression(node.value)
        for target in node.targets:
            self._bind_target(into, target, 0, value)

    def _bound_annotated(self, node: ast.AnnAssign, into: Bindings) -> None:
        annotation = self.annotation(node.annotation)
        self._bind_target(into, node.target, annotation, self.expression(node.value))

    def _bound_with(self, node: ast.With | ast.AsyncWith, into: Bindings) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                value = ["with", self.expression(item.context_expr)]
                self._bind_target(into, item.optional_vars, 0, value)
        self.body(node.body, into)

    def _bound_if(self, node: ast.If, into: Bindings) -> None:
        if _is_main(node.test):
            self.commands.extend(self._calls(node.body))
        self.body(node.body, into)
        self.body(node.orelse, into)

    def _bound_branches(self, node: Any, into: Bindings) -> None:
        self.body(node.body, into)
        for handler in getattr(node, "handlers", ()):
            self.body(handler.body, into)
        self.body(node.orelse, into)
        self.body(getattr(node, "finalbody", ()), into)

    def _called(self, node: ast.Expr, into: Bindings) -> None:
        if isinstance(node.value, ast.Call):
            value = self.expression(node.value)  # for the lambdas in it
            if into is self.bindings and _runs_a_loop(node.value.func):
                self.commands.append(value)

    def _bound_alias(self, node: Any, into: Bindings) -> None:  # since Python 3.12
        self.type_parameters(node)
        self._bind_target(into, node.name, 0, self.annotation(node.value))

    def _bind_target(self, into: Bindings, target: ast.expr, annotation: Any, value: Any) -> None:
        if isinstance(target, ast.Name):
            self._bind(into, target.id, annotation, value)
        elif isinstance(target, ast.Attribute):
            if into is self.bindings and (held := shared_by(target)):
                self._bind(into, held, annotation, value)
        elif isinstance(target, ast.Tuple | ast.List):
            for index, element in enumerate(target.elts):
                place = self.place(target.lineno, target.col_offset)
                if value:
                    part = ["[", value, ["k", index], place]
                    self._bind_target(into, element, 0, part)

    @staticmethod
    def _bind(into: Bindings, name: str, annotation: Any, value: Any) -> None:
        if annotation or value:
            into.setdefault(name, []).append([annotation, value])

    def _calls(self, nodes: Sequence[ast.stmt]) -> Iterator[Expression]:
        for node in nodes:
            for child in ast.walk(node):
                if isinstance(child, ast.Call):
                    yield self.expression(child)

    def type_parameters(self, node: ast.AST) -> list[str]:
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
            known = self.bindings.get(parameter.name, ())
            if not any(value and value[:4] == made[:4] for _, value in known):
                self._bind(self.bindings, parameter.name, 0, made)
            names.append(parameter.name)
        return names


_BINDING: dict[type[ast.AST], Callable[[Bodies, Any, Bindings], None]] = {
    ast.FunctionDef: Bodies._bound_function,
    ast.AsyncFunctionDef: Bodies._bound_function,
    ast.ClassDef: Bodies._bound_class,
    ast.Import: Bodies._bound_imports,
    ast.ImportFrom: Bodies._bound_imports,
    ast.Assign: Bodies._bound_assignment,
    ast.AnnAssign: Bodies._bound_annotated,
    ast.With: Bodies._bound_with,
    ast.AsyncWith: Bodies._bound_with,
    ast.If: Bodies._bound_if,
    ast.Try: Bodies._bound_branches,
    ast.For: Bodies._bound_branches,
    ast.AsyncFor: Bodies._bound_branches,
    ast.While: Bodies._bound_branches,
    ast.Expr: Bodies._called,
}
if hasattr(ast, "TryStar"):
    _BINDING[ast.TryStar] = Bodies._bound_branches
if hasattr(ast, "TypeAlias"):
    _BINDING[ast.TypeAlias] = Bodies._bound_alias


def _is_main(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
    )


def _runs_a_loop(function: ast.expr) -> bool:
    """Whether a call runs an event loop: a module that does so by itself is a script."""
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    return function.attr == "run_until_complete" or (function.attr == "run" and owner in LOOPS)
