"""What the round trip's states say."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from inseam.findings.model import Finding
from inseam.gates.alembic.drift.compare import Excluded, compare
from inseam.gates.alembic.drift.model import Difference
from inseam.gates.alembic.migrate.report import Way, read_catalogue
from inseam.gates.alembic.rules import GATE, fix_of
from inseam.gates.alembic.trip.itinerary import Itinerary, Trip

_NAMED = 3
"""Differences that a message names."""
_ROWS = TypeAdapter(dict[str, str])


@dataclass(frozen=True, kw_only=True)
class TripJudge:
    """The round trip's findings for one service."""

    root: Path
    service: str
    out: Path
    itinerary: Itinerary
    excluded: Excluded
    default_schema: str

    def findings(self, ways: Collection[Way]) -> Iterator[Finding]:
        """What is wrong with the revisions that made the trip."""
        for way in ways:
            trip = self.itinerary.trips[way.number]
            if way.error is not None and way.way in ("down", "again"):
                rule = "downgrade-fails" if way.way == "down" else "upgrade-again-fails"
                text = " | ".join(part.strip() for part in way.error.text.splitlines()[:2])
                line = self._line(way.error.frames, trip)
                yield self._finding(rule, trip, f"{way.error.type}: {text}", line=line)
            if way.way == "again" or way.way == "done":
                yield from self._down(way.number, trip)
            if way.way == "done":
                again = self._differences(way.number, 1, 3)
                if again:
                    yield self._finding("upgrade-again-differs", trip, _told(again))

    def _down(self, number: int, trip: Trip) -> Iterator[Finding]:
        left = self._differences(number, 0, 2)
        if left:
            yield self._finding("downgrade-differs", trip, _told(left))
        before, after = self._rows(number, 0), self._rows(number, 2)
        for table in sorted(before.keys() & after.keys()):
            if before[table] != after[table]:
                message = f"up and down again, the rows of {table} are others than before"
                yield self._finding("data-lost", trip, message, key=table)

    def _differences(self, number: int, before: int, after: int) -> list[Difference]:
        one, other = (self.out / f"trip-{number}-{state}.json" for state in (before, after))
        if one.read_bytes() == other.read_bytes():
            return []
        default = self.default_schema
        return compare(
            read_catalogue(other, default), read_catalogue(one, default), excluded=self.excluded
        )

    def _rows(self, number: int, state: int) -> Mapping[str, str]:
        path = self.out / f"trip-{number}-{state}-rows.json"
        return _ROWS.validate_python(json.loads(path.read_bytes()))

    def _line(self, frames: tuple[tuple[str, int | None], ...], trip: Trip) -> int | None:
        own = os.path.realpath(self.root / trip.revision.file)
        lines = [line for file, line in frames if os.path.realpath(file) == own]
        return lines[-1] if lines else None

    def _finding(
        self, rule: str, trip: Trip, said: str, *, line: int | None = None, key: str = ""
    ) -> Finding:
        revision = trip.revision
        return Finding(
            rule=f"{GATE}/{rule}",
            service=self.service,
            file=revision.file,
            line=line or revision.downgrade_line,
            message=f"the revision {revision.id}: {said}",
            fix=fix_of(rule),
            key=f"{revision.id} {key}".strip(),
            properties={"revision": revision.id},
        )


def _told(differences: list[Difference]) -> str:
    """The differences of a state from what it was, in a few words."""
    told = [_tell(difference) for difference in differences[:_NAMED]]
    more = len(differences) - _NAMED
    return ", ".join([*told, *([f"and {more} more"] if more > 0 else [])])


def _tell(difference: Difference) -> str:
    owner = f" of {difference.full_table}" if difference.table != difference.name else ""
    what = f"the {difference.kind} {difference.name}{owner if difference.table else ''}"
    if difference.attribute is not None:
        return f"{what} has another {difference.attribute.replace('_', ' ')} than before"
    return f"{what} is {'left' if difference.declared is None else 'gone'}"
