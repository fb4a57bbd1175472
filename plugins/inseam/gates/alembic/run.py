"""The gate's stages for each service of a unit, the cheap ones first."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inseam.findings.model import Failure, Finding
from inseam.gates.alembic.chain.stage import StaticResult, judge_chain
from inseam.gates.alembic.drift.compare import compare
from inseam.gates.alembic.drift.judge import DriftJudge, users_of_types
from inseam.gates.alembic.migrate.process import Databases, Migrations
from inseam.gates.alembic.migrate.report import Line, Report, in_default, read_catalogue
from inseam.gates.alembic.rules import GATE
from inseam.gates.alembic.safety.squawk import Squawk
from inseam.gates.alembic.server.connection import Server
from inseam.gates.alembic.server.select import Wish, open_server
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.alembic.stages import Stages
from inseam.gates.alembic.trip.itinerary import Itinerary, plan_trips
from inseam.gates.alembic.trip.judge import TripJudge
from inseam.gates.contract import GateError, Request, Service
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.failures import failure
from inseam.gates.environment.interpreters import Interpreter
from inseam.gates.environment.workshop import Prepared, Workshop
from inseam.gates.files import SourceError, read_source
from inseam.gates.scratch import scratch_folder

OLDEST_MINOR = 9
"""The oldest Python 3 that the gate's script runs on."""


def run(request: Request[AlembicSettings]) -> Iterator[Finding | Failure]:
    """Judge each service; what goes wrong with one says nothing of the others."""
    deadline = Deadline.after(request.time_limit)
    for service in request.services:
        try:
            yield from _judge(request, service, deadline)
        except GateError as error:
            yield failure(error, gate=GATE, service=service.name)


def _judge(
    request: Request[AlembicSettings], service: Service[AlembicSettings], deadline: Deadline
) -> Iterator[Finding | Failure]:
    stages = Stages(service=service.name)
    with stages.stage("chain"):
        static = judge_chain(request.root, service, base=request.base, tip=request.tip)
    yield from static.findings
    yield from static.failures
    if not static.walkable:
        return  # Alembic itself would stop here, and what it would build nobody knows
    yield from _Completeness(
        request=request, service=service, static=static, deadline=deadline, stages=stages
    ).results()


