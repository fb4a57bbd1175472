"""From files to summaries, which are kept by content."""

from __future__ import annotations

import gc
import hashlib
import os
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from inseam.gates.async_blocking.hierarchy import Skim, skim
from inseam.gates.async_blocking.summarise import summarise
from inseam.gates.async_blocking.summary import FORMAT, Summary, loads

_DEEPEST = 6_000
"""Levels of Python's stack for nested code; deeper code is a failure."""
_LARGEST = 40_000_000
"""Bytes of a file that is looked at."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file has no summary."""

    what: str
    """`unreadable`, `syntax-error` or `too-complex`."""
    message: str
    line: int | None = None


TOO_DEEP = Problem("too-complex", "the file is nested too deeply to be looked at")


@dataclass(frozen=True, slots=True)
class Glance:
    """What a first look at a file gave."""

    path: str
    digest: str
    """SHA-256 of its content; empty if it cannot be read."""
    skim: Skim
    problem: Problem | None = None


_NOTHING = Skim(False, False, False, (), ())


def glance(root: str, path: str, known: Mapping[str, Skim]) -> Glance:
    """Looks at a file without parsing it.

    Args:
        root: the workspace.
        path: the file, relative to it.
        known: skims of earlier runs, by digest.
    """
    try:
        with open(os.path.join(root, path), "rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        problem = Problem("unreadable", f"the file cannot be read: {error.strerror}")
        return Glance(path, "", _NOTHING, problem)
    if len(content) > _LARGEST:
        problem = Problem("too-complex", f"the file is larger than {_LARGEST // 10**6} MB")
        return Glance(path, "", _NOTHING, problem)
    digest = hashlib.sha256(content).hexdigest()
    return Glance(path, digest, known.get(digest) or skim(content))


def _summarised(root: str, path: str, entry: str | None) -> bytes | Problem:
    """A file's summary, compressed; it is entered in the cache."""
    try:
        with open(os.path.join(root, path), "rb") as file:
            content = file.read()
        made = zlib.compress(summarise(content).encode("ascii"), 1)
    except OSError as error:
        return Problem("unreadable", f"the file cannot be read: {error.strerror}")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return _problem(error)
    if entry is not None:
        keep(entry, made)
    return made


def _problem(error: Exception) -> Problem:
    if isinstance(error, SyntaxError):
        what = error.msg
        if isinstance(error, UnicodeError) or "codec" in what or "encoding" in what:
            return Problem("unreadable", f"the file cannot be decoded: {what}", error.lineno or 1)
        return Problem("syntax-error", f"the file does not parse: {what}", error.lineno or 1)
    if isinstance(error, RecursionError | MemoryError):
        return TOO_DEEP
    return Problem("syntax-error", f"the file does not parse: {error}")


def kept(entry: str) -> bytes | None:
    """An entry of the cache; None if there is none that is whole."""
    try:
        with open(entry, "rb") as file:
            content = file.read()
        checksum, text = content[:4], content[4:]
        if zlib.crc32(text).to_bytes(4, "big") != checksum:
            return None
        return text
    except OSError:
        return None


def keep(entry: str, made: bytes) -> None:
    """Writes an entry of the cache, as a whole; without a cache the run is only slower."""
    try:
        folder = os.path.dirname(entry)
        os.makedirs(folder, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(zlib.crc32(made).to_bytes(4, "big") + made)
        os.replace(name, entry)
    except OSError:
        pass


@contextmanager
def roomy() -> Iterator[None]:
    """Room for deeply nested code, and no garbage collector: syntax trees have no cycles, and
    looking for some takes a third of the time."""
    depth, collecting = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(depth, _DEEPEST))
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(depth)
        if collecting:
            gc.enable()


class Loader:
    """Gives the summaries of one workspace's files."""

    def __init__(self, root: Path, cache: Path | None, glances: Mapping[str, Glance]) -> None:
        """
        Args:
            root: the workspace.
            cache: a folder for summaries; None keeps none.
            glances: what was seen of the files, by path.
        """
        self._root = str(root)
        version = f"{FORMAT}-{sys.version_info[0]}.{sys.version_info[1]}"
        self._cache = str(cache / "async-blocking" / version) if cache is not None else None
        self._glances = glances
        self.problems: dict[str, Problem] = {}
        """Files that were needed and have no summary."""

    def load(self, path: str) -> Summary | None:
        """A file's summary; None if it has none, for which there is a problem then."""
        seen = self._glances[path]
        if seen.problem is not None:
            self.problems[path] = seen.problem
            return None
        entry = None
        if self._cache is not None:
            entry = os.path.join(self._cache, seen.digest[:2], seen.digest[2:])
            known = kept(entry)
            if known is not None and (summary := _read(known)) is not None:
                return summary
        made = _summarised(self._root, path, entry)
        if isinstance(made, Problem):
            self.problems[path] = made
            return None
        return _read(made)


def _read(text: bytes) -> Summary | None:
    """The summary in an entry; None if the entry is whole and yet none."""
    try:
        return loads(zlib.decompress(text).decode("ascii"))
    except (ValueError, zlib.error, RecursionError):
        return None


def glances(root: Path, paths: Sequence[str], known: Mapping[str, Skim]) -> dict[str, Glance]:
    """Looks at files without parsing them."""
    return {path: glance(str(root), path, known) for path in paths}
