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


def claim(folder: Path) -> None:
    """Say that the folder is in use, for as long as this process lives; see gates/scratch.py."""
    with contextlib.suppress(OSError):
        fcntl.flock(os.open(folder, os.O_RDONLY | os.O_CLOEXEC), fcntl.LOCK_SH)


def announce(path: Path, text: str) -> None:
    """Write a file so that nobody reads half of it."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def start(job: dict[str, Any], folder: Path) -> subprocess.Popen[bytes]:
    """The server, whose words go to a file in its folder."""
    keeper = os.getpid()
    with open(folder / "log", "ab") as log:
        return subprocess.Popen(
            job["argv"],
            cwd=folder,
            env=job["environment"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: die_with_parent(job["uid"], job["gid"], keeper),
        )


def wait_until_ready(server: subprocess.Popen[bytes], folder: Path, lock: int) -> str | None:
    """Why it did not get ready, or None if it is."""
    limit = time.monotonic() + _START
    while not is_ready(folder):
        if server.poll() is not None:
            return (folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
        if time.monotonic() > limit or nobody_uses(lock):
            return "it took too long"
        time.sleep(_LOOK)
    return None


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server; nothing of its data is wanted any more."""
    if server.poll() is None:
        server.send_signal(signal.SIGQUIT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def withdraw(record: Path, folder: Path) -> None:
    """Take back the announcement, unless it is another's by now."""
    with contextlib.suppress(OSError, ValueError):
        said = json.loads(record.read_bytes())
        if said["folder"] == str(folder) and "error" not in said:
            record.unlink()


def serve(job: dict[str, Any]) -> None:
    """Run the server until nobody uses it or it ends."""
    folder, record = Path(job["folder"]), Path(job["record"])
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.append(1))
    lock = os.open(job["users"], os.O_RDWR | os.O_CLOEXEC)
    server = None
    try:
        claim(folder)
        server = start(job, folder)
        problem = wait_until_ready(server, folder, lock)
        if problem is not None:
            announce(record, json.dumps({"folder": str(folder), "error": problem}))
            return
        announce(record, json.dumps({"folder": str(folder), "keeper": os.getpid()}))
        while server.poll() is None and not ended and not nobody_uses(lock):
            time.sleep(_LOOK)
    except OSError as error:
        announce(record, json.dumps({"folder": str(folder), "error": str(error)}))
    finally:
        # First, and while the lock is held if it is: whoever comes now starts another server.
        withdraw(record, folder)
        if server is not None:
            stop(server)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
