"""Function bodies of `ast` as the nested lists of a summary; see `summary`."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from inseam.gates.async_blocking.bags import shared_by
from inseam.gates.async_blocking.expressions import Expressions, has_effect
from inseam.gates.async_blocking.summary import Expression

Statement = list[Any]


class Statements(Expressions):
    """Reads statements within functions; what definitions are, a subclass knows."""

    def __init__(self) -> None:
        super().__init__()
        self._assigned: set[str] = set()
        """Attributes of `self` that the function being read assigns."""
        self._self: str | None = None
        """What the method being read calls its instance."""
        self._globals: set[str] = set()
        """Names that the function being read declares global, and what it sets on bags."""
        self._shared: set[str] = set()
        """Names of functions' variables that functions nested in them may assign, in this file."""

    @abstractmethod
    def function_number(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        """Enters a nested function."""

    @abstractmethod
    def class_number(self, node: ast.ClassDef) -> int:
        """Enters a nested class."""

    def block(self, nodes: Sequence[ast.stmt]) -> list[Statement]:
        """What the statements of a block are in a summary; those without interest are left out."""
        table = _STATEMENTS
        result = []
        for node in nodes:
            read = table.get(type(node))
            if read is not None and (statement := read(self, node)) is not None:
                result.append(statement)
        return result

    def _expr(self, node: ast.Expr) -> Statement | None:
        value = self.expression(node.value)
        return ["e", value] if has_effect(value) else None

    def _target(self, node: ast.expr) -> Expression:
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id == self._self:
                self._assigned.add(node.attr)
            if held := shared_by(node):
                self._globals.add(held)
            place = self.place(node.lineno, node.col_offset)
            return ["a", self.expression(node.value), node.attr, place]
        if isinstance(node, ast.Tuple | ast.List):
            return ["t", [self._target(element) for element in node.elts]]
        if isinstance(node, ast.Starred):
            return ["*", self._target(node.value)]
        return self.expression(node)

    def _assign(self, node: ast.Assign) -> Statement | None:
        value = self.expression(node.value)
        targets = [self._target(target) for target in node.targets]
        return ["=", targets, value]

    def _annotated(self, node: ast.AnnAssign) -> Statement:
        value = self.expression(node.value)
        return [":", self._target(node.target), self.annotation(node.annotation), value]

    def _augmented(self, node: ast.AugAssign) -> Statement | None:
        value = self.expression(node.value)
        if isinstance(node.op, ast.Div):
            place = self.place(node.lineno, node.col_offset)
            left = self.expression(node.target)
            return ["=", [self._target(node.target)], ["/", left, value, place]]
        target = self._target(node.target)
        # `found |= …` may bind a parameter that is a switch.
        matters = isinstance(node.op, ast.BitOr | ast.BitAnd | ast.BitXor)
        matters = matters or has_effect(value) or has_effect(target)
        return ["+=", target, value] if matters else None

    def _for(self, node: ast.For | ast.AsyncFor) -> Statement:
        iterable = self.expression(node.iter)
        return [
            "f",
            self._target(node.target),
            iterable,
            self.block(node.body),
            self.block(node.orelse),
            isinstance(node, ast.AsyncFor),
            self.place(node.iter.lineno, node.iter.col_offset),
        ]

    def _if(self, node: ast.If) -> Statement | None:
        test, body = self.test(node.test), self.block(node.body)
        orelse = self.block(node.orelse)
        if not body and not orelse and not has_effect(test):
            return None
        return ["i", test, body, orelse]

    def _while(self, node: ast.While) -> Statement:
        return [
            "w",
            self.test(node.test),
            self.block(node.body),
            self.block(node.orelse),
        ]

    def _with(self, node: ast.With | ast.AsyncWith) -> Statement:
        items = []
        for item in node.items:
            value = self.expression(item.context_expr)
            target = self._target(item.optional_vars) if item.optional_vars is not None else 0
            context = item.context_expr
            items.append([value, target, self.place(context.lineno, context.col_offset)])
        return ["W", items, self.block(node.body), isinstance(node, ast.AsyncWith)]

    def _try(self, node: Any) -> Statement:
        handlers = [
            [self.expression(handler.type), handler.name or 0, self.block(handler.body)]
            for handler in node.handlers
        ]
        return [
            "T",
            self.block(node.body),
            handlers,
            self.block(node.orelse),
            self.block(node.finalbody),
        ]

    def _match(self, node: ast.Match) -> Statement:
        cases = [
            [self._pattern(case.pattern), self.expression(case.guard), self.block(case.body)]
            for case in node.cases
        ]
        return ["m", self.expression(node.subject), cases]

    def _pattern(self, node: ast.pattern | None) -> Expression:
        match node:
            case ast.MatchAs(pattern=inner, name=name) if inner or name:
                return ["as", self._pattern(inner), name or 0]
            case ast.MatchOr(patterns=inner):
                return ["any", [self._pattern(part) for part in inner]]
            case ast.MatchStar(name=name):
                return ["star", name or 0]
            case ast.MatchSequence(patterns=inner):
                return ["each", [self._pattern(part) for part in inner]]
            case ast.MatchMapping(keys=keys, patterns=inner):
                named = zip(map(self.expression, keys), map(self._pattern, inner), strict=True)
                return ["keys", list(map(list, named))]
            case ast.MatchClass():
                return [
                    "class",
                    self.expression(node.cls),
                    [self._pattern(part) for part in node.patterns],
                    [
                        [name, self._pattern(part)]
                        for name, part in zip(node.kwd_attrs, node.kwd_patterns, strict=True)
                    ],
                    self.place(node.lineno, node.col_offset),
                ]
            case _:
                return 0

    def _return(self, node: ast.Return) -> Statement:
        return ["r", self.expression(node.value)]

    def _raise(self, node: ast.Raise) -> Statement:
        values = [self.expression(value) for value in (node.exc, node.cause)]
        return ["R", [value for value in values if has_effect(value)]]

    def _assert(self, node: ast.Assert) -> Statement | None:
        test = self.test(node.test)
        return ["A", test] if has_effect(test) else None

    def _break(self, node: ast.stmt) -> Statement:
        return ["b"]

    def _delete(self, node: ast.Delete) -> Statement | None:
        values = [self.expression(target) for target in node.targets]
        kept = [value for value in values if has_effect(value)]
        return ["e", ["x", kept]] if kept else None

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Statement:
        return ["=", [node.name], ["D", self.function_number(node)]]

    def _class(self, node: ast.ClassDef) -> Statement:
        return ["=", [node.name], ["C", self.class_number(node)]]

    def _nonlocal(self, node: ast.Nonlocal) -> None:
        self._shared.update(node.names)

    def _scope(self, node: ast.Global) -> Statement:
        self._globals.update(node.names)
        return ["G", list(node.names)]

    def _import(self, node: ast.Import) -> Statement | None:
        targets = list(self.imported(node))
        if len(targets) == 1:
            return ["=", [targets[0][0]], targets[0][1]]
        names, values = zip(*targets, strict=True)
        return ["=", [["t", list(names)]], ["t", list(values)]]

    def _import_from(self, node: ast.ImportFrom) -> Statement | None:
        targets = list(self.imported(node))
        if not targets:
            return None
        names, values = zip(*targets, strict=True)
        return ["=", [["t", list(names)]], ["t", list(values)]]

    def imported(self, node: ast.Import | ast.ImportFrom) -> list[tuple[str, Expression]]:
        """The names that an import binds, with what; those of a star are not among them."""
        bound: list[tuple[str, Expression]] = []
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    bound.append((alias.asname, ["M", alias.name]))
                else:
                    top = alias.name.partition(".")[0]
                    bound.append((top, ["M", top]))
            return bound
        module = node.module or ""
        for alias in node.names:
            if alias.name != "*":
                name = alias.asname or alias.name
                bound.append((name, ["F", node.level, module, alias.name]))
        return bound


_STATEMENTS: dict[type[ast.AST], Callable[[Statements, Any], Statement | None]] = {
    ast.Expr: Statements._expr,
    ast.Assign: Statements._assign,
    ast.AnnAssign: Statements._annotated,
    ast.AugAssign: Statements._augmented,
    ast.For: Statements._for,
    ast.AsyncFor: Statements._for,
    ast.If: Statements._if,
    ast.While: Statements._while,
    ast.With: Statements._with,
    ast.AsyncWith: Statements._with,
    ast.Try: Statements._try,
    ast.Match: Statements._match,
    ast.Return: Statements._return,
    ast.Raise: Statements._raise,
    ast.Assert: Statements._assert,
    ast.Break: Statements._break,
    ast.Continue: Statements._break,
    ast.FunctionDef: Statements._definition,
    ast.AsyncFunctionDef: Statements._definition,
    ast.ClassDef: Statements._class,
    ast.Import: Statements._import,
    ast.ImportFrom: Statements._import_from,
    ast.Global: Statements._scope,
    ast.Nonlocal: Statements._nonlocal,
    ast.Delete: Statements._delete,
}
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = Statements._try
