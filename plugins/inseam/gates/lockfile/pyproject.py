"""A TOML file of the workspace with its lines: `pyproject.toml`, `uv.toml`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from inseam.gates import located_toml
from inseam.gates.environment.lock import LockError
from inseam.gates.files import SourceError, decode_source, read_bytes
from inseam.gates.lockfile.verdict import Place
from inseam.gates.locks import shape

PYPROJECT = "pyproject.toml"


@dataclass(frozen=True)
class TomlFile:
    """A parsed file. Lines are only looked up where something is found."""

    file: str
    """Posix, relative to the workspace."""
    text: str
    document: Mapping[str, Any]

    @functools.cached_property
    def _lines(self) -> located_toml.Document:
        return located_toml.parse(self.text)

    @property
    def folder(self) -> str:
        """The folder that it lies in; "." for the workspace's."""
        return str(PurePosixPath(self.file).parent)

    def table(self, *path: str) -> Mapping[str, Any]:
        """The table at `path`; an empty one if it is missing.

        Raises:
            ShapeError: it is something else.
        """
        found = self.document
        for key in path:
            found = shape.table(found, key)
        return found

    def place(self, *path: str | int, text: str | None = None) -> Place:
        """Where the key at `path` stands, or the first line from there on that holds `text`."""
        line = self._lines.line(path)
        if text is not None:
            rest = self.text.split("\n")[line - 1 :]
            line += next((index for index, found in enumerate(rest) if text in found), 0)
        return Place(file=self.file, line=line)


def read_toml(root: Path, file: str) -> TomlFile | None:
    """The file, or None if there is none.

    Raises:
        LockError: `pyproject-unreadable`, it is no TOML or cannot be read.
    """
    path = root / file
    if not path.is_file():
        return None
    try:
        text = decode_source(read_bytes(path), encoding="utf-8-sig")
        return TomlFile(file, text, located_toml.parse_values(text))
    except SourceError as error:
        raise LockError(
            "pyproject-unreadable", error.message, "correct the file", file=file, line=error.line
        ) from error


def join(folder: str, path: str) -> str | None:
    """`path` seen from `folder`, relative to the workspace; None if that leads out of it."""
    parts: list[str] = []
    for part in PurePosixPath(folder, path.replace("\\", "/")).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part == "/":
            return None
        else:
            parts.append(part)
    return "/".join(parts) or "."


def relative(path: str, folder: str) -> str:
    """`path` as it is written in a lock in `folder`; both relative to the workspace."""
    own = [part for part in PurePosixPath(path).parts if part != "."]
    base = [part for part in PurePosixPath(folder).parts if part != "."]
    common = 0
    while common < min(len(own), len(base)) and own[common] == base[common]:
        common += 1
    return "/".join([".."] * (len(base) - common) + own[common:]) or "."
