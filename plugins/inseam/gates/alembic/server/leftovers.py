"""Databases that killed runs left on somebody's own server, which outlives them.

Each database says until when it can be of use, as no run goes on after its time limit. That is said
and compared by the server's clock alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

_MARK = "inseam: of no use after "
_GRACE = 3600
"""Seconds after a run's limit, for one that was stopped for a while and goes on."""
_NAME = re.compile(r"^inseam_(?:migrated|declared)_([0-9a-f]{12})$")
_KINDS = ("migrated", "declared", "trip")

_LISTED = f"""
SELECT datname FROM (
    SELECT datname, shobj_description(oid, 'pg_database') AS said FROM pg_database
) AS databases
WHERE said LIKE '{_MARK}%' AND substr(said, {len(_MARK) + 1})::timestamptz < now()
"""


class _Asked(Protocol):
    def query(self, sql: str) -> str: ...

    def drop(self, *names: str) -> None: ...


def marking(names: Iterable[str], seconds: float) -> str:
    """SQL by which new databases say how long they can be of use.

    Args:
        names: the databases.
        seconds: what is left of the run's time.
    """
    until = f"now() + interval '{int(seconds) + _GRACE} s'"
    return "".join(
        f"DO $$BEGIN EXECUTE format('COMMENT ON DATABASE \"{name}\" IS %L', "
        f"'{_MARK}' || {until}); END$$;\n"
        for name in names
    )


def remove_left(server: _Asked) -> None:
    """Drop the databases whose time is over."""
    tokens = {found[1] for name in server.query(_LISTED).split() if (found := _NAME.match(name))}
    if tokens:
        server.drop(*(f"inseam_{kind}_{token}" for token in sorted(tokens) for kind in _KINDS))
