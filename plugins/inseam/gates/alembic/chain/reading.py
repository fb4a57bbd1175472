"""Reading a revision's file by its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from inseam.gates.alembic.chain.idioms import imported_modules, offline_unsafe
from inseam.gates.alembic.chain.model import Body, Revision, Unclear

_NAMES = ("revision", "down_revision", "branch_labels", "depends_on")
_ILLEGAL = frozenset("@-+")
"""What Alembic's own language of revisions uses."""
_COLLECTIONS = frozenset({"frozenset", "list", "set", "tuple"})


class _NotConstantError(Exception):
    """A value that only running the file would tell."""


def read_revision(file: str, tree: ast.Module, text: str) -> Revision | Unclear:
    """A revision's file, or what about it cannot be told.

    Args:
        file: its path, for what is returned.
        tree: its syntax.
        text: its text.
    """
    values: dict[str, tuple[tuple[str, ...] | None, int]] = {}
    known = _Assigned(tree)
    for name in _NAMES:
        if (problem := known.problem(name)) is not None:
            line, reason = problem
            return Unclear(file=file, line=line, name=name, reason=reason)
        if (found := known.top.get(name)) is None:
            continue
        node, line = found
        try:
            values[name] = (_strings(node, known, allow_many=name != "revision"), line)
        except _NotConstantError:
            reason = "is computed, so only running the file tells what it is"
            return Unclear(file=file, line=line, name=name, reason=reason)
    ids, line = values.get("revision", (None, 1))
    if not ids:
        reason = "is not assigned"
        return Unclear(file=file, line=line, name="revision", reason=reason, missing=True)
    if illegal := sorted(_ILLEGAL.intersection(ids[0])):
        reason = f"is {ids[0]!r}, and Alembic allows no {' and no '.join(illegal)} in it"
        return Unclear(file=file, line=line, name="revision", reason=reason, missing=True)
    if "down_revision" not in values:
        reason = "is not assigned; a first revision says None"
        return Unclear(file=file, line=line, name="down_revision", reason=reason, missing=True)
    down, down_line = values["down_revision"]
    upgrade, _ = _body(tree, known, "upgrade")
    downgrade, downgrade_line = _body(tree, known, "downgrade")
    return Revision(
        file=file,
        line=line,
        id=ids[0],
        down=down or (),
        down_line=down_line,
        depends_on=values.get("depends_on", (None, 0))[0] or (),
        labels=values.get("branch_labels", (None, 0))[0] or (),
        upgrade=upgrade,
        downgrade=downgrade,
        downgrade_line=downgrade_line or line,
        imports=imported_modules(tree, text),
        offline_unsafe=offline_unsafe(tree, text),
    )


class _Assigned:
    """What a module assigns at its top level, and what it assigns only under a condition."""

    def __init__(self, tree: ast.Module) -> None:
        self.top: dict[str, tuple[ast.expr, int]] = {}
        """The last value of each name."""
        self._nested: dict[str, int] = {}
        self._imported: dict[str, int] = {}
        for statement in tree.body:
            for name, value in _bindings(statement):
                self.top[name] = (value, statement.lineno)
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for alias in statement.names:
                    self._imported[alias.asname or alias.name] = statement.lineno
            elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for inner in _nested_statements(statement):
                    for name, _ in _bindings(inner):
                        self._nested[name] = inner.lineno

    def problem(self, name: str) -> tuple[int, str] | None:
        """Why what `name` is depends on a run, and the line; None if it does not."""
        if name in self._nested:
            return self._nested[name], "is assigned under a condition or in a loop"
        if name in self._imported:
            return self._imported[name], "is imported from elsewhere"
        return None


def _nested_statements(statement: ast.stmt) -> Iterator[ast.stmt]:
    for node in ast.walk(statement):
        if isinstance(node, ast.stmt) and node is not statement:
            yield node


def _bindings(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(statement, ast.AnnAssign):
        if isinstance(statement.target, ast.Name) and statement.value is not None:
            yield statement.target.id, statement.value
    elif isinstance(statement, ast.AugAssign):
        if isinstance(statement.target, ast.Name):
            yield statement.target.id, ast.BinOp(statement.target, statement.op, statement.value)
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from _unpacked(target, statement.value)


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple | ast.List):
        parts = value.elts if isinstance(value, ast.Tuple | ast.List) else None
        fitting = parts is not None and len(parts) == len(target.elts)
        for index, inner in enumerate(target.elts):
            yield from _unpacked(inner, parts[index] if parts and fitting else value)


def _strings(node: ast.expr, known: _Assigned, *, allow_many: bool) -> tuple[str, ...] | None:
    """A value that is a string, None, or with `allow_many` several strings."""
    if isinstance(node, ast.Constant) and node.value is None:
        return None
    if allow_many and (elements := _elements(node)) is not None:
        return tuple(_string(element, known, 0) for element in elements)
    if isinstance(node, ast.Name) and node.id in known.top and node.id not in _NAMES:
        target = known.top[node.id][0]
        if known.problem(node.id) is None and not isinstance(target, ast.Name):
            return _strings(target, known, allow_many=allow_many)
    return (_string(node, known, 0),)


def _elements(node: ast.expr) -> list[ast.expr] | None:
    """What a collection holds, which Alembic reads without its Nones; None if it is none."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _COLLECTIONS
        and not node.keywords
        and len(node.args) <= 1
    ):
        return _elements(node.args[0]) if node.args else []
    if not isinstance(node, ast.Tuple | ast.List | ast.Set):
        return None
    return [e for e in node.elts if not (isinstance(e, ast.Constant) and e.value is None)]


def _string(node: ast.expr, known: _Assigned, depth: int) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_string(part, known, depth) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _string(node.left, known, depth) + _string(node.right, known, depth)
    name = node.id if isinstance(node, ast.Name) and depth < 5 else ""
    if name in known.top and known.problem(name) is None:
        return _string(known.top[name][0], known, depth + 1)
    raise _NotConstantError


def _body(tree: ast.Module, known: _Assigned, name: str) -> tuple[Body, int]:
    """What the function `name` does, and its line; 0 if there is none."""
    found = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    if not found:
        # Assigned, imported or made under a condition: it may do anything.
        elsewhere = name in known.top or known.problem(name) is not None
        return (Body.WORKS if elsewhere else Body.MISSING), 0
    function = found[-1]
    kinds = {_kind(statement) for statement in function.body} - {Body.EMPTY}
    if not kinds:
        return Body.EMPTY, function.lineno
    return (Body.RAISES if kinds == {Body.RAISES} else Body.WORKS), function.lineno


def _kind(statement: ast.stmt) -> Body:
    if isinstance(statement, ast.Pass):
        return Body.EMPTY
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return Body.EMPTY
    if isinstance(statement, ast.Return) and (
        statement.value is None or isinstance(statement.value, ast.Constant)
    ):
        return Body.EMPTY
    return Body.RAISES if isinstance(statement, ast.Raise) else Body.WORKS
