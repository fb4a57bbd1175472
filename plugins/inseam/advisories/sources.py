"""Where records come from: folders and archives, read within bounds and never unpacked.

A name in an archive is only ever quoted, so one that leads elsewhere leads nowhere.
"""

from __future__ import annotations

import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SUFFIXES = (".json", ".yaml", ".yml")
TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
MAX_RECORD = 8 * 1024 * 1024
"""Bytes of one record; the longest of the public ones has about 200,000."""
MAX_TOTAL = 4 * 1024**3
"""Bytes of all records of a source together, unpacked."""
MAX_FILES = 2_000_000
"""Files of a source, whatever they are."""


class SourceError(Exception):
    """A source, or one file of it, cannot be taken."""

    def __init__(self, place: str, message: str, fix: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
        self.message = message
        self.fix = fix


@dataclass(frozen=True, kw_only=True)
class RecordFile:
    """A file that should hold a record."""

    place: str
    """Where it lies, for messages: below the source's name."""
    content: bytes

    @property
    def stem(self) -> str:
        """Its name without folders and ending: by convention the record's id."""
        return self.place.rpartition("/")[2].rpartition(".")[0]


def read_source(source: Path) -> Iterator[RecordFile | SourceError]:
    """Every record file of a folder or an archive, and an error for each that cannot be read.

    Folders and files whose names begin with a dot are passed over, and so is what does not end in
    `SUFFIXES`: licences, pages. A folder `vulns` at the top, as the PyPA's database has it, is all
    that counts; what stands next to it is no record.

    Raises:
        SourceError: the source as a whole cannot be read.
    """
    name = source.name or str(source)
    if source.is_dir():
        found = _folder(source)
    elif zipfile.is_zipfile(source):
        found = _zip(source)
    elif source.name.lower().endswith(TAR_SUFFIXES):
        found = _tar(source)
    elif source.is_file():
        endings = ", ".join((".zip", *TAR_SUFFIXES))
        raise SourceError(name, "it is no archive", f"give a folder, or a file of {endings}")
    else:
        raise SourceError(name, "there is no such file or folder", "correct the path")
    yield from _bounded(name, found)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """What a source holds at one place."""

    path: str
    content: bytes | None
    problem: str | None = None


def _bounded(source: str, entries: Iterator[_Entry]) -> Iterator[RecordFile | SourceError]:
    total = 0
    for number, entry in enumerate(entries, 1):
        if number > MAX_FILES:
            raise SourceError(source, f"it holds more than {MAX_FILES} files", "give less at once")
        place = f"{source}/{shown(entry.path)}"
        if entry.problem is not None or entry.content is None:
            yield SourceError(place, entry.problem or "it holds nothing", "correct or remove it")
            continue
        total += len(entry.content)
        if total > MAX_TOTAL:
            raise SourceError(
                source, f"its records have more than {MAX_TOTAL} bytes", "give less at once"
            )
        if len(entry.content) > MAX_RECORD:
            yield SourceError(
                place, f"the record has more than {MAX_RECORD} bytes", "correct or remove it"
            )
            continue
        yield RecordFile(place=place, content=entry.content)


def shown(path: str) -> str:
    """A path as it can be printed anywhere."""
    return path.encode("unicode_escape", "backslashreplace").decode("ascii")


def _is_record(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return path.lower().endswith(SUFFIXES) and not any(
        part.startswith(".") and part not in (".", "..") for part in parts
    )


def _below_vulns(paths: list[str]) -> list[str]:
    """Of some paths those below the top folder `vulns`, if there is one; archives that code hosts
    make have one more folder around everything."""
    for depth in (0, 1):
        below = [path for path in paths if path.split("/")[depth : depth + 1] == ["vulns"]]
        if below and len({tuple(path.split("/")[:depth]) for path in paths}) == 1:
            return below
    return paths


def _folder(source: Path) -> Iterator[_Entry]:
    found: list[str] = []
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += (os.path.relpath(os.path.join(folder, name), source) for name in names)
    paths = [path for path in found if _is_record(path)]
    for path in sorted(_below_vulns(paths)):
        full = source / path
        if full.is_symlink() or not full.is_file():
            yield _Entry(path=path, content=None, problem="it is a link, and no record's own file")
            continue
        try:
            with full.open("rb") as file:
                yield _Entry(path=path, content=file.read(MAX_RECORD + 1))
        except OSError as error:
            yield _Entry(path=path, content=None, problem=f"cannot be read: {error.strerror}")


def _zip(source: Path) -> Iterator[_Entry]:
    try:
        with zipfile.ZipFile(source) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if len(infos) > MAX_FILES:
                raise SourceError(source.name, f"it holds more than {MAX_FILES} files", "give less")
            paths = [info.filename for info in infos if _is_record(info.filename)]
            counted = frozenset(_below_vulns(paths))
            for info in sorted(infos, key=lambda info: info.filename):
                if info.filename not in counted:
                    continue
                try:
                    with archive.open(info) as file:
                        yield _Entry(path=info.filename, content=file.read(MAX_RECORD + 1))
                except _UNPACKING as error:
                    problem = f"cannot be unpacked: {error}"
                    yield _Entry(path=info.filename, content=None, problem=problem)
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(source.name, f"it cannot be read: {error}", "get it anew") from error


def _tar(source: Path) -> Iterator[_Entry]:
    """Two passes, as which entries count shows only at the end, and a tar has no directory."""
    try:
        with tarfile.open(source) as archive:
            paths = []
            for number, member in enumerate(archive, 1):
                # Before it is skipped, which unpacks it.
                if number > MAX_FILES or member.offset_data + member.size > MAX_TOTAL:
                    raise SourceError(source.name, "it is too large", "give less at once")
                if not member.isdir() and _is_record(member.name):
                    paths.append(member.name)
            counted = frozenset(_below_vulns(paths))
            for member in archive.getmembers():
                if member.isdir() or member.name not in counted:
                    continue
                file = archive.extractfile(member) if member.isreg() else None
                if file is None:
                    problem = "it is a link or a device, and no record's own file"
                    yield _Entry(path=member.name, content=None, problem=problem)
                else:
                    yield _Entry(path=member.name, content=file.read(MAX_RECORD + 1))
    except (OSError, tarfile.TarError, *_UNPACKING) as error:
        raise SourceError(source.name, f"it cannot be read: {error}", "get it anew") from error


_UNPACKING = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    *(NotImplementedError, RuntimeError),  # a method that Python lacks; an encrypted entry
)
