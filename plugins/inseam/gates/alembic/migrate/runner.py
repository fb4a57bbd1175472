"""Started with the Python of a service's environment: its migrations, on the gate's databases.

    python -I runner.py JOB

A script by itself, without anything of inseam, for any Alembic since 1.9. `env.py` runs unedited:
whatever database it asks for, it gets the one that the step is about.
"""

from __future__ import annotations

import argparse
import ctypes
import functools
import gc
import importlib
import importlib.machinery
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_DROPPED = (
    *("password", "passfile", "service", "hostaddr", "dsn", "require_auth", "channel_binding"),
    *("sslmode", "sslcert", "sslkey", "sslrootcert", "sslpassword", "sslnegotiation", "ssl"),
    *("gssencmode", "krbsrvname", "target_session_attrs", "load_balance_hosts", "direct_tls"),
    "async_creator_fn",
)
"""Arguments of drivers that name another server, or how to be let in there."""


class Refused(Exception):
    """What the gate cannot go along with; its text says why."""


class Target:
    """The database that every connection goes to."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.server = job["server"]
        self.database = ""
        self.lock_ms = int(job["lock_ms"])

    def libpq(self) -> dict[str, Any]:
        """Arguments for drivers that build on libpq."""
        server = self.server
        named = {"host": server["host"], "port": server["port"], "user": server["user"]}
        if server["password"] is not None:
            named["password"] = server["password"]
        return {**named, "dbname": self.database}

    def rewrite(self, arguments: dict[str, Any], database: str = "dbname") -> dict[str, Any]:
        """A driver's arguments with the server exchanged."""
        kept = {name: value for name, value in arguments.items() if name not in _DROPPED}
        for name in ("database", "dbname", "db"):
            kept.pop(name, None)
        mine = self.libpq()
        mine[database] = mine.pop("dbname")
        return {**kept, **mine}

    def is_address(self, address: Any) -> bool:
        """Whether a socket's address is the server's, or on this machine's file system."""
        if not isinstance(address, tuple):
            return True
        host, port = address[0], address[1]
        if self.server["host"].startswith("/") or port != int(self.server["port"]):
            return False
        found = socket.getaddrinfo(self.server["host"], port, type=socket.SOCK_STREAM)
        return any(entry[4][0] == host for entry in found) or host == self.server["host"]


def patch_psycopg2(target: Target) -> None:
    """Every connection of psycopg2 goes to the target."""
    psycopg2: Any = importlib.import_module("psycopg2")
    extensions = importlib.import_module("psycopg2.extensions")
    real = psycopg2._connect

    def connect(dsn: str, *arguments: Any, **options: Any) -> Any:
        stated = target.rewrite(extensions.parse_dsn(dsn))
        return real(extensions.make_dsn(**stated), *arguments, **options)

    psycopg2._connect = connect


def patch_psycopg(target: Target) -> None:
    """Every connection of psycopg 3 goes to the target."""
    psycopg: Any = importlib.import_module("psycopg")
    info = importlib.import_module("psycopg.conninfo")
    for kind in (psycopg.Connection, psycopg.AsyncConnection):
        patch_psycopg_kind(kind, info, target)
    psycopg.connect = psycopg.Connection.connect


def patch_psycopg_kind(kind: Any, info: Any, target: Target) -> None:
    """One of its two kinds of connection."""
    real = kind.connect.__func__
    own = ("autocommit", "prepare_threshold", "context", "row_factory", "cursor_factory")

    def connect(cls: Any, /, conninfo: str = "", **options: Any) -> Any:
        kept = {name: options.pop(name) for name in own if name in options}
        stated = target.rewrite({**info.conninfo_to_dict(conninfo), **options})
        return real(cls, "", **stated, **kept)

    kind.connect = classmethod(connect)


def patch_asyncpg(target: Target) -> None:
    """Every connection of asyncpg goes to the target."""
    asyncpg: Any = importlib.import_module("asyncpg")
    connection: Any = importlib.import_module("asyncpg.connection")
    real = connection.connect

    async def connect(dsn: Any = None, **options: Any) -> Any:
        return await real(**target.rewrite(options, database="database"))

    connection.connect = connect
    asyncpg.connect = connect


