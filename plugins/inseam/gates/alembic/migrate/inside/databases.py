"""The databases, through `psql`: no driver is needed, and none of the service's is disturbed."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

_LIMIT = 120.0
"""Seconds that the gate's own statements may take."""


class Reading:
    """What a database holds, read with `psql` while other work goes on, and left for the gate."""

    def __init__(self, job: dict[str, Any], database: str, name: str) -> None:
        self.out = os.path.join(job["out"], f"{name}.json")
        self._client = start_psql(job, database, ["-o", self.out, "-f", job["catalogue_sql"]])

    def wait(self) -> Reading:
        """Itself, when it is done."""
        finish_psql(self._client)
        return self

    def entries(self) -> list[dict[str, Any]]:
        """What was read; `wait` comes before."""
        with open(self.out, encoding="utf-8") as file:
            return [entry for line in file if line.strip() for entry in json.loads(line)]


def psql(job: dict[str, Any], database: str, arguments: list[str]) -> str:
    """What `psql` prints."""
    return finish_psql(start_psql(job, database, arguments))


def start_psql(job: dict[str, Any], database: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    """`psql`, which prints little, so that nobody has to listen meanwhile."""
    return subprocess.Popen(
        [*job["psql"], *arguments],
        env={**job["psql_environment"], "PGDATABASE": database},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish_psql(client: subprocess.Popen[bytes]) -> str:
    """What it printed."""
    try:
        printed, said = client.communicate(timeout=_LIMIT)
    except subprocess.TimeoutExpired:
        client.kill()
        client.communicate()
        raise
    if client.returncode:
        raise RuntimeError(f"psql: {said.decode(errors='replace').strip()[:500]}")
    return printed.decode(errors="replace").strip()


def copy_database(job: dict[str, Any], template: str, name: str) -> None:
    """Make a database like another, to which nobody may be connected meanwhile."""
    ends = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
    psql(job, job["database"], ["-c", f"{ends}'{template}'"])
    make = f'CREATE DATABASE "{name}" TEMPLATE "{template}"{job["strategy"]}'
    limit = f'ALTER DATABASE "{name}" SET lock_timeout = {job["lock_ms"]}'  # is not copied
    psql(job, job["database"], ["-c", make, "-c", limit])


def list_roles(job: dict[str, Any]) -> frozenset[str]:
    """The roles that a server has, quoted."""
    listed = "SELECT quote_ident(rolname) FROM pg_roles"
    return frozenset(psql(job, job["database"], ["-c", listed]).splitlines())


def drop_roles(job: dict[str, Any], names: dict[str, str], before: frozenset[str]) -> None:
    """Drop the roles that migrations made since, with the databases in which they own things, so
    that a revision can make them again; only on a server that is nobody else's."""
    if not job["private"] or not (made := sorted(list_roles(job) - before)):
        return
    databases = [names["migrated"], names["declared"]]
    gone = [f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in databases]
    commands = [*gone, f"DROP ROLE {', '.join(made)}"]
    psql(job, job["database"], [word for text in commands for word in ("-c", text)])


def copy_extensions(job: dict[str, Any], names: dict[str, str]) -> None:
    """The models may need the extensions that migrations created, in the same schemas."""
    listed = (
        "SELECT format('CREATE SCHEMA IF NOT EXISTS %I; CREATE EXTENSION IF NOT EXISTS %I "
        "SCHEMA %I CASCADE;', n.nspname, e.extname, n.nspname) FROM pg_extension e "
        "JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql' "
        "ORDER BY e.oid"
    )
    made = psql(job, names["migrated"], ["-c", listed])
    if made:
        psql(job, names["declared"], ["-c", made])
