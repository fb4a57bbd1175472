"""What revisions do that bites later: imports of live code, and what needs a connection."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from inseam.gates.alembic.chain.model import Place

_CONNECTION = frozenset({"get_bind"})
"""Functions of `op` and of the migration context that give a connection, None when offline."""

_INNER_IMPORT = re.compile(r"^[ \t]+(?:from|import)\b|[:;][ \t]*(?:from|import)\b", re.MULTILINE)
_ASKED_FOR = re.compile(r"\bget_(?:bind|context)\b")


def imported_modules(tree: ast.Module, text: str) -> tuple[Place, ...]:
    """The modules that a file imports, wherever it does, each once.

    `from package import name` yields `package.name`, as either may be the module.
    """
    found: dict[str, int] = {}
    # To walk a whole tree takes as long as to parse it: only where there is something to find.
    for node in ast.walk(tree) if _INNER_IMPORT.search(text) else tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.setdefault(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                found.setdefault(f"{node.module}.{alias.name}", node.lineno)
    return tuple(Place(line=line, what=name) for name, line in sorted(found.items()))


def offline_unsafe(tree: ast.Module, text: str) -> tuple[Place, ...]:
    """Calls that need a connection, outside of code that asks for the offline mode first."""
    return tuple(_unsafe(tree)) if _ASKED_FOR.search(text) else ()


def _unsafe(node: ast.AST) -> Iterator[Place]:
    if isinstance(node, ast.If | ast.IfExp) and _asks_for_mode(node.test):
        return
    if isinstance(node, ast.Call) and _gives_connection(node.func):
        yield Place(line=node.lineno, what=f"{ast.unparse(node.func)}()")
    if isinstance(node, ast.Attribute) and _is_context_connection(node):
        yield Place(line=node.lineno, what=ast.unparse(node))
    for child in ast.iter_child_nodes(node):
        yield from _unsafe(child)


def _gives_connection(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in _CONNECTION


def _is_context_connection(node: ast.Attribute) -> bool:
    if node.attr not in ("bind", "connection") or not isinstance(node.value, ast.Call):
        return False
    return ast.unparse(node.value.func).endswith("get_context")


def _asks_for_mode(test: ast.expr) -> bool:
    names = {node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute)}
    return bool(names & {"is_offline_mode", "as_sql"})
