"""Log records are JSON and carry the request's id."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from acme_common.logs import configure_logging, request_scope
from acme_common.settings import Environment, ServiceSettings


@pytest.fixture(autouse=True)
def _keep_the_root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_records_are_json_with_the_requests_id() -> None:
    stream = io.StringIO()
    configure_logging(ServiceSettings(service="orders"), stream)
    with request_scope("req-1"):
        logging.getLogger("acme").info("placed %s", "o-1")
    entry = json.loads(stream.getvalue())
    assert entry["message"] == "placed o-1"
    assert entry["request"] == "req-1"
    assert entry["service"] == "orders"


def test_tracebacks_stay_in_one_line() -> None:
    stream = io.StringIO()
    configure_logging(ServiceSettings(), stream)
    try:
        raise RuntimeError("boom")
    except RuntimeError:
        logging.getLogger("acme").exception("failed")
    assert stream.getvalue().count("\n") == 1
    assert "RuntimeError: boom" in json.loads(stream.getvalue())["traceback"]


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_ENVIRONMENT", "production")
    assert ServiceSettings().environment is Environment.PRODUCTION
    assert ServiceSettings().is_production


def test_a_scope_ends() -> None:
    with request_scope() as outer, request_scope() as inner:
        assert outer != inner
