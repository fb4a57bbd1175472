"""Running tools: what comes back, what is refused, and that nothing is left behind.

Whether a process is gone is told by a pipe that it holds open: reading it ends when the last holder
has died, so that no test has to wait and look.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inseam.gates.contract import GateError
from inseam.gates.process import Command, Completed, describe, find_tool, run, run_all

Start = Callable[..., subprocess.Popen[str]]

PLUGINS = Path(sys.modules["inseam"].__path__[0]).parent


def shell(script: str, folder: Path, stdin: bytes = b"", max_output: int = 10**8) -> Command:
    """A command that runs a shell script in `folder`."""
    return Command(
        argv=("sh", "-c", script),
        cwd=folder,
        environment={"PATH": os.environ["PATH"]},
        stdin=stdin,
        max_output=max_output,
    )


class Leash:
    """A pipe that processes hold by writing to the file `leash`."""

    def __init__(self, folder: Path) -> None:
        os.mkfifo(folder / "leash")
        self._reader = os.open(folder / "leash", os.O_RDONLY | os.O_NONBLOCK)
        self._writer = os.open(folder / "leash", os.O_WRONLY)
        os.set_blocking(self._reader, True)

    def held(self) -> bytes:
        """Wait for a holder to say something."""
        return os.read(self._reader, 100)

    def gone(self) -> None:
        """Wait until nobody holds it."""
        os.close(self._writer)
        while os.read(self._reader, 100):
            pass
        os.close(self._reader)


@pytest.fixture
def leash(tmp_path: Path) -> Leash:
    """A leash in the test's folder."""
    return Leash(tmp_path)


def failed(command: Command, time_limit: float = 60.0) -> GateError:
    """The error that running `command` raises."""
    with pytest.raises(GateError) as caught:
        run(command, time_limit=time_limit)
    assert caught.value.fix
    return caught.value


def test_what_a_tool_says(tmp_path: Path) -> None:
    done = run(shell("cat; echo no >&2; exit 3", tmp_path, stdin=b"yes"), time_limit=60)

    assert (done.stdout, done.stderr, done.returncode) == (b"yes", b"no\n", 3)


def test_more_than_a_pipe_holds_both_ways(tmp_path: Path) -> None:
    text = os.urandom(3_000_000)

    done = run(shell("tee /dev/stderr", tmp_path, stdin=text), time_limit=60)

    assert done.stdout == done.stderr == text


def test_a_tool_need_not_read_its_input(tmp_path: Path) -> None:
    assert run(shell("exit 0", tmp_path, stdin=b"x" * 3_000_000), time_limit=60).returncode == 0


def test_tools_run_side_by_side_and_answer_in_order(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "meeting")
    first = shell("cat meeting", tmp_path)
    second = shell("echo hello > meeting; echo done", tmp_path)

    assert [done.stdout for done in run_all([first, second], time_limit=60)] == [
        b"hello\n",
        b"done\n",
    ]


def test_only_the_stated_variables_are_seen(tmp_path: Path) -> None:
    env = find_tool("env", os.environ)
    command = Command(argv=(env,), cwd=tmp_path, environment={"A": "1"})

    assert run(command, time_limit=60).stdout == b"A=1\n"


def test_tools_run_from_any_thread(tmp_path: Path) -> None:
    results: list[Completed] = []
    thread = threading.Thread(
        target=lambda: results.append(run(shell("echo hi", tmp_path), time_limit=60))
    )
    thread.start()
    thread.join()

    assert [done.stdout for done in results] == [b"hi\n"]


def test_a_tool_at_its_limit_dies_with_its_children(tmp_path: Path, leash: Leash) -> None:
    error = failed(shell("exec 9>leash; sleep 1000 & sleep 1000", tmp_path), time_limit=0.3)

    leash.gone()
    assert (error.code, error.message) == ("tool-timeout", "sh was killed after 0.3 seconds")


def test_all_share_one_limit_and_all_die_at_it(tmp_path: Path, leash: Leash) -> None:
    commands = [shell("exec 9>leash; sleep 1000", tmp_path), shell("echo quick", tmp_path)]

    with pytest.raises(GateError, match="killed after"):
        run_all(commands, time_limit=0.3)

    leash.gone()


