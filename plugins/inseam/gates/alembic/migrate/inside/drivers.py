"""Drivers that connect to the target and nowhere else."""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import sys
from typing import Any

from .target import Refused, Target


def patch_psycopg2(target: Target) -> None:
    """Every connection of psycopg2 goes to the target."""
    psycopg2: Any = importlib.import_module("psycopg2")
    extensions = importlib.import_module("psycopg2.extensions")
    real = psycopg2._connect

    def connect(dsn: str, *arguments: Any, **options: Any) -> Any:
        stated = target.rewrite(extensions.parse_dsn(dsn))
        return real(extensions.make_dsn(**stated), *arguments, **options)

    psycopg2._connect = connect


def patch_psycopg(target: Target) -> None:
    """Every connection of psycopg 3 goes to the target."""
    psycopg: Any = importlib.import_module("psycopg")
    info = importlib.import_module("psycopg.conninfo")
    for kind in (psycopg.Connection, psycopg.AsyncConnection):
        patch_psycopg_kind(kind, info, target)
    psycopg.connect = psycopg.Connection.connect


def patch_psycopg_kind(kind: Any, info: Any, target: Target) -> None:
    """One of its two kinds of connection."""
    real = kind.connect.__func__
    own = ("autocommit", "prepare_threshold", "context", "row_factory", "cursor_factory")

    def connect(cls: Any, /, conninfo: str = "", **options: Any) -> Any:
        kept = {name: options.pop(name) for name in own if name in options}
        stated = target.rewrite({**info.conninfo_to_dict(conninfo), **options})
        return real(cls, "", **stated, **kept)

    kind.connect = classmethod(connect)


def patch_asyncpg(target: Target) -> None:
    """Every connection of asyncpg goes to the target."""
    asyncpg: Any = importlib.import_module("asyncpg")
    connection: Any = importlib.import_module("asyncpg.connection")
    real = connection.connect

    async def connect(dsn: Any = None, **options: Any) -> Any:
        return await real(**target.rewrite(options, database="database"))

    connection.connect = connect
    asyncpg.connect = connect


PATCHES = {"psycopg2": patch_psycopg2, "psycopg": patch_psycopg, "asyncpg": patch_asyncpg}


class Drivers:
    """Finds drivers when they are imported, and patches them: to import all takes a second."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The module's own spec, whose loader patches it afterwards."""
        if name not in PATCHES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        real, patch, to = spec.loader.exec_module, PATCHES[name], self._target

        def execute(module: Any) -> None:
            real(module)
            patch(to)

        object.__setattr__(spec.loader, "exec_module", execute)
        return spec


def guard(target: Target) -> None:
    """No connection but to the target, by whatever driver.

    Python's own sockets are watched; what connects below Python is exchanged in the driver.
    """
    sys.meta_path.insert(0, Drivers(target))

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and not target.is_address(arguments[1]):
            address = arguments[1]
            named = isinstance(address, tuple) and f"{address[0]}:{address[1]}"
            raise Refused(f"a connection to {named or os.fsdecode(address)} was refused")

    sys.addaudithook(watch)
