"""Installs Pants where `pants` did not find it, and starts `pants` again.

Started by `pants` with any CPython >= 3.7. Prints a few lines to stderr while it works, one message
when it cannot, and nothing on stdout.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import interpreters
from environment import (
    STOPPING,
    BuildFailed,
    Environment,
    plain,
    plain_folder,
    write_atomically,
)
from interpreters import Interpreter, NoInterpreter

COULD_NOT_RUN = 2


class Misfit(Exception):
    """The repository contradicts itself."""


class Stopped(BaseException):
    """A signal asks this process to end."""

    def __init__(self, number: int) -> None:
        self.number = number


def main(argv: list[str]) -> NoReturn:
    parser = argparse.ArgumentParser(prog="build-support/launcher", description=__doc__)
    parser.add_argument("--pants-version", required=True)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("command", nargs="+", help="what to start afterwards")
    arguments = parser.parse_args(argv)
    for number in STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _stop)
    try:
        _check_pin(arguments.pants_version, arguments.lock)
        _provide(arguments.pants_version, arguments.lock, arguments.cache, arguments.state)
    except (BuildFailed, Misfit, NoInterpreter) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"cannot write below {arguments.cache}: {error}; set XDG_CACHE_HOME to a folder")
    except Stopped as stopped:
        say("stopped; nothing half made is left behind")
        sys.exit(128 + stopped.number)
    # `pants` finds the state now. Should it not, this keeps it from coming back here for ever.
    os.environ["INSEAM_PANTS_STATE"] = str(arguments.state)
    os.execv(arguments.command[0], arguments.command)


def say(text: str) -> None:
    for line in text.splitlines():
        print(f"pants: {line}", file=sys.stderr, flush=True)


def _check_pin(version: str, lock: Path) -> None:
    pinned = re.search(
        r"^pantsbuild[.-]pants==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE
    )
    if pinned is None or pinned.group(1) != version:
        raise Misfit(
            f"pants.toml wants Pants {version}, {lock} pins {pinned and pinned.group(1)}:"
            " change 3rdparty/pants.in and run build-support/lock"
        )


def _provide(version: str, lock: Path, cache: Path, state: Path) -> None:
    """Sees to it that Pants is installed and the state says where."""
    cache.mkdir(parents=True, exist_ok=True)
    interpreter = _interpreter()
    environment = Environment(cache, version, lock, interpreter)
    with _alone(cache / "lock") as held:
        if not environment.installed():
            started = time.monotonic()
            say(f"installing Pants {version} on CPython {interpreter.version} ({interpreter.path})")
            say(f"into {environment.folder}; once, in about half a minute")
            environment.build(cache / "launcher.log", held)
            say(f"done after {time.monotonic() - started:.0f} s")
        installation = environment.installation()
        lines = (
            str(installation.venv),
            str(installation.pex),
            installation.pex_version,
            installation.known_version,
            _search_path(interpreter),
            _named_caches(cache),
        )
        if any("\n" in line for line in lines):
            raise Misfit(f"{cache} has a line break in its name: set XDG_CACHE_HOME")
        write_atomically(state, "".join(f"{line}\n" for line in lines))


def _interpreter() -> Interpreter:
    try:
        return interpreters.find(os.environ)
    except NoInterpreter:
        uv = None if interpreters.OVERRIDE in os.environ else interpreters.find_uv(os.environ)
        if uv is None:
            raise
        say("no CPython 3.7 to 3.9 on this machine: uv fetches one")
        fetched = interpreters.install(uv)
        if fetched is None:
            say("uv could not fetch it")
            raise
        return fetched


def _search_path(interpreter: Interpreter) -> str:
    """Where Pants would not look by itself: a value that is added to its option, or nothing."""
    folder = os.path.dirname(interpreter.path)
    pyenv = interpreters.pyenv_root(os.environ)
    known = os.environ.get("PATH", "").split(os.pathsep)
    if folder in known or (pyenv and folder.startswith(os.path.join(pyenv, "versions", ""))):
        return ""
    return "+" + json.dumps([folder])


def _named_caches(cache: Path) -> str:
    """Where Pants is to keep environments, if its own place has no plain path, or nothing."""
    own = cache.parent.parent / "pants" / "named_caches"
    return "" if plain(own) else str(plain_folder() / "named_caches")


@contextmanager
def _alone(path: Path) -> Iterator[int]:
    """Holds a lock that the system releases when its holders are dead, however they died."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another start is installing Pants; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise Stopped(number)


def _fail(text: str) -> NoReturn:
    say(text)
    sys.exit(COULD_NOT_RUN)


if __name__ == "__main__":
    main(sys.argv[1:])
