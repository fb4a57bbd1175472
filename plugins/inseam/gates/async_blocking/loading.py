"""From files to summaries: read once, in parallel, and kept by content."""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from inseam.gates.async_blocking.hierarchy import Skim, skim
from inseam.gates.async_blocking.summarise import summarise
from inseam.gates.async_blocking.summary import FORMAT, Summary, loads

_CHUNK = 24
"""Files that a process is given at a time."""
_FEWEST = 80
"""Files from which on it pays to start processes."""
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


@dataclass(frozen=True, slots=True)
class Read:
    """What reading a file gave."""

    path: str
    digest: str
    skim: Skim
    summary: bytes | None
    """Its summary's text, compressed, if it was asked for."""
    problem: Problem | None = None


_NOTHING = Skim(False, False, (), ())


def read_file(root: str, path: str, cache: str | None, *, needed: bool) -> Read:
    """Reads a file.

    Args:
        root: the workspace.
        path: the file, relative to it.
        cache: where summaries are kept.
        needed: whether it has to be summarised even if there is no async code in it.
    """
    try:
        with open(os.path.join(root, path), "rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        problem = Problem("unreadable", f"the file cannot be read: {error.strerror}")
        return Read(path, "", _NOTHING, None, problem)
    if len(content) > _LARGEST:
        problem = Problem("too-complex", f"the file is larger than {_LARGEST // 10**6} MB")
        return Read(path, "", _NOTHING, None, problem)
    digest = hashlib.sha256(content).hexdigest()
    seen = skim(content)
    if not needed and not seen.has_async and not seen.has_callbacks:
        return Read(path, digest, seen, None)
    entry = os.path.join(cache, digest[:2], digest[2:]) if cache is not None else None
    kept = _kept(entry) if entry is not None else None
    if kept is not None:
        return Read(path, digest, seen, kept)
    try:
        made = zlib.compress(summarise(content).encode("ascii"), 1)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Read(path, digest, seen, None, _problem(error))
    if entry is not None:
        _keep(entry, made)
    return Read(path, digest, seen, made)


def _problem(error: Exception) -> Problem:
    if isinstance(error, SyntaxError):
        what = error.msg
        if isinstance(error, UnicodeError) or "codec" in what or "encoding" in what:
            return Problem("unreadable", f"the file cannot be decoded: {what}", error.lineno or 1)
        return Problem("syntax-error", f"the file does not parse: {what}", error.lineno or 1)
    if isinstance(error, RecursionError | MemoryError):
        return Problem("too-complex", "the file is nested too deeply to be looked at")
    return Problem("syntax-error", f"the file does not parse: {error}")


def _kept(entry: str) -> bytes | None:
    """A summary from the cache; None if there is none that can be used."""
    try:
        with open(entry, "rb") as file:
            content = file.read()
        checksum, text = content[:4], content[4:]
        if zlib.crc32(text).to_bytes(4, "big") != checksum:
            return None
        return text
    except OSError:
        return None


def _keep(entry: str, made: bytes) -> None:
    """Writes a summary to the cache as a whole; without a cache the run is only slower."""
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


def _read_chunk(job: tuple[str, str | None, tuple[str, ...]]) -> list[Read]:
    root, cache, paths = job
    with roomy():
        return [read_file(root, path, cache, needed=False) for path in paths]


class Loader:
    """Reads the files of one workspace."""

    def __init__(self, root: Path, cache: Path | None, processes: int | None = None) -> None:
        """
        Args:
            root: the workspace.
            cache: a folder for summaries; None keeps none.
            processes: how many processes read; None for as many as there are cores.
        """
        self._root = str(root)
        version = f"{FORMAT}-{sys.version_info[0]}.{sys.version_info[1]}"
        self._cache = str(cache / "async-blocking" / version) if cache is not None else None
        self._processes = processes or len(os.sched_getaffinity(0))
        self._texts: dict[str, bytes] = {}
        self.problems: dict[str, Problem] = {}
        """Files that were needed and have no summary."""
        self.digests: dict[str, str] = {}

    def read_all(self, paths: Sequence[str]) -> dict[str, Skim]:
        """Glances at all files, and summarises those with async code."""
        seen: dict[str, Skim] = {}
        for read in self._reads(paths):
            self._take(read)
            seen[read.path] = read.skim
        return {path: seen[path] for path in paths}

    def _reads(self, paths: Sequence[str]) -> Iterator[Read]:
        jobs = [
            (self._root, self._cache, tuple(paths[start : start + _CHUNK]))
            for start in range(0, len(paths), _CHUNK)
        ]
        if self._processes == 1 or len(paths) < _FEWEST:
            for job in jobs:
                yield from _read_chunk(job)
            return
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        context = multiprocessing.get_context(method)
        with context.Pool(min(self._processes, len(jobs))) as pool:
            for reads in pool.imap_unordered(_read_chunk, jobs):
                yield from reads

    def _take(self, read: Read) -> None:
        self.digests[read.path] = read.digest
        if read.problem is not None:
            self.problems[read.path] = read.problem
        elif read.summary is not None:
            self._texts[read.path] = read.summary

    def load(self, path: str) -> Summary | None:
        """A file's summary; None if it has none, for which there is a problem then."""
        if path in self.problems:
            return None
        if path not in self._texts:
            with roomy():
                self._take(read_file(self._root, path, self._cache, needed=True))
        text = self._texts.pop(path, None)
        if text is None:
            return None
        try:
            return loads(zlib.decompress(text).decode("ascii"))
        except (ValueError, zlib.error, RecursionError):
            # A cache entry that is whole and yet wrong: as if it were not there.
            return self._anew(path)

    def _anew(self, path: str) -> Summary | None:
        with roomy():
            read = read_file(self._root, path, None, needed=True)
        if read.summary is None:
            return None
        if self._cache is not None:
            _keep(os.path.join(self._cache, read.digest[:2], read.digest[2:]), read.summary)
        return loads(zlib.decompress(read.summary).decode("ascii"))
