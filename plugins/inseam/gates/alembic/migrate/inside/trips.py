"""The round trip of new revisions."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from typing import Any

from .databases import Reading, psql
from .report import failure
from .run import Run
from .target import Refused


def round_trips(run: Run, job: dict[str, Any], database: str) -> list[dict[str, Any]]:
    """Each revision up, down and up again, with the catalogue of each state.

    What fails is noted; what comes after it is not tried, as nobody knows what there is.
    """
    said: list[dict[str, Any]] = []
    states = States(job, database)
    seed = Seed(job, database)
    for number, trip in enumerate(job["trips"]):
        revision, back, reversible = trip["revision"], trip["back"], trip["reversible"]
        said.append({"revision": revision, "number": number, "way": "up"})
        moves: list[tuple[str, Callable[[str, str], None], str]]
        moves = [("up", run.upgrade, revision)]
        if reversible:
            moves += [("down", run.downgrade, back), ("again", run.upgrade, revision)]
            if seed.planted():
                states.moved()
            states.keep(f"trip-{number}-0")
        for at, (way, move, to) in enumerate(moves, 1):
            said[-1]["way"] = way
            states.moved()
            try:
                move(database, to)
            except BaseException as error:  # noqa: BLE001  # a migration may do anything
                said[-1]["error"] = failure(error)
                return said
            if reversible:
                states.keep(f"trip-{number}-{at}")
        said[-1]["way"] = "done" if reversible else "skipped"
    seed.expect()
    return said


class SeedFailed(Refused):
    """The setting's SQL cannot be run at any step of the way."""


class Seed:
    """The SQL that fills the tables: as soon as these are what it is written for.

    With all revisions on the way, the first of them find an empty database.
    """

    def __init__(self, job: dict[str, Any], database: str) -> None:
        self._job, self._database = job, database
        self._open = bool(job["seeds"])
        self._why = ""

    def planted(self) -> bool:
        """Whether the rows are there now and were not before; all of them, or none."""
        for path in self._job["seeds"] if self._open else ():
            try:
                psql(self._job, self._database, ["-1", "-f", path])
            except RuntimeError as error:
                self._why = self._why or str(error).replace(path, os.path.basename(path))
            else:
                self._open = False
                return True
        return False

    def expect(self) -> None:
        """Raise, if it can be run after the last revision as little as before all others."""
        if self._open and self._why and not self.planted():
            raise SeedFailed(self._why)


class States:
    """The states of a database: the catalogue, and with seed data what is in the tables."""

    def __init__(self, job: dict[str, Any], database: str) -> None:
        self._job, self._database = job, database
        self._now: str | None = None

    def moved(self) -> None:
        """The state that was read last is no more."""
        self._now = None

    def keep(self, name: str) -> None:
        """Leave the state of now for the gate."""
        if self._now is None:
            entries = Reading(self._job, self._database, name).wait().entries()
            rows = self._rows(entries, name) if self._job["seeds"] else {}
            with open(self._place(f"{name}-rows.json"), "w", encoding="utf-8") as file:
                json.dump(rows, file)
        else:  # one trip begins where the one before it ended
            for kind in (".json", "-rows.json"):
                shutil.copyfile(self._place(self._now + kind), self._place(name + kind))
        self._now = name

    def _place(self, name: str) -> str:
        return os.path.join(self._job["out"], name)

    def _rows(self, entries: list[dict[str, Any]], name: str) -> dict[str, str]:
        """How many rows each table has, and what is in them."""
        tables = [
            (entry["schema"], entry["name"])
            for entry in entries
            if entry["kind"] == "table" and entry["attributes"].get("kind") == "r"
        ]
        queries = self._place(f"{name}-rows.sql")
        with open(queries, "w", encoding="utf-8") as file:
            for names in tables:
                table = ".".join('"' + part.replace('"', '""') + '"' for part in names)
                hashed = "md5(string_agg(t::text, ' ' ORDER BY t::text))"
                file.write(f"SELECT count(*), {hashed} FROM {table} t;\n")
        said = psql(self._job, self._database, ["-f", queries]).splitlines()
        return {".".join(names): said[at] for at, names in enumerate(tables)}
