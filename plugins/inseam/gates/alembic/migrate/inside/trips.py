"""The round trip of new revisions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from .databases import catalogue, psql
from .report import failure
from .run import Run


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
