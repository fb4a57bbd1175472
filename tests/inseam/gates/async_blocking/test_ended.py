"""A run that is ended from outside, while its processes judge."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
FILES, FUNCTIONS = 240, 400
"""Enough to be shared out, and more work than the moment takes in which it is ended."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree that takes seconds."""
    root = tmp_path_factory.mktemp("large")
    for number in range(FILES):
        functions = (
            f"async def f{n}(x: object) -> None:\n    await f{(n + 1) % FUNCTIONS}(open(str(x)))\n"
            for n in range(FUNCTIONS)
        )
        (root / f"m{number}.py").write_text("\n\n".join(functions))
    return root


def children(process: int) -> list[int]:
    """The processes that one started and that have not been waited for."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, fields = path.read_text().rpartition(")")
        except OSError:  # it ended meanwhile
            continue
        if int(fields.split()[1]) == process:
            found.append(int(path.parent.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("everyone", [True, False])
def test_the_run_is_ended_from_outside(
    large: Path, tmp_path: Path, number: signal.Signals, everyone: bool
) -> None:
    """As by Ctrl-C, which reaches all processes, or the first of them alone."""
    run = subprocess.Popen(
        [
            *(sys.executable, "-m", "inseam", "gate", "async-blocking"),
            *("--root", str(large), "--cache", str(tmp_path / "cache")),
        ],
        env={**os.environ, "PYTHONPATH": str(PLUGINS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whoever runs the tests may ignore it, as nohup and shells in the background do.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    while not (workers := children(run.pid)):
        assert run.poll() is None, run.communicate()
        time.sleep(0.01)

    (os.killpg if everyone else os.kill)(run.pid, number)
    said = run.communicate(timeout=60)

    interrupted = number is signal.SIGINT
    message = "inseam gate: interrupted; nothing was decided\n" if interrupted else ""
    assert said == ("", message)
    assert run.returncode == (130 if interrupted else -number)
    assert [worker for worker in workers if Path(f"/proc/{worker}").exists()] == []
