"""Which files may hold classes below a class: told from text, before any file is parsed."""

from __future__ import annotations

import hashlib
import json
import re
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inseam.gates.async_blocking import bags
from inseam.gates.async_blocking.command_lines import LOOPS

# Patterns begin with plain text, which is searched for fast; finds in comments are harmless.
CLASS = re.compile(rb"class \s*\w+\s*\(([^)]*)\)")
"""A class with its list of bases, as far as the first parenthesis that ends there."""
_DEF = re.compile(rb"def \s*(\w+)")
_NAME = re.compile(rb"[A-Za-z_]\w*")
_ASYNC = re.compile(rb"async[ \t\\]+def\b")
_CALLBACKS = {
    b"call_": (b"call_soon", b"call_later", b"call_at"),
    b"add_": (
        *(b"add_done_callback", b"add_signal_handler", b"add_reader", b"add_writer"),
        *(b"add_callback", b"add_timeout"),  # Tornado's
    ),
    b"allback": (b"spawn_callback", b"PeriodicCallback"),
}
_OWN_LOOPS = {
    b"run(": [f"{module}.run(".encode() for module in LOOPS],
    b"_complete(": (b"run_until_complete(",),
}
"""Texts that are looked for, under what they have in common: most files lack even that."""

_MOST_SEARCHES = 50
"""Names that are searched for in a text before it is taken apart."""
MOST_FILES = 256
"""Files that are read in search of classes below one class."""


@dataclass(frozen=True, slots=True)
class Skim:
    """What a glance at a file's text tells."""

    has_async: bool
    has_callbacks: bool
    has_own_loops: bool
    """Whether it seems to run loops, as commands do."""
    bases: tuple[str, ...]
    """Names in the lists of bases."""
    methods: tuple[str, ...]
    """Names of functions, and what seems to be set on bags; see `bags`."""


def skim(content: bytes) -> Skim:
    """A glance at a file."""
    bases = {name for listed in CLASS.findall(content) for name in _NAME.findall(listed)}
    return Skim(
        has_async=_ASYNC.search(content) is not None,
        has_callbacks=_has_any(content, _CALLBACKS),
        has_own_loops=_has_any(content, _OWN_LOOPS),
        bases=_sorted(bases),
        methods=_sorted(bags.assigned(content).union(_DEF.findall(content))),
    )


def _has_any(content: bytes, texts: Mapping[bytes, Sequence[bytes]]) -> bool:
    return any(
        common in content and any(text in content for text in listed)
        for common, listed in texts.items()
    )


