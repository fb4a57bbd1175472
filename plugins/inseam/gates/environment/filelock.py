"""Keeping concurrent runs from doing the same work in the same folder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inseam.gates.environment.deadline import Deadline

_RETRY = 0.05
"""Seconds between looks: `flock` can wait, but not for a limited time."""


@contextmanager
def exclusive(path: Path, deadline: Deadline) -> Iterator[None]:
    """Hold the lock `path` within the block, waiting for whoever holds it now.

    The kernel gives it up when its holder dies, however that happens.

    Raises:
        GateError: `timeout`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _take(handle):
            time.sleep(min(_RETRY, deadline.left()))
        yield
    finally:
        os.close(handle)


@contextmanager
def exclusive_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock `path` within the block if nobody does, and say whether that is so."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _take(handle)
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
