"""What `alembic check` would write, told so that a gate can read it."""

from __future__ import annotations

from typing import Any


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
