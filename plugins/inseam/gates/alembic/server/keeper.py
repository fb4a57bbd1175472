"""Started as a process of its own: keeps one PostgreSQL alive for as long as anybody uses it.

    python -I keeper.py JOB

A script by itself, without anything of inseam. Users hold a shared lock on a file; the kernel gives
it up when they die, however that happens. When nobody holds it any more, the keeper stops the
server and removes its folder; when the keeper itself dies, the kernel stops the server.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_LOOK = 0.02
"""Seconds between looks at the server and its users."""
_START = 60.0
"""Seconds that a start may take on a very slow machine."""


def die_with_parent(uid: int | None, gid: int | None, parent: int) -> None:
    """In the server's process before it begins: become its user, and tie it to the keeper."""
    if uid is not None and gid is not None:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":  # after setuid, which clears it
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
        if os.getppid() != parent:
            os._exit(1)


def is_ready(folder: Path) -> bool:
    """Whether the server takes connections."""
    try:
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def nobody_uses(lock: int) -> bool:
    """Whether the lock could be taken; it is held then."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def announce(path: Path, text: str) -> None:
    """Write a file so that nobody reads half of it."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def serve(job: dict[str, Any]) -> None:
    """Run the server until nobody uses it or it ends."""
    folder, record = Path(job["folder"]), Path(job["record"])
    keeper = os.getpid()
    lock = os.open(job["users"], os.O_RDWR | os.O_CLOEXEC)
    with open(folder / "log", "ab") as log:
        server = subprocess.Popen(
            job["argv"],
            cwd=folder,
            env=job["environment"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: die_with_parent(job["uid"], job["gid"], keeper),
        )
    ended = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.append(1))
    try:
        limit = time.monotonic() + _START
        while not is_ready(folder):
            if server.poll() is not None or time.monotonic() > limit or ended:
                with contextlib.suppress(OSError):
                    said = (folder / "log").read_text(encoding="utf-8", errors="replace")
                    announce(record, json.dumps({"error": said[-2000:]}))
                return
            if nobody_uses(lock):
                return
            time.sleep(_LOOK)
        announce(record, json.dumps({"folder": str(folder), "keeper": keeper}))
        while server.poll() is None and not ended and not nobody_uses(lock):
            time.sleep(_LOOK)
    finally:
        # First, and while the lock is held if it is: whoever comes now starts another server.
        with contextlib.suppress(OSError):
            said = json.loads(record.read_bytes())
            if said.get("folder") == str(folder):
                record.unlink()
        if server.poll() is None:
            server.send_signal(signal.SIGQUIT)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
