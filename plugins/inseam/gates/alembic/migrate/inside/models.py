"""The models: making what they describe, and where they are written."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
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
        with savepoint(connection):
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
        make = functools.partial(index.create, connection, checkfirst=True)
        attempt(connection, refused, "index", index.table, str(index.name), make)
    if len(refused) == before:  # a listener for the whole metadata, not one table or index
        refused.append({"kind": "metadata", "table": "", "name": "", "why": one_line(first)})


def create_tables(connection: Any, metadata: Any, refused: list[dict[str, str]]) -> None:
    """All tables at once, or else each by itself and then the foreign keys: they may go in rings,
    and one table that cannot be made must not take others with it."""
    probe: list[dict[str, str]] = []
    everything = functools.partial(metadata.create_all, connection, checkfirst=True)
    attempt(connection, probe, "metadata", None, "", everything)
    if not probe:
        return
    tables = sorted(metadata.tables.values(), key=lambda table: str(table.fullname))
    keys = [(key, key.use_alter) for table in tables for key in table.foreign_key_constraints]
    try:
        for key, _ in keys:
            key.use_alter = True  # leaves it out of CREATE TABLE
        refused += create_each(connection, tables)
    finally:
        for key, own in keys:
            key.use_alter = own
    lost = {refusal["table"] for refusal in refused}
    for key, _ in sorted(keys, key=lambda entry: key_name(entry[0])):
        if key.table.fullname not in lost:
            make = functools.partial(create_key, connection, key)
            attempt(connection, refused, "foreign key", key.table, key_name(key), make)


def create_each(connection: Any, tables: list[Any]) -> list[dict[str, str]]:
    """Tables in whatever order they can be made in: one may inherit from another."""
    while True:
        refused: list[dict[str, str]] = []
        for table in tables:
            make = functools.partial(table.create, connection, checkfirst=True)
            attempt(connection, refused, "table", table, table.name, make)
        failed = {refusal["table"] for refusal in refused}
        if not failed or len(failed) == len(tables):
            return refused
        tables = [table for table in tables if table.fullname in failed]


def key_name(key: Any) -> str:
    """What a foreign key is called, or else what PostgreSQL calls it."""
    return str(key.name or "_".join((key.table.name, *key.column_keys, "fkey")))


def create_key(connection: Any, key: Any) -> None:
    """`ALTER TABLE … ADD FOREIGN KEY`, which leaves the key as it is."""
    rule = key._create_rule
    try:
        connection.execute(importlib.import_module("sqlalchemy.schema").AddConstraint(key))
    finally:
        key._create_rule = rule


def savepoint(connection: Any) -> AbstractContextManager[Any]:
    """What keeps a part that fails from taking others with it; engines may commit each statement
    by itself (`isolation_level="AUTOCOMMIT"`), and then nothing has to."""
    driver = connection.connection.dbapi_connection
    if getattr(driver, "autocommit", False) is True:
        return contextlib.nullcontext()
    nested: AbstractContextManager[Any] = connection.begin_nested()
    return nested


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
        with savepoint(connection):
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
        places = [place for place in map(place_of, mapper.class_.__mro__) if place is not None]
        if table is None or place_of(mapper.class_) is None:
            continue
        attributes = {
            column.name: property.key
            for property in mapper.column_attrs
            for column in property.columns
            if getattr(column, "table", None) is table
        }
        found.append({"table": table.fullname, "classes": places, "attributes": attributes})
    return found


def place_of(class_: type) -> list[str] | None:
    """A class's file and qualified name."""
    file = getattr(sys.modules.get(class_.__module__), "__file__", None)
    return [file, class_.__qualname__] if isinstance(file, str) else None
