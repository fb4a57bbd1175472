"""Folders for the length of a run, in memory where the system offers that.

Whoever makes one holds a lock on it, which the kernel gives up when they die, however that happens.
So the next run can tell what a killed one left from what others use just now, and removes it;
process ids would not do, as containers that share a folder have numbers of their own.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # mkdtemp makes a folder in it that is ours alone
PREFIX = "inseam-run-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """A new folder, without symbolic links in its path, that is removed afterwards.

    For many small files: on a busy disk, making a folder can take a hundred times as long as in
    memory. What may become large has no place in it.

    Args:
        name: which gate's, for whoever looks for what a killed run left.
    """
    folder, lock = claimed_folder(name, MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else None)
    try:
        yield Path(os.path.realpath(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def claimed_folder(name: str, place: Path | None) -> tuple[Path, int]:
    """A new folder, and the open file whose lock says that it is in use.

    What killed runs left in the same place is removed first.

    Args:
        name: what for; the number of this process is added, for whoever wonders whose it is.
        place: where; None for the folder of temporary files.
    """
    place = Path(tempfile.gettempdir()) if place is None else place
    sweep(place)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{name}-{os.getpid()}-", dir=place))
        with contextlib.suppress(FileNotFoundError):
            return folder, _claimed(folder)
        # Another run saw it before it was locked, and took it for one that was left.


def sweep(place: Path) -> None:
    """Remove the folders that nobody holds a lock on; those of other users are theirs to remove."""
    with contextlib.suppress(OSError):
        for name in os.listdir(place):
            if name.startswith(PREFIX):
                _remove_if_left(place / name)


def _claimed(folder: Path) -> int:
    """The open folder, locked.

    Raises:
        FileNotFoundError: it was removed meanwhile.
    """
    number = os.open(folder, _FOLDER)
    try:
        with contextlib.suppress(OSError):  # a file system without locks, where none is removed
            fcntl.flock(number, fcntl.LOCK_SH)
        folder.stat()
    except BaseException:
        os.close(number)
        raise
    return number


def _remove_if_left(folder: Path) -> None:
    with contextlib.suppress(OSError):
        number = os.open(folder, _FOLDER)
        try:
            if os.geteuid() in (0, os.fstat(number).st_uid):
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(number)
