"""Talking to a server, with `psql` alone: no driver is needed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from inseam.gates import process
from inseam.gates.alembic.server.leftovers import marking
from inseam.gates.contract import GateError
from inseam.gates.environment.deadline import Deadline

_LIMIT = 60.0
"""Seconds that one statement of the gate's own may take."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that runs, and who may do anything on it."""

    host: str
    """A name, or the folder of its socket."""
    port: int
    user: str
    password: str | None
    database: str
    """One that exists, to connect to while others are made."""
    psql: Path
    major: int | None
    volatile: bool = False
    """Whether it keeps nothing on a disk, and has no need to."""
    environment: Mapping[str, str]
    deadline: Deadline

    def variables(self, database: str) -> dict[str, str]:
        """What libpq and drivers read."""
        named = {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": database,
            "PGCONNECT_TIMEOUT": "10",
        }
        return named if self.password is None else {**named, "PGPASSWORD": self.password}

    @property
    def strategy(self) -> str:
        """What makes `CREATE DATABASE` quick: copying files needs a checkpoint, which costs nothing
        on a server that never writes to a disk."""
        return " STRATEGY file_copy" if self.volatile and (self.major or 0) >= 15 else ""

    def query(self, sql: str, *, database: str | None = None) -> str:
        """What a statement yields, as `psql` prints it without decoration.

        Raises:
            GateError: `server-failed`, with the server's own words.
        """
        command = process.Command(
            argv=(
                *(str(self.psql), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
                *("-f", "-"),
            ),
            cwd=Path("/"),
            environment={
                "PATH": self.environment.get("PATH", os.defpath),
                "LC_ALL": "C",
                "PGCLIENTENCODING": "UTF8",
                "PGOPTIONS": "-c client_min_messages=warning",
                **self.variables(database or self.database),
            },
            stdin=sql.encode("utf-8", "surrogateescape"),
        )
        done = process.run(command, time_limit=min(_LIMIT, self.deadline.left()))
        if done.returncode:
            raise GateError(
                "server-failed",
                f"the PostgreSQL server refused a statement{done.quote()}",
                "look at the server: it may have ended, or its disk may be full",
            )
        return done.stdout.decode("utf-8", "surrogateescape").strip("\n")

    def create(self, *names: str, lock_timeout: int) -> None:
        """Make empty databases in which a statement waits so many milliseconds for a lock."""
        self.query(
            "".join(
                f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'"
                f"{self.strategy};\n"
                f'ALTER DATABASE "{name}" SET lock_timeout = {lock_timeout};\n'
                for name in names
            )
            + marking(names, self.deadline.left())
        )

    def drop(self, *names: str) -> None:
        """Drop databases, whoever is connected; on a server that is gone they are gone too."""
        listed = ", ".join(f"'{name}'" for name in names)
        dropped = "".join(f'DROP DATABASE IF EXISTS "{name}";\n' for name in names)
        try:
            self.query(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                f"WHERE datname IN ({listed}) AND pid <> pg_backend_pid();\n{dropped}"
            )
        except GateError as error:
            if error.code != "server-failed":
                raise

    def is_alive(self) -> bool:
        """Whether it answers."""
        try:
            return self.query("SELECT 1") == "1"
        except GateError:
            return False


def parse_url(
    url: str, *, psql: Path, environment: Mapping[str, str], deadline: Deadline
) -> Server:
    """The server that a URL names.

    Raises:
        GateError: `bad-url`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError as error:
        raise _bad_url(str(error)) from error
    if parts.scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise _bad_url("it does not begin with postgresql://")
    host = parse_qs(parts.query).get("host", [unquote(parts.hostname or "localhost")])[0]
    return Server(
        host=host,
        port=port,
        user=unquote(parts.username or "postgres"),
        password=None if parts.password is None else unquote(parts.password),
        database=unquote(parts.path.lstrip("/")) or "postgres",
        psql=psql,
        major=None,
        environment=environment,
        deadline=deadline,
    )


def _bad_url(reason: str) -> GateError:
    return GateError(
        "bad-url",
        f"the URL of the PostgreSQL server cannot be used: {reason}",
        "write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
    )
