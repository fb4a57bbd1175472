"""Suppressions in BUILD files: `skip_ruff=True` and the like. They are parsed, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from inseam.findings.model import line_key
from inseam.gates.files import SourceSyntaxError, source_lines
from inseam.gates.suppressions.comments import Place, Silencer

_PREFIX = "skip_"


def is_build_file(name: str) -> bool:
    """Whether Pants takes a file of this name for a BUILD file."""
    return name == "BUILD" or name.startswith("BUILD.")


def in_build_file(text: str) -> Iterator[Place]:
    """Every field `skip_…` that is set to anything but False: in a target, in `__defaults__`, in
    `overrides`.

    Raises:
        SourceSyntaxError: it does not parse.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise SourceSyntaxError(
            f"the BUILD file does not parse: {error.msg}", line=error.lineno
        ) from error
    except ValueError as error:  # a null byte
        raise SourceSyntaxError(f"the BUILD file does not parse: {error}") from error
    lines = source_lines(text)
    for node in ast.walk(tree):
        for field, value in _fields(node):
            if isinstance(value, ast.Constant) and value.value in (False, None):
                continue
            silencer = Silencer(kind="build-skip", directive=f"{field} = {ast.unparse(value)}")
            yield Place(
                silencer=silencer,
                line=value.lineno,
                column=value.col_offset + 1,
                key=line_key(lines[value.lineno - 1]),
            )


def _fields(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The fields `skip_…` that a call or a dictionary states."""
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg is not None and keyword.arg.startswith(_PREFIX):
                yield keyword.arg, keyword.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            name = key.value if isinstance(key, ast.Constant) else None
            if isinstance(name, str) and name.startswith(_PREFIX):
                yield name, value
