"""Where environments live: made once, shared by concurrent runs, never used half-made.

`CACHE/environments/KEY/1/` is a virtual environment; `CACHE/environments/KEY/environment.json` says
that it is whole. An attempt that was killed leaves a folder that nothing names: the next attempt
takes the next number, so that even an orphaned installer cannot write into an environment in use.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.filelock import exclusive, exclusive_if_free
from inseam.gates.environment.interpreters import Interpreter

_MARKER = "environment.json"
_LOCK = "lock"
_UNUSED = 30 * 24 * 3600.0
"""Seconds after which what no run has used is removed."""


class Environment(BaseModel):
    """A virtual environment that holds exactly what a lock says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    """Identifies its content: 32 hex digits over the lock, the interpreter and the platform."""
    folder: Path
    python_version: tuple[int, int, int]

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        major, minor, _ = self.python_version
        return self.folder / "lib" / f"python{major}.{minor}" / "site-packages"


def environment_key(interpreter: Interpreter, *parts: str | bytes) -> str:
    """What identifies an environment: all that its content depends on."""
    system = os.uname()
    digest = hashlib.sha256()
    for part in (
        str(interpreter.path),
        ".".join(map(str, interpreter.version)),
        f"{system.sysname}-{system.machine}",
        *parts,
    ):
        content = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()[:32]


def obtain(
    cache: Path,
    key: str,
    interpreter: Interpreter,
    build: Callable[[Path], None],
    deadline: Deadline,
) -> Environment:
    """The environment called `key`, made by `build` if there is none.

    Args:
        cache: the unit's cache.
        key: see `environment_key`.
        interpreter: what it is made with.
        build: makes a virtual environment in the folder that it is given, or raises `GateError`.
        deadline: the unit's; covers the wait for another run that makes it.

    Raises:
        GateError: `timeout`, or what `build` raises.
    """
    store = cache.resolve() / "environments"
    home = store / key
    if (ready := _ready(home)) is not None:
        return ready
    with exclusive(home / _LOCK, deadline):
        if (ready := _ready(home)) is not None:
            return ready
        folder = _next_attempt(home)
        try:
            build(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        made = Environment(key=key, folder=folder, python_version=interpreter.version)
        fresh = home / f"{_MARKER}.new"
        fresh.write_text(made.model_dump_json(), encoding="utf-8")
        fresh.replace(home / _MARKER)
    remove_unused(store, _MARKER, than=home)
    return made


def _ready(home: Path) -> Environment | None:
    marker = home / _MARKER
    try:
        environment = Environment.model_validate_json(marker.read_bytes())
        os.utime(marker)
    except (OSError, ValidationError):
        return None
    # False where the interpreter that it links to was removed.
    return environment if os.access(environment.python, os.X_OK) else None


def _next_attempt(home: Path) -> Path:
    """A folder that no earlier attempt has used; what these left is removed."""
    numbers = [int(entry.name) for entry in home.iterdir() if entry.name.isdigit()]
    for number in numbers:
        shutil.rmtree(home / str(number), ignore_errors=True)
    return home / str(max(numbers, default=0) + 1)


def remove_unused(store: Path, marker: str, *, than: Path) -> None:
    """Remove the folders of `store` that have not been used for 30 days.

    Args:
        store: holds a folder per key.
        marker: the file in each whose time of change says when it was used last.
        than: the folder just used: its time is now, so that no clock is read.
    """
    now = (than / marker).stat().st_mtime
    for home in store.iterdir():
        try:
            used = max(
                (home / name).stat().st_mtime for name in (marker, "") if (home / name).exists()
            )
            if now - used < _UNUSED or home == than:
                continue
            with exclusive_if_free(home / _LOCK) as free:
                if free:
                    (home / marker).unlink(missing_ok=True)  # first: what is left is not whole
                    shutil.rmtree(home, ignore_errors=True)
        except OSError:  # another run removes it just now
            continue
