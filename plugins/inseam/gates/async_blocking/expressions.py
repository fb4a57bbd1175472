"""Expressions of `ast` as the nested lists of a summary; see `summary`."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from inseam.gates.async_blocking.summary import Expression, is_a, position

_LONGEST_TEXT = 40
"""Characters of a literal text that is kept: conditions of sinks name none longer."""

_OPERATORS: dict[type[ast.operator], str] = {ast.Div: "/", ast.BitOr: "|", ast.Add: "+"}


class Expressions(ABC):
    """Reads expressions; what a lambda is, a subclass knows."""

    def __init__(self) -> None:
        self._generator = False
        """Whether the function being read yields."""
        self._annotation = False
        """Whether texts are annotations to be read."""
        self._line = 0
        """The line of the function being read; 0 outside of functions."""

    @abstractmethod
    def lambda_number(self, node: ast.Lambda) -> int:
        """Enters a lambda among the functions."""

    def place(self, line: int, column: int) -> int:
        """A place, its line counted from that of the function being read, so that what stands
        above a function does not show in its body; outside of functions no place matters."""
        if not self._line:
            return 0
        return position(line - self._line if line > self._line else 0, column)

    def expression(self, node: ast.expr | None) -> Expression:
        """What an expression is in a summary."""
        if isinstance(node, ast.Name):  # by far the most frequent
            return node.id
        if node is None:
            return 0
        read = _EXPRESSIONS.get(node.__class__)
        return read(self, node) if read is not None else self._unknown(node)

    def annotation(self, node: ast.expr | None) -> Expression:
        """An annotation; texts in it are annotations written ahead of their names."""
        if node is None:
            return 0
        before, self._annotation = self._annotation, True
        try:
            return self.expression(node)
        finally:
            self._annotation = before

    def _name(self, node: ast.Name) -> Expression:
        return node.id

    def _constant(self, node: ast.Constant) -> Expression:
        value = node.value
        if isinstance(value, str):
            if self._annotation:
                return self._quoted(value)
            return ["k", value] if len(value) <= _LONGEST_TEXT and value.isprintable() else ["s"]
        if isinstance(value, bytes):
            return ["B"]
        if value is None or isinstance(value, bool):
            return ["k", value]
        if isinstance(value, int | float) and -1e15 < value < 1e15:
            return ["k", value]
        return 0

    def _quoted(self, text: str) -> Expression:
        try:
            return self.expression(ast.parse(text.strip(), mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return 0

    def _attribute(self, node: ast.Attribute) -> Expression:
        # Where the attribute's name stands, which in a chain over many lines is what one looks for.
        line, column = node.lineno, node.col_offset
        if node.end_lineno is not None and node.end_lineno != line:
            line = node.end_lineno
            column = max(0, (node.end_col_offset or 0) - len(node.attr))
        value = node.value
        read = value.id if isinstance(value, ast.Name) else self.expression(value)
        return ["a", read, node.attr, self.place(line, column)]

    def _call(self, node: ast.Call) -> Expression:
        function = self.expression(node.func)
        line, column = node.lineno, node.col_offset
        if isinstance(node.func, ast.Attribute) and node.func.end_lineno != line:
            place = function[3]
        else:
            place = self.place(line, column)
        arguments = [self.expression(argument) for argument in node.args]
        keywords: Any = 0
        if node.keywords:
            keywords = {item.arg or "**": self.expression(item.value) for item in node.keywords}
        return ["c", function, arguments, keywords, place]

    def _subscript(self, node: ast.Subscript) -> Expression:
        value = self.expression(node.value)
        if self._annotation and (value == "Literal" or (value and value[-2:-1] == ["Literal"])):
            return ["k", None]
        index = self.expression(node.slice)
        return ["[", value, index, self.place(node.lineno, node.col_offset)]

    def _binary(self, node: ast.BinOp) -> Expression:
        # Long sums and unions lean to the left: they are read without recursion.
        chain: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            chain.append(left)
            left = left.left
        result = self.expression(left)
        for link in reversed(chain):
            right = self.expression(link.right)
            operator = _OPERATORS.get(type(link.op))
            if operator is None:
                result = _opaque([result, right])
            elif result or right:
                place = self.place(link.lineno, link.col_offset)
                result = [operator, result, right, place]
        return result

    def _boolean(self, node: ast.BoolOp) -> Expression:
        values = [*map(self.test, node.values[:-1]), self.expression(node.values[-1])]
        return ["and" if isinstance(node.op, ast.And) else "or", values]

    def _unary(self, node: ast.UnaryOp) -> Expression:
        if isinstance(node.op, ast.Not):
            return ["not", self.test(node.operand)]
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
                return ["k", -value]
        return _opaque([self.expression(node.operand)])

    def _compare(self, node: ast.Compare) -> Expression:
        parts = [self.expression(node.left), *map(self.expression, node.comparators)]
        if isinstance(node.ops[0], ast.In | ast.NotIn) and len(parts) == 2:
            left, container = parts
            if isinstance(container, str) or is_a(container, "a"):
                place = self.place(node.lineno, node.col_offset)
                return ["in", container, left if has_effect(left) else 0, place]
        return _opaque(parts)

    def _conditional(self, node: ast.IfExp) -> Expression:
        parts = (node.body, node.orelse)
        return ["if", self.test(node.test), *(self.expression(part) for part in parts)]

    def test(self, node: ast.expr) -> Expression:
        """An expression of which is asked whether it is true, which an object may decide."""
        value = self.expression(node)
        if isinstance(node, ast.Name | ast.Attribute):
            return ["?", value, self.place(node.lineno, node.col_offset)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return ["?", value, value[4]]
        return value

    def _sequence(self, node: ast.Tuple | ast.List | ast.Set) -> Expression:
        elements = [self.expression(element) for element in node.elts]
        if len(elements) > 64:  # a table of constants: the first tell what all are
            rest = _opaque(elements[64:])
            elements = [*elements[:64], *([rest] if rest else [])]
        kinds = {ast.Tuple: "t", ast.List: "l", ast.Set: "S"}
        return [kinds[type(node)], elements]

    def _dict(self, node: ast.Dict) -> Expression:
        keys = [self.expression(key) if key is not None else ["*"] for key in node.keys]
        values = [self.expression(value) for value in node.values]
        if len(values) > 64:
            rest = _opaque([*(key for key in keys[64:] if key != ["*"]), *values[64:]])
            keys, values = keys[:64], [*values[:64]]
            if rest:
                keys, values = [*keys, 0], [*values, rest]
        return ["d", keys, values]

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Expression:
        generators = [
            [
                self.expression(part.target),
                self.expression(part.iter),
                [self.test(test) for test in part.ifs],
                part.is_async,
                self.place(part.iter.lineno, part.iter.col_offset),
            ]
            for part in node.generators
        ]
        if isinstance(node, ast.DictComp):
            return ["g", "d", self.expression(node.key), generators, self.expression(node.value)]
        kinds = {ast.ListComp: "l", ast.SetComp: "S", ast.GeneratorExp: "g"}
        return ["g", kinds[type(node)], self.expression(node.elt), generators, 0]

    def _lambda(self, node: ast.Lambda) -> Expression:
        return ["L", self.lambda_number(node)]

    def _await(self, node: ast.Await) -> Expression:
        return ["aw", self.expression(node.value)]

    def _yield(self, node: ast.Yield) -> Expression:
        self._generator = True
        return ["y", self.expression(node.value)]

    def _yield_from(self, node: ast.YieldFrom) -> Expression:
        self._generator = True
        return ["yf", self.expression(node.value), self.place(node.lineno, node.col_offset)]

    def _starred(self, node: ast.Starred) -> Expression:
        return ["*", self.expression(node.value), self.place(node.lineno, node.col_offset)]

    def _named(self, node: ast.NamedExpr) -> Expression:
        return [":=", node.target.id, self.expression(node.value)]

    def _text(self, node: ast.JoinedStr) -> Expression:
        inner = _opaque([self.expression(value) for value in node.values])
        return ["x", [inner, ["s"]]] if inner else ["s"]

    def _formatted(self, node: ast.FormattedValue) -> Expression:
        parts = [self.expression(node.value)]
        if node.format_spec is not None:
            parts.append(self.expression(node.format_spec))
        return _opaque(parts)

    def _slice(self, node: ast.Slice) -> Expression:
        parts = [self.expression(part) for part in (node.lower, node.upper, node.step)]
        return ["x", [*(part for part in parts if has_effect(part)), ["slice"]]]

    def _unknown(self, node: ast.expr) -> Expression:
        """What newer syntax brings: what is evaluated within it, in order."""
        return _opaque(
            [
                self.expression(child)
                for child in ast.iter_child_nodes(node)
                if isinstance(child, ast.expr)
            ]
        )


_EXPRESSIONS: dict[type[ast.AST], Callable[[Expressions, Any], Expression]] = {
    ast.Name: Expressions._name,
    ast.Constant: Expressions._constant,
    ast.Attribute: Expressions._attribute,
    ast.Call: Expressions._call,
    ast.Subscript: Expressions._subscript,
    ast.BinOp: Expressions._binary,
    ast.BoolOp: Expressions._boolean,
    ast.UnaryOp: Expressions._unary,
    ast.Compare: Expressions._compare,
    ast.IfExp: Expressions._conditional,
    ast.Tuple: Expressions._sequence,
    ast.List: Expressions._sequence,
    ast.Set: Expressions._sequence,
    ast.Dict: Expressions._dict,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.Lambda: Expressions._lambda,
    ast.Await: Expressions._await,
    ast.Yield: Expressions._yield,
    ast.YieldFrom: Expressions._yield_from,
    ast.Starred: Expressions._starred,
    ast.NamedExpr: Expressions._named,
    ast.JoinedStr: Expressions._text,
    ast.FormattedValue: Expressions._formatted,
    ast.Slice: Expressions._slice,
}
"""How each kind is read. No object has this table: one that holds its own methods is garbage that
only the collector finds, and it is off where thousands of files are read."""

_INERT = frozenset({"k", "s", "B", "D", "C", "M", "F", "L", "slice"})


def has_effect(value: Expression) -> bool:
    """Whether evaluating it can do anything but give a value."""
    if not value or isinstance(value, str):
        return False
    return value[0] not in _INERT


def _opaque(values: list[Expression]) -> Expression:
    kept = [value for value in values if has_effect(value)]
    if not kept:
        return 0
    return kept[0] if len(kept) == 1 and kept[0][0] == "x" else ["x", kept]
