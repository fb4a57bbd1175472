"""A PostgreSQL of the run's own: in memory where there is room, on a socket only, shared by the
units that use one cache, gone when the last of them is."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inseam.gates.alembic.server.connection import Server
from inseam.gates.alembic.server.data import SUPERUSER, Data, Owner, start_error
from inseam.gates.alembic.server.programs import Programs
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.filelock import exclusive
from inseam.gates.scratch import MEMORY, claimed_folder, sweep

_KEEPER = Path(__file__).with_name("keeper.py")
_ROOM = 512 * 1024 * 1024
"""Bytes that have to be free in memory; a container's 64 MB would be full at once."""
_LONGEST_FOLDER = 80
"""Bytes: a socket's whole path may have 107."""
_LOOK = 0.01
"""Seconds between looks at what others do."""
_END = 10.0
"""Seconds that the keeper has to stop the server."""
_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "dynamic_shared_memory_type": "mmap",  # within its own folder
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "lc_messages": "C",
    "log_timezone": "UTC",
}
"""What is lost when the machine fails is nobody's data."""


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """Starts the server, or joins one that runs already."""

    programs: Programs
    cache: Path
    environment: Mapping[str, str]
    deadline: Deadline
    private: str = ""
    """Whom it is kept apart for: migrations that make roles see nobody else's."""

    @contextmanager
    def running(self) -> Iterator[Server]:
        """The server, for the length of the block.

        Raises:
            GateError: `server-start`, or `timeout`.
        """
        home = self._home()
        home.mkdir(parents=True, exist_ok=True)
        users = os.open(home / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        folder: Path | None = None
        try:
            self._use(users)
            with exclusive(home / "lock", self.deadline):
                folder = self._joined(home) or self._started(home)
            yield Server(
                host=str(folder),
                port=5432,
                user=SUPERUSER,
                password=None,
                database="postgres",
                psql=self.programs.psql,
                major=self.programs.major,
                volatile=True,
                environment=self.environment,
                deadline=self.deadline,
            )
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            if folder is not None:
                _await_end(folder, home / "users")
            os.close(users)

    def _home(self) -> Path:
        identity = json.dumps([str(self.programs.folder), _OPTIONS, os.geteuid(), self.private])
        digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return self.cache / "postgresql" / "servers" / digest

    def _use(self, users: int) -> None:
        while True:
            try:
                fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:  # the keeper stops the server just now
                time.sleep(min(_LOOK, self.deadline.left()))
            else:
                return

    def _joined(self, home: Path) -> Path | None:
        """The folder of the server that runs already."""
        said = _announced(home / "server.json")
        try:
            os.kill(said["keeper"], 0)
            folder = Path(said["folder"])
        except (OSError, KeyError):
            return None
        return folder if (folder / ".s.PGSQL.5432").exists() else None

    def _started(self, home: Path) -> Path:
        record = home / "server.json"
        record.unlink(missing_ok=True)
        owner = Owner.here()
        sweep(MEMORY)  # where there was room for what is left, there may be none for more
        folder, lock = claimed_folder("pg", _place(self.environment))
        try:
            data = Data(
                programs=self.programs,
                cache=self.cache,
                environment=self.environment,
                deadline=self.deadline,
                owner=owner,
            )
            programs = data.make(folder)
            owner.give(folder)
            self._keep(programs, folder, home, owner)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            os.close(lock)  # its keeper holds one of its own
        return folder

    def _keep(self, programs: Path, folder: Path, home: Path, owner: Owner) -> None:
        record = home / "server.json"
        options = {**_OPTIONS, "unix_socket_directories": str(folder)}
        job = {
            "folder": str(folder),
            "record": str(record),
            "users": str(home / "users"),
            "argv": [
                *(str(programs / "postgres"), "-D", str(folder / "data")),
                *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
            ],
            "environment": {"PATH": self.environment.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
            "uid": owner.uid,
            "gid": owner.gid,
        }
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), json.dumps(job)],
            cwd="/",
            env={"PATH": self.environment.get("PATH", ""), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while (said := _announced(record)).get("folder") != str(folder):
            if keeper.poll() is not None and _announced(record).get("folder") != str(folder):
                raise start_error("its keeper ended")
            time.sleep(min(_LOOK, self.deadline.left()))
        if "error" in said:
            record.unlink(missing_ok=True)
            keeper.wait()
            raise start_error(" | ".join(said["error"].strip().splitlines()[-3:]))
        # It outlives this process if others use the server; nobody waits for it here.
        keeper.returncode = 0


def _announced(record: Path) -> dict[str, Any]:
    """What a keeper says of its server; it may be another's that came too late."""
    try:
        said: dict[str, Any] = json.loads(record.read_bytes())
    except (OSError, ValueError):
        return {}
    return said


def _place(environment: Mapping[str, str]) -> Path:
    with contextlib.suppress(OSError):
        room = os.statvfs(MEMORY)
        if os.access(MEMORY, os.W_OK | os.X_OK) and room.f_bavail * room.f_frsize >= _ROOM:
            return MEMORY
    folder = environment.get("TMPDIR") or tempfile.gettempdir()
    return Path(folder if len(os.fsencode(folder)) <= _LONGEST_FOLDER else "/tmp")


def _await_end(folder: Path, users: Path) -> None:
    """Wait until the server is gone, unless others go on using it."""
    limit = time.monotonic() + _END
    with open(users, "rb") as lock:
        while folder.exists() and time.monotonic() < limit:
            with contextlib.suppress(BlockingIOError):  # the keeper stops it
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                finally:
                    fcntl.flock(lock, fcntl.LOCK_UN)
            time.sleep(_LOOK)
