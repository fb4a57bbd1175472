"""What a revision does, whatever it looks like: for telling edits from cosmetics."""

from __future__ import annotations

import ast
import hashlib

_DOCUMENTED = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def fingerprint(tree: ast.Module) -> str:
    """32 hex digits over the syntax without comments, docstrings, imports and annotations.

    Args:
        tree: a file's syntax; it is changed.
    """
    stripped = _Strip().visit(tree)
    return hashlib.sha256(ast.dump(stripped).encode("utf-8", "surrogateescape")).hexdigest()[:32]


class _Strip(ast.NodeTransformer):
    """Takes out what does not bear on what the file does to a database."""

    def visit_Import(self, node: ast.Import) -> None:
        """Nothing is left of it."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Nothing is left of it."""

    def visit_Pass(self, node: ast.Pass) -> None:
        """Nothing is left of it: a docstring in its place does the same."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        """The assignment alone."""
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign(targets=[node.target], value=node.value))

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """The parameter alone."""
        return ast.arg(arg=node.arg)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """An f-string without a placeholder is a string."""
        if all(isinstance(value, ast.Constant) for value in node.values):
            parts = [value.value for value in node.values if isinstance(value, ast.Constant)]
            return ast.Constant("".join(map(str, parts)))
        return self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Docstrings and what functions return go; all else stays."""
        if isinstance(node, _DOCUMENTED):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        return super().generic_visit(node)