def test_children_that_outlive_a_tool_are_killed(tmp_path: Path, leash: Leash) -> None:
    """They also hold the tool's output open, which must not keep anyone waiting."""
    done = run(shell("exec 9>leash; sleep 1000 & echo done", tmp_path), time_limit=60)

    leash.gone()
    assert done.stdout == b"done\n"


def test_when_one_cannot_be_started_the_others_die(tmp_path: Path, leash: Leash) -> None:
    first = shell("exec 9>leash; sleep 1000", tmp_path)
    second = Command(argv=("/nowhere/tool",), cwd=tmp_path, environment={})

    with pytest.raises(GateError, match="tool could not be started"):
        run_all([first, second], time_limit=60)

    leash.gone()


def test_a_runaway_is_killed(tmp_path: Path, leash: Leash) -> None:
    error = failed(shell("exec 9>leash; yes", tmp_path, max_output=100_000))

    leash.gone()
    assert error.code == "tool-output"


def test_a_crash_names_the_signal_and_quotes_the_tool(tmp_path: Path) -> None:
    error = failed(shell("echo out of luck >&2; kill -SEGV $$", tmp_path))

    assert (error.code, error.message) == (
        "tool-crashed",
        "sh was killed by SIGSEGV: out of luck",
    )


def test_a_missing_tool(tmp_path: Path) -> None:
    assert failed(Command(argv=("nowhere",), cwd=tmp_path, environment={})).code == "tool-missing"


def test_what_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("text\n")

    error = failed(Command(argv=(str(tmp_path / "tool"),), cwd=tmp_path, environment={}))

    assert error.code == "tool-unusable"


def test_a_missing_folder_is_not_a_missing_tool(tmp_path: Path) -> None:
    assert failed(shell("true", tmp_path / "nowhere")).code == "tool-unusable"


def test_unexpected_exit_codes(tmp_path: Path) -> None:
    done = run(shell("seq 9 >&2; exit 4", tmp_path), time_limit=60)

    assert done.expect(0, 4) is done
    with pytest.raises(GateError, match=r"exit code 4: 5 \| 6 \| 7 \| 8 \| 9") as caught:
        done.expect(0, 1)
    assert caught.value.code == "tool-failed"


def test_commands_are_described_without_their_folders(tmp_path: Path) -> None:
    argv = ("/somewhere/bin/tool", "a", "b", "c", "d", "e", "f")

    assert describe(Command(argv=argv, cwd=tmp_path, environment={})) == "tool a b c d e …"


def test_finding_a_tool(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)

    assert find_tool("tool", {"PATH": str(tmp_path)}) == str(tool)
    for environment in ({}, {"PATH": "/nowhere"}):
        with pytest.raises(GateError, match="tool is not on the PATH") as caught:
            find_tool("tool", environment)
        assert caught.value.code == "tool-missing"


RUNNER = """
import pathlib, signal, sys
# Whoever runs the tests may ignore signals, as nohup and shells in the background do.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
{before}
from inseam.gates.process import Command, run
script = "exec 9>leash; echo held >&9; {script}"
path = {{"PATH": "/usr/bin:/bin"}}
command = Command(argv=("sh", "-c", script), cwd=pathlib.Path.cwd(), environment=path)
try:
    print(run(command, time_limit=60).returncode)
except KeyboardInterrupt:
    print("interrupted")
    raise
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a Python process that runs a tool holding the leash."""
    started: list[subprocess.Popen[str]] = []

    def runner(script: str = "sleep 1000 & sleep 1000", before: str = "") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", RUNNER.format(script=script, before=before)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PLUGINS)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        return process

    yield runner
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        (signal.SIGINT, -signal.SIGINT, "interrupted\n"),
        (signal.SIGTERM, -signal.SIGTERM, ""),
        (signal.SIGHUP, -signal.SIGHUP, ""),
    ],
)
def test_a_signal_kills_the_tool_first(
    number: int, status: int, said: str, leash: Leash, start: Start
) -> None:
    process = start()
    leash.held()

    process.send_signal(number)

    assert process.communicate(timeout=60)[0] == said
    assert process.returncode == status
    leash.gone()


def test_ignored_signals_stay_ignored(tmp_path: Path, leash: Leash, start: Start) -> None:
    os.mkfifo(tmp_path / "answer")
    before = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    process = start(script="read line < answer; exit 7", before=before)
    leash.held()

    process.send_signal(signal.SIGHUP)
    (tmp_path / "answer").write_text("go on\n")

    assert process.communicate(timeout=60)[0] == "7\n"
