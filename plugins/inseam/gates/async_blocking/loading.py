"""From files to summaries, which are kept by content."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from inseam.gates.async_blocking.dependencies import Edit, edit
from inseam.gates.async_blocking.glances import Glance, Problem
from inseam.gates.async_blocking.packs import Packs
from inseam.gates.async_blocking.spool import Spool
from inseam.gates.async_blocking.summarise import summarise
from inseam.gates.async_blocking.summary import Summary, loads

_PACK = 16_000_000
"""Bytes of summaries that wait to be written."""
_SUMMARISING = (
    *("bags", "bodies", "command_lines", "expressions", "newer_strings", "newer_syntax"),
    *("statements", "summarise", "summary"),
)
"""Modules that decide what summaries hold."""


TOO_DEEP = Problem("too-complex", "the file is nested too deeply to be looked at")


def _summarised(root: str, path: str) -> bytes | Problem:
    """The text of a file's summary, in UTF-8."""
    try:
        with open(os.path.join(root, path), "rb") as file:
            content = file.read()
        return summarise(content)
    except OSError as error:
        return Problem("unreadable", f"the file cannot be read: {error.strerror}")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return _problem(error)


def _problem(error: Exception) -> Problem:
    if isinstance(error, SyntaxError):
        what = error.msg
        if isinstance(error, UnicodeError) or "codec" in what or "encoding" in what:
            return Problem("unreadable", f"the file cannot be decoded: {what}", error.lineno or 1)
        return Problem("syntax-error", f"the file does not parse: {what}", error.lineno or 1)
    if isinstance(error, RecursionError | MemoryError):
        return TOO_DEEP
    return Problem("syntax-error", f"the file does not parse: {error}")


class Loader:
    """Gives the summaries of one workspace's files."""

    def __init__(
        self,
        root: Path,
        packs: Packs,
        glances: Mapping[str, Glance],
        spool: Spool | None = None,
    ) -> None:
        """
        Args:
            root: the workspace.
            packs: summaries of earlier runs.
            glances: what was seen of the files, by path.
            spool: summaries of other processes of this run.
        """
        self._root = str(root)
        self._packs = packs
        self._glances = glances
        self._spool = spool
        self._made: dict[str, bytes] = {}
        self._size = 0
        self.problems: dict[str, Problem] = {}
        """Files that were needed and have no summary."""

    def edit(self, path: str, before: str) -> Edit:
        """What an edit of a file changed for others.

        Args:
            path: the file.
            before: the digest of its content when others last saw it.
        """
        old = self._packs.get(before)
        return edit(path, _read(old) if old is not None else None, self.load(path))

    def load(self, path: str) -> Summary | None:
        """A file's summary; None if it has none, for which there is a problem then."""
        seen = self._glances[path]
        if seen.problem is not None:
            self.problems[path] = seen.problem
            return None
        known = self._packs.get(seen.digest)
        if known is None and self._spool is not None:
            known = self._spool.get(path)
        if known is not None and (summary := _read(known)) is not None:
            return summary
        made = self._make(seen)
        if isinstance(made, Problem):
            self.problems[path] = made
            return None
        return loads(made)

    def text(self, path: str) -> bytes:
        """A file's text; empty if it cannot be had."""
        try:
            with open(os.path.join(self._root, path), "rb") as file:
                return file.read()
        except OSError:
            return b""

    def prepare(self, paths: Iterable[str]) -> None:
        """Makes summaries that nobody has made yet, for other processes."""
        for path in paths:
            seen = self._glances[path]
            known = self._spool is not None and path in self._spool
            if not known and not seen.problem and self._packs.get(seen.digest) is None:
                self._make(seen)

    def _make(self, seen: Glance) -> bytes | Problem:
        made = _summarised(self._root, seen.path)
        if isinstance(made, Problem):
            return made
        # Not compressed: the least of it would take as long as a tenth of the parsing.
        if self._spool is None or not self._spool.put(seen.path, made):
            self._made[seen.digest] = made
            self._size += len(made)
            if self._size > _PACK:
                self.save()
        return made

    def save(self) -> None:
        """Keeps the summaries that were made, but for those in the spool."""
        self._packs.add(self._made)
        self._made = {}
        self._size = 0


def packs(cache: Path | None) -> Packs:
    """The summaries of earlier runs: those made by the same code on the same Python.

    Args:
        cache: a folder that outlives the run; None keeps none.
    """
    if cache is None:
        return Packs(None)
    return Packs(os.path.join(cache, "async-blocking", f"summaries-{_version()}"))


@functools.cache
def _version() -> str:
    """What identifies the code that summaries hang on."""
    digest = hashlib.sha256(repr(sys.version_info).encode())
    for name in _SUMMARISING:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()[:16]


def _read(entry: bytes) -> Summary | None:
    """The summary in an entry; None if the entry is whole and yet none."""
    try:
        return loads(entry)
    except (ValueError, RecursionError):
        return None
