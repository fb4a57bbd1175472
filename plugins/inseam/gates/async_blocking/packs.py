"""The cache of summaries: few files that hold many entries each, by the content that they are of.

A pack is written as a whole under the name of its content and never changed, so that runs share a
cache without locks: what one run writes, the next one finds. Whoever finds many packs joins them,
and drops the oldest where all are larger than allowed. Entries are plain data behind checksums: a
damaged pack or entry is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterable, Mapping

_MAGIC = b"inseam summaries\n"
_HEAD = len(_MAGIC) + 8
_SEAL = 4
"""Bytes of the checksum before an entry."""
_MOST_PACKS = 24
"""Packs from which on they are joined."""
_LARGEST = 768_000_000
"""Bytes of all packs of a version that are kept."""

_Place = tuple[int, int, int]
"""Where an entry is: descriptor, offset, length."""


class Packs:
    """The packs in a folder, as they were when it was opened, and what was added since."""

    def __init__(self, folder: str | None) -> None:
        """
        Args:
            folder: where the packs are; None keeps none.
        """
        self._folder = folder
        self._places: dict[str, _Place] = {}
        self._descriptors: list[int] = []
        for name in _by_age(folder) if folder is not None else ():
            self._enter(name)

    def _enter(self, name: str) -> None:
        descriptor = -1
        try:
            descriptor = os.open(os.path.join(self._folder or "", name), os.O_RDONLY)
            entries, start = _index(descriptor)
        except (OSError, ValueError, TypeError):
            if descriptor >= 0:
                os.close(descriptor)
            return
        self._descriptors.append(descriptor)
        for digest, (offset, length) in entries.items():
            self._places[digest] = (descriptor, start + offset, length)

    def close(self) -> None:
        """Lets go of the files."""
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        self._places.clear()

    def get(self, digest: str) -> bytes | None:
        """An entry; None if there is none that is whole."""
        place = self._places.get(digest)
        if place is None:
            return None
        descriptor, offset, length = place
        try:
            content = os.pread(descriptor, length, offset)
        except OSError:
            return None
        return _checked(content)

    def add(self, entries: Mapping[str, bytes]) -> None:
        """Writes a pack; without a cache the next run is only slower."""
        if self._folder is None or not entries:
            return
        name = _write(self._folder, entries)
        if name is not None:
            self._enter(name)

    def tidy(self, used: Iterable[str]) -> None:
        """Joins packs where there are many.

        Args:
            used: the entries that the run may use: they are kept longest.
        """
        if self._folder is None:
            return
        names = _by_age(self._folder)
        sizes = {name: _size(os.path.join(self._folder, name)) for name in names}
        if len(names) <= _MOST_PACKS and sum(sizes.values()) <= _LARGEST:
            return
        everything = Packs(self._folder)
        wanted = dict.fromkeys(used)
        others = [digest for digest in reversed(everything._places) if digest not in wanted]
        kept: dict[str, bytes] = {}
        room = _LARGEST // 2
        for digest in (*wanted, *others):
            entry = everything.get(digest)
            if entry is not None and (room := room - len(entry)) >= 0:
                kept[digest] = entry
        everything.close()
        made = _write(self._folder, kept)
        if made is not None:
            for name in names:
                if name != made:
                    _remove(os.path.join(self._folder, name))


def _by_age(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as found:
            aged = [
                (entry.stat().st_mtime_ns, entry.name)
                for entry in found
                if entry.name.endswith(".pack")
            ]
    except OSError:
        return []
    return [name for _, name in sorted(aged)]


def _index(descriptor: int) -> tuple[dict[str, tuple[int, int]], int]:
    """Where a pack's entries are, and where they begin.

    Raises:
        OSError, ValueError, TypeError: it is no pack.
    """
    head = os.pread(descriptor, _HEAD, 0)
    length = int.from_bytes(head[-8:], "big")
    if len(head) < _HEAD or not head.startswith(_MAGIC) or length > os.fstat(descriptor).st_size:
        raise ValueError("no pack")
    content = _checked(os.pread(descriptor, length, _HEAD))
    if content is None:
        raise ValueError("a damaged pack")
    entries: dict[str, tuple[int, int]] = {}
    offset = 0
    for digest, size in json.loads(content):
        entries[str(digest)] = (offset, int(size))
        offset += int(size)
    return entries, _HEAD + length


def _write(folder: str, entries: Mapping[str, bytes]) -> str | None:
    """Writes a pack of entries; its name, None if that failed."""
    listed = [[digest, len(entry) + _SEAL] for digest, entry in entries.items()]
    index = _sealed(json.dumps(listed, separators=(",", ":")).encode("ascii"))
    name = f"{hashlib.sha256(index).hexdigest()[:32]}.pack"
    parts = [_MAGIC, len(index).to_bytes(8, "big"), index]
    for entry in entries.values():
        parts += (_seal(entry), entry)
    return name if write_whole(os.path.join(folder, name), parts) else None


def write_whole(path: str, parts: Iterable[bytes]) -> bool:
    """Writes a file so that others see all of it or nothing; whether that worked."""
    folder = os.path.dirname(path)
    temporary = ""
    try:
        os.makedirs(folder, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
        os.replace(temporary, path)
    except OSError:
        if temporary:
            _remove(temporary)
        return False
    return True


def kept(path: str) -> bytes | None:
    """What a file of one entry holds; None if there is none that is whole."""
    try:
        with open(path, "rb") as file:
            return _checked(file.read())
    except OSError:
        return None


def keep(path: str, content: bytes) -> None:
    """Writes a file of one entry; without a cache the next run is only slower."""
    write_whole(path, [_sealed(content)])


def _seal(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(_SEAL, "big")


def _sealed(content: bytes) -> bytes:
    return _seal(content) + content


def _checked(content: bytes) -> bytes | None:
    inner = content[_SEAL:]
    return inner if _seal(inner) == content[:_SEAL] else None


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
