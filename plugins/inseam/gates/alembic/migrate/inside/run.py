"""A job while it is being done: `env.py`, run for one thing or another."""

from __future__ import annotations

import argparse
import functools
import importlib
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .autogenerate import described
from .drivers import guard
from .engines import Engines
from .models import create_all, has_schemas
from .target import Refused, Target


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
        self.strict_check = self.in_worker = False
        self.default_schema = "public"
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

    def run_env(self) -> None:
        """Run `env.py`: as it is, or where it expects its application's event loop, in one of its
        worker threads."""
        if not self.in_worker:
            self.script.run_env()
            return
        anyio = importlib.import_module("anyio")
        anyio.run(functools.partial(anyio.to_thread.run_sync, self.script.run_env))

    def with_environment(self, work: Callable[[Any, Any], Any], **options: Any) -> None:
        """Run `env.py`, which runs `work`."""
        calls: list[int] = []

        def once(revision: Any, context: Any) -> Any:
            if calls:
                raise Refused("env.py runs the migrations more than once: for several databases")
            calls.append(1)
            if context.as_sql or context.connection is None:
                raise Refused("env.py runs the migrations without a connection")
            # Unknown as long as the schema that `env.py` puts first does not exist.
            self.default_schema = context.dialect.default_schema_name or self.default_schema
            return work(revision, context)

        with self.context_class(self.config, self.script, fn=once, as_sql=False, **options):
            try:
                self.run_env()
            except RuntimeError as error:
                if calls or self.in_worker or "AnyIO worker thread" not in str(error):
                    raise
                self.in_worker = True
                self.run_env()
        if not calls:
            raise Refused("env.py ended without running the migrations")

    def visit(self, name: str) -> None:
        """Let `env.py` make what it makes by itself: the table of versions, schemas."""
        with self.database(name):
            self.with_environment(lambda *_: [])

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
        """What `alembic check` would write a migration for.

        With schemas, which else it takes for missing. Server defaults only if `env.py` wants them
        compared: else nobody's autogenerate writes them, and the catalogues say more of them.
        """
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
