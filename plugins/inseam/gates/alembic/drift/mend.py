"""The `op.` call that turns what migrations made into what the models describe."""

from __future__ import annotations

from typing import Any

from inseam.gates.alembic.drift.model import PUBLIC, Entry
from inseam.gates.alembic.drift.spelling import spelled

_KINDS = {"p": "primary", "u": "unique", "f": "foreignkey", "c": "check", "x": "exclude"}
_CREATED = frozenset({"index", "function", "procedure", "trigger", "rule", "statistics"})
"""Kinds whose definition is the statement that makes them."""


def mend(
    entry: Entry, other: Entry | None, attribute: str | None, *, migrated: Any, declared: Any
) -> str:
    """The call, or calls, as Python.

    Args:
        entry: what differs, as the migrations made it if they made it.
        other: the same as the models describe it, if both have it.
        attribute: what of it differs; None if one side lacks it, `name` if it is only named else.
        migrated: the attribute, or a summary, as the migrations made it.
        declared: the same as the models describe it.
    """
    if attribute is None:
        return _dropped(entry) if declared is None else _created(entry)
    if attribute == "name":
        return _renamed(entry, str(declared))
    if entry.kind == "column":
        return _altered(entry, other, attribute, declared)
    if entry.kind == "table":
        return _table(entry, attribute, declared)
    if entry.kind == "enum" and attribute == "labels":
        return _labels(entry, migrated, declared)
    if attribute == "comment":
        on = entry.kind != "index" and entry.table is not None
        name = _quoted(entry.name) if on else _name(entry, entry.name)
        thing = f"{_word(entry)} {name}{f' ON {_name(entry, entry.table)}' if on else ''}"
        return _execute(f"COMMENT ON {thing} IS {_literal(declared)}")
    if other is None:
        return "write a migration by hand"
    return f"{_dropped(entry)}; {_created(other)}"


def _dropped(entry: Entry) -> str:
    kind, table = entry.kind, entry.table or ""
    if kind == "table":
        return f"op.drop_table({entry.name!r}{_schema(entry)})"
    if kind == "column":
        return f"op.drop_column({table!r}, {entry.name!r}{_schema(entry)})"
    if kind == "index":
        return f"op.drop_index({entry.name!r}, table_name={table!r}{_schema(entry)})"
    if kind == "constraint":
        type_ = _KINDS[entry.attributes["type"]]
        if type_ == "exclude":
            return _execute(
                f"ALTER TABLE {_name(entry, table)} DROP CONSTRAINT {_quoted(entry.name)}"
            )
        return f"op.drop_constraint({entry.name!r}, {table!r}, type_={type_!r}{_schema(entry)})"
    if kind == "privileges":
        return _execute(_privileges(entry, "REVOKE", "FROM"))
    if kind == "cast":
        return _execute(f"DROP CAST ({entry.name})")
    if kind == "default privileges":
        return f"op.execute(…)  # revoke the default privileges {entry.name}"
    on = f" ON {_name(entry, table)}" if kind in ("trigger", "policy", "rule") else ""
    name = _quoted(entry.name) if on else _name(entry, entry.name)
    return _execute(f"DROP {_word(entry)} {name}{on}")


def _word(entry: Entry) -> str:
    """What SQL calls a kind of thing."""
    types = ("enum", "composite type", "range type")
    return "TYPE" if entry.kind in types else entry.kind.upper()


def _created(entry: Entry) -> str:
    attributes, table = entry.attributes, entry.table or ""
    if entry.kind == "table":
        return f"op.create_table({entry.name!r}, …{_schema(entry)})"
    if entry.kind == "column":
        return f"op.add_column({table!r}, {_column(entry)}{_schema(entry)}){_hint(entry)}"
    if entry.kind == "constraint":
        return _execute(
            f"ALTER TABLE {_name(entry, table)} ADD CONSTRAINT {_quoted(entry.name)} "
            f"{attributes['definition']}"
        )
    if entry.kind == "enum":
        labels = ", ".join(map(_literal, attributes.get("labels", [])))
        return _execute(f"CREATE TYPE {_name(entry, entry.name)} AS ENUM ({labels})")
    if entry.kind in ("view", "materialized view"):
        what = entry.kind.upper()
        return _execute(f"CREATE {what} {_name(entry, entry.name)} AS {attributes['definition']}")
    if entry.kind == "sequence":
        return _execute(f"CREATE SEQUENCE {_name(entry, entry.name)}")
    if entry.kind == "schema":
        return _execute(f"CREATE SCHEMA {_quoted(entry.name)}")
    if entry.kind == "privileges":
        return _execute(_privileges(entry, "GRANT", "TO"))
    if entry.kind in _CREATED and isinstance(attributes.get("definition"), str):
        return _execute(attributes["definition"])
    return f"op.execute(…)  # create the {entry.kind} {entry.name}"


def _privileges(entry: Entry, verb: str, to: str) -> str:
    """A statement about the privileges that the definition lists."""
    role, _, what = entry.name.partition(" on ")
    listed = str(entry.attributes["definition"]).replace(" WITH GRANT OPTION", "")
    if what == "the schema":
        thing = f"SCHEMA {_quoted(entry.schema_)}"
    elif what.startswith("the type "):
        thing = f"TYPE {_name(entry, what.removeprefix('the type '))}"
    else:
        thing = f"{'SEQUENCE ' if what == 'the sequence' else ''}{_name(entry, entry.table)}"
        if what not in ("it", "the sequence"):
            listed = ", ".join(f"{each} ({_quoted(what)})" for each in listed.split(", "))
    return f"{verb} {listed} ON {thing} {to} {role}"