@dataclass(frozen=True, kw_only=True)
class _Completeness:
    """The stages that need a server, for one service."""

    request: Request[AlembicSettings]
    service: Service[AlembicSettings]
    static: StaticResult
    deadline: Deadline
    stages: Stages

    def results(self) -> Iterator[Finding | Failure]:
        """What they say."""
        settings = self.service.settings
        workshop = Workshop.of(self.request, self.deadline)
        with self.stages.stage("environment"):
            prepared = workshop.for_service(self.service.facts, settings, at_least=OLDEST_MINOR)
        if not (prepared.environment.site_packages / "alembic").is_dir():
            raise GateError(
                "no-alembic",
                "the service's locked environment has no alembic",
                "add it to the service's dependencies and lock it",
                file=self.service.facts.lock,
            )
        wish = Wish.of(self._texts(), settings)
        opened = open_server(
            wish,
            settings,
            service=self.service.name,
            workshop=workshop,
            interpreter=prepared.interpreter,
        )
        with contextlib.ExitStack() as stack:
            with self.stages.stage("server"):
                server = stack.enter_context(opened)
            private = wish.private and server.major is not None  # else somebody's own
            yield from self._on(server, workshop, prepared, private=private)

    def _on(
        self, server: Server, workshop: Workshop, prepared: Prepared, *, private: bool
    ) -> Iterator[Finding | Failure]:
        """What they say, on a server."""
        itinerary = self._itinerary()
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(scratch_folder(GATE))
            names = stack.enter_context(self._databases(server))
            stack.enter_context(self._dummy_files())
            migrations = Migrations(
                root=self.request.root,
                service=self.service,
                configuration=self.static.configuration,
                python=prepared.environment.python,
                server=server,
                out=out,
                new=self._new(),
                itinerary=itinerary,
                environment=self.request.environment,
                time_limit=min(self.service.settings.migration_seconds, self.deadline.left()),
                base=self.request.base,
                private=private,
            )
            with self.stages.stage("service's process"):
                report = migrations.run(names)
            for line in report.lines:
                if line.seconds is not None:
                    self.stages.took(f"service's process, {line.step}", line.seconds)
            failed = report.failed()
            if failed is not None and failed.error is not None:
                yield migrations.failure(failed.step, failed.error)
            self._same_revisions(report)
            with self.stages.stage("comparison"):
                yield from self._drift(report, out)
                yield from self._trips(report, out, itinerary, migrations)
            with self.stages.stage("safety"):
                yield from self._safety(report, out, server, workshop, prepared.interpreter)

    def _same_revisions(self, report: Report) -> None:
        """Make sure that Alembic walked the chain that was judged.

        Raises:
            GateError: `bad-configuration`, it did not.
        """
        upgraded = report.done("upgrade")
        if upgraded is None:
            return
        judged = {revision.id for revision in self.static.chain.revisions}
        other = sorted(judged.symmetric_difference(upgraded.revisions))
        if other:
            raise GateError(
                "bad-configuration",
                f"env.py looks for revisions elsewhere than the configuration says: {other[0]} "
                f"{'is not found there' if other[0] in judged else 'is only found there'}",
                "name the folders in the setting version_locations",
                file=self.static.configuration.env_py,
            )

    def _new(self) -> frozenset[str]:
        """Ids of the revisions that count as new."""
        everything = frozenset(revision.id for revision in self.static.chain.revisions)
        return everything if self.service.settings.round_trip_all else self.static.new

    def _itinerary(self) -> Itinerary:
        settings = self.service.settings
        chosen = self._new() if settings.round_trip or settings.round_trip_all else frozenset()
        return plan_trips(self.static.chain, chosen, oldest=settings.oldest_reversible)

    def _trips(
        self, report: Report, out: Path, itinerary: Itinerary, migrations: Migrations
    ) -> Iterator[Finding | Failure]:
        tripped, compared = report.done("trip"), report.done("compare")
        if tripped is None or compared is None:
            return  # there was none, or the step that failed was reported
        version = compared.version_table
        judge = TripJudge(
            root=self.request.root,
            service=self.service.name,
            out=out,
            itinerary=itinerary,
            excluded={("table", _schema(compared, compared.version_schema), version, version)},
            default_schema=compared.default_schema,
        )
        yield from judge.findings(tripped.trips)
        for way in tripped.trips:
            if way.error is not None and way.way == "up":
                yield migrations.failure("trip", way.error)

    def _safety(
        self,
        report: Report,
        out: Path,
        server: Server,
        workshop: Workshop,
        interpreter: Interpreter,
    ) -> Iterator[Finding]:
        upgraded = report.done("upgrade")
        if upgraded is None or not upgraded.sql or not self.service.settings.safety:
            return
        tool = workshop.for_tool("squawk", interpreter)
        squawk = Squawk(
            executable=tool.folder / "bin" / "squawk",
            service=self.service,
            major=server.major,
            folder=out,
            environment=self.request.environment,
            deadline=self.deadline,
        )
        yield from squawk.findings(
            self.static.chain.revisions,
            {
                revision: statements
                for revision, statements in upgraded.sql.items()
                if revision in self.static.new
            },
        )

    def _drift(self, report: Report, out: Path) -> Iterator[Finding]:
        compared, created = report.done("compare"), report.done("create")
        if compared is None or created is None:
            return  # the step that failed was reported
        version = compared.version_table
        schema, default = _schema(compared, compared.version_schema), compared.default_schema
        hidden = {("table", schema, version, version)}
        hidden |= {
            (kind, _schema(compared, schema), table or "", name)
            for kind, schema, table, name in compared.excluded
        }
        migrated, declared = (
            read_catalogue(out / f"{name}.json", default) for name in ("migrated", "declared")
        )
        differences = compare(migrated, declared, excluded=hidden)
        checked = report.done("check")
        judge = DriftJudge(
            root=self.request.root,
            service=self.service,
            configuration=self.static.configuration,
            sources=created.sources,
            users=users_of_types((*declared, *migrated)),
        )
        own = {version, f"{compared.version_schema}.{version}"}
        operations = [o for o in (checked.operations if checked else ()) if o.table not in own]
        yield from judge.findings(differences, created.refused, operations)

    def _texts(self) -> Iterator[str]:
        """The text of the revisions, of `env.py`, and of the SQL that lies with them."""
        configuration = self.static.configuration
        files = [revision.file for revision in self.static.chain.revisions]
        below = tuple(f"{f}/" for f in (configuration.script_location, *configuration.versions))
        files += (f for f in self.service.files if f.endswith(".sql") and f.startswith(below))
        for file in (*files, configuration.env_py):
            with contextlib.suppress(SourceError):  # the process will say so
                yield read_source(self.request.root / file)

    @contextlib.contextmanager
    def _databases(self, server: Server) -> Iterator[Databases]:
        """Two empty databases, and the name of a third."""
        token = secrets.token_hex(6)
        names = (f"inseam_migrated_{token}", f"inseam_declared_{token}")
        trip = f"inseam_trip_{token}"
        milliseconds = int(self.service.settings.lock_seconds * 1000)
        try:
            server.create(*names, lock_timeout=milliseconds)
            for extension in sorted(self.service.settings.extensions):
                for name in names:
                    server.query(f'CREATE EXTENSION "{extension}" CASCADE', database=name)
            yield Databases(migrated=names[0], declared=names[1], trip=trip)
        finally:
            server.drop(*names, trip)

    @contextlib.contextmanager
    def _dummy_files(self) -> Iterator[None]:
        """The files of the setting that do not exist, within the block."""
        made: list[Path] = []
        try:
            for name, text in self.service.settings.dummy_files.items():
                path = self.request.root / self.service.facts.root / name
                if path.exists():
                    continue
                missing = [p for p in (path, *path.parents) if not p.exists()]
                path.parent.mkdir(parents=True, exist_ok=True)
                made += missing
                path.write_text(text, encoding="utf-8")
            yield
        finally:
            for path in made:
                with contextlib.suppress(OSError):
                    path.rmdir() if path.is_dir() else path.unlink()


def _schema(compared: Line, schema: str) -> str:
    return in_default(schema, compared.default_schema)
