"""Where models are written: the lines of tables and columns, found by syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from inseam.gates.files import SourceError, read_source

Place = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Declared:
    """Where tables and their columns are declared."""

    tables: Mapping[str, Place]
    columns: Mapping[tuple[str, str], Place]

    def place(self, table: str, column: str | None) -> Place | None:
        """The place of a column, or else of its table, or None."""
        own = None if column is None else self.columns.get((table, column))
        return own or self.tables.get(table)


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """The class that is mapped to a table."""

    classes: tuple[tuple[str, str], ...]
    """Its file and qualified name, and those of the classes that it inherits from, in order."""
    attributes: Mapping[str, str]
    """What it calls the table's columns."""


def find_declared(
    root: Path,
    files: Iterable[str],
    classes: Mapping[str, Mapped],
) -> Declared:
    """Look for tables in a service's files.

    Args:
        root: the workspace.
        files: the service's files.
        classes: the classes, by table.
    """
    tables: dict[str, Place] = {}
    columns: dict[tuple[str, str], Place] = {}
    found: dict[str, Mapping[str, ast.ClassDef]] = {}
    known = {file for mapped in classes.values() for file, _ in mapped.classes}
    for file in sorted({*(f for f in files if f.endswith(".py")), *known}):
        tree = _parsed(root / file, wanted=file in known)
        if tree is None:
            continue
        if file in known:
            found[file] = dict(_classes(tree))
        for table, call in _table_calls(tree):
            tables[table] = (file, call.lineno)
            for column, line in _column_calls(call):
                columns[table, column] = (file, line)
    for table, mapped in classes.items():
        own: dict[tuple[str, str], Place] = {}
        for number, (file, name) in enumerate(mapped.classes):
            if (node := found.get(file, {}).get(name)) is None:
                continue
            if number == 0:
                tables[table] = (file, node.lineno)
            lines = dict(_attributes(node))
            for column, attribute in mapped.attributes.items():
                if attribute in lines:
                    own.setdefault((table, column), (file, lines[attribute]))
        columns |= own
    return Declared(tables=tables, columns=columns)


def _parsed(path: Path, *, wanted: bool) -> ast.Module | None:
    try:
        text = read_source(path)
        # Most of a service's files have no table: to parse them all would take long.
        return ast.parse(text) if wanted or "Table(" in text else None
    except (SourceError, SyntaxError, ValueError, RecursionError):
        return None


def _table_calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _name_of(node.func) != "Table" or not node.args:
            continue
        name = _text(node.args[0])
        if name is not None:
            schema = next((_text(k.value) for k in node.keywords if k.arg == "schema"), None)
            yield (f"{schema}.{name}" if schema else name), node


def _column_calls(table: ast.Call) -> Iterator[tuple[str, int]]:
    for argument in table.args:
        if isinstance(argument, ast.Call) and _name_of(argument.func) == "Column":
            name = _text(argument.args[0]) if argument.args else None
            if name is not None:
                yield name, argument.lineno


def _classes(tree: ast.Module) -> Iterator[tuple[str, ast.ClassDef]]:
    """The classes of a file by their qualified names."""
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    while waiting:
        prefix, node = waiting.pop()
        for child in reversed(list(ast.iter_child_nodes(node))):
            if isinstance(child, ast.ClassDef):
                waiting.append((f"{prefix}{child.name}.", child))
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                waiting.append((f"{prefix}{child.name}.<locals>.", child))
            elif isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                waiting.append((prefix, child))
        if isinstance(node, ast.ClassDef):
            yield prefix.removesuffix("."), node


def _attributes(node: ast.ClassDef) -> Iterator[tuple[str, int]]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, statement.lineno
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield target.id, statement.lineno


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