def _sorted(names: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(b" ".join(sorted(names)).decode("ascii").split())


def dump(seen: Skim) -> str:
    """A line of text for `load`."""
    fields = (seen.has_async, seen.has_callbacks, seen.has_own_loops, seen.bases, seen.methods)
    return json.dumps(fields, separators=(",", ":"))


def load(line: str) -> Skim:
    """What `dump` made a line of.

    Raises:
        ValueError, TypeError, LookupError: it is none.
    """
    known = json.loads(line)
    return Skim(known[0], known[1], known[2], tuple(known[3]), tuple(known[4]))


def query(kind: str, *names: str) -> str:
    """A question to the hierarchy, as dependencies name it."""
    return ":".join((f"?{kind}", *names))


class _Files:
    """The files that hold a name, by their numbers, for each name.

    As text, a line for each name: as few are asked for after an edit, lines are looked for where
    they stand, and only after many questions is the text taken apart.
    """

    def __init__(self, text: str = "") -> None:
        """
        Args:
            text: what `text` gave.
        """
        self._text = text
        self._lines: dict[str, str] | None = None
        self._numbers: dict[str, list[int]] = {}
        self._changed: set[str] = set()

    def of(self, name: str) -> list[int]:
        """The numbers of the files that hold a name, in order."""
        known = self._numbers.get(name)
        if known is None:
            known = [int(number) for number in self._line(name).split()]
            self._numbers[name] = known
        return known

    def _line(self, name: str) -> str:
        if not self._text:
            return ""
        if self._lines is not None:
            return self._lines.get(name, "")
        if len(self._numbers) >= _MOST_SEARCHES:
            self._lines = dict(line.split(" ", 1) for line in self._text[1:-1].split("\n"))
            return self._lines.get(name, "")
        start, end = self._place(name)
        return self._text[start:end].partition(" ")[2]

    def _place(self, name: str) -> tuple[int, int]:
        """Where a name's line begins and ends; the text's end if there is none."""
        start = self._text.find(f"\n{name} ") + 1
        if not start:
            return len(self._text), len(self._text)
        return start, self._text.index("\n", start)

    def add(self, name: str, number: int) -> None:
        """Adds a file to those that hold a name."""
        insort(self.of(name), number)
        self._changed.add(name)

    def remove(self, name: str, number: int) -> None:
        """Takes a file from those that hold a name."""
        self.of(name).remove(number)
        self._changed.add(name)

    def text(self) -> str:
        """All of it as text: lines with a line's end before each, and one at the end."""
        if not self._text:
            return _lines(
                [
                    f"{name} {' '.join(map(str, known))}"
                    for name, known in self._numbers.items()
                    if known
                ]
            )
        if len(self._changed) > _MOST_SEARCHES:
            lines = dict(line.split(" ", 1) for line in self._text[1:-1].split("\n"))
            for name in self._changed:
                lines[name] = " ".join(map(str, self._numbers[name]))
            return _lines([f"{name} {numbers}" for name, numbers in lines.items() if numbers])
        for name in sorted(self._changed):
            start, end = self._place(name)
            numbers = " ".join(map(str, self._numbers[name]))
            line = f"{name} {numbers}\n" if numbers else ""
            self._text = self._text[:start] + line + self._text[end + 1 :]
        return self._text if len(self._text) > 1 else ""


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(["", *lines, ""]) if lines else ""


class Hierarchy:
    """Where to look for classes below others."""

    def __init__(self, paths: Sequence[str] = (), deriving: str = "", defining: str = "") -> None:
        """
        Args:
            paths: files that were entered before, in order.
            deriving, defining: what `texts` gave for them.
        """
        self._paths = list(paths)
        self._deriving = _Files(deriving)
        self._defining = _Files(defining)
        self._sets: dict[str, frozenset[str]] = {}

    def enter(self, path: str, seen: Skim) -> None:
        """Adds a file; files are added in a fixed order."""
        number = len(self._paths)
        self._paths.append(path)
        for files, names in ((self._deriving, seen.bases), (self._defining, seen.methods)):
            known = files._numbers  # half a million times: the last is the largest
            for name in names:
                known.setdefault(name, []).append(number)

    def change(self, number: int, before: Skim, after: Skim) -> set[str]:
        """Corrects what a file holds.

        Returns: the names that it came to hold or holds no more.
        """
        changed: set[str] = set()
        for files, old, new in (
            (self._deriving, set(before.bases), set(after.bases)),
            (self._defining, set(before.methods), set(after.methods)),
        ):
            for name in new - old:
                files.add(name, number)
            for name in old - new:
                files.remove(name, number)
            changed |= old ^ new
        return changed

    def texts(self) -> tuple[str, str]:
        """All of it as text, for `__init__`."""
        return self._deriving.text(), self._defining.text()

    def answer(self, asked: str) -> str:
        """What stands for the answer to a query: the same as long as the answer is."""
        kind, *names = asked.split(":")
        if kind == "?deriving":
            found = self._deriving.of(names[0])
        else:
            found = sorted(set.intersection(*(set(self._defining.of(name)) for name in names)))
        paths = "\0".join([self._paths[number] for number in found])
        return hashlib.sha256(paths.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def defines(self, path: str, name: str) -> bool:
        """Whether a file defines a function of a name."""
        known = self._sets.get(name)
        if known is None:
            found = self._defining.of(name)
            known = self._sets[name] = frozenset(self._paths[number] for number in found)
        return path in known

    def deriving(self, name: str) -> Sequence[str]:
        """Files whose classes name a base so; none if they are too many to be told apart."""
        found = self._deriving.of(name)
        return [self._paths[one] for one in found] if len(found) <= MOST_FILES else ()

    def defining(self, methods: Sequence[str]) -> Sequence[str]:
        """Files that define all of some methods, or set what is on a bag; none if too many."""
        found: set[int] | None = None
        for name in methods:
            here = self._defining.of(name)
            found = set(here) if found is None else found.intersection(here)
        if found is None or len(found) > MOST_FILES:
            return ()
        return [self._paths[one] for one in sorted(found)]
