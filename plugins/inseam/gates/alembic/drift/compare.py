"""Comparing two databases' content."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inseam.gates.alembic.drift import normal
from inseam.gates.alembic.drift.mend import mend
from inseam.gates.alembic.drift.model import Difference, Entry, Severity

_NO_MODEL = frozenset(
    {
        *("schema", "view", "materialized view", "function", "procedure", "aggregate", "trigger"),
        *("policy", "rule", "statistics", "privileges", "event trigger", "publication"),
        *("composite type", "range type", "collation", "extension", "default privileges"),
        *("operator", "operator class", "cast", "foreign data wrapper", "server"),
        *("text search dictionary", "text search configuration"),
    }
)
"""Kinds that models cannot state but by listeners with SQL of their own."""
_NO_MODEL_OF_TABLES = frozenset(
    {
        *("row_security", "force_row_security", "options", "toast_options", "owner"),
        *("replica_identity", "clustered", "server", "foreign_options", "statistics"),
    }
)
_DEFAULTS = frozenset({"default"})
_NAMES = frozenset({"check_names"})
_IN_DEFINITION = frozenset({"deferrable", "deferred", "validated", "enforced", "no_inherit"})
_RENAMEABLE = frozenset({"constraint", "index"})
_IGNORED = frozenset({"sequence"})
"""An owned sequence's own name, which nobody uses."""

Excluded = Collection[tuple[str, str, str, str]]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Two databases' content, ready to be compared."""

    migrated: Mapping[tuple[str, str, str, str], Entry]
    declared: Mapping[tuple[str, str, str, str], Entry]


def compare(
    migrated: Iterable[Entry], declared: Iterable[Entry], *, excluded: Excluded
) -> list[Difference]:
    """Where what the migrations made differs from what the models describe.

    Args:
        migrated: what `upgrade head` left.
        declared: what `create_all` made.
        excluded: identities that `env.py` leaves out; of a table, all that belongs to it.
    """
    hidden = frozenset(excluded)
    here, there = _included(migrated, hidden), _included(declared, hidden)
    found: list[Difference] = []
    lonely_here = [entry for key, entry in here.items() if key not in there]
    lonely_there = [entry for key, entry in there.items() if key not in here]
    for one, other in list(_renamed(lonely_here, lonely_there)):
        found.append(_difference(one, Severity.NAME, "name", one.name, other.name))
        lonely_here.remove(one)
        lonely_there.remove(other)
    gone = {e.full_table for e in (*lonely_here, *lonely_there) if e.kind == "table"}
    for entry in lonely_here:
        if entry.kind == "table" or entry.full_table not in gone or entry.table is None:
            found.append(_lonely(entry, migrated=True))
    for entry in lonely_there:
        if entry.kind == "table" or entry.full_table not in gone or entry.table is None:
            found.append(_lonely(entry, migrated=False))
    for key in here.keys() & there.keys():
        found.extend(_within(here[key], there[key]))
    order = {severity: number for number, severity in enumerate(Severity)}
    return sorted(
        found, key=lambda d: (order[d.severity], d.full_table, d.kind, d.name, d.attribute or "")
    )


def _included(entries: Iterable[Entry], hidden: Excluded) -> dict[tuple[str, str, str, str], Entry]:
    schemas = {schema for kind, schema, _, _ in hidden if kind == "schema"}
    tables = {(schema, table) for kind, schema, table, _ in hidden if kind == "table"}
    return {
        entry.identity: entry
        for entry in entries
        if entry.identity not in hidden
        and entry.schema_ not in schemas
        and (entry.table is None or (entry.schema_, entry.table) not in tables)
    }


def _renamed(here: Sequence[Entry], there: Sequence[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """Pairs that are the same but for their names."""
    waiting: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in there:
        if entry.kind in _RENAMEABLE:
            waiting.setdefault(_nameless(entry), []).append(entry)
    for entry in here:
        if entry.kind in _RENAMEABLE and (same := waiting.get(_nameless(entry))):
            yield entry, same.pop(0)


def _nameless(entry: Entry) -> tuple[Any, ...]:
    attributes = sorted((name, repr(value)) for name, value in _normal(entry).items())
    return (entry.kind, entry.schema_, entry.table, tuple(attributes))


def _normal(entry: Entry) -> dict[str, Any]:
    """An entry's attributes in one spelling."""
    result = {name: value for name, value in entry.attributes.items() if name not in _IGNORED}
    if isinstance(text := result.get("default"), str):
        owned = entry.attributes.get("sequence") is not None and text.startswith("nextval(")
        result["default"] = (
            "nextval(its own sequence)"
            if owned
            else normal.default(text, str(entry.attributes.get("type", "")))
        )
    if entry.kind in ("function", "procedure") and "definition" in result:
        result["definition"] = normal.routine(result["definition"])
        return result
    for name in ("definition", "computed", "using", "check"):
        if isinstance(text := result.get(name), str):
            result[name] = normal.definition(text)
    if isinstance(checks := result.get("checks"), list):
        result["checks"] = sorted(normal.expression(text) for text in checks)
    return result


def _within(here: Entry, there: Entry) -> Iterator[Difference]:
    """What differs in a thing that both have."""
    if here.attributes == there.attributes:
        return
    one, other = _normal(here), _normal(there)
    differing = [n for n in sorted(one.keys() | other.keys()) if one.get(n) != other.get(n)]
    if "definition" in differing:  # which says the others too
        differing = [n for n in differing if n not in _IN_DEFINITION]
    if "identity" in differing:
        differing = [n for n in differing if n not in ("sequence_options", "default")]
    if "default" in differing or "type" in differing:
        differing = [n for n in differing if n not in ("sequence_options", "minimum", "maximum")]
    for name in differing:
        severity = Severity.DEFAULT if name in _DEFAULTS else Severity.STRUCTURE
        if name in _NAMES:
            severity = Severity.NAME
        yield _difference(
            here, severity, name, here.attributes.get(name), there.attributes.get(name), there
        )


def _lonely(entry: Entry, *, migrated: bool) -> Difference:
    said = _summary(entry)
    one, other = (said, None) if migrated else (None, said)
    return _difference(entry, Severity.STRUCTURE, None, one, other)


def _summary(entry: Entry) -> str:
    """What an entry is, in a few words."""
    attributes = entry.attributes
    if entry.kind == "column":
        null = "" if attributes.get("nullable") else " NOT NULL"
        return f"{attributes['type']}{null}"
    if entry.kind == "enum":
        return ", ".join(attributes.get("labels", []))
    return " ".join(str(attributes.get("definition", entry.kind)).split())[:200]


def _difference(
    entry: Entry,
    severity: Severity,
    attribute: str | None,
    migrated: Any,
    declared: Any,
    other: Entry | None = None,
) -> Difference:
    only_migrated = attribute is None and declared is None
    partition = entry.kind == "table" and "partition_bound" in entry.attributes
    unknown = entry.kind in _NO_MODEL or partition
    of_table = attribute in _NO_MODEL_OF_TABLES and not declared
    return Difference(
        severity=severity,
        kind=entry.kind,
        schema=entry.schema_,
        table=entry.table,
        name=entry.name,
        attribute=attribute,
        migrated=migrated,
        declared=declared,
        undeclarable=(only_migrated and unknown) or of_table,
        mend=mend(entry, other, attribute, migrated=migrated, declared=declared),
    )
