"""How much memory a command and its children hold, on Linux."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from measure import ENGINE


def peak_memory(arguments: Sequence[str | Path], cwd: Path, output: IO[bytes]) -> tuple[int, int]:
    """Bytes: the largest proportional set size of a process among a command and its children, and
    the largest sum of all of them."""
    process = subprocess.Popen(
        list(map(str, arguments)),
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ENGINE)},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    largest = together = 0
    while process.poll() is None:
        sizes = [proportional_set_size(one) for one in of_session(process.pid)]
        largest = max(largest, *sizes, 0)
        together = max(together, sum(sizes))
        time.sleep(0.05)
    return largest, together


def of_session(session: int) -> list[Path]:
    """The processes of a session, as folders of /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == session:
                found.append(folder)
        except OSError:  # it has ended
            continue
    return found


def proportional_set_size(process: Path) -> int:
    """Bytes: what a process has to itself, and its share of what it shares with others."""
    try:
        text = (process / "smaps_rollup").read_text()
    except OSError:  # it has ended
        return 0
    kib = next((line.split()[1] for line in text.splitlines() if line.startswith("Pss:")), "0")
    return int(kib) * 1024
