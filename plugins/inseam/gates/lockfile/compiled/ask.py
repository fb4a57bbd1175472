"""Whether `uv pip compile` would leave a lock's pins alone."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from packaging.markers import InvalidMarker
from packaging.requirements import InvalidRequirement

from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.lock import Lock, LockError
from inseam.gates.environment.python_range import locked_range, parse_range
from inseam.gates.environment.uv import Uv
from inseam.gates.lockfile.compiled.command import Command, CommandError, read_command
from inseam.gates.lockfile.compiled.declared import locate
from inseam.gates.lockfile.meaning.parse import ALWAYS, MarkerError, Tree, parse_marker
from inseam.gates.lockfile.meaning.worlds import TooManyWorldsError, either, equivalent
from inseam.gates.lockfile.uv.ask import python_for, undecided
from inseam.gates.lockfile.verdict import Comparison, Difference, Place, Unknown
from inseam.gates.locks.blocks import parse_blocks
from inseam.gates.locks.model import LockedPackage, Pins
from inseam.gates.locks.requirements import locked_packages, parse_requirements

_DROPPED = frozenset(
    {
        *("-o", "--output-file", "--upgrade", "-U", "-P", "--upgrade-package", "--cache-dir"),
        *("--custom-compile-command", "--quiet", "-q", "--verbose", "-v", "--no-header"),
        *("--emit-index-url", "--emit-find-links", "--config-file", "--refresh", "--no-cache"),
        *("--annotation-style", "--no-annotate", "--python", "-p", "--generate-hashes"),
        *("--emit-build-options", "--directory", "--project", "--refresh-package", "--color"),
    }
)
"""Options that say nothing of which versions are pinned, or that are given anew."""
_VALUED_DROPPED = frozenset(
    {
        *("-o", "--output-file", "-P", "--upgrade-package", "--cache-dir", "--color"),
        *("--custom-compile-command", "--config-file", "--annotation-style", "--python", "-p"),
        *("--directory", "--project", "--refresh-package"),
    }
)


def ask_uv(
    lock: Lock,
    pins: Pins,
    unknown: tuple[Unknown, ...],
    *,
    root: Path,
    environment: Mapping[str, str],
    cache: Path,
    deadline: Deadline,
) -> Comparison:
    """Run the header's command once more, with the lock's pins to be kept where they fit: first
    with what uv has in its cache, then with the index.

    Raises:
        LockError: `undecided`.
        GateError: uv could not be run to its end.
    """
    try:
        command = read_command(parse_requirements(lock.text))
    except CommandError as error:
        raise undecided(lock, unknown, f"; {error}") from error
    if command.tool == "pip-compile" or command.inferred:
        raise undecided(lock, unknown, "; only `uv pip compile` can be run again here")
    uv = Uv.find(cache=cache, environment=environment, deadline=deadline)
    if command.tool == "uv export":
        return _export(lock, pins, unknown, uv, command, root)
    said = ""
    with tempfile.TemporaryDirectory(prefix="inseam-lock-") as scratch:
        for offline in (("--offline",), ()):
            output = Path(scratch, "lock.txt")
            output.write_text(lock.text, encoding="utf-8")
            done = uv.run(
                *("pip", "compile", "--no-header", "--no-build", "--quiet", *offline),
                *("--output-file", str(output), *_arguments(command, lock, root)),
                UV_PYTHON=sys.executable,
            )
            if done.returncode == 0:
                return _compare(lock, pins, output.read_text(encoding="utf-8"), unknown)
            said = done.quote()
    raise undecided(lock, unknown, f"; uv said{_without_folders(said)}")


def _export(
    lock: Lock,
    pins: Pins,
    unknown: tuple[Unknown, ...],
    uv: Uv,
    command: Command,
    root: Path,
) -> Comparison:
    """Export once more from the nearest `uv.lock`, which has to be fresh itself.

    Raises:
        LockError: `undecided`; also where that lock is stale.
    """
    source = locate(root, str(PurePosixPath(lock.file).parent), "uv.lock")
    if source is None:
        raise undecided(lock, unknown, "; there is no uv.lock in its folder or one above it")
    stated = locked_range(parse_blocks((root / source).read_text(encoding="utf-8")).document)
    python = python_for(
        None if stated is None else parse_range(stated),
        source,
        environment=uv.environment,
        cache=uv.cache,
        deadline=uv.deadline,
    )
    with tempfile.TemporaryDirectory(prefix="inseam-lock-") as scratch:
        output = Path(scratch, "lock.txt")
        done = uv.run(
            *("export", "--locked", "--offline", "--no-build", "--no-header", "--quiet"),
            *("--project", str((root / source).parent), "--output-file", str(output)),
            *_arguments(command, lock, root),
            UV_PYTHON=python,
        )
        if done.returncode == 0:
            return _compare(lock, pins, output.read_text(encoding="utf-8"), unknown)
    raise undecided(lock, unknown, f"; uv said{_without_folders(done.quote())}")


def _without_folders(text: str) -> str:
    return re.sub(r"(?<![A-Za-z0-9_:/.])/(?:[^/`\s]+/)+", "", text)


def _arguments(command: Command, lock: Lock, root: Path) -> list[str]:
    """The command's arguments with its files as absolute paths."""
    folder = str(PurePosixPath(lock.file).parent)
    files = {*command.sources, *command.constraints, *command.overrides}
    kept: list[str] = []
    skip = False
    for word in command.arguments:
        name = word.partition("=")[0]
        if skip:
            skip = False
            continue
        if name in _DROPPED:
            skip = name in _VALUED_DROPPED and "=" not in word
            continue
        value = word.partition("=")[2] if word.startswith("-") else word
        found = locate(root, folder, value) if value in files else None
        if found is None:
            kept.append(word)
        else:
            kept.append(f"{name}={root / found}" if word.startswith("-") else str(root / found))
    return kept


