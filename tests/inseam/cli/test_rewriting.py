"""`inseam gate --diff` and `inseam fix`: patches that apply, and files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from inseam.cli import main

SOURCE = """\
import time

import requests


async def wait():
    time.sleep(1)
    return requests.get("https://example.org/")
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "app.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "tree"


def _diff(*options: str) -> int:
    return main(["gate", "async-blocking", "--root=tree", "--cache=cache", *options])


def _apply(patch: str, tree: Path) -> str:
    subprocess.run(["git", "apply", "-"], cwd=tree, input=patch, text=True, check=True, timeout=60)
    return (tree / "app.py").read_text()


def test_the_patch_holds_what_is_safe(tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert _diff("--diff") == 1
    patch = capfd.readouterr().out
    assert patch.startswith("# safe\n--- a/app.py\n+++ b/app.py\n")
    assert _apply(patch, tree) == SOURCE.replace("import time", "import asyncio").replace(
        "time.sleep", "await asyncio.sleep"
    )
    assert _diff("--diff") == 0
    assert capfd.readouterr().out == ""


def test_suggestions_come_after_it_and_say_so(
    tree: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _diff("--diff=all") == 1
    patch = capfd.readouterr().out
    assert patch.index("# safe") < patch.index("# a suggestion: see that")
    changed = _apply(patch, tree)
    assert 'return await asyncio.to_thread(requests.get, "https://example.org/")' in changed
    assert _diff() == 0


def test_a_helper_is_sent_to_a_thread(tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = (
        "import requests\n\n\n"
        "def fetch(url):\n    return requests.get(url)\n\n\n"
        "async def show(url):\n    return fetch(url).json()\n"
    )
    (tree / "app.py").write_text(source)
    assert _diff("--diff=all") == 1
    changed = _apply(capfd.readouterr().out, tree)
    assert "return (await asyncio.to_thread(fetch, url)).json()" in changed
    assert _diff() == 0


@pytest.mark.parametrize("end", ["", "\f\n", "\r\n"])
def test_ends_of_files_and_lines(tree: Path, capfd: pytest.CaptureFixture[str], end: str) -> None:
    source = f"import time\nasync def wait():\n    time.sleep(1){end}"
    (tree / "app.py").write_bytes(source.encode())
    assert _diff("--diff") == 1
    patch = capfd.readouterr().out.encode()
    subprocess.run(["git", "apply", "-"], cwd=tree, input=patch, check=True, timeout=60)
    assert (tree / "app.py").read_bytes().endswith(f"await asyncio.sleep(1){end}".encode())


def test_a_file_that_cannot_be_read_is_told(tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tree / "broken.py").write_text("async def f(:\n")
    assert _diff("--diff") == 2
    printed = capfd.readouterr()
    assert "+    await asyncio.sleep(1)" in printed.out
    assert "broken.py:1: async-blocking/syntax-error" in printed.err


def test_a_gate_that_rewrites_nothing_says_so(
    tree: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["gate", "ruff", "--root=tree", "--diff"]) == 2
    assert "ruff rewrites nothing" in capfd.readouterr().err


class TestFix:
    def _findings(self, capfd: pytest.CaptureFixture[str]) -> None:
        assert _diff("--format=json") == 1
        Path("findings.json").write_text(capfd.readouterr().out)

    def test_changed_files_are_written(self, tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
        (tree / "fine.py").write_text("x = 1\n")
        self._findings(capfd)
        options = ["--findings=findings.json", "--root=tree", "--out=fixed"]
        assert main(["fix", *options, "--file=fine.py"]) == 0
        assert not Path("fixed").exists()
        assert main(["fix", *options]) == 0
        assert [path.name for path in Path("fixed").iterdir()] == ["app.py"]
        assert "await asyncio.sleep(1)" in Path("fixed", "app.py").read_text()
        assert (tree / "app.py").read_text() == SOURCE

    def test_findings_that_are_stale_change_nothing(
        self, tree: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self._findings(capfd)
        (tree / "app.py").write_text(f"# moved\n{SOURCE}")
        assert main(["fix", "--findings=findings.json", "--root=tree", "--out=fixed"]) == 0
        assert not Path("fixed").exists()
