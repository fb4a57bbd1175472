"""Installations of Pants from the package index: whole ones, broken-off ones, impossible ones."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.launcher.conftest import Checkout, History


def test_interrupted(history: History) -> None:
    assert history.interrupted.status == 128 + signal.SIGINT
    assert history.interrupted.stderr.endswith("nothing half made is left behind\n")
    assert history.after_interrupted <= {"lock", "launcher.log"}


def test_killed_leaves_nothing_that_counts(history: History) -> None:
    assert history.killed.status == -signal.SIGKILL
    assert "launch" not in history.after_killed


def test_two_at_once_install_once(history: History, checkout: Checkout) -> None:
    for start in (history.first, history.second):
        assert (start.status, start.stdout) == (0, "2.17.1\n"), start.stderr
    assert "done after" in history.first.stderr
    assert history.second.stderr == "pants: another start is installing Pants; waiting for it\n"
    assert history.machine.entries() == {"2.17.1", "launch", "launcher.log", "lock"}
    assert not list(checkout.root.rglob("*.pyc"))


def test_pants_runs_code_where_paths_have_spaces(
    history: History, make_checkout: Callable[[], Checkout]
) -> None:
    checkout = make_checkout()
    python = history.machine.env["INSEAM_PANTS_PYTHON"]
    with checkout.pants_toml.open("a", encoding="utf-8") as file:
        file.write('backend_packages = ["pants.backend.python"]\n')
        # One interpreter, since PEX asks every one that it finds.
        file.write(f"[python-bootstrap]\nsearch_path = ['{python}']\n")
        file.write("[python]\ninterpreter_constraints = ['CPython==3.*']\n")
    (checkout.root / "hello.py").write_text("print('hello')\n", encoding="utf-8")
    (checkout.root / "BUILD").write_text("python_sources()\n", encoding="utf-8")
    # Pants gets its environment made by the PEX command line that the launcher built.
    ran = history.machine.run(checkout.pants, "run", "hello.py")
    assert (ran.status, ran.stdout) == (0, "hello\n"), ran.stderr
    assert not [line for line in ran.stderr.splitlines() if line.startswith("pants:")]


def test_another_lock_installs_anew_and_tampering_is_refused(
    history: History, make_checkout: Callable[[], Checkout]
) -> None:
    checkout = make_checkout()
    text = checkout.lock.read_text(encoding="utf-8")
    # The first requirement of the lock, so that pip gets there soon.
    first, block = re.search(r"^(\S+)==.*?(?=^\S)", text, re.MULTILINE | re.DOTALL).group(1, 0)  # type: ignore[union-attr]
    assert first == "ansicolors"
    forged = re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, block)
    checkout.lock.write_text(text.replace(block, forged), encoding="utf-8")
    before = history.machine.entries()
    refused = history.machine.run(checkout.pants, "--version")
    assert refused.status == 2
    assert refused.stdout == ""
    assert "fetching Pants: exit status 1" in refused.stderr
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert str(history.machine.cache / "launcher.log") in refused.stderr
    assert history.machine.entries() == before
