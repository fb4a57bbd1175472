"""A file of named sections, each behind a checksum and read only when it is asked for."""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Mapping

from inseam.gates.async_blocking.packs import write_whole

_MAGIC = b"inseam sections\n"
_HEAD = len(_MAGIC) + 8
_LARGEST = 512_000_000
"""Bytes of all files of a folder that are kept."""


class Sections:
    """The sections of one file as it was when it was opened; none if it is damaged or not there."""

    def __init__(self, path: str) -> None:
        self._descriptor = -1
        self._places: dict[str, tuple[int, int, int]] = {}
        try:
            self._descriptor = os.open(path, os.O_RDONLY)
            self._places = self._index()
        except (OSError, ValueError, TypeError, LookupError):
            self._places = {}

    def _index(self) -> dict[str, tuple[int, int, int]]:
        head = os.pread(self._descriptor, _HEAD, 0)
        length = int.from_bytes(head[-8:], "big")
        size = os.fstat(self._descriptor).st_size
        if len(head) < _HEAD or not head.startswith(_MAGIC) or length > size:
            raise ValueError("no file of sections")
        listed = os.pread(self._descriptor, length, _HEAD)
        checksum, _, text = listed.partition(b" ")
        if int(checksum) != zlib.crc32(text):
            raise ValueError("a damaged file of sections")
        found: dict[str, tuple[int, int, int]] = {}
        offset = _HEAD + length
        for name, size, checksum in json.loads(text):
            found[str(name)] = (offset, int(size), int(checksum))
            offset += int(size)
        return found

    def get(self, name: str) -> bytes:
        """A section.

        Raises:
            LookupError, ValueError: there is none that is whole.
        """
        offset, size, checksum = self._places[name]
        content = os.pread(self._descriptor, size, offset)
        if len(content) != size or zlib.crc32(content) != checksum:
            raise ValueError("a damaged section")
        return content

    def names(self) -> list[str]:
        """The names of the sections, in order."""
        return list(self._places)

    def all(self) -> dict[str, bytes]:
        """All sections.

        Raises:
            ValueError: one is damaged.
        """
        return {name: self.get(name) for name in self._places}

    def close(self) -> None:
        """Lets go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
        self._places = {}


def write(path: str, sections: Mapping[str, bytes]) -> None:
    """Writes a file of sections; without a cache the next run is only slower."""
    listed = [[name, len(content), zlib.crc32(content)] for name, content in sections.items()]
    text = json.dumps(listed, separators=(",", ":")).encode("ascii")
    head = b"%d %s" % (zlib.crc32(text), text)
    write_whole(path, [_MAGIC, len(head).to_bytes(8, "big"), head, *sections.values()])


def tidy(folder: str) -> None:
    """Drops the files of a folder that were written longest ago, where all are too large."""
    try:
        with os.scandir(folder) as found:
            aged = [(one.stat().st_mtime_ns, one.stat().st_size, one.path) for one in found]
    except OSError:
        return
    room = _LARGEST
    for _, size, path in sorted(aged, reverse=True):
        room -= size
        if room < 0:
            with contextlib.suppress(OSError):
                os.unlink(path)