PATCHES = {"psycopg2": patch_psycopg2, "psycopg": patch_psycopg, "asyncpg": patch_asyncpg}


class Drivers:
    """Finds drivers when they are imported, and patches them: to import all takes a second."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The module's own spec, whose loader patches it afterwards."""
        if name not in PATCHES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        real, patch, to = spec.loader.exec_module, PATCHES[name], self._target

        def execute(module: Any) -> None:
            real(module)
            patch(to)

        object.__setattr__(spec.loader, "exec_module", execute)
        return spec


def guard(target: Target) -> None:
    """No connection but to the target, by whatever driver.

    Python's own sockets are watched; what connects below Python is exchanged in the driver.
    """
    sys.meta_path.insert(0, Drivers(target))

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and not target.is_address(arguments[1]):
            raise Refused(f"a connection to {arguments[1][0]}:{arguments[1][1]} was refused")

    sys.addaudithook(watch)


class Engines:
    """The engines that were used: what they hold open must not be used for the next database."""

    def __init__(self) -> None:
        event = importlib.import_module("sqlalchemy.event")
        engine_class = importlib.import_module("sqlalchemy.engine").Engine
        self._seen: dict[int, Any] = {}
        self.statements: list[str] = []
        event.listen(engine_class, "engine_connect", self._connected)
        event.listen(engine_class, "before_cursor_execute", self._executes)

    def _connected(self, connection: Any, *_: Any) -> None:
        engine = connection.engine
        if engine.dialect.name != "postgresql":
            raise Refused(
                f"the database is {engine.dialect.name}, and the gate knows PostgreSQL only"
            )
        self._seen[id(engine)] = engine

    def _executes(self, _: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if not parameters:
            self.statements.append(statement)

    def forget(self) -> None:
        """Let go of all connections, without using them: their event loop may be gone."""
        for engine in self._seen.values():
            engine.dispose(close=False)
        self._seen.clear()


class Run:
    """A job while it is being done."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.target = Target(job)
        guard(self.target)
        config_class = importlib.import_module("alembic.config").Config
        script_class = importlib.import_module("alembic.script").ScriptDirectory
        self.engines = Engines()
        self.context_class = importlib.import_module(
            "alembic.runtime.environment"
        ).EnvironmentContext
        self.options: dict[str, Any] = {}
        self.sql: dict[str, list[str]] = {}
        self.strict_check = False
        self.config = self._configuration(config_class)
        self.script = script_class.from_config(self.config)
        self._listen()

    def _configuration(self, config_class: Any) -> Any:
        ini, section = self.job["ini"], self.job["section"]
        beside = os.path.join(os.path.dirname(ini), "pyproject.toml")
        options: dict[str, Any] = {"ini_section": section}
        if "toml_file" in inspect.signature(config_class.__init__).parameters:
            options["toml_file"] = beside if os.path.exists(beside) else None
        options["cmd_opts"] = argparse.Namespace(x=None, name=section, config=ini, raiseerr=True)
        return config_class(None if ini == beside else ini, **options)

    def _listen(self) -> None:
        """Note what `env.py` configures, and which statements belong to which revision."""
        real, run = self.context_class.configure, self

        def configure(self: Any, *arguments: Any, **options: Any) -> Any:
            applied = options.pop("on_version_apply", None) or ()
            applied = tuple(applied) if isinstance(applied, (list, tuple, set)) else (applied,)
            options["on_version_apply"] = (*applied, run.applied)
            if run.strict_check and not callable(options.get("compare_server_default")):
                options["compare_server_default"] = True
            if run.strict_check and has_schemas(options.get("target_metadata")):
                options.setdefault("include_schemas", True)
            run.options = options
            return real(self, *arguments, **options)

        self.context_class.configure = configure

    def applied(self, *, ctx: Any, step: Any, heads: Any, run_args: Any, **_: Any) -> None:
        """After a revision: what it executed."""
        table = ctx.version_table
        statements = [text for text in self.engines.statements if table not in text]
        self.engines.statements.clear()
        for revision in step.up_revision_ids:
            if revision in self.job["new"] and step.is_upgrade:
                self.sql[revision] = statements

    @contextmanager
    def database(self, name: str) -> Iterator[None]:
        """All connections go to a database within the block."""
        self.target.database = name
        os.environ.update(PGDATABASE=name)
        self.engines.statements.clear()
        try:
            yield
        finally:
            self.engines.forget()

    def with_environment(self, work: Callable[[Any, Any], Any], **options: Any) -> None:
        """Run `env.py`, which runs `work`."""
        calls: list[int] = []

        def once(revision: Any, context: Any) -> Any:
            if calls:
                raise Refused("env.py runs the migrations more than once: for several databases")
            calls.append(1)
            if context.as_sql or context.connection is None:
                raise Refused("env.py runs the migrations without a connection")
            return work(revision, context)

        with self.context_class(self.config, self.script, fn=once, as_sql=False, **options):
            self.script.run_env()
        if not calls:
            raise Refused("env.py ended without running the migrations")

    def upgrade(self, name: str, to: str = "heads") -> None:
        """Apply revisions."""
        with self.database(name):
            self.with_environment(
                lambda revision, _: self.script._upgrade_revs(to, revision),
                starting_rev=None,
                destination_rev=to,
            )

    def downgrade(self, name: str, to: str) -> None:
        """Undo revisions."""
        with self.database(name):
            self.with_environment(
                lambda revision, _: self.script._downgrade_revs(to, revision),
                starting_rev=None,
                destination_rev=to,
            )

    def metadatas(self) -> list[Any]:
        """What `env.py` says the models are."""
        stated = self.options.get("target_metadata")
        if stated is None:
            raise Refused("env.py gives no target_metadata, so there is nothing to compare with")
        return list(stated) if isinstance(stated, (list, tuple)) else [stated]

    def create(self, name: str) -> list[dict[str, str]]:
        """Make what the models describe; what PostgreSQL refused, and why."""
        refused: list[dict[str, str]] = []

        def work(_: Any, context: Any) -> Any:
            with context.begin_transaction(_per_migration=True):
                for metadata in self.metadatas():
                    create_all(context.connection, metadata, refused)
            return []

        with self.database(name):
            self.with_environment(work)
        return refused

    def check(self, name: str) -> list[dict[str, Any]]:
        """What `alembic check` would write a migration for, server defaults included."""
        revision_context = importlib.import_module("alembic.autogenerate").RevisionContext
        arguments = {
            **{"message": None, "autogenerate": True, "sql": False, "head": "heads"},
            **{"splice": False, "branch_label": None, "version_path": None, "rev_id": None},
            "depends_on": None,
        }
        context = revision_context(self.config, self.script, arguments)

        def work(revision: Any, migration_context: Any) -> Any:
            context.run_autogenerate(revision, migration_context)
            return []

        self.strict_check = True
        try:
            with self.database(name):
                self.with_environment(
                    work, template_args=context.template_args, revision_context=context
                )
        finally:
            self.strict_check = False
        script = context.generated_revisions[-1]
        found: list[dict[str, Any]] = []
        for operations in script.upgrade_ops_list:
            for entry in operations.as_diffs():
                found.extend(
                    described(diff) for diff in (entry if isinstance(entry, list) else [entry])
                )
        return found


def has_schemas(stated: Any) -> bool:
    """Whether a model lies in a schema that is not the default one."""
    metadatas = stated if isinstance(stated, (list, tuple)) else [stated]
    return any(
        table.schema
        for metadata in metadatas
        if metadata is not None
        for table in metadata.tables.values()
    )


def create_all(connection: Any, metadata: Any, refused: list[dict[str, str]]) -> None:
    """`metadata.create_all()`; where PostgreSQL refuses it, whatever else can be made."""
    for schema in sorted({table.schema for table in metadata.tables.values() if table.schema}):
        connection.exec_driver_sql(
            f"CREATE SCHEMA IF NOT EXISTS {connection.dialect.identifier_preparer.quote(schema)}"
        )
    try:
        with connection.begin_nested():
            metadata.create_all(connection, checkfirst=False)
        return
    except Exception as error:  # noqa: BLE001  # whatever a driver raises; each part is tried by itself
        first = error
    before = len(refused)
    indexes = [index for table in metadata.tables.values() for index in table.indexes]
    for index in indexes:
        index.table.indexes.discard(index)
    try:
        create_tables(connection, metadata, refused)
    finally:
        for index in indexes:
            index.table.indexes.add(index)
    for index in sorted(indexes, key=lambda index: (index.table.fullname, str(index.name))):
        attempt(
            connection,
            refused,
            "index",
            index.table,
            str(index.name),
            functools.partial(index.create, connection),
        )
    if len(refused) == before:  # a listener for the whole metadata, not one table or index
        refused.append({"kind": "metadata", "table": "", "name": "", "why": one_line(first)})


def create_tables(connection: Any, metadata: Any, refused: list[dict[str, str]]) -> None:
    """All tables at once, or else each by itself."""
    probe: list[dict[str, str]] = []
    everything = functools.partial(metadata.create_all, connection, checkfirst=True)
    attempt(connection, probe, "metadata", None, "", everything)
    if not probe:
        return
    for table in metadata.sorted_tables:
        make = functools.partial(table.create, connection, checkfirst=True)
        attempt(connection, refused, "table", table, table.name, make)


def attempt(
    connection: Any,
    refused: list[dict[str, str]],
    kind: str,
    table: Any,
    name: str,
    make: Callable[[], object],
) -> None:
    """Make one thing in a savepoint, or note why it cannot be made."""
    try:
        with connection.begin_nested():
            make()
    except Exception as error:  # noqa: BLE001  # whatever a driver raises
        where = "" if table is None else table.fullname
        refused.append({"kind": kind, "table": where, "name": name, "why": one_line(error)})


def one_line(error: BaseException) -> str:
    """What an error says first: the rest repeats the statement."""
    text = str(getattr(error, "orig", None) or error).strip()
    text = text.splitlines()[0] if text else type(error).__name__
    return text.partition(">: ")[2] or text


def described(diff: Any) -> dict[str, Any]:
    """An operation of autogenerate's, with the table and column that it is about."""
    kind, *parts = diff
    table = column = None
    if kind.startswith("modify_"):
        schema, table, column = parts[0], parts[1], parts[2]
        table = f"{schema}.{table}" if schema else table
    else:
        subject = parts[-1]
        owner = (
            subject if kind in ("add_table", "remove_table") else getattr(subject, "table", None)
        )
        if kind in ("add_column", "remove_column"):
            table = f"{parts[0]}.{parts[1]}" if parts[0] else parts[1]
            column = subject.name
        elif owner is not None:
            table = owner.fullname
    return {"operation": kind, "table": table, "column": column, "text": repr(diff)[:400]}


def sources(metadatas: list[Any]) -> list[dict[str, Any]]:
    """Where mapped classes are written, by table."""
    mapper_class = importlib.import_module("sqlalchemy.orm").Mapper
    tables = {id(table): table for metadata in metadatas for table in metadata.tables.values()}
    found = []
    for mapper in [item for item in gc.get_objects() if type(item) is mapper_class]:
        table = tables.get(id(mapper.local_table))
        if table is None:
            continue
        try:
            file = inspect.getsourcefile(mapper.class_)
            line = inspect.getsourcelines(mapper.class_)[1]
        except (OSError, TypeError):
            continue
        attributes = {
            column.name: property.key
            for property in mapper.column_attrs
            for column in property.columns
            if getattr(column, "table", None) is table
        }
        found.append(
            {"table": table.fullname, "file": file, "line": line, "attributes": attributes}
        )
    return found


class Names:
    """Asks `include_name` and `include_object` of `env.py` about what the catalogues hold."""

    def __init__(self, options: dict[str, Any], metadatas: list[Any]) -> None:
        self._name = options.get("include_name")
        self._object = options.get("include_object")
        self._schemas = bool(options.get("include_schemas"))
        self._declared = {t.fullname: t for m in metadatas for t in m.tables.values()}
        self._make = importlib.import_module("sqlalchemy")
        self._stubs: dict[str, Any] = {}
        self.excluded: list[list[str]] = []

    def look(self, catalogues: list[list[dict[str, Any]]], default_schema: str) -> None:
        """Note everything that `env.py` leaves out."""
        if self._name is None and self._object is None:
            return
        seen = set()
        for catalogue in catalogues:
            for entry in sorted(catalogue, key=lambda e: e["kind"] != "table"):
                kind = entry["kind"]
                key = (kind, entry["schema"], entry["table"], entry["name"])
                if key in seen or kind not in ("table", "column", "index", "constraint"):
                    continue
                seen.add(key)
                schema = None if entry["schema"] == default_schema else entry["schema"]
                if not self._included(entry, schema):
                    self.excluded.append([kind, entry["schema"], entry["table"], entry["name"]])

    def _included(self, entry: dict[str, Any], schema: str | None) -> bool:
        kind, table, name = entry["kind"], entry["table"], entry["name"]
        if kind == "constraint":
            kind = {"u": "unique_constraint", "f": "foreign_key_constraint"}.get(
                entry["attributes"]["type"], ""
            )
            if not kind:
                return True
        full = f"{schema}.{table}" if schema else table
        if self._name is not None:
            names = {"schema_name": schema}
            if kind != "table":
                names["table_name"] = table
            names["schema_qualified_table_name"] = full
            if self._schemas and schema and not self._name(schema, "schema", {}):
                return False
            if not self._name(name, kind, names):
                return False
        if self._object is None:
            return True
        declared = self._declared.get(full)
        item = self._find(declared, kind, name)
        if item is not None:
            return bool(self._object(item, name, kind, False, None))
        stub = self._stub(full, table, schema, kind, name)
        return bool(self._object(stub, name, kind, True, None))

    def _find(self, table: Any, kind: str, name: str) -> Any:
        if table is None or kind == "table":
            return table
        if kind == "column":
            return table.columns.get(name)
        among = table.indexes if kind == "index" else table.constraints
        return next((item for item in among if item.name == name), None)

    def _stub(self, full: str, table: str, schema: str | None, kind: str, name: str) -> Any:
        """What reflection would give: enough of it to be asked for names."""
        make = self._make
        owner = self._stubs.get(full)
        if owner is None:
            owner = make.Table(table, make.MetaData(), schema=schema)
            self._stubs[full] = owner
        if kind == "column":
            owner.append_column(make.Column(name), replace_existing=True)
            return owner.columns[name]
        if kind == "index":
            return make.Index(name, _table=owner)
        if kind == "table":
            return owner
        constraint = make.UniqueConstraint(name=name)
        owner.append_constraint(constraint)
        return constraint


def catalogue(job: dict[str, Any], database: str, name: str) -> list[dict[str, Any]]:
    """What a database holds, read with `psql`, and left for the gate."""
    out = os.path.join(job["out"], f"{name}.json")
    psql(job, database, ["-o", out, "-f", job["catalogue_sql"]])
    with open(out, encoding="utf-8") as file:
        found: list[dict[str, Any]] = json.load(file)
    return found


def failure(error: BaseException) -> dict[str, Any]:
    """An error and where it came up, outermost first."""
    frames = [[f.filename, f.lineno] for f in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append([error.filename, error.lineno])
    text = str(error).strip() or type(error).__name__
    original = getattr(error, "orig", None)
    return {
        "type": type(error).__name__,
        "text": "\n".join(text.splitlines()[:4])[:600],
        "code": str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or ""),
        "frames": frames,
        "refused": isinstance(error, Refused),
    }


class Report:
    """What the gate is told: a line of JSON for each thing that was done or failed."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def say(self, step: str, **said: Any) -> None:
        """One thing, at once on its way, so that nothing is lost if the process is killed."""
        os.write(self._file, (json.dumps({"step": step, **said}) + "\n").encode())

    def attempt(self, step: str, work: Callable[[], dict[str, Any]]) -> bool:
        """Do a step and say how it went."""
        self.say(step, state="begun")
        try:
            said = work()
        except BaseException as error:  # noqa: BLE001  # env.py may call sys.exit()
            self.say(step, state="failed", error=failure(error))
            return False
        self.say(step, state="done", **said)
        return True


def perform(job: dict[str, Any], report: Report) -> None:
    """All steps; the first that fails ends it."""
    holder: list[Run] = []

    def load() -> dict[str, Any]:
        holder.append(Run(job))
        return {}

    if not report.attempt("load", load):
        return
    run = holder[0]
    names = job["databases"]
    before: list[dict[str, Any]] = []

    def upgrade() -> dict[str, Any]:
        for revision in job["before"]:
            run.upgrade(names["migrated"], revision)
        if job["trips"]:
            copy_database(job, names["migrated"], names["trip"])
        run.upgrade(names["migrated"])
        return {"sql": run.sql}

    def migrated() -> dict[str, Any]:
        before.extend(catalogue(job, names["migrated"], "migrated"))
        return {}

    def create() -> dict[str, Any]:
        copy_extensions(job, names)
        refused = run.create(names["declared"])
        return {"refused": refused, "sources": sources(run.metadatas())}

    def compare() -> dict[str, Any]:
        declared = catalogue(job, names["declared"], "declared")
        asked = Names(run.options, run.metadatas())
        asked.look([before, declared], "public")
        return {
            "excluded": asked.excluded,
            "version_table": run.options.get("version_table") or "alembic_version",
            "version_schema": run.options.get("version_table_schema") or "public",
        }

    steps: list[tuple[str, Callable[[], dict[str, Any]]]] = [
        ("upgrade", upgrade),
        ("migrated", migrated),
        ("create", create),
        ("compare", compare),
        ("check", lambda: {"operations": run.check(names["migrated"])}),
    ]
    if job["trips"]:
        steps.append(("trip", lambda: {"trips": round_trips(run, job, names["trip"])}))
    for name, work in steps:
        if not report.attempt(name, work):
            return
    report.say("end", state="done")


def round_trips(run: Run, job: dict[str, Any], database: str) -> list[dict[str, Any]]:
    """Each revision up, down and up again, with the catalogue of each state.

    What fails is noted; what comes after it is not tried, as nobody knows what there is.
    """
    said: list[dict[str, Any]] = []
    if job["seed"] is not None:
        psql(job, database, ["-f", job["seed"]])
    for number, trip in enumerate(job["trips"]):
        revision, back, reversible = trip["revision"], trip["back"], trip["reversible"]
        said.append({"revision": revision, "number": number, "way": "up"})
        moves: list[tuple[str, Callable[[str, str], None], str]]
        moves = [("up", run.upgrade, revision)]
        if reversible:
            moves += [("down", run.downgrade, back), ("again", run.upgrade, revision)]
        state(job, database, f"trip-{number}-0")
        for at, (way, move, to) in enumerate(moves, 1):
            said[-1]["way"] = way
            try:
                move(database, to)
            except BaseException as error:  # noqa: BLE001  # a migration may do anything
                said[-1]["error"] = failure(error)
                return said
            state(job, database, f"trip-{number}-{at}")
        said[-1]["way"] = "done" if reversible else "skipped"
    return said


def state(job: dict[str, Any], database: str, name: str) -> None:
    """The catalogue, and with seed data what is in the tables."""
    held = catalogue(job, database, name)
    rows = {}
    if job["seed"] is not None:
        for entry in held:
            if entry["kind"] == "table" and entry["attributes"].get("kind") == "r":
                table = ".".join(
                    '"' + part.replace('"', '""') + '"' for part in (entry["schema"], entry["name"])
                )
                hashed = "md5(string_agg(t::text, ' ' ORDER BY t::text))"
                query = f"SELECT count(*), {hashed} FROM {table} t"
                rows[f"{entry['schema']}.{entry['name']}"] = psql(job, database, ["-c", query])
    with open(os.path.join(job["out"], f"{name}-rows.json"), "w", encoding="utf-8") as file:
        json.dump(rows, file)


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


def keep_workspace_clean() -> None:
    """Bytecode goes to the environment, where it saves most of the next run's time, and nowhere
    else: the workspace is not ours."""
    real = importlib.machinery.SourceFileLoader.set_data
    own = sys.prefix + os.sep

    def set_data(self: Any, path: str, data: Any, *, _mode: int = 0o666) -> None:
        if path.startswith(own):
            real(self, path, data, _mode=_mode)

    type.__setattr__(importlib.machinery.SourceFileLoader, "set_data", set_data)


def main() -> None:
    """Read the job and do it."""
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    if sys.platform == "linux":  # a killed gate leaves no migration running
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != job["parent"]:
            os._exit(1)
    keep_workspace_clean()
    os.chdir(job["cwd"])
    sys.path[:0] = job["source_roots"]
    perform(job, Report(job["report"]))


if __name__ == "__main__":
    main()
