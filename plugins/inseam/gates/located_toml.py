"""Reading TOML with line numbers, which `tomllib` does not keep."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from inseam.gates.files import SourceSyntaxError

KeyPath = tuple[str | int, ...]
"""Keys, and for arrays of tables the index, from the document's root."""

_KEY_PART = r"""(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[A-Za-z0-9_-]+)"""
_KEY = rf"{_KEY_PART}(?:[ \t]*\.[ \t]*{_KEY_PART})*"
_STATEMENT = re.compile(
    rf"[ \t]*(?:(?P<open>\[\[?)[ \t]*(?P<table>{_KEY})[ \t]*\]\]?|(?P<key>{_KEY})[ \t]*=)"
)
_REST = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|(?P<opening>[\[{])|(?P<closing>[\]}])|(?P<end>\n)"
    r"|[^\"'#\[\]{}\n]+",
    re.DOTALL,
)
_PLACE = re.compile(r" \(at line (\d+), column \d+\)")


@dataclass(frozen=True, kw_only=True)
class Document:
    """A TOML document and where its keys stand."""

    content: dict[str, Any]
    lines: dict[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """The line of the key at `path`, or of the nearest one around it that has a line."""
        for length in range(len(path), 0, -1):
            if (line := self.lines.get(path[:length])) is not None:
                return line
        return 1


def parse(text: str) -> Document:
    """The document in `text`.

    Raises:
        SourceSyntaxError: it is no TOML.
    """
    content = parse_values(text)
    return Document(content=content, lines=dict(_lines(text.replace("\r\n", "\n"))))


def parse_values(text: str) -> dict[str, Any]:
    """The document in `text` without its lines, which takes less time.

    Raises:
        SourceSyntaxError: it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        message = f"the file is no valid TOML: {_PLACE.sub('', str(error))}"
        raise SourceSyntaxError(message, line=int(place[1]) if place else None) from error


def _lines(text: str) -> Iterator[tuple[KeyPath, int]]:
    """The line of every table's header and of every key outside of inline tables.

    `text` is valid TOML, so the first thing on a line outside of a value tells what the line is.
    """
    table: KeyPath = ()
    tables: dict[KeyPath, int] = {}
    position, line = 0, 1
    while position < len(text):
        if found := _STATEMENT.match(text, position):
            if found["key"]:
                yield table + _keys(found["key"]), line
            else:
                table = _keys(found["table"])
                if found["open"] == "[[":
                    tables[table] = tables.get(table, -1) + 1
                table = _indexed(table, tables)
                yield table, line
            position = found.end()
        end = _end_of_statement(text, position)
        line += text.count("\n", position, end)
        position = end


def _end_of_statement(text: str, position: int) -> int:
    """Where the value or comment that begins at `position` ends, behind its line's end."""
    depth = 0
    while position < len(text) and (found := _REST.match(text, position)):
        position = found.end()
        if found["opening"]:
            depth += 1
        elif found["closing"]:
            depth -= 1
        elif found["end"] and depth == 0:
            return position
    return len(text)


def _indexed(table: KeyPath, tables: dict[KeyPath, int]) -> KeyPath:
    """`table` with the current index behind each part that is an array of tables."""
    path: KeyPath = ()
    for length, key in enumerate(table, 1):
        path += (key,)
        if (index := tables.get(table[:length])) is not None:
            path += (index,)
    return path


def _keys(dotted: str) -> KeyPath:
    """The parts of a dotted key, without quotes."""
    keys: list[str] = []
    value: Any = tomllib.loads(f"{dotted} = 0")
    while isinstance(value, dict):
        key, value = next(iter(value.items()))
        keys.append(key)
    return tuple(keys)
