"""What policy asks of a lock, whether it is fresh or not."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from inseam.findings.model import Severity
from inseam.gates.environment.python_range import locked_range, parse_range, stated_range
from inseam.gates.lockfile.pyproject import TomlFile
from inseam.gates.lockfile.said import Said
from inseam.gates.lockfile.settings import LockfileSettings
from inseam.gates.lockfile.sources_allowed import judge_index_lines, judge_sources
from inseam.gates.lockfile.verdict import Place
from inseam.gates.locks.model import LOCAL, LockedPackage, Pins

_STRONG = ("sha256:", "sha384:", "sha512:", "blake2b:", "sha3_256:", "sha3_512:")
_HASHLESS = LOCAL - {"path"} | {"git"}
"""Kinds of sources that no hash covers: folders, and git, whose commit is one."""


def judge(
    pins: Pins,
    settings: LockfileSettings,
    *,
    project: TomlFile | None,
    document: Mapping[str, Any],
    lock_folder: str,
    today: datetime.date | None,
) -> Iterator[Said]:
    """All that policy asks for and the lock does not give.

    Args:
        pins: the lock.
        settings: the service's.
        project: its `pyproject.toml`.
        document: the lock's own table, for what it says of Pythons.
        lock_folder: where the lock lies, relative to the workspace.
        today: the day to judge by; None where no setting wants it.
    """
    for package in pins.packages:
        if settings.require_hashes:
            yield from _hashes(package, pins)
        yield from judge_sources(package, pins, settings, lock_folder)
        yield from _wheels(package, pins, settings)
    yield from judge_index_lines(pins, settings)
    if settings.minimum_age_days > 0 and today is not None:
        yield from _ages(pins, settings, today)
    yield from _python(pins, settings, project, document)
    yield from _tool(pins, settings)


def _place(pins: Pins, package: LockedPackage) -> Place:
    return Place(file=pins.file, line=package.line)


def _hashes(package: LockedPackage, pins: Pins) -> Iterator[Said]:
    if package.source.kind in _HASHLESS:
        return
    weak = [
        artifact
        for artifact in package.artifacts
        if not any(hash_.startswith(_STRONG) for hash_ in artifact.hashes)
    ]
    # Of requirements each hash is an artifact: one that is strong covers what the others do.
    if pins.kind == "requirements" and len(weak) < len(package.artifacts):
        weak = []
    if package.artifacts and not weak:
        return
    what = weak[0].name if weak and weak[0].name else f"{package.name} {package.version or ''}"
    has = "a weak hash only" if weak and weak[0].hashes else "no hash"
    more = f", and {len(weak) - 1} more" if len(weak) > 1 else ""
    yield Said(
        code="no-hash",
        message=f"{what.strip()} has {has}{more}",
        key=f"{package.name} {package.version or ''}".strip(),
        place=_place(pins, package),
        package=package.name,
        version=package.version,
    )


def _wheels(package: LockedPackage, pins: Pins, settings: LockfileSettings) -> Iterator[Said]:
    names = [artifact.name for artifact in package.artifacts]
    if not names or None in names or package.source.kind in ("git", "directory", "editable"):
        return  # requirements keep hashes without names
    if any(artifact.is_wheel for artifact in package.artifacts):
        return
    yield Said(
        code="sdist-only",
        message=f"{package.name} {package.version} has no wheel, only {names[0]}",
        key=f"{package.name} {package.version}",
        place=_place(pins, package),
        package=package.name,
        version=package.version,
        severity=Severity.ERROR if settings.wheels_only else None,
    )


def _ages(pins: Pins, settings: LockfileSettings, today: datetime.date) -> Iterator[Said]:
    """Files too young, by the youngest of a version's; one complaint for all that do not say."""
    exempt = set(map(canonicalize_name, settings.young_packages))
    unknown: list[LockedPackage] = []
    for package in pins.packages:
        if package.name in exempt or package.source.kind in _HASHLESS:
            continue
        times = [artifact.upload_time for artifact in package.artifacts]
        known = [time for time in times if time is not None]
        if len(known) < len(times) or not times:
            unknown.append(package)
            continue
        age = (today - max(known).astimezone(datetime.UTC).date()).days
        if age < settings.minimum_age_days:
            yield Said(
                code="too-young",
                message=f"{package.name} {package.version} came {age} days ago; policy wants "
                f"{settings.minimum_age_days}",
                key=f"{package.name} {package.version}",
                place=_place(pins, package),
                package=package.name,
                version=package.version,
            )
    if unknown:
        first = unknown[0]
        yield Said(
            code="age-unknown",
            message=f"the lock does not say when the files of {len(unknown)} packages came, such "
            f"as {first.name}; policy wants {settings.minimum_age_days} days",
            key="age",
            place=_place(pins, first),
        )


def _python(
    pins: Pins, settings: LockfileSettings, project: TomlFile | None, document: Mapping[str, Any]
) -> Iterator[Said]:
    stated = stated_range(project.document) if project is not None else None
    place = Place(file=pins.file)
    if project is not None:
        place = project.place("project", "requires-python")
        if stated is not None and "requires-python" not in project.document.get("project", {}):
            place = project.place("tool", "poetry", "dependencies", "python")
    if stated is None and pins.kind == "pex":
        stated = locked_range(document)
    if stated is None:
        if settings.require_python:
            yield Said(
                code="no-requires-python",
                message="the project has no `requires-python`",
                key="requires-python",
                place=place,
            )
        return
    if not _is_bounded(stated):
        yield Said(
            code="open-requires-python",
            message=f"`requires-python` is `{stated}`, without an upper bound",
            key="requires-python",
            place=place,
            severity=Severity.ERROR if settings.bounded_python else None,
        )


def _is_bounded(text: str) -> bool:
    try:
        alternatives = parse_range(re.sub(r"(?:CPython|PyPy)", "", text)).alternatives
    except ValueError:
        return False
    return all(not specifiers.contains("3.999") for specifiers in alternatives)


def _tool(pins: Pins, settings: LockfileSettings) -> Iterator[Said]:
    """Whether the lock was made by a version of its tool that policy allows."""
    if pins.kind == "requirements":
        return  # which do not say
    wanted = settings.tool_versions.get(pins.kind)
    if wanted is None:
        return
    stated = pins.maker.rpartition(" ")[2] if pins.maker is not None else pins.format_version
    what = {"uv": "the lock's format", "poetry": "Poetry", "pex": "PEX"}[pins.kind]
    try:
        if stated is not None and SpecifierSet(wanted).contains(Version(stated), prereleases=True):
            return
    except InvalidVersion:
        pass
    yield Said(
        code="tool-version",
        message=f"{what} is {stated or 'not said'}, policy wants {wanted}",
        key="tool",
        place=Place(file=pins.file),
    )
