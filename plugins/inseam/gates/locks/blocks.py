"""Parsing `uv.lock` and `poetry.lock` package by package.

Services of one organisation lock the same versions, word by word, and parsing TOML is most of what
reading a lock takes. So each `[[package]]` is parsed by itself and remembered.
"""

from __future__ import annotations

import functools
import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_HEADER = re.compile(r"^\[\[package\]\][ \t]*$", re.MULTILINE)
_PACKAGE = "package"


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """A lock's tables."""

    document: Mapping[str, Any]
    """All but the packages."""
    packages: tuple[Mapping[str, Any], ...]
    lines: tuple[int, ...]
    """Of each package's header."""


def parse_blocks(text: str) -> Blocks:
    """The tables of a lock.

    Raises:
        ValueError: it is no TOML, or `package` is no array of tables.
    """
    text = text.replace("\r\n", "\n")
    starts = [found.start() for found in _HEADER.finditer(text)]
    lines = _line_numbers(text, starts)
    try:
        document, packages = _piecewise(text, starts)
    except ValueError:
        # A header within a string, tables that contradict each other, or no TOML at all: the
        # whole decides, and its error names the line.
        document, packages = _whole(text)
        if len(packages) != len(lines):
            lines = [1] * len(packages)
    return Blocks(document=document, packages=tuple(packages), lines=tuple(lines))


def _piecewise(text: str, starts: list[int]) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    """As `_whole`. A piece that ends in the middle of a string or an array does not parse."""
    bounds = [*starts, len(text)]
    document = tomllib.loads(text[: bounds[0]])
    packages: list[Mapping[str, Any]] = []
    if _PACKAGE in document:
        raise ValueError("packages are written in another form than tools write")
    for start, end in itertools.pairwise(bounds):
        package, others = _parse(text[start:end].rstrip())
        packages.append(package)
        if others.keys() & document.keys():
            raise ValueError("a table stands twice")
        document |= others
    return document, packages


@functools.lru_cache(maxsize=16384)
def _parse(block: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """A package's table, and whatever else follows it. Nobody changes them."""
    parsed = tomllib.loads(block)
    (package,) = parsed.pop(_PACKAGE)
    return package, parsed


def _whole(text: str) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    document = tomllib.loads(text)
    packages = document.pop(_PACKAGE, [])
    if not isinstance(packages, list) or not all(isinstance(item, dict) for item in packages):
        raise ValueError("`package` is no array of tables")
    return document, packages


def _line_numbers(text: str, starts: list[int]) -> list[int]:
    lines: list[int] = []
    position, line = 0, 1
    for start in starts:
        line += text.count("\n", position, start)
        position = start
        lines.append(line)
    return lines
