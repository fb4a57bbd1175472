"""All steps of a job, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .databases import Reading, copy_database, copy_extensions, drop_roles, list_roles
from .models import sources
from .names import Names
from .report import Report
from .run import Run
from .trips import round_trips


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
    read: dict[str, Reading] = {}
    asked: list[Names] = []
    roles: list[str] = []

    def upgrade() -> dict[str, Any]:
        for revision in job["before"]:
            run.upgrade(names["migrated"], revision)
        if job["trips"]:
            if not job["before"]:  # what env.py makes is nothing that a downgrade has to undo
                run.visit(names["migrated"])
            copy_database(job, names["migrated"], names["trip"])
            roles.extend(list_roles(job) if job["private"] else ())
        run.upgrade(names["migrated"])
        read["migrated"] = Reading(job, names["migrated"], "migrated")
        known = sorted(revision.revision for revision in run.script.walk_revisions())
        return {"sql": run.sql, "revisions": known}

    def create() -> dict[str, Any]:
        copy_extensions(job, names)
        refused = run.create(names["declared"])
        read["migrated"].wait()  # before env.py comes to that database again
        read["declared"] = Reading(job, names["declared"], "declared")
        asked.append(Names(run.options, run.metadatas()))
        return {"refused": refused, "sources": sources(run.metadatas())}

    def check() -> dict[str, Any]:
        return {"operations": run.check(names["migrated"])}

    def compare() -> dict[str, Any]:
        read["declared"].wait()
        asked[0].look(read.values(), run.default_schema)
        return {
            "excluded": asked[0].excluded,
            "version_table": run.options.get("version_table") or "alembic_version",
            "version_schema": run.options.get("version_table_schema") or run.default_schema,
            "default_schema": run.default_schema,
        }

    def trip() -> dict[str, Any]:
        drop_roles(job, names, frozenset(roles))
        return {"trips": round_trips(run, job, names["trip"])}

    steps: list[tuple[str, Callable[[], dict[str, Any]]]] = [
        ("upgrade", upgrade),
        ("create", create),
        ("check", check),
        ("compare", compare),
    ]
    if job["trips"]:
        steps.append(("trip", trip))
    for name, work in steps:
        if not report.attempt(name, work):
            return
    report.say("end", state="done")
