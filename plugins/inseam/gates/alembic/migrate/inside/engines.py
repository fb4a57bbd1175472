"""What SQLAlchemy's engines do while migrations run."""

from __future__ import annotations

import importlib
from typing import Any

from .target import Refused


class Engines:
    """The engines that were used: what they hold open must not be used for the next database."""

    def __init__(self) -> None:
        event = importlib.import_module("sqlalchemy.event")
        engine_class = importlib.import_module("sqlalchemy.engine").Engine
        self._seen: dict[int, Any] = {}
        self.statements: list[str] = []
        event.listen(engine_class, "engine_connect", self._connected)
        event.listen(engine_class, "before_cursor_execute", self._executes)

    def _connected(self, connection: Any, *_: Any) -> None:
        engine = connection.engine
        if engine.dialect.name != "postgresql":
            raise Refused(
                f"the database is {engine.dialect.name}, and the gate knows PostgreSQL only"
            )
        self._seen[id(engine)] = engine

    def _executes(self, _: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if not parameters:
            self.statements.append(statement)

    def forget(self) -> None:
        """Let go of all connections, without using them: their event loop may be gone."""
        for engine in self._seen.values():
            engine.dispose(close=False)
        self._seen.clear()
