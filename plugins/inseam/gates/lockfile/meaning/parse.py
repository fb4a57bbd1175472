"""Environment markers (PEP 508) as trees."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    r"\s*(?:(?P<paren>[()])|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<operator>===|==|~=|!=|<=|>=|<|>|not\s+in\b|in\b)"
    r"|(?P<word>[A-Za-z_][\w.]*)|(?P<end>$))"
)
_ALIASES = {
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.version": "platform_version",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    "python_implementation": "platform_python_implementation",
}
VARIABLES = frozenset(
    {
        *("python_version", "python_full_version", "os_name", "sys_platform", "platform_release"),
        *("platform_system", "platform_version", "platform_machine", "implementation_name"),
        *("platform_python_implementation", "implementation_version", "extra", "extras"),
        *("dependency_groups",),
    }
)
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
MAX_DEPTH = 50


class MarkerError(ValueError):
    """It is no marker."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A comparison of a variable with a text."""

    variable: str
    operator: str
    value: str
    reversed: bool = False
    """`'linux' in sys_platform` rather than `sys_platform in 'linux'`."""


@dataclass(frozen=True, slots=True)
class Node:
    """What holds if all, any, or none of its parts do. All of nothing is always true."""

    kind: Literal["and", "or", "none"]
    parts: tuple[Tree, ...]


Tree = Atom | Node

ALWAYS = Node("and", ())


@functools.lru_cache(maxsize=8192)
def parse_marker(text: str | None) -> Tree:
    """The tree of a marker; None is the one that always holds.

    Raises:
        MarkerError: it is no marker.
    """
    if text is None or not text.strip():
        return ALWAYS
    parser = _Parser(text)
    tree = parser.disjunction(0)
    parser.expect("end")
    return tree


def atoms(tree: Tree) -> Iterator[Atom]:
    """The comparisons in a tree."""
    if isinstance(tree, Atom):
        yield tree
    else:
        for part in tree.parts:
            yield from atoms(part)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split())
        self._index = 0

    def _split(self) -> Iterator[tuple[str, str]]:
        position = 0
        while True:
            found = _TOKEN.match(self._text, position)
            if found is None or found.lastgroup is None:
                raise MarkerError(f"{self._text!r} is no marker")
            yield found.lastgroup, found[found.lastgroup]
            if found.lastgroup == "end":
                return
            position = found.end()

    def _next(self) -> tuple[str, str]:
        token = self._tokens[min(self._index, len(self._tokens) - 1)]
        self._index += 1
        return token

    def _peek(self) -> tuple[str, str]:
        return self._tokens[min(self._index, len(self._tokens) - 1)]

    def expect(self, kind: str, value: str | None = None) -> str:
        """The next token's text, which has to be of `kind`."""
        found, text = self._next()
        if found != kind or (value is not None and text != value):
            raise MarkerError(f"{self._text!r} is no marker")
        return text

    def disjunction(self, depth: int) -> Tree:
        """`a or b`."""
        return self._chain("or", depth)

    def _chain(self, word: Literal["and", "or"], depth: int) -> Tree:
        if depth > MAX_DEPTH:
            raise MarkerError("the marker is nested too deeply")
        parts = [self._part(word, depth)]
        while self._peek() == ("word", word):
            self._next()
            parts.append(self._part(word, depth))
        return parts[0] if len(parts) == 1 else Node(word, tuple(parts))

    def _part(self, word: str, depth: int) -> Tree:
        if word == "or":
            return self._chain("and", depth)
        if self._peek() == ("paren", "("):
            self._next()
            tree = self._chain("or", depth + 1)
            self.expect("paren", ")")
            return tree
        return self._comparison()

    def _comparison(self) -> Atom:
        left_kind, left = self._next()
        operator = re.sub(r"\s+", " ", self.expect("operator"))
        right_kind, right = self._next()
        if (left_kind, right_kind) == ("word", "text"):
            return Atom(self._variable(left), operator, right[1:-1])
        if (left_kind, right_kind) == ("text", "word"):
            if operator in ("in", "not in"):
                return Atom(self._variable(right), operator, left[1:-1], reversed=True)
            return Atom(self._variable(right), _MIRRORED.get(operator, operator), left[1:-1])
        raise MarkerError(f"{self._text!r} does not compare a variable with a text")

    def _variable(self, word: str) -> str:
        name = _ALIASES.get(word, word)
        if name not in VARIABLES:
            raise MarkerError(f"{self._text!r} speaks of {word}, which markers do not know")
        return name
