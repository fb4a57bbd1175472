"""What uv itself says of a lock: offline, without the user's configuration, building nothing."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from inseam.gates import process
from inseam.gates.contract import GateError
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.interpreters import Wanted, find_interpreter
from inseam.gates.environment.lock import Lock, LockError
from inseam.gates.environment.python_range import PythonRange, parse_range
from inseam.gates.environment.uv import Uv
from inseam.gates.lockfile.verdict import Comparison, Difference, Place, Unknown
from inseam.gates.locks.model import Pins

_SATISFIED = "Existing `uv.lock` satisfies workspace requirements"
_STALE = re.compile(r"(?:Resolving despite|Ignoring) existing lockfile due to (?P<reason>[^\n]+)")
_OLDEST_MINOR = 7
"""The oldest Python 3 that uv works with."""


def ask_uv(
    lock: Lock,
    pins: Pins,
    unknown: tuple[Unknown, ...],
    *,
    environment: Mapping[str, str],
    cache: Path,
    deadline: Deadline,
) -> Comparison:
    """`uv lock --check --offline`.

    uv ends 1 for a lock that is stale and for one that it cannot look into, so what it prints of
    its reasons decides.

    Args:
        lock: the lock.
        pins: what it pins.
        unknown: what files alone did not tell.
        environment: the unit's variables. Those of uv's are left out: an index that is configured
            only here would make a lock look stale (astral-sh/uv#18553).
        cache: the unit's.
        deadline: the unit's.

    Raises:
        LockError: `undecided`, uv does not say; `no-interpreter`.
        GateError: uv could not be run to its end.
    """
    own = {name: value for name, value in environment.items() if not name.startswith("UV_")}
    uv = Uv.find(cache=cache, environment=own, deadline=deadline)
    # Builds would run the project's own code.
    done = uv.run(
        *("lock", "--check", "--offline", "--no-build", "--verbose"),
        *("--project", str(lock.path.parent)),
        UV_PYTHON=_python(lock, pins, environment, cache, deadline),
        NO_PROXY="*",
    )
    said = done.stderr.decode("utf-8", "backslashreplace")
    if done.returncode == 0 and _SATISFIED in said:
        return Comparison()
    found = _STALE.search(said)
    if done.returncode == 1 and found is not None:
        place = unknown[0].place if unknown else Place(file=lock.pyproject or lock.file)
        reason = re.sub(r"\s+", " ", found["reason"]).rstrip(":")
        return Comparison(
            differences=(
                Difference(
                    key=f"uv {reason}",
                    message=f"uv would make the lock again: {reason}",
                    declared=place,
                    locked=Place(file=lock.file),
                ),
            )
        )
    raise undecided(lock, unknown, _last_lines(done))


def undecided(lock: Lock, unknown: tuple[Unknown, ...], tool: str) -> LockError:
    """The error that neither files nor a tool say whether a lock is fresh."""
    reasons = "; ".join(dict.fromkeys(item.reason for item in unknown))
    place = unknown[0].place if unknown else Place(file=lock.file)
    return LockError(
        "undecided",
        f"it cannot be told whether the lock is fresh: {reasons or 'no reason known'}{tool}",
        f"make the lock again (`{lock.maker}`) and compare, or state in files what is not seen",
        file=place.file,
        line=place.line,
    )


def _last_lines(done: process.Completed) -> str:
    spoken = [
        line
        for line in done.stderr.decode("utf-8", "backslashreplace").splitlines()
        if line.strip() and not re.match(r"\s*(?:DEBUG|TRACE|INFO|WARN)\b", line)
    ]
    text = " | ".join(line.strip() for line in spoken[-3:])
    return f"; uv said: {re.sub(r'(?<![A-Za-z0-9_:/.])/(?:[^/`]+/)+', '', text)}" if text else ""


def _python(
    lock: Lock, pins: Pins, environment: Mapping[str, str], cache: Path, deadline: Deadline
) -> str:
    stated, file = lock.python_range()
    if stated is None and pins.requires_python:
        stated = parse_range(pins.requires_python[0])
    return python_for(stated, file, environment=environment, cache=cache, deadline=deadline)


def python_for(
    stated: PythonRange | None,
    declared_in: str,
    *,
    environment: Mapping[str, str],
    cache: Path,
    deadline: Deadline,
) -> str:
    """A Python that a project runs on, so that uv need not look for one: the gate's own if it fits.

    Raises:
        LockError: `no-interpreter`.
    """
    own = (sys.version_info.major, sys.version_info.minor, sys.version_info.micro)
    if stated is None or own in stated:
        return sys.executable
    wanted = Wanted(range=stated, minor=None, at_least=_OLDEST_MINOR, declared_in=declared_in)
    try:
        found = find_interpreter(wanted, environment=environment, cache=cache, deadline=deadline)
    except GateError as error:
        raise LockError(error.code, error.message, error.fix, file=error.file) from error
    return str(found.path)
