"""Environments are made once, found again without starting anything, and never half-made."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inseam.gates import process
from inseam.gates.contract import GateError

KIND = ("svc/requirements.lock", "requirements")


@pytest.fixture
def locked(bench: Any, project: Callable[..., str], tmp_path: Path) -> Any:
    """A service that locks acme-alpha and acme-beta, and a cache of its own."""
    text = bench.pin("acme-alpha") + bench.pin("acme-beta")
    bench.write({"svc/pyproject.toml": project(), "svc/requirements.lock": text})
    own = tmp_path / "cache"
    own.mkdir()
    (own / "uv").symlink_to(bench.cache / "uv")
    bench.cache = own
    return bench


def environments(bench: Any) -> list[Path]:
    return sorted((bench.cache / "environments").glob("*/[0-9]*"))


def test_second_run_starts_no_process(locked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = locked.prepare(*KIND)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(process, "run_all", refuse)
    assert locked.prepare(*KIND) == first


def test_services_with_the_same_lock_share_one(locked: Any) -> None:
    first = locked.prepare(*KIND).environment
    locked.write({"svc/other.lock": (locked.root / "svc/requirements.lock").read_text()})
    assert locked.prepare("svc/other.lock", "requirements").environment == first
    assert environments(locked) == [first.folder]


def test_what_the_environment_depends_on(locked: Any, project: Callable[..., str]) -> None:
    first = locked.prepare(*KIND).environment
    locked.write({"svc/pyproject.toml": project(tail="[tool.ruff]\nline-length = 90\n")})
    assert locked.prepare(*KIND).environment == first

    locked.write({"svc/requirements.lock": locked.pin("acme-gamma")})
    assert locked.prepare(*KIND).environment.key != first.key


def test_uv_lock_also_depends_on_the_tables_that_uv_reads(
    locked: Any, project: Callable[..., str]
) -> None:
    tail = '[dependency-groups]\ndev = ["acme-gamma"]\n'
    locked.write({"svc/pyproject.toml": project(tail=tail)})
    locked.uv_lock()
    assert locked.installed(locked.prepare("svc/uv.lock", "uv")) == {"acme-gamma": "1.0"}
    locked.write({"svc/pyproject.toml": project(tail=tail + "[tool.uv]\ndefault-groups = []\n")})
    assert locked.installed(locked.prepare("svc/uv.lock", "uv")) == {}


def test_broken_ones_are_made_anew(locked: Any) -> None:
    first = locked.prepare(*KIND).environment
    first.python.unlink()
    second = locked.prepare(*KIND)
    assert locked.installed(second) == {"acme-alpha": "1.0", "acme-beta": "1.0"}

    (second.environment.folder.parent / "environment.json").write_text("{garbage")
    third = locked.prepare(*KIND)
    assert locked.installed(third) == {"acme-alpha": "1.0", "acme-beta": "1.0"}
    assert environments(locked) == [third.environment.folder]


def test_failed_attempts_leave_nothing(locked: Any) -> None:
    locked.write({"svc/requirements.lock": "acme-alpha==1.0 --hash=sha256:" + "0" * 64})
    with pytest.raises(GateError):
        locked.prepare(*KIND)
    assert environments(locked) == []


def _prepare(bench: Any, out: Any) -> None:
    out.put(bench.prepare(*KIND).environment.folder)


def test_concurrent_runs_make_one(locked: Any) -> None:
    context = multiprocessing.get_context("fork")
    out = context.Queue()
    runs = [context.Process(target=_prepare, args=(locked, out)) for _ in range(4)]
    for run in runs:
        run.start()
    folders = {out.get(timeout=60) for _ in runs}
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0] * 4
    assert environments(locked) == sorted(folders)
    assert len(folders) == 1


def test_killed_in_the_middle(locked: Any) -> None:
    """A stand-in for uv makes the folder and dies with its engine: the next run starts afresh."""
    context = multiprocessing.get_context("fork")
    reader, writer = os.pipe()
    run = context.Process(target=_stuck, args=(locked, writer))
    run.start()
    half_made = os.read(reader, 4096).decode()  # blocks until the folder is half-made
    assert run.pid is not None
    os.kill(run.pid, signal.SIGKILL)
    run.join()

    prepared = locked.prepare(*KIND)

    assert locked.installed(prepared) == {"acme-alpha": "1.0", "acme-beta": "1.0"}
    assert str(prepared.environment.folder) != half_made
    assert environments(locked) == [prepared.environment.folder]


def _stuck(bench: Any, writer: int) -> None:
    def half(self: Any, requirements: str, interpreter: Any, folder: Path) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin/python").symlink_to(sys.executable)
        os.write(writer, str(folder).encode())
        signal.pause()

    from inseam.gates.environment.workshop import Workshop

    Workshop._install = half  # type: ignore[method-assign]
    bench.prepare(*KIND)


def test_unused_ones_are_removed(locked: Any) -> None:
    old = locked.prepare(*KIND).environment
    locked.write({"svc/requirements.lock": locked.pin("acme-gamma")})
    young = locked.prepare(*KIND).environment
    for environment, days in ((old, 31), (young, 29)):
        home = environment.folder.parent
        then = home.stat().st_mtime - days * 86_400
        os.utime(home / "environment.json", (then, then))
        os.utime(home, (then, then))

    locked.write({"svc/requirements.lock": locked.pin("acme-beta")})
    newest = locked.prepare(*KIND).environment

    assert environments(locked) == sorted([young.folder, newest.folder])


def test_configuration_of_the_user_changes_nothing(locked: Any, tmp_path: Path) -> None:
    """Not what uv reads from files in the home folder, nor from variables."""
    config = tmp_path / "home/.config/uv"
    config.mkdir(parents=True)
    (config / "uv.toml").write_text("garbage = [")
    hostile = {
        **locked.variables,
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(config.parent),
        "UV_NO_BINARY": "1",
        "UV_CONFIG_FILE": str(config / "uv.toml"),
        "UV_PYTHON": "3.6",
        "UV_PROJECT_ENVIRONMENT": str(tmp_path / "elsewhere"),
        "UV_REQUIRE_HASHES": "0",
    }
    prepared = locked.prepare(*KIND, variables=hostile)
    assert locked.installed(prepared) == {"acme-alpha": "1.0", "acme-beta": "1.0"}
    assert not (tmp_path / "elsewhere").exists()


def test_nothing_of_the_caller_reaches_the_environment(locked: Any) -> None:
    prepared = locked.prepare(*KIND)
    found = subprocess.run(
        [prepared.environment.python, "-I", "-c", "import acme_alpha; print(acme_alpha.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith(str(prepared.environment.site_packages))
