"""A folder for the length of a run, in memory where the system offers that."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = "/dev/shm"  # mkdtemp makes a folder in it that is ours alone


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """A new folder, without symbolic links in its path, that is removed afterwards.

    For many small files: on a busy disk, making a folder can take a hundred times as long as in
    memory. What may become large has no place in it.

    Args:
        name: which gate's, for whoever looks for what a killed run left.
    """
    place = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
    with tempfile.TemporaryDirectory(prefix=f"inseam-{name}-", dir=place) as folder:
        yield Path(os.path.realpath(folder))
