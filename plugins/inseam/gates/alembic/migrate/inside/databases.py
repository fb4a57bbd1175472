"""The databases, through `psql`: no driver is needed, and none of the service's is disturbed."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any


def catalogue(job: dict[str, Any], database: str, name: str) -> list[dict[str, Any]]:
    """What a database holds, read with `psql`, and left for the gate."""
    out = os.path.join(job["out"], f"{name}.json")
    psql(job, database, ["-o", out, "-f", job["catalogue_sql"]])
    with open(out, encoding="utf-8") as file:
        found: list[dict[str, Any]] = json.load(file)
    return found


def psql(job: dict[str, Any], database: str, arguments: list[str]) -> str:
    """What `psql` prints."""
    done = subprocess.run(
        [*job["psql"], *arguments],
        env={**job["psql_environment"], "PGDATABASE": database},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"psql: {done.stderr.decode(errors='replace').strip()[:500]}")
    return done.stdout.decode(errors="replace").strip()


def copy_database(job: dict[str, Any], template: str, name: str) -> None:
    """Make a database like another, to which nobody may be connected meanwhile."""
    ends = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
    psql(job, job["database"], ["-c", f"{ends}'{template}'"])
    psql(job, job["database"], ["-c", f'CREATE DATABASE "{name}" TEMPLATE "{template}"'])


def copy_extensions(job: dict[str, Any], names: dict[str, str]) -> None:
    """The models may need the extensions that migrations created, in the same schemas."""
    listed = (
        "SELECT format('CREATE SCHEMA IF NOT EXISTS %I; CREATE EXTENSION IF NOT EXISTS %I "
        "SCHEMA %I CASCADE;', n.nspname, e.extname, n.nspname) FROM pg_extension e "
        "JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql' "
        "ORDER BY e.oid"
    )
    environment = job["psql_environment"]
    made = subprocess.run(
        [*job["psql"], "-c", listed],
        env={**environment, "PGDATABASE": names["migrated"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=True,
    )
    if made.stdout.strip():
        subprocess.run(
            job["psql"],
            env={**environment, "PGDATABASE": names["declared"]},
            input=made.stdout,
            capture_output=True,
            timeout=60,
            check=True,
        )
