"""Running a service's migrations in a process of its own, and saying what went wrong there."""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inseam.findings.model import Failure
from inseam.gates import process
from inseam.gates.alembic.chain.model import Configuration
from inseam.gates.alembic.migrate.report import Report, RunnerError, read_report
from inseam.gates.alembic.rules import GATE
from inseam.gates.alembic.server.connection import Server
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.alembic.trip.itinerary import Itinerary
from inseam.gates.contract import GateError, Service

_RUNNER = Path(__file__).with_name("runner.py")
_INSIDE = _RUNNER.with_name("inside")
"""What the runner imports."""
CATALOGUE = Path(__file__).resolve().parents[1] / "drift" / "catalogue.sql"
_SEED = "SeedFailed"
_LOCK_TIMEOUT = "55P03"
_DISK_FULL = "53100"
_NO_EXTENSION = re.compile(r'extension "([^"]+)" is not available|could not open extension control')
_KEPT = re.compile(r"^(?:PATH|HOME|TZ|TMPDIR|LANG|LC_\w+)$")

_STEPS = {
    "start": "before it began",
    "load": "while Alembic's configuration was read",
    "upgrade": "in `alembic upgrade heads`",
    "create": "in `metadata.create_all()`",
    "compare": "while the databases were read",
    "check": "in `alembic check`",
    "trip": "on the round trip",
}


@dataclass(frozen=True, kw_only=True)
class Databases:
    """The names of one service's databases."""

    migrated: str
    """For what the migrations make; empty."""
    declared: str
    """For what the models describe; empty."""
    trip: str
    """For the round trip; made by the process."""


