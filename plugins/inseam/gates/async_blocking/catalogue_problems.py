"""What is wrong with files of the catalogue, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inseam.policy import reader
from inseam.policy.tree import Items, Table

Path = tuple[str | int, ...]
"""Keys from the document's root."""


@dataclass(frozen=True, kw_only=True, order=True)
class CatalogueProblem:
    """What is wrong with a file of the catalogue, and where."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class CatalogueError(Exception):
    """A file of the catalogue cannot be used."""

    def __init__(self, problems: tuple[CatalogueProblem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def located(
    file: str, data: bytes, problems: list[tuple[Path, str]]
) -> tuple[CatalogueProblem, ...]:
    """Problems of a file at the lines and columns of what they were found in."""
    root, _ = reader.read(file, data)
    found = []
    for path, message in problems:
        line, column = 1, 1
        node: Any = root
        for key in path:
            if isinstance(node, Table) and str(key) in node.entries:
                entry = node.entries[str(key)]
                line, column, node = entry.key.line, entry.key.column, entry.value
            elif isinstance(node, Items) and isinstance(key, int) and key < len(node.nodes):
                node = node.nodes[key]
                line, column = node.line, node.column
        found.append(CatalogueProblem(file=file, line=line, column=column, message=message))
    return tuple(sorted(found))
