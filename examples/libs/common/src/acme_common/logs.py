"""One JSON object a line, with the request's id in every record."""

from __future__ import annotations

import contextlib
import contextvars
import json
import logging
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from acme_common.settings import ServiceSettings

_request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar(
    "acme_request_id", default=None
)


class JsonFormatter(logging.Formatter):
    """Renders a record as one line of JSON."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The record's time (UTC), level, logger, message, request and traceback."""
        entry = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            "request": _request_id.get(),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def configure_logging(settings: ServiceSettings, stream: TextIO | None = None) -> None:
    """Send every log record to `stream` (standard output by default), once."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter(settings.service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())


@contextlib.contextmanager
def request_scope(request_id: str | None = None) -> Iterator[str]:
    """Stamp every record logged inside with `request_id`, by default a new one."""
    identity = request_id or uuid.uuid4().hex
    token = _request_id.set(identity)
    try:
        yield identity
    finally:
        _request_id.reset(token)
