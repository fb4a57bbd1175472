"""What the text of a file says of its classes, so that it need not be parsed where that rules them
out: where their bases come from, and what their methods take.

Names are all that is known of files that may hold classes below a class (see `hierarchy`), and
many share names: every module with an `Enum` of its own would be a candidate for any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from inseam.gates.async_blocking.hierarchy import CLASS

# Patterns begin with plain text, which is searched for fast.
_FROM = re.compile(rb"from[ \t]+(\.*)([\w.]*)[ \t]+import\b[ \t]*(\([^)]*\)|(?:\\\r?\n|[^\n])*)")
_STAR = re.compile(rb"import[ \t]*\*")
_BRACKET = re.compile(rb"[()]")
_MOST = 16
"""Places in a text from which on it is parsed rather than taken apart here."""


class Origin(NamedTuple):
    """`from module import name`."""

    level: int
    module: str
    name: str
    attribute: str
    """What of it is the base; empty if it is the base itself."""


def origins(content: bytes, base: str) -> list[Origin]:
    """What classes in a file may name as a base that is called `base`; empty if its text does not
    tell for sure.

    Args:
        content: the file.
        base: a class's name.
    """
    last = base.encode()
    stated = b" , ".join(CLASS.findall(content))
    ways = set(re.findall(rb"(?<![\w.])((?:\w+[ \t]*\.[ \t]*)*)" + last + rb"\b", stated))
    if not ways or len(ways) > _MOST or b"(" in stated:
        return []
    found: list[Origin] = []
    for way in ways:
        holder, _, deeper = way.replace(b" ", b"").rstrip(b".").partition(b".")
        here = [] if deeper else _imported(content, holder or last)
        if not here:
            return []
        attribute = base if holder else ""
        found += [Origin(len(dots), module, name, attribute) for dots, module, name in here]
    return found


def _imported(content: bytes, name: bytes) -> list[tuple[str, str, str]]:
    """The imports that bind a name; empty if something else may."""
    alone = re.compile(rb"(?<![\w.])" + name + rb"\b")
    bound = re.compile(name + rb"[ \t]*(?::[^\n]*)?=(?!=)")
    defined = re.compile(rb"class[ \t]+" + name + rb"\b")
    if bound.search(content) or defined.search(content) or _STAR.search(content):
        return []
    found = []
    for dots, module, names in _FROM.findall(content):
        if alone.search(names):
            if re.search(rb"\bas\b", names):
                return []
            found.append((dots.decode(), module.decode(), name.decode()))
    return found if len(found) <= _MOST else []


def may_take(content: bytes, method: str, named: Iterable[str]) -> bool:
    """Whether a file may define a method that takes parameters of some names."""
    words = [re.compile(rb"\b" + name.encode() + rb"\b") for name in named]
    return any(
        not _CATCHING.isdisjoint(taken) or all(word.search(taken) for word in words)
        for found in re.finditer(rb"def[ \t]+" + method.encode() + rb"[ \t]*\(", content)
        for taken in [_within(content, found.end())]
    )


_CATCHING = frozenset(b"*'\"#")
"""What takes any name, or may hide where the parameters end."""


def _within(content: bytes, start: int) -> bytes:
    """What stands between parentheses."""
    depth = 1
    for bracket in _BRACKET.finditer(content, start):
        depth += 1 if bracket[0] == b"(" else -1
        if not depth:
            return content[start : bracket.start()]
    return content[start:]
