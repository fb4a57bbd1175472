"""Syntax that the running interpreter does not know yet, told in older words.

Lines stay where they are, so that places stay right. What cannot be told is left as it is, and
fails to parse.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from inseam.gates.async_blocking import newer_strings

_EXCEPT = re.compile(  # PEP 758, Python 3.14
    r"^([ \t]*except\*?[ \t]+)([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*,?[ \t]*:", re.MULTILINE
)
# PEP 695 and 696, Python 3.12 and 3.13
_GENERIC = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+\w+(\[)", re.MULTILINE)
_ALIAS = re.compile(r"^[ \t]*(type[ \t]+)\w+[ \t]*(\[|=)", re.MULTILINE)
_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}


def in_older_words(content: bytes) -> str | None:
    """`content` with what newer Pythons brought replaced by older words of the same meaning; None
    if its encoding is not known."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        source = content.decode(encoding).replace("\r\n", "\n")
        return _Rewriting(newer_strings.in_older_words(source)).done()
    except (SyntaxError, ValueError, LookupError):
        return None


class _Rewriting:
    def __init__(self, source: str) -> None:
        self._source = source
        self._code = _blanked(source)
        """The same without what texts and comments say."""
        self._changes: list[tuple[int, int, str]] = []
        self._variables: dict[str, None] = {}
        """Definitions of type variables, for the end of the file."""

    def done(self) -> str:
        """The rewritten file."""
        for found in _EXCEPT.finditer(self._code):
            self._changes.append((*found.span(2), f"({found.group(2)})"))
        for found in _GENERIC.finditer(self._code):
            self._generic(found)
        for found in _ALIAS.finditer(self._code):
            end = found.start(2)
            if found.group(2) == "[":
                end = self._parameters(end)[1]
                self._changes.append((found.start(2), end, self._line_ends(found.start(2), end)))
            self._changes.append((*found.span(1), ""))
        parts: list[str] = []
        place = 0
        for start, end, text in sorted(self._changes):
            parts += self._source[place:start], text
            place = end
        parts.append(self._source[place:])
        if self._variables:
            parts += "\nfrom typing import Generic, TypeVar\n", *self._variables
        return "".join(parts)

    def _generic(self, found: re.Match[str]) -> None:
        start = found.start(1)
        names, end = self._parameters(start)
        kept = self._line_ends(start, end)
        bases = f"(Generic[{', '.join(names)}]" if names and "class" in found.group() else ""
        if bases and self._code.startswith("(", end):
            self._changes.append((start, end + 1, f"{kept}{bases}, "))
        else:
            self._changes.append((start, end, f"{kept}{bases and bases + ')'}"))

    def _parameters(self, start: int) -> tuple[list[str], int]:
        """The type variables in brackets, and the place behind these."""
        names: list[str] = []
        place = start + 1
        for part_end in self._part_ends(start):
            part = self._source[place:part_end].strip()
            place = part_end + 1
            name, _, bound = part.partition("=")[0].partition(":")
            if name.strip().isidentifier():
                names.append(name.strip())
                self._define(name.strip(), " ".join(bound.split()))
        return names, place

    def _define(self, name: str, bound: str) -> None:
        stated = f", {bound[1:-1]}" if bound[:1] == "(" else f", bound={bound}" if bound else ""
        self._variables[f'{name} = TypeVar("{name}"{stated})\n'] = None

    def _part_ends(self, start: int) -> Iterator[int]:
        """The places of the commas in brackets, and of the closing one."""
        expected: list[str] = []
        for place in range(start, len(self._code)):
            character = self._code[place]
            if character in _CLOSED_BY:
                expected.append(_CLOSED_BY[character])
            elif expected and character == expected[-1]:
                expected.pop()
                if not expected:
                    yield place
                    return
            elif character == "," and len(expected) == 1:
                yield place
        raise ValueError("brackets that do not end")

    def _line_ends(self, start: int, end: int) -> str:
        # A line end within the brackets is kept behind a backslash.
        return "\\\n" * self._source.count("\n", start, end)


def _blanked(source: str) -> str:
    parts: list[str] = []
    place = 0
    for text in newer_strings.texts(source):
        parts.append(source[place : text.start])
        parts += ("\n" if one == "\n" else " " for one in source[text.start : text.end])
        place = text.end
    return "".join([*parts, source[place:]])