@dataclass(frozen=True, kw_only=True)
class Migrations:
    """One service's migrations on two databases."""

    root: Path
    service: Service[AlembicSettings]
    configuration: Configuration
    python: Path
    """Of the service's environment."""
    server: Server
    out: Path
    """A folder for what the process leaves."""
    new: frozenset[str]
    itinerary: Itinerary
    environment: Mapping[str, str]
    time_limit: float
    base: Path | None
    """What stands for the workspace at the merge base."""
    private: bool
    """Whether nobody else uses the server, and it ends with the run."""

    def run(self, databases: Databases) -> Report:
        """Upgrade one database, make the models' tables in the other, and read both.

        Raises:
            GateError: the process could not be run to its end.
        """
        job = self.out / "job.json"
        job.write_text(json.dumps(self._job(databases)), encoding="utf-8")
        command = process.Command(
            argv=(str(self.python), "-I", "-X", "utf8", str(_RUNNER), str(job)),
            cwd=self.root / self.configuration.working_directory,
            environment=self._environment(databases.migrated),
        )
        try:
            completed = process.run(command, time_limit=self.time_limit)
        except GateError as error:
            raise self._broken_off(error) from error
        report = read_report(self.out / "report.jsonl")
        if not report.ended and report.failed() is None:
            raise GateError(
                "environment-ended",
                f"the process ended with exit code {completed.returncode} "
                f"{_STEPS[report.last]}{completed.quote()}",
                "look for what in env.py or the models ends the process",
                file=self.configuration.env_py,
            )
        return report

    def failure(self, step: str, error: RunnerError) -> Failure:
        """What an exception in the process means."""
        file, line = self._place(error)
        code, fix = self._meaning(step, error, file)
        text = " | ".join(part.strip() for part in error.text.splitlines() if part.strip())
        said = text if error.refused else f"{error.type}: {text}"
        seed = self.service.settings.seed
        if error.type == _SEED and seed is not None:
            file, line = posixpath.join(self.service.facts.root, seed), None
        return Failure(
            gate=GATE,
            code=f"{GATE}/{code}",
            service=self.service.name,
            file=file or self.configuration.env_py,
            line=line,
            message=f"{said} ({_STEPS.get(step, step)})",
            fix=fix,
        )

    def _meaning(self, step: str, error: RunnerError, file: str | None) -> tuple[str, str]:
        if not self.server.is_alive():
            return "server-died", "run it again; look at the server's memory and disk"
        if error.type == "ModuleNotFoundError" and "alembic" in error.text.split("'"):
            return "no-alembic", "add alembic to the service's dependencies and lock it"
        if error.code == _DISK_FULL:
            return "disk-full", "free disk space or memory, and run it again"
        if error.code == _LOCK_TIMEOUT:
            return "lock-timeout", "close the connection that holds the lock before migrating"
        if (named := _NO_EXTENSION.search(error.text)) is not None:
            what = named[1] or "that is named"
            return "missing-extension", (
                f"install the extension {what} (Debian: postgresql-contrib, or a package of its "
                "own), or name a server that has it: INSEAM_POSTGRESQL_URL; if nothing in the "
                "revisions names it, state it in the setting extensions"
            )
        if error.type == _SEED:
            return "seed-failed", "correct the SQL that the setting seed names"
        if error.refused:
            return "env-unusable", "correct env.py, or say `applies: false` with a reason"
        if step == "upgrade" and file is not None and self._is_revision(file):
            return "migration-failed", "correct the migration: it does not run on an empty database"
        if step == "trip" and file is not None and self._is_revision(file):
            on = (
                "on the rows of the setting seed" if self.service.settings.seed else "a second time"
            )
            return "migration-failed", f"correct the migration: it does not run {on}"
        return "env-failed", "correct what is named; `alembic upgrade heads` shows it too"

    def _is_revision(self, file: str) -> bool:
        return any(file.startswith(f"{folder}/") for folder in self.configuration.versions)

    def _place(self, error: RunnerError) -> tuple[str | None, int | None]:
        """The innermost place in a revision, or else in the workspace."""
        real, ours = os.path.realpath(self.root), os.path.realpath(_INSIDE) + os.sep
        places = [
            (os.path.relpath(path, real), line)
            for path, line in ((os.path.realpath(file), line) for file, line in error.frames)
            if path.startswith(real + os.sep)
            and path != os.path.realpath(_RUNNER)
            and not path.startswith(ours)
        ]
        revisions = [place for place in places if self._is_revision(place[0])]
        return next(iter(reversed(revisions or places)), (None, None))

    def _broken_off(self, error: GateError) -> GateError:
        """A limit that was exceeded, with the step and the migration that it happened in."""
        report = read_report(self.out / "report.jsonl")
        where = _STEPS[report.last]
        if error.code == "tool-timeout":
            return GateError(
                "migration-timeout",
                f"the migrations took longer than {self.time_limit:.0f} seconds, {where}",
                "look for what hangs, or raise the setting migration_seconds",
                file=self.configuration.env_py,
            )
        message = f"the service's process broke off {where}: {error.message}"
        return GateError(error.code, message, error.fix, file=self.configuration.env_py)

    def _job(self, databases: Databases) -> dict[str, object]:
        server, settings, facts = self.server, self.service.settings, self.service.facts
        bases = facts.source_roots or (facts.root,)
        return {
            "ini": str(self.root / self.configuration.file),
            "section": self.configuration.section,
            "cwd": str(self.root / self.configuration.working_directory),
            "source_roots": [str(self.root / base) for base in bases],
            "server": {
                "host": server.host,
                "port": server.port,
                "user": server.user,
                "password": server.password,
            },
            "databases": {
                "migrated": databases.migrated,
                "declared": databases.declared,
                "trip": databases.trip,
            },
            "database": server.database,
            "strategy": server.strategy,
            "before": self.itinerary.before,
            "trips": [
                {"revision": t.revision.id, "back": t.back, "reversible": t.reversible}
                for t in self.itinerary.trips
            ],
            "seeds": self._seeds(),
            "private": self.private,
            "psql": [str(server.psql), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
            "psql_environment": {
                "PATH": self.environment.get("PATH", os.defpath),
                "LC_ALL": "C",
                "PGCLIENTENCODING": "UTF8",
                **server.variables(databases.migrated),
            },
            "catalogue_sql": str(CATALOGUE),
            "out": str(self.out),
            "report": str(self.out / "report.jsonl"),
            "new": sorted(self.new),
            "parent": os.getpid(),
            "lock_ms": int(settings.lock_seconds * 1000),
        }

    def _seeds(self) -> list[str]:
        """The SQL of the setting; the base's too, as the change may have fitted its own to the
        tables that come of its revisions."""
        seed, folder = self.service.settings.seed, self.service.facts.root
        if seed is None:
            return []
        found = [self.root / folder / seed]
        if self.base is not None and (self.base / folder / seed).is_file():
            found.append(self.base / folder / seed)
        return [str(path) for path in found]

    def _environment(self, database: str) -> dict[str, str]:
        """No secret of the run's comes to the service's code; libpq's variables name the server."""
        kept = {name: value for name, value in self.environment.items() if _KEPT.match(name)}
        return {**kept, **self.service.settings.variables, **self.server.variables(database)}