def _compare(lock: Lock, pins: Pins, text: str, unknown: tuple[Unknown, ...]) -> Comparison:
    """What a new lock pins otherwise."""
    try:
        packages, _ = locked_packages(parse_requirements(text))
    except (ValueError, InvalidRequirement, InvalidMarker) as error:
        raise undecided(lock, unknown, f"; uv wrote something else than pins: {error}") from error
    ours, theirs = _by_name(pins.packages), _by_name(packages)
    differences: list[Difference] = []
    place = unknown[0].place if unknown else Place(file=lock.file)
    for name in sorted(ours.keys() | theirs.keys()):
        locked, wanted = ours.get(name, {}), theirs.get(name, {})
        if _same(locked, wanted):
            continue
        says = ", ".join(sorted(wanted)) or "no version"
        has = ", ".join(sorted(locked)) or "none"
        line = pins.by_name[name][0].line if name in pins.by_name else 1
        differences.append(
            Difference(
                key=f"dependency {name}",
                message=f"made again, the lock pins {says} of `{name}`, it has {has}",
                declared=place,
                locked=Place(file=lock.file, line=line),
                package=name,
            )
        )
    return Comparison(differences=tuple(differences))


def _by_name(packages: tuple[LockedPackage, ...]) -> dict[str, dict[str, Tree]]:
    found: dict[str, dict[str, Tree]] = {}
    for package in packages:
        version = package.version or package.source.location or ""
        try:
            markers = [parse_marker(marker) for marker in package.markers] or [ALWAYS]
        except MarkerError as error:
            raise LockError(
                "lock-unreadable", str(error), "make it anew", file=None, line=package.line
            ) from error
        found.setdefault(package.name, {})[version] = either(*markers)
    return found


def _same(left: Mapping[str, Tree], right: Mapping[str, Tree]) -> bool:
    if left.keys() != right.keys():
        return False
    try:
        return all(equivalent(left[version], right[version]) for version in left)
    except TooManyWorldsError:
        return left == right
