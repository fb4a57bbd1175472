"""With the setting on, packages of the locked environment are read for what they do."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from inseam.cli.environment import tool_environment
from inseam.findings.model import FindingsDocument
from inseam.gates.contract import ServiceFacts
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService

LIBRARY = {
    "acme/__init__.py": "from acme.client import Client as Client\n",
    "acme/client.py": "import time\nfrom pathlib import Path\n\n\nclass Client:\n"
    "    path: Path\n\n    def fetch(self) -> None:\n        time.sleep(1)\n\n"
    "    def push(self) -> None:\n        import requests\n\n        requests.post('url')\n",
    # What the catalogue describes is not read: its own code says less.
    "requests/__init__.py": "def post(url): ...\n",
}
APP = """\
from acme import Client


async def handler(client: Client) -> None:
    client.fetch()
    client.path.unlink()
    client.push()
"""


@pytest.fixture
def check(
    tmp_path: Path, shared_cache: Path, build_wheel: Callable[..., bytes]
) -> Callable[..., FindingsDocument]:
    content = build_wheel("acme", "1.0", files=LIBRARY)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "acme-1.0-py3-none-any.whl").write_bytes(content)
    lock = f"acme==1.0 --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"
    files = {
        "svc/pyproject.toml": '[project]\nname = "svc"\nversion = "1"\n'
        'requires-python = ">=3.11"\n',
        "svc/requirements.lock": lock,
        "svc/app.py": APP,
    }
    root = tmp_path / "root"
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(
        settings: Mapping[str, Any], variables: Mapping[str, str] | None = None
    ) -> FindingsDocument:
        facts = ServiceFacts(
            name="svc",
            root="svc",
            pyproject="svc/pyproject.toml",
            lock="svc/requirements.lock",
            lock_kind="requirements",
            source_roots=("svc",),
        )
        unit = UnitDocument(
            gate="async-blocking",
            time_limit=300.0,
            services=(UnitService(facts=facts, settings=dict(settings)),),
        )
        environment = {
            **tool_environment(os.environ),
            "UV_FIND_LINKS": str(wheels),
            **(variables or {}),
        }
        return execute(unit, root=root, cache=shared_cache, environment=environment)

    return run


def test_installed_packages_are_followed(check: Callable[..., FindingsDocument]) -> None:
    document = check({"environment": True})

    assert document.failures == ()
    assert [(f.file, f.line, f.rule) for f in document.findings] == [
        ("svc/app.py", 5, "async-blocking/sleep"),
        ("svc/app.py", 6, "async-blocking/file"),
        ("svc/app.py", 7, "async-blocking/network"),
    ]
    assert [(hop.file, hop.line) for hop in document.findings[0].related] == [
        ("site-packages/acme/client.py", 9)
    ]


def test_by_default_no_environment_is_made(check: Callable[..., FindingsDocument]) -> None:
    document = check({}, {"PATH": "/nowhere"})

    assert (document.findings, document.failures) == ((), ())


def test_an_environment_that_cannot_be_made_is_a_failure(
    check: Callable[..., FindingsDocument], tmp_path: Path
) -> None:
    (tmp_path / "root" / "svc" / "requirements.lock").write_text("acme==1.0\n")

    document = check({"environment": True})

    assert document.findings == ()
    assert [failure.service for failure in document.failures] == ["svc"]
