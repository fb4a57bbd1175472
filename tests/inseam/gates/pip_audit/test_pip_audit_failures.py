"""Nothing that keeps an audit from being whole looks like a pass."""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inseam.advisories.build import build
from inseam.advisories.server import Answers, served
from inseam.advisories.snapshot import read
from inseam.gates.contract import GateError
from inseam.gates.environment.deadline import Deadline
from inseam.gates.pip_audit.tool import PipAudit

if TYPE_CHECKING:
    from tests.inseam.gates.pip_audit.conftest import Workspace


@contextmanager
def _service(answer: Callable[[dict[str, Any]], tuple[int, bytes]]) -> Iterator[str]:
    """Someone who answers queries as a test likes."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = answer(query)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


def test_a_live_run_asks_whom_policy_names(workspace: Workspace) -> None:
    workspace.pin("acme==1.0", "other==1.0")
    workspace.snapshot(
        workspace.record("PYSEC-1", "acme", *workspace.below("2.0"), aliases=["CVE-1"]),
        workspace.record("PYSEC-2", "acme", *workspace.below("1.5")),
    )
    content = build([workspace.root / "records"]).content

    with served(Answers(snapshots=[read(content)])) as url:
        document = workspace.audit(live=True, live_url=url, as_of=None)

    assert workspace.told(document) == ["shop acme 1.0 PYSEC-1", "shop acme 1.0 PYSEC-2"]
    assert document.findings[0].fix.startswith("update acme to 2.0 or later: ")
    assert document.findings[0].properties["severity"] == "unknown"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"{}"),
        (500, b"{}"),
        (200, b'{"vulns": [{"id": "PY'),
        (200, b"<html>"),
        (200, b'{"vulns": [{"aliases": []}]}'),
        (200, b'{"nonsense": 1}'),
    ],
    ids=["404", "500", "truncated", "html", "no-id", "other-json"],
)
def test_a_service_that_does_not_answer_as_it_should(
    workspace: Workspace, status: int, body: bytes
) -> None:
    workspace.pin("acme==1.0")

    with _service(lambda query: (status, body)) as url:
        document = workspace.audit(live=True, live_url=url)

    assert workspace.codes(document) == ["service-failed"]


def test_a_record_that_pip_audit_passes_over_is_no_pass(workspace: Workspace) -> None:
    workspace.pin("acme==1.0")
    body = json.dumps({"vulns": [{"id": "PYSEC-1", "schema_version": "2.0.0"}]}).encode()

    with _service(lambda query: (200, body)) as url:
        document = workspace.audit(live=True, live_url=url)

    assert workspace.codes(document) == ["not-audited"]


def test_nobody_answers(workspace: Workspace) -> None:
    workspace.pin("acme==1.0")
    with _service(lambda query: (200, b"{}")) as url:
        pass

    document = workspace.audit(live=True, live_url=url)

    assert workspace.codes(document) == ["service-failed"]
    assert "Connection refused" in document.failures[0].message


def test_a_service_that_hangs_is_left_at_the_time_limit(workspace: Workspace) -> None:
    workspace.pin("acme==1.0")
    workspace.audit()  # so that pip-audit is installed
    ended = threading.Event()

    def hang(query: dict[str, Any]) -> tuple[int, bytes]:
        ended.wait(60)
        return 200, b"{}"

    with _service(hang) as url:
        document = workspace.audit(live=True, live_url=url, time_limit=4)
        ended.set()

    (code,) = workspace.codes(document)
    assert code in ("tool-timeout", "timeout")  # the latter if the machine is so busy


def test_no_snapshot_is_pinned(workspace: Workspace) -> None:
    workspace.pin("acme==1.0")

    document = workspace.audit(each={"shop": {"snapshots": []}})

    assert workspace.codes(document) == ["no-snapshot"]
    assert "inseam advisories build" in document.failures[0].fix


@pytest.mark.parametrize("change", ["missing", "changed", "truncated", "no-snapshot"])
def test_a_snapshot_that_is_not_the_pinned_one(workspace: Workspace, change: str) -> None:
    workspace.pin("acme==1.0")
    workspace.pin("acme==1.0", service="books")
    pin = workspace.snapshot(workspace.record("PYSEC-1", "acme"))
    path = workspace.root / pin.partition("@")[0]
    if change == "missing":
        path.unlink()
    elif change == "no-snapshot":
        path.write_bytes(b"{}\n")
        pin = f"{pin.partition('@')[0]}@sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    else:
        content = path.read_bytes()
        path.write_bytes(content[:-5] if change == "truncated" else content + b"\n")

    document = workspace.audit(pin)

    code = {"missing": "no-snapshot", "no-snapshot": "snapshot-damaged"}
    assert workspace.codes(document) == [code.get(change, "snapshot-digest")] * 2
    assert [failure.service for failure in document.failures] == ["books", "shop"]
    assert {failure.file for failure in document.failures} == {
        path.relative_to(workspace.root).as_posix()
    }


def test_a_damaged_line_is_no_pass(workspace: Workspace) -> None:
    """Its digest is right: whoever built it by hand pinned it."""
    workspace.pin("acme==1.0")
    pin = workspace.snapshot(workspace.record("PYSEC-1", "acme"))
    path = workspace.root / pin.partition("@")[0]
    path.write_bytes(path.read_bytes().replace(b'"ranges":[["0"]]', b'"ranges":[["x"]]'))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()

    assert workspace.codes(workspace.audit(f"{pin.partition('@')[0]}@sha256:{digest}")) == [
        "service-failed"
    ]


def test_a_snapshot_that_is_too_old(workspace: Workspace) -> None:
    workspace.pin("acme==1.0")
    pin = workspace.snapshot(as_of=datetime.date(2026, 11, 1))
    day = datetime.date(2026, 11, 16)

    assert workspace.told(workspace.audit(pin, as_of=day, max_age_days=15)) == []
    document = workspace.audit(pin, as_of=day, max_age_days=14)
    assert workspace.codes(document) == ["snapshot-too-old"]
    assert "of 2026-11-01, 15 days old; policy allows 14" in document.failures[0].message
    assert workspace.codes(workspace.audit(pin, as_of=None)) == ["no-date"]


def test_the_newest_snapshot_decides_how_old_they_are(workspace: Workspace) -> None:
    workspace.pin("acme==1.0")
    old = workspace.snapshot(path="old.jsonl", as_of=datetime.date(2020, 1, 1))

    assert workspace.told(workspace.audit(old, workspace.snapshot())) == []


def test_a_pull_request_that_moves_the_pin_is_held_to_the_old_one_too(
    workspace: Workspace, tmp_path: Path
) -> None:
    """It may have overwritten the file: then the base has it."""
    workspace.pin("acme==1.0")
    old = workspace.snapshot(workspace.record("PYSEC-1", "acme"))
    shutil.copytree(workspace.root / "policies", tmp_path / "base" / "policies")
    new = workspace.snapshot(workspace.record("PYSEC-2", "acme"))

    assert workspace.codes(workspace.audit(old, new)) == ["snapshot-digest"]
    assert workspace.told(workspace.audit(old, new, base=tmp_path / "base")) == [
        "shop acme 1.0 PYSEC-1",
        "shop acme 1.0 PYSEC-2",
    ]


def test_pip_audit_cannot_be_installed(workspace: Workspace, tmp_path: Path) -> None:
    workspace.pin("acme==1.0")
    workspace.cache = tmp_path / "empty"
    nowhere = {
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
        "UV_INDEX_URL": "",
        "UV_OFFLINE": "1",
    }

    document = workspace.audit(environment={**nowhere, "UV_CACHE_DIR": str(tmp_path / "uv")})

    assert len(document.failures) == 1
    assert document.findings == ()


@pytest.fixture
def tool(tmp_path: Path) -> Callable[[str], PipAudit]:
    """pip-audit, as a shell script in place of the interpreter that runs it."""

    def make(script: str, time_limit: float = 30.0) -> PipAudit:
        fake = tmp_path / "python"
        fake.write_text(f"#!/bin/sh\n{script}\n")
        fake.chmod(0o755)
        return PipAudit(
            python=fake,
            folder=tmp_path,
            environment={"PATH": "/usr/bin:/bin"},
            deadline=Deadline.after(time_limit),
        )

    return make


def _says(document: object, code: int = 0) -> str:
    return f"cat <<'END'\n{json.dumps(document)}\nEND\nexit {code}"


def _clean(name: str = "acme", version: str = "1.0", **more: Any) -> dict[str, Any]:
    return {"name": name, "version": version, "vulns": [], **more}


VULN = {"id": "PYSEC-1", "aliases": [], "fix_versions": [], "description": ""}


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 0", "tool-output"),
        ("echo 'No known vulnerabilities found' >&2; exit 0", "tool-output"),
        ("echo 'Traceback (most recent call last):' >&2; exit 1", "service-failed"),
        ("exit 1", "service-failed"),
        ("echo '{\"dependencies\": '; exit 0", "tool-output"),
        ("echo '[]'", "tool-output"),
        ("head -c 100 /dev/urandom", "tool-output"),
        (_says({"dependencies": []}), "not-audited"),
        (_says({"dependencies": [_clean()]}), "not-audited"),
        (
            _says({"dependencies": [_clean(), {"name": "other", "skip_reason": "not found"}]}),
            "not-audited",
        ),
        (_says({"dependencies": [_clean(), {"name": "other", "version": "2"}]}), "not-audited"),
        (_says({"dependencies": [_clean(), _clean("other", "3")]}), "not-audited"),
        (_says({"dependencies": [_clean(), _clean("other", "x")]}), "not-audited"),
        (
            _says({"dependencies": [_clean(), _clean("other", "2"), _clean("more", "1")]}),
            "tool-output",
        ),
        (_says({"dependencies": [_clean(), _clean(), _clean("other", "2")]}), "tool-output"),
        (_says({"dependencies": [_clean(), _clean("other", "2")]}, 1), "tool-output"),
        (
            _says({"dependencies": [_clean(vulns=[VULN]), _clean("other", "2")]}, 0),
            "tool-output",
        ),
        (
            _says({"dependencies": [_clean(vulns=[{"id": ""}]), _clean("other", "2")]}, 1),
            "tool-output",
        ),
        (_says({"dependencies": [_clean(), _clean("other", "2")]}, 2), "tool-failed"),
        ("kill -9 $$", "tool-crashed"),
        ("exec 1>&- 2>&-; exit 3", "tool-failed"),
    ],
)
def test_what_cannot_be_believed(tool: Callable[[str], PipAudit], script: str, code: str) -> None:
    with pytest.raises(GateError) as raised:
        tool(script).audit([("acme", "1.0"), ("other", "2")], url=None)

    assert raised.value.code == code


def test_what_can_be_believed(tool: Callable[[str], PipAudit]) -> None:
    said = {"dependencies": [_clean("Acme", "1.0.0"), _clean("other", "2", vulns=[VULN])]}

    audited = tool(_says(said, 1)).audit([("acme", "1.0.0"), ("other", "2")], url=None)

    assert [item.id for item in audited["other", "2"]] == ["PYSEC-1"]
    assert audited["acme", "1.0.0"] == ()


def test_a_tool_that_hangs_is_killed(tool: Callable[..., PipAudit]) -> None:
    with pytest.raises(GateError) as raised:
        tool("exec sleep 60", time_limit=0.5).audit([("acme", "1.0")], url=None)

    assert raised.value.code == "tool-timeout"


def test_a_tool_that_is_missing(tool: Callable[[str], PipAudit], tmp_path: Path) -> None:
    missing = tool("exit 0")
    missing.python.unlink()

    with pytest.raises(GateError) as raised:
        missing.audit([("acme", "1.0")], url=None)

    assert raised.value.code == "tool-missing"


def test_nobodys_configuration_counts(tool: Callable[[str], PipAudit], tmp_path: Path) -> None:
    """Neither pip-audit's variables nor a netrc in the home; proxies not for what is here."""
    out = tmp_path / "env"
    made = tool(f"env > {out}; exit 3")
    environment = {
        **made.environment,
        "PIP_AUDIT_FORMAT": "columns",
        "HOME": "/home/somebody",
        "HTTPS_PROXY": "http://proxy.example.com",
    }
    made = PipAudit(
        python=made.python, folder=tmp_path, environment=environment, deadline=made.deadline
    )

    def seen(url: str | None) -> str:
        with pytest.raises(GateError):
            made.audit([("acme", "1.0")], url=url)
        return out.read_text()

    assert "PIP_AUDIT" not in seen(None)
    assert "somebody" not in seen(None)
    assert "HTTPS_PROXY=http://proxy.example.com" in seen(None)
    assert "proxy.example.com" not in seen("http://127.0.0.1:1/v1/query")
