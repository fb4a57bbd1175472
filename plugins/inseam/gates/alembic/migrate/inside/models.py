"""The models: making what they describe, and where they are written."""

from __future__ import annotations

import functools
import gc
import importlib
import sys
from collections.abc import Callable
from typing import Any


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


def sources(metadatas: list[Any]) -> list[dict[str, Any]]:
    """Which classes are mapped to tables, and in which files they are.

    Not their lines: Python parses a class's whole file to find them, and few are asked for.
    """
    mapper_class = importlib.import_module("sqlalchemy.orm").Mapper
    tables = {id(table): table for metadata in metadatas for table in metadata.tables.values()}
    found = []
    for mapper in [item for item in gc.get_objects() if type(item) is mapper_class]:
        table = tables.get(id(mapper.local_table))
        file = getattr(sys.modules.get(mapper.class_.__module__), "__file__", None)
        if table is None or not isinstance(file, str):
            continue
        attributes = {
            column.name: property.key
            for property in mapper.column_attrs
            for column in property.columns
            if getattr(column, "table", None) is table
        }
        name = mapper.class_.__qualname__
        found.append(
            {"table": table.fullname, "file": file, "name": name, "attributes": attributes}
        )
    return found
