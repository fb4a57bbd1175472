"""Running a gate's tools: bounded in time and output, awaited, killed with their children.

Everything is driven from one thread, so that a signal finds the children in one place: while tools
run, it is put off until every child is dead and reaped, then delivered.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from inseam.gates.contract import GateError
from inseam.gates.signals import delayed_signals

MAX_OUTPUT = 256 * 1024 * 1024
"""Bytes that a tool may write before it is taken for a runaway."""

_TICK = 0.1
"""Seconds between looks at signals and at tools whose pipes a child of theirs still holds."""
_SHORT_TICK = 0.002
"""Seconds between looks at a tool that has closed its pipes and is about to end."""
_CHUNK = 1 << 20
_QUOTED_LINES = 5


@dataclass(frozen=True, kw_only=True)
class Command:
    """One tool to run."""

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]
    """All variables that the tool sees; nothing is inherited."""
    stdin: bytes = b""
    max_output: int = MAX_OUTPUT
    """Bytes on standard output, and as many on standard error."""

    @property
    def tool(self) -> str:
        """The tool's name, for messages."""
        return Path(self.argv[0]).name


@dataclass(frozen=True, kw_only=True)
class Completed:
    """What a tool said before it ended by itself."""

    command: Command
    returncode: int
    stdout: bytes
    stderr: bytes

    def expect(self, *codes: int) -> Completed:
        """Itself, if the tool ended with one of `codes`.

        Raises:
            GateError: `tool-failed`, quoting the tool's last lines.
        """
        if self.returncode in codes:
            return self
        raise GateError(
            "tool-failed",
            f"{self.command.tool} ended with exit code {self.returncode}{self.quote()}",
            f"run it by hand to see why: {describe(self.command)}",
        )

    def quote(self) -> str:
        """The last lines of standard error, or else of standard output, as `: …`; or nothing."""
        text = (self.stderr.strip() or self.stdout.strip()).decode("utf-8", "backslashreplace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return f": {' | '.join(lines[-_QUOTED_LINES:])}" if lines else ""


def describe(command: Command) -> str:
    """The command without its folders and long lists of arguments, the same on every machine."""
    words = [command.tool, *command.argv[1:6]]
    return " ".join(words) + (" …" if len(command.argv) > 6 else "")


def find_tool(name: str, environment: Mapping[str, str]) -> str:
    """The executable called `name` on the environment's PATH.

    Raises:
        GateError: `tool-missing`.
    """
    found = shutil.which(name, path=environment.get("PATH", ""))
    if found is None:
        raise GateError(
            "tool-missing",
            f"{name} is not on the PATH that the gate was given",
            f"install {name}, or put its folder on PATH",
        )
    return found


def run(command: Command, *, time_limit: float) -> Completed:
    """Run one tool to its end; see `run_all`."""
    return run_all([command], time_limit=time_limit)[0]


def run_all(commands: Sequence[Command], *, time_limit: float) -> list[Completed]:
    """Run tools side by side, each in a session of its own, and return when all have ended.

    Whatever happens, no process of theirs is left behind: when one exceeds its limits or dies,
    when a signal arrives, and after a tool's own end when it left children in its session's group.

    Args:
        commands: the tools.
        time_limit: seconds for all of them together.

    Returns:
        What they said, in the order of `commands`, whatever their exit codes.

    Raises:
        GateError: `tool-missing`, `tool-unusable`, `tool-timeout`, `tool-crashed` (a signal killed
            it) or `tool-output` (it wrote too much).
    """
    deadline = time.monotonic() + time_limit
    running: list[_Child] = []
    with delayed_signals() as arrived:
        try:
            for command in commands:
                running.append(_Child(command))
            _drive(running, deadline, arrived)
        finally:
            for child in running:
                child.end()
    if arrived:
        raise GateError("interrupted", "a signal ended the run", "run it again")
    return [_completed(child, time_limit) for child in running]


def _drive(running: Sequence[_Child], deadline: float, arrived: Collection[int]) -> None:
    """Move bytes until every child has ended, one exceeds a limit, or a signal arrived."""
    with selectors.DefaultSelector() as selector:
        for child in running:
            child.register(selector)
        while not arrived and not any(child.exceeded for child in running):
            pending = [child for child in running if not child.finished()]
            if not pending:
                return
            left = deadline - time.monotonic()
            if left <= 0:
                for child in pending:
                    child.timed_out = True
                return
            tick = _TICK if all(child.writing for child in pending) else _SHORT_TICK
            for key, _ in selector.select(min(left, tick)):
                owner: _Child = key.data
                owner.move(selector, key.fd)


class _Child:
    """A running tool and the bytes it has written so far."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.output: dict[int, bytearray] = {}
        self.timed_out = False
        self._unsent = memoryview(command.stdin)
        self._open: set[int] = set()
        self._process = _start(command)
        streams: list[IO[bytes] | None] = [
            self._process.stdin,
            self._process.stdout,
            self._process.stderr,
        ]
        self._stdin, self._stdout, self._stderr = (
            stream.fileno() if stream is not None else -1 for stream in streams
        )
        for number in (self._stdout, self._stderr):
            self.output[number] = bytearray()

    @property
    def exceeded(self) -> bool:
        """Whether it wrote more than it may."""
        return any(len(written) > self.command.max_output for written in self.output.values())

    @property
    def writing(self) -> bool:
        """Whether more output may come."""
        return not self._open.isdisjoint(self.output)

    @property
    def returncode(self) -> int:
        """The exit code, or minus the signal that killed it. Only after `end`."""
        return self._process.returncode

    @property
    def stdout(self) -> bytes:
        """What it wrote to standard output so far."""
        return bytes(self.output[self._stdout])

    @property
    def stderr(self) -> bytes:
        """What it wrote to standard error so far."""
        return bytes(self.output[self._stderr])

    def register(self, selector: selectors.BaseSelector) -> None:
        """Watch the pipes."""
        for number in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(number, False)
            event = selectors.EVENT_WRITE if number == self._stdin else selectors.EVENT_READ
            selector.register(number, event, self)
            self._open.add(number)

    def move(self, selector: selectors.BaseSelector, number: int) -> None:
        """Read or write what the pipe `number` is ready for."""
        try:
            if number == self._stdin:
                self._unsent = self._unsent[os.write(number, self._unsent[:_CHUNK]) :]
                done = not self._unsent
            else:
                chunk = os.read(number, _CHUNK)
                self.output[number] += chunk
                done = not chunk
        except BlockingIOError:
            return
        except BrokenPipeError:  # it does not care to read the rest; its exit code tells
            done = True
        if done:
            selector.unregister(number)
            self._open.discard(number)
            if number == self._stdin and self._process.stdin is not None:
                self._process.stdin.close()

    def finished(self) -> bool:
        """Whether it has ended and all it wrote has been read.

        A child of the tool's that outlives it may hold the pipes open for ever: what such a child
        writes after the tool's end is nobody's answer, so the tool's own end counts.
        """
        if not self._exited():
            return False
        for number in self._open.intersection(self.output):
            try:
                while not self.exceeded and (chunk := os.read(number, _CHUNK)):
                    self.output[number] += chunk
            except BlockingIOError:
                continue
        return True

    def _exited(self) -> bool:
        """Whether it has ended; leaves it a zombie, so that its group's number stays taken."""
        if not hasattr(os, "waitid"):  # macOS before CPython 3.13
            return self._process.poll() is not None
        if self._process.returncode is not None:
            return True
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, options) is not None

    def end(self) -> None:
        """Kill what is left of its group, reap it, close its pipes."""
        if self._process.returncode is None:
            # PermissionError is how macOS says that only the zombie is left in the group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def _start(command: Command) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=dict(command.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        missing = isinstance(error, FileNotFoundError) and command.cwd.is_dir()
        raise GateError(
            "tool-missing" if missing else "tool-unusable",
            f"{command.tool} could not be started: {error.strerror}",
            f"check that {command.tool} is installed and runs on this machine",
        ) from error


def _completed(child: _Child, time_limit: float) -> Completed:
    command = child.command
    if child.timed_out:
        raise GateError(
            "tool-timeout",
            f"{command.tool} was killed after {time_limit:g} seconds",
            "look for what makes it slow, or raise the unit's time limit",
        )
    if child.exceeded:
        raise GateError(
            "tool-output",
            f"{command.tool} wrote more than {command.max_output} bytes",
            f"run it by hand to see what it writes: {describe(command)}",
        )
    completed = Completed(
        command=command, returncode=child.returncode, stdout=child.stdout, stderr=child.stderr
    )
    if child.returncode < 0:
        raise GateError(
            "tool-crashed",
            f"{command.tool} was killed by {_signal_name(-child.returncode)}{completed.quote()}",
            f"run it by hand to see why: {describe(command)}",
        )
    return completed


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
