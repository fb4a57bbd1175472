"""`inseam advisories` as people and bots call it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import inseam
from inseam.cli import main

PIN = "advisories/snapshot.jsonl@sha256:" + "0" * 64


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two records, one withdrawn, and a policy that pins a snapshot of them; the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "records").mkdir()
    for number in (1, 2):
        record = {
            "id": f"PYSEC-2026-{number}",
            "modified": "2026-11-01T10:00:00Z",
            "aliases": ["CVE-2026-1"],
            "summary": "Reads too much",
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": "acme"},
                    "ranges": [
                        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}
                    ],
                }
            ],
            **({"withdrawn": "2026-11-01T10:00:00Z"} if number == 2 else {}),
        }
        (tmp_path / "records" / f"{number}.json").write_text(json.dumps(record))
    policy = f"snapshots: # pinned\n  - {PIN}  # moved by a bot\n  - other/{PIN}\n"
    (tmp_path / "org.yaml").write_text(policy)
    return tmp_path


def _build(*options: str) -> int:
    out = "--out=advisories/snapshot.jsonl"
    return main(["advisories", "build", "records", out, "--as-of=2026-11-20", *options])


def test_build_pin_and_verify(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _build("--repin=org.yaml") == 0

    said = capsys.readouterr().out
    assert said.startswith(
        "1 advisories about 1 packages, of 2026-11-20\nleft out: 1 record, withd"
    )
    digest = said.strip().rpartition("sha256:")[2]
    policy = (workspace / "org.yaml").read_text().splitlines()
    assert policy[1] == f"  - advisories/snapshot.jsonl@sha256:{digest}  # moved by a bot"
    assert policy[2] == f"  - other/{PIN}"
    verify = ["advisories", "verify", "advisories/snapshot.jsonl"]
    assert main([*verify, f"--sha256={digest}"]) == 0
    assert main([*verify, f"--sha256=sha256:{digest}"]) == 0
    assert main([*verify, "--sha256=" + "0" * 64]) == 1


def test_building_again_changes_no_byte(workspace: Path) -> None:
    assert _build() == 0
    first = (workspace / "advisories/snapshot.jsonl").read_bytes()
    assert _build() == 0
    assert (workspace / "advisories/snapshot.jsonl").read_bytes() == first


def test_what_cannot_be_built_leaves_everything_alone(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace / "records" / "3.json").write_text("{")

    assert _build("--repin=org.yaml") == 2

    assert "records/3.json:1: it is no JSON" in capsys.readouterr().err
    assert not (workspace / "advisories").exists()
    assert PIN in (workspace / "org.yaml").read_text()
    assert _build("--repin=org.yaml", "--skip=3") == 0


def test_a_day_to_come_would_hide_how_old_it_is(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _build("--as-of=9999-01-01") == 2
    assert "--as-of 9999-01-01 is still to come" in capsys.readouterr().err
    assert not (workspace / "advisories").exists()


def test_a_policy_that_pins_nothing_is_an_error(workspace: Path) -> None:
    (workspace / "org.yaml").write_text(f"snapshots: [elsewhere/{PIN}]\n")

    assert _build("--repin=org.yaml") == 2
    assert _build("--repin=missing.yaml") == 2
    assert not (workspace / "advisories").exists()


@pytest.mark.parametrize("change", ["nothing", "bound", "line", "spaces", "header"])
def test_verify_reads_all_of_it(workspace: Path, change: str) -> None:
    assert _build() == 0
    path = workspace / "advisories/snapshot.jsonl"
    text = path.read_text()
    path.write_text(
        {
            "nothing": text,
            "bound": text.replace('"2.0"', '"two"'),
            "line": text + '["other"\n',
            "spaces": text.replace('","', '", "'),
            "header": text.replace('"packages":1', '"packages":2'),
        }[change]
    )

    code = main(["advisories", "verify", "advisories/snapshot.jsonl"])

    assert code == (0 if change == "nothing" else 2)


def test_show(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _build() == 0
    show = ["advisories", "show", "advisories/snapshot.jsonl", "--as-of=2026-11-25"]
    capsys.readouterr()

    assert main(show) == 0
    assert capsys.readouterr().out.endswith("age: 5 days on 2026-11-25\n")
    assert main([*show, "--max-age-days=5"]) == 0
    assert main([*show, "--max-age-days=4"]) == 1
    capsys.readouterr()
    assert main([*show, "--package=ACME", "--version=1.0"]) == 1
    assert capsys.readouterr().out == (
        "PYSEC-2026-1 (CVE-2026-1) unknown, fixed in 2.0: Reads too much\n"
    )
    assert main([*show, "--package=acme", "--version=2.0"]) == 0
    assert main([*show, "--package=acme", "--version=two"]) == 2
    assert main([*show, "--version=2.0"]) == 2
    capsys.readouterr()
    assert main([*show, "--format=json", "--package=acme"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["age_days"], len(document["found"])) == (5, 1)


@pytest.mark.parametrize("action", ["show", "verify", "serve"])
@pytest.mark.parametrize("path", ["missing.jsonl", "org.yaml"])
def test_what_is_no_snapshot(workspace: Path, action: str, path: str) -> None:
    assert main(["advisories", action, path]) == 2


def test_serve_until_it_is_ended(workspace: Path) -> None:
    assert _build() == 0
    command = [sys.executable, "-m", "inseam", "advisories", "serve", "advisories/snapshot.jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(Path(inseam.__file__).parents[1])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            query = {"package": {"name": "acme", "ecosystem": "PyPI"}, "version": "1.0"}
            with urllib.request.urlopen(
                url, data=json.dumps(query).encode(), timeout=10
            ) as response:
                assert len(json.load(response)["vulns"]) == 1
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 130
        finally:
            process.kill()  # leaving the block waits for its end
