"""Which files may hold classes below a class: told from text, before any file is parsed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# Patterns begin with plain text, which is searched for fast; finds in comments are harmless.
_CLASS = re.compile(rb"class \s*\w+\s*\(([^)]*)\)")
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
    b"run(": (b"asyncio.run(", b"anyio.run(", b"trio.run(", b"uvloop.run("),
    b"_complete(": (b"run_until_complete(",),
}
"""Texts that are looked for, under what they have in common: most files lack even that."""

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
    """Names of functions."""


def skim(content: bytes) -> Skim:
    """A glance at a file."""
    bases = {name for listed in _CLASS.findall(content) for name in _NAME.findall(listed)}
    return Skim(
        has_async=b"async" in content and _ASYNC.search(content) is not None,
        has_callbacks=_has_any(content, _CALLBACKS),
        has_own_loops=_has_any(content, _OWN_LOOPS),
        bases=tuple(sorted(_text(bases))),
        methods=tuple(sorted(_text(set(_DEF.findall(content))))),
    )


def _has_any(content: bytes, texts: Mapping[bytes, Sequence[bytes]]) -> bool:
    return any(
        common in content and any(text in content for text in listed)
        for common, listed in texts.items()
    )


def _text(names: Iterable[bytes]) -> Iterator[str]:
    return (name.decode("utf-8", "replace") for name in names)


def query(kind: str, *names: str) -> str:
    """A question to the hierarchy, as dependencies name it."""
    return ":".join((f"?{kind}", *names))


@dataclass(slots=True)
class Hierarchy:
    """Where to look for classes below others."""

    _deriving: dict[str, list[str]] = field(default_factory=dict)
    _defining: dict[str, list[str]] = field(default_factory=dict)
    _sets: dict[str, frozenset[str]] = field(default_factory=dict)

    def enter(self, path: str, seen: Skim) -> None:
        """Adds a file; files are added in a fixed order."""
        for name in seen.bases:
            self._deriving.setdefault(name, []).append(path)
        for name in seen.methods:
            self._defining.setdefault(name, []).append(path)

    def answer(self, asked: str) -> str:
        """What stands for the answer to a query: the same as long as the answer is."""
        kind, *names = asked.split(":")
        if kind == "?deriving":
            paths = self._deriving.get(names[0], ())
        else:
            paths = sorted(set.intersection(*(set(self._defining.get(n, ())) for n in names)))
        return hashlib.sha256("\0".join(paths).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def defines(self, path: str, name: str) -> bool:
        """Whether a file defines a function of a name."""
        known = self._sets.get(name)
        if known is None:
            known = self._sets[name] = frozenset(self._defining.get(name, ()))
        return path in known

    def deriving(self, name: str) -> Sequence[str]:
        """Files whose classes name a base so; none if they are too many to be told apart."""
        paths = self._deriving.get(name, ())
        return paths if len(paths) <= MOST_FILES else ()

    def defining(self, methods: Sequence[str]) -> Sequence[str]:
        """Files that define all of some methods; none if they are too many."""
        paths: set[str] | None = None
        for name in methods:
            here = self._defining.get(name, ())
            paths = set(here) if paths is None else paths.intersection(here)
        return sorted(paths) if paths is not None and len(paths) <= MOST_FILES else ()
