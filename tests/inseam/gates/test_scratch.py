"""Folders of runs: gone when these end, and with the next run when they were killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from inseam.gates.scratch import PREFIX, claimed_folder, scratch_folder, sweep

HOLD = """
import sys
from pathlib import Path
from inseam.gates.scratch import claimed_folder
folder, lock = claimed_folder("held", Path(sys.argv[1]))
(folder / "below").mkdir()
print(folder, flush=True)
sys.stdin.readline()
"""
PLUGINS = Path(__file__).parents[3] / "plugins"


def hold(place: Path) -> tuple[subprocess.Popen[str], Path]:
    """Another run, and its folder."""
    run = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place)],
        env={**os.environ, "PYTHONPATH": str(PLUGINS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    return run, Path(run.stdout.readline().strip())


def test_it_is_gone_afterwards() -> None:
    with scratch_folder("test") as folder:
        (folder / "file").write_text("x")
    assert not folder.exists()
    with pytest.raises(ValueError, match="broken"), scratch_folder("test") as folder:
        raise ValueError("broken")
    assert not folder.exists()


def test_what_a_killed_run_left_goes_with_the_next_one(tmp_path: Path) -> None:
    """And what another uses just now stays."""
    killed, left = hold(tmp_path)
    running, used = hold(tmp_path)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert left.exists()

    folder, lock = claimed_folder("next", tmp_path)
    assert not left.exists()
    assert (used / "below").is_dir()
    running.communicate("\n")
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    os.close(lock)


def test_nothing_else_is_touched(tmp_path: Path) -> None:
    """Neither what has another name, nor what a link leads to, nor a file."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere)
    (tmp_path / f"{PREFIX}file").write_text("x")
    sweep(tmp_path)
    sweep(tmp_path / "missing")

    assert len(list(tmp_path.iterdir())) == 3


def test_many_at_once_take_nothing_from_each_other(tmp_path: Path) -> None:
    kept: list[bool] = []

    def use() -> None:
        for _ in range(30):
            folder, lock = claimed_folder("many", tmp_path)
            sweep(tmp_path)
            kept.append(folder.is_dir())
            os.close(lock)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sweep(tmp_path)

    assert kept == [True] * 120
    assert list(tmp_path.iterdir()) == []