def _renamed(entry: Entry, name: str) -> str:
    if entry.kind == "index":
        return _execute(f"ALTER INDEX {_name(entry, entry.name)} RENAME TO {_quoted(name)}")
    return _execute(
        f"ALTER TABLE {_name(entry, entry.table)} RENAME CONSTRAINT {_quoted(entry.name)} "
        f"TO {_quoted(name)}"
    )


def _column(entry: Entry) -> str:
    """A column as `op.add_column` takes it."""
    attributes = entry.attributes
    parts = [repr(entry.name), spelled(attributes["type"])]
    if "computed" in attributes:
        parts.append(f"sa.Computed({attributes['computed']!r})")
    elif attributes.get("identity"):
        parts.append(f"sa.Identity(always={attributes['identity'] == 'a'})")
    elif "default" in attributes and "sequence" not in attributes:
        parts.append(f"server_default=sa.text({attributes['default']!r})")
    if not attributes.get("nullable"):
        parts.append("nullable=False")
    return f"sa.Column({', '.join(parts)})"


def _hint(entry: Entry) -> str:
    """PostgreSQL's own name for a type, as a comment."""
    return f"  # {entry.attributes['type']}"


def _altered(entry: Entry, other: Entry | None, attribute: str, declared: Any) -> str:
    if attribute == "computed" and other is not None and declared is not None:
        return f"{_dropped(entry)}; {_created(other)}"
    sql = _altered_by_sql(entry, other, attribute, declared)
    if sql is not None:
        table, name = _name(entry, entry.table), _quoted(entry.name)
        changed = _execute(f"ALTER TABLE {table} ALTER COLUMN {name} {sql}")
        if attribute == "identity" and "default" in entry.attributes:  # it cannot have both
            return f"{_altered(entry, other, 'default', None)}; {changed}"
        return changed
    hint = ""
    if attribute == "nullable":
        change = f"nullable={declared!r}"
    elif attribute == "comment":
        change = f"comment={declared!r}"
    elif attribute == "default":
        change = f"server_default={f'sa.text({declared!r})' if declared is not None else None}"
    else:
        change, hint = f"type_={spelled(str(declared))}", f"  # {declared}"
    return f"op.alter_column({entry.table!r}, {entry.name!r}, {change}{_schema(entry)}){hint}"


def _altered_by_sql(entry: Entry, other: Entry | None, attribute: str, declared: Any) -> str | None:
    """What stands after ALTER COLUMN where Alembic has no call of its own."""
    if attribute in ("nullable", "comment", "default", "type"):
        return None
    if attribute == "identity":
        if not declared:
            return "DROP IDENTITY"
        how = "ALWAYS" if declared == "a" else "BY DEFAULT"
        if entry.attributes.get("identity"):
            return f"SET GENERATED {how}"
        return f"ADD GENERATED {how} AS IDENTITY"
    if attribute == "collation" and other is not None:
        collation = "" if declared is None else f" COLLATE {declared}"
        return f"TYPE {other.attributes['type']}{collation}"
    if attribute == "computed":
        return "DROP EXPRESSION"
    if attribute == "statistics":
        return f"SET STATISTICS {-1 if declared is None else declared}"
    return f"…  -- {attribute.replace('_', ' ')}: {'none' if declared is None else declared}"


def _table(entry: Entry, attribute: str, declared: Any) -> str:
    name = _name(entry, entry.name)
    if attribute == "comment":
        if declared is None:
            return f"op.drop_table_comment({entry.name!r}{_schema(entry)})"
        return f"op.create_table_comment({entry.name!r}, {declared!r}{_schema(entry)})"
    if attribute == "persistence":
        return _execute(f"ALTER TABLE {name} SET {'UNLOGGED' if declared == 'u' else 'LOGGED'}")
    if attribute == "row_security":
        return _execute(
            f"ALTER TABLE {name} {'ENABLE' if declared else 'DISABLE'} ROW LEVEL SECURITY"
        )
    return _execute(f"ALTER TABLE {name} …")


def _labels(entry: Entry, migrated: Any, declared: Any) -> str:
    before, after = list(migrated or []), list(declared or [])
    kept = [label for label in after if label in before]
    if kept != before:
        return f"op.execute(…)  # make the type {entry.name} anew: labels cannot be taken away"
    calls = []
    for index, label in enumerate(after):
        if label not in before:
            place = (
                f" AFTER {_literal(after[index - 1])}" if index else f" BEFORE {_literal(after[1])}"
            )
            calls.append(
                _execute(
                    f"ALTER TYPE {_name(entry, entry.name)} ADD VALUE {_literal(label)}{place}"
                )
            )
    return "; ".join(calls)


def _execute(sql: str) -> str:
    return f"op.execute({' '.join(sql.split())!r})"


def _schema(entry: Entry) -> str:
    return "" if entry.schema_ == PUBLIC else f", schema={entry.schema_!r}"


def _name(entry: Entry, name: str | None) -> str:
    own = _quoted(name or "") if "(" not in (name or "") else str(name)
    return own if entry.schema_ in (PUBLIC, "") else f"{_quoted(entry.schema_)}.{own}"


def _quoted(name: str) -> str:
    plain = name.isidentifier() and name == name.lower() and name.isascii()
    return name if plain else '"' + name.replace('"', '""') + '"'


def _literal(value: Any) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
