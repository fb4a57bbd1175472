"""What keeps mypy from looking is a located failure, never a pass."""

from __future__ import annotations

import os
from typing import Any

import pytest

from inseam.gates.contract import ServiceFacts
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService

UNTYPED = "def same(thing):\n    return thing\n"


@pytest.mark.parametrize(
    ("source", "line"), [("def f(:\n", 1), ("\nx = (\n", 3), ("a = 1\n  b = 2\n", 2)]
)
def test_syntax_error(ws: Any, source: str, line: int) -> None:
    ws.write({"svc/app.py": UNTYPED, "svc/broken.py": source})
    document = ws.check()
    assert {(found.code, found.file) for found in document.failures} == {
        ("mypy/syntax-error", "svc/broken.py")
    }
    assert line in {found.line for found in document.failures}


def test_syntax_error_in_a_library(ws: Any) -> None:
    ws.write({"libs/src/acme_lib.py": "def f(:\n", "svc/app.py": "import acme_lib\n"})
    document = ws.check(roots=("svc", "libs/src"))
    assert {(found.code, found.file) for found in document.failures} == {
        ("mypy/syntax-error", "libs/src/acme_lib.py")
    }


def test_file_that_is_not_text(ws: Any) -> None:
    ws.write({"svc/app.py": UNTYPED})
    (ws.root / "svc/binary.py").write_bytes(b"x = '\xff\xfe'\n")
    assert ws.failure() == ("mypy/unreadable", "svc/binary.py", None)


def test_link_out_of_the_workspace(ws: Any, tmp_path: Any) -> None:
    (tmp_path / "secret.py").write_text(UNTYPED)
    ws.write({"svc/app.py": "x = 1\n"})
    (ws.root / "svc/link.py").symlink_to(tmp_path / "secret.py")
    assert ws.failure()[:2] == ("mypy/link-outside", "svc/link.py")


def test_package_with_a_name_that_cannot_be_imported(ws: Any) -> None:
    ws.write({"svc/my-app/__init__.py": "", "svc/my-app/main.py": UNTYPED})
    assert ws.failure() == ("mypy/folder-name", "svc/my-app", None)


def test_no_lock(ws: Any) -> None:
    ws.write({"svc/app.py": UNTYPED})
    (ws.root / "svc/requirements.lock").unlink()
    assert ws.failure() == ("mypy/no-lock", "svc/requirements.lock", None)


def test_one_service_that_fails_says_nothing_of_the_others(ws: Any) -> None:
    ws.write({"svc/app.py": UNTYPED, "other/app.py": UNTYPED})
    facts = [
        ServiceFacts(name="other", root="other"),
        ServiceFacts(
            name="svc", root="svc", lock="svc/requirements.lock", lock_kind="requirements"
        ),
    ]
    document = execute(
        UnitDocument(
            gate="mypy",
            time_limit=120,
            services=tuple(UnitService(facts=each, settings={}) for each in facts),
        ),
        root=ws.root,
        cache=ws.cache,
        environment=dict(os.environ),
    )
    assert [(found.code, found.service) for found in document.failures] == [
        ("mypy/no-lock", "other")
    ]
    assert [finding.file for finding in document.findings] == ["svc/app.py"]


def test_python_that_mypy_does_not_run_on(ws: Any) -> None:
    ws.write(
        {"svc/app.py": UNTYPED, "svc/pyproject.toml": '[project]\nrequires-python = "<3.10"\n'}
    )
    assert ws.failure()[:2] == ("mypy/no-interpreter", "svc/pyproject.toml")


def test_mypy_cannot_be_installed(own_cache: Any) -> None:
    ws = own_cache
    ws.write({"svc/app.py": UNTYPED})
    (ws.cache / "uv").unlink()
    dead = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple/", "UV_HTTP_RETRIES": "0"}
    assert ws.failure(environment=dead)[0] == "mypy/tool-missing"


def test_mypy_is_broken(own_cache: Any) -> None:
    """Its environment lost a file: that is no service's fault, and no pass."""
    ws = own_cache
    ws.write({"svc/app.py": "x = 1\n"})
    ws.findings()
    (main,) = ws.cache.glob("environments/*/1/lib/*/site-packages/mypy/__main__.py")
    main.unlink()
    assert ws.failure()[0] == "mypy/crashed"


def test_time_is_over_before_it_begins(ws: Any) -> None:
    ws.write({"svc/app.py": UNTYPED})
    assert ws.failure(time_limit=0.0)[0] == "mypy/timeout"
