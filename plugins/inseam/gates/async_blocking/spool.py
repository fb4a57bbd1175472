"""Summaries that the processes of one run hand to each other, so that each file is parsed once.

A table in shared memory says of each file where its summary is: in the file of the process that
made it, which only that process writes. A word of the table is written at once and after what it
points at, so that whoever finds none has to parse the file, and nobody waits. Which process makes
a summary hangs on time, what it says does not.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator, Sequence

_MOST_WRITERS = 1 << 6
_LONGEST = 1 << 24
"""Bytes of an entry."""
_FARTHEST = 1 << 34
"""Bytes of a writer's file."""


class Spool:
    """What processes share that are forked after it is made."""

    def __init__(self, paths: Sequence[str], writers: int) -> None:
        """
        Args:
            paths: all files.
            writers: how many processes add to it.

        Raises:
            OSError: there is no memory or no disk for it.
        """
        self._numbers = {path: number for number, path in enumerate(paths)}
        self._words = memoryview(mmap.mmap(-1, 8 * max(len(paths), 1))).cast("Q")
        self._files: list[int] = []
        try:
            for _ in range(min(writers, _MOST_WRITERS)):
                descriptor, name = tempfile.mkstemp(prefix="inseam-summaries-")
                self._files.append(descriptor)
                os.unlink(name)  # it lasts as long as somebody has it open
        except OSError:
            self.close()
            raise
        self._writer: int | None = None
        self._end = 0

    def close(self) -> None:
        """Lets go of the files; the processes that were forked meanwhile have them still."""
        for descriptor in self._files:
            os.close(descriptor)
        self._files.clear()

    def write_as(self, writer: int) -> None:
        """Says which of the writers this process is; one that does not say only reads."""
        self._writer = writer if writer < len(self._files) else None

    def put(self, path: str, entry: bytes) -> bool:
        """Adds a file's summary; whether that worked, without which others make it themselves."""
        writer, end = self._writer, self._end
        if writer is None or not entry or len(entry) >= _LONGEST or end >= _FARTHEST:
            return False
        try:
            written = os.pwrite(self._files[writer], entry, end)
        except OSError:
            written = 0
        if written != len(entry):
            self._writer = None  # the disk is full: what was written so far stays of use
            return False
        self._words[self._numbers[path]] = (writer * _FARTHEST + end) * _LONGEST + written
        self._end = end + written
        return True

    def entries(self) -> Iterator[tuple[str, bytes]]:
        """All summaries, with the files that they are of."""
        for path, number in self._numbers.items():
            if self._words[number] and (entry := self.get(path)) is not None:
                yield path, entry

    def __contains__(self, path: str) -> bool:
        return self._words[self._numbers[path]] != 0

    def get(self, path: str) -> bytes | None:
        """A file's summary; None if nobody has made it yet."""
        word = self._words[self._numbers[path]]
        if not word:
            return None
        length, place = word % _LONGEST, word // _LONGEST
        writer, start = place // _FARTHEST, place % _FARTHEST
        try:
            entry = os.pread(self._files[writer], length, start)
        except OSError:
            return None
        return entry if len(entry) == length else None
