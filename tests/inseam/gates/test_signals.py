"""Signals that ask a process to end, sent to real processes: what they made is cleared away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
Start = Callable[..., "subprocess.Popen[str]"]

SCRIPT = """
import signal, sys, threading, time
# Whoever runs the tests may ignore signals, as nohup and shells in the background do.
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
{before}
from inseam.gates.signals import Terminated, unwinding_signals

def say(word):
    print(word, flush=True)

def wait():
    say("waiting")
    time.sleep(600)

def body():
    with unwinding_signals():
        try:
            wait()
        finally:
            {cleared}
{after}
"""
CLEARED = 'say("cleared")'


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a process that waits, and clears something away when it leaves."""
    started: list[subprocess.Popen[str]] = []

    def process(
        before: str = "", cleared: str = CLEARED, after: str = "body()"
    ) -> subprocess.Popen[str]:
        script = SCRIPT.format(before=before, cleared=cleared, after=after)
        new = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PLUGINS)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(new)
        assert new.stdout is not None
        assert new.stdout.readline() == "waiting\n"
        return new

    yield process
    for each in started:
        each.kill()
        each.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_is_on_the_way_out_happens_before_the_end(
    start: Start, number: signal.Signals
) -> None:
    process = start()

    process.send_signal(number)

    assert process.communicate(timeout=60)[0] == "cleared\n"
    assert process.returncode == -number


def test_a_second_signal_ends_the_process_at_once(start: Start) -> None:
    process = start(cleared="wait()")

    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"  # now to clear away
    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == -signal.SIGTERM


def test_what_somebody_handles_is_left_alone(start: Start) -> None:
    process = start(before="signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))")

    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=60)[0] == "cleared\n"
    assert process.returncode == 7


def test_in_another_thread_nothing_is_handled(start: Start) -> None:
    process = start(after="threading.Thread(target=body).start()")

    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == -signal.SIGTERM


def test_afterwards_it_is_as_before(start: Start) -> None:
    process = start(after="with unwinding_signals(): pass\ntry:\n    wait()\nfinally:\n    say(1)")

    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == -signal.SIGTERM
