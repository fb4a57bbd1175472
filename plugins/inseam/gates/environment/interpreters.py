"""Which CPython a service's environment is made with.

`uv python find` is not asked: where PATH holds pyenv's shims it starts each of them, and what it
prefers depends on the order of PATH. Here the lowest fitting minor version is taken, the first of
its kind: the one that the service's lower bound promises to work with, the same in most places.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from inseam.gates import process
from inseam.gates.contract import GateError
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.python_range import PythonRange, Version

_NAME = re.compile(r"^python3\.(\d+)$")
_PROBE = (
    "import sys; print('.'.join(map(str, sys.version_info[:3])), sys.implementation.name, "
    "sys.version_info[3])"
)
_PROBE_LIMIT = 20.0
"""Seconds; a cold disk can make a first start slow."""


class Interpreter(BaseModel):
    """A CPython of this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    version: Version

    @property
    def minor(self) -> int:
        """12 for CPython 3.12.1."""
        return self.version[1]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an interpreter has to fit."""

    range: PythonRange | None
    """What the service declares."""
    minor: int | None
    """What the setting `python` asks for."""
    at_least: int
    """The lowest minor version that the tools run on."""
    declared_in: str
    """The file that states `range`, for messages."""

    def fits(self, version: Version) -> bool:
        """Whether a version will do."""
        return self.fits_minor(version[1]) and (self.range is None or version in self.range)

    def fits_minor(self, minor: int) -> bool:
        """Whether some patch of a minor version will do."""
        if minor < self.at_least or (self.minor is not None and minor != self.minor):
            return False
        return self.range is None or self.range.has_minor(minor)

    def __str__(self) -> str:
        parts = [f"{self.range.text} ({self.declared_in})"] if self.range else []
        parts += [f"3.{self.minor} (the setting python)"] if self.minor is not None else []
        return " and ".join([*parts, f">=3.{self.at_least} (the tools)"])


def find_interpreter(
    wanted: Wanted, *, environment: Mapping[str, str], cache: Path, deadline: Deadline
) -> Interpreter:
    """The interpreter to use, found on PATH and among those of pyenv and uv.

    Args:
        wanted: what it has to fit.
        environment: the unit's variables.
        cache: where it is remembered which version a file is.
        deadline: the unit's.

    Raises:
        GateError: `no-interpreter`, which names what there is and where it was looked for.
    """
    folders = list(dict.fromkeys(_folders(environment)))
    candidates = sorted(_candidates(folders), key=lambda candidate: candidate[0])
    seen: list[str] = []
    for minor, path in candidates:
        if not wanted.fits_minor(minor):
            seen.append(f"3.{minor}")
            continue
        version = _version(path, environment, cache / "interpreters", deadline)
        if version is None:
            continue
        if wanted.fits(version):
            return Interpreter(path=path, version=version)
        seen.append(".".join(map(str, version)))
    raise GateError(
        "no-interpreter",
        f"no CPython fits {wanted}; found {', '.join(dict.fromkeys(seen)) or 'none'} in "
        f"{', '.join(map(str, folders)) or 'no folder at all'}",
        "install one that fits (`uv python install`, pyenv, or the system's packages) or correct "
        "what is asked for",
        file=wanted.declared_in,
    )


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    """Where to look, in this order: PATH, with pyenv's versions in place of its shims, then the
    versions that pyenv and uv hold."""
    for entry in environment.get("PATH", "").split(os.pathsep):
        path = Path(entry)
        if not path.is_absolute():  # an empty entry is the working folder: a service's own files
            continue
        if path.name == "shims":
            yield from _installed(path.parent / "versions")
        elif path.is_dir():
            yield path
    if root := environment.get("PYENV_ROOT"):
        yield from _installed(Path(root) / "versions")
    if folder := environment.get("UV_PYTHON_INSTALL_DIR"):
        yield from _installed(Path(folder))
    elif data := environment.get("XDG_DATA_HOME"):
        yield from _installed(Path(data, "uv", "python"))
    elif home := environment.get("HOME"):
        yield from _installed(Path(home, ".local", "share", "uv", "python"))


def _installed(versions: Path) -> Iterator[Path]:
    if versions.is_dir():
        yield from sorted(versions.glob("*/bin"))


def _candidates(folders: list[Path]) -> Iterator[tuple[int, Path]]:
    """Executables called `python3.N` and their N, each file once."""
    known: set[str] = set()
    for folder in folders:
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            match = _NAME.match(name)
            if match is None:
                continue
            real = os.path.realpath(folder / name)
            if real not in known and os.access(real, os.X_OK):
                known.add(real)
                yield int(match[1]), Path(real)


class _Probed(BaseModel):
    """What an executable said of itself; None if it is no CPython that can be used."""

    version: Version | None


def _version(
    path: Path, environment: Mapping[str, str], memory: Path, deadline: Deadline
) -> Version | None:
    """Which CPython a file is; asked once per file, as starting it takes longer than all else."""
    state = path.stat()
    identity = f"{path}\0{state.st_size}\0{state.st_mtime_ns}\0{state.st_ino}"
    record = memory / f"{hashlib.sha256(os.fsencode(identity)).hexdigest()[:32]}.json"
    try:
        return _Probed.model_validate_json(record.read_bytes()).version
    except (OSError, ValidationError):
        pass
    probed = _Probed(version=_ask(path, environment, deadline))
    if probed.version is not None:  # what failed may work next time
        memory.mkdir(parents=True, exist_ok=True)
        fresh = record.with_suffix(f".{os.getpid()}")
        fresh.write_text(probed.model_dump_json(), encoding="utf-8")
        fresh.replace(record)
    return probed.version


def _ask(path: Path, environment: Mapping[str, str], deadline: Deadline) -> Version | None:
    command = process.Command(
        argv=(str(path), "-I", "-S", "-c", _PROBE),
        cwd=path.parent,
        environment=environment,
        max_output=10_000,
    )
    try:
        answer = process.run(command, time_limit=min(_PROBE_LIMIT, deadline.left()))
    except GateError as error:
        if error.code == "timeout":
            raise
        return None
    match = re.fullmatch(rb"(\d+)\.(\d+)\.(\d+) cpython final\s*", answer.stdout)
    if answer.returncode or match is None:
        return None
    return int(match[1]), int(match[2]), int(match[3])
