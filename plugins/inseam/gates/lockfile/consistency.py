"""Whether a lock holds together: every edge leads somewhere, every package is asked for, every
version fits. Tools write nothing else, and do not look for it when they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from inseam.gates.environment.python_range import parse_range
from inseam.gates.lockfile.meaning.parse import ALWAYS, MarkerError, Tree, parse_marker
from inseam.gates.lockfile.meaning.specifiers import python_marker
from inseam.gates.lockfile.meaning.worlds import (
    TooManyWorldsError,
    both,
    either,
    satisfiable,
)
from inseam.gates.lockfile.said import Said
from inseam.gates.lockfile.verdict import Place
from inseam.gates.locks.graph import reached
from inseam.gates.locks.model import Edge, LockedPackage, Pins, Root

_SYSTEMS = {"linux": "linux", "mac": "darwin", "windows": "win32"}
"""PEX's names of systems and Python's."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where a lock is to be installed."""

    within: Tree
    """Pythons and platforms, as a marker."""
    universal: bool = True
    """False for a lock of one environment, in which a marker may have held or not."""
    complete: bool = True
    """Whether the lock says of each package all that it asks for, and of the project too."""

    def may_hold(self, marker: str | None) -> bool:
        """Whether there is a place where a marker holds. What cannot be understood does not, so
        that nothing is said of it."""
        if marker is None:
            return True
        try:
            return self.universal and satisfiable(parse_marker(marker), self.within)
        except (MarkerError, TooManyWorldsError):
            return False


def scope_of(pins: Pins, document: Mapping[str, Any]) -> Scope:
    """Where a lock is to be installed, by its own words.

    Args:
        pins: what it pins.
        document: the lock's own, for the platforms that `uv.lock` and PEX locks are for.
    """
    pythons: list[Tree] = []
    for text in pins.requires_python:
        try:
            bare = text.removeprefix("CPython").removeprefix("PyPy")
            pythons += [python_marker(str(s)) for s in parse_range(bare).alternatives]
        except ValueError:
            return Scope(within=ALWAYS, universal=False)
    within = either(*pythons) if pythons else ALWAYS
    if pins.kind != "pex":
        try:
            stated = [parse_marker(str(text)) for text in document.get("supported-markers", ())]
        except MarkerError:
            return Scope(within=within, universal=False)
        return Scope(within=both(within, either(*stated)) if stated else within)
    systems = [
        parse_marker(f"sys_platform == '{_SYSTEMS[str(name)]}'")
        for name in document.get("target_systems", ())
        if name in _SYSTEMS
    ]
    edited = any(document.get(key) for key in ("excluded", "overridden", "constraints"))
    return Scope(
        within=both(within, either(*systems)) if systems else within,
        universal=document.get("style") == "universal",
        complete=document.get("transitive", True) is True and not edited,
    )


def judge(pins: Pins, scope: Scope, *, overridden: frozenset[str] = frozenset()) -> Iterator[Said]:
    """All that does not hold together.

    Args:
        pins: the lock.
        scope: where it is to be installed.
        overridden: names whose ranges do not count, as the project replaces them.
    """
    yield from _missing(pins, scope)
    yield from _unreachable(pins, scope)
    yield from _unsatisfied(pins, scope, overridden)
    for package in pins.packages:
        yield from _misnamed(pins, package)


def _misnamed(pins: Pins, package: LockedPackage) -> Iterator[Said]:
    """Files whose names say that they are of another package or version."""
    if package.source.kind not in ("registry", "unstated") or package.version is None:
        return
    for artifact in package.artifacts:
        found = _identity(artifact.name or "")
        if found is None or found == (package.name, _version(package.version)):
            continue
        yield Said(
            code="misnamed-file",
            message=f"{artifact.name} is locked for {_named(package)}",
            key=f"{package.name} {artifact.name}",
            place=Place(file=pins.file, line=package.line),
            package=package.name,
            version=package.version,
        )


def _identity(file: str) -> tuple[str, Version] | None:
    """The package and version in a file's name; None if it does not follow the rules."""
    try:
        if file.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(file)
        else:
            name, version = parse_sdist_filename(file)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None
    return name, version


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _missing(pins: Pins, scope: Scope) -> Iterator[Said]:
    if not scope.complete:
        return
    chains = reached(pins)
    extras = _asked_extras(pins)
    for root in pins.roots:
        if not pins.asked_for(root) and scope.may_hold(root.marker) and pins.kind != "poetry":
            yield _lost(pins, root.label, root, root.line or 1)
    for package in pins.packages:
        if package.key not in chains:
            continue
        for edge in package.edges:
            if edge.when_extras and edge.when_extras.isdisjoint(extras.get(package.name, set())):
                continue
            if not pins.asked_for(edge) and _may_hold(edge, scope):
                yield _lost(pins, _named(package), edge, package.line)


def _may_hold(edge: Edge, scope: Scope) -> bool:
    if edge.marker is None or not edge.when_extras:
        return scope.may_hold(edge.marker)
    return False  # of an extra's own condition the lock may keep less


def _asked_extras(pins: Pins) -> dict[str, set[str]]:
    asked: dict[str, set[str]] = {}
    edges: list[Edge | Root] = [*pins.roots]
    edges += (edge for package in pins.packages for edge in package.edges)
    for asker in edges:
        asked.setdefault(asker.name, set()).update(asker.extras)
    return asked


def _lost(pins: Pins, asker: str, edge: Edge | Root, line: int) -> Said:
    wanted = f"{edge.name} {edge.version}" if edge.version is not None else edge.name
    return Said(
        code="missing-package",
        message=f"{asker} depends on {wanted}, which the lock does not hold",
        key=f"{asker.partition(' ')[0]} {edge.name}",
        place=Place(file=pins.file, line=edge.line or line),
        package=edge.name,
    )


def _named(package: LockedPackage) -> str:
    return f"{package.name} {package.version}" if package.version else package.name


def _unreachable(pins: Pins, scope: Scope) -> Iterator[Said]:
    if not pins.knows_edges:
        return
    chains = reached(pins)
    for package in pins.packages:
        own = package.name in pins.members and package.source.kind in (
            "editable",
            "virtual",
            "directory",
        )
        local = pins.kind == "requirements" and package.source.kind == "directory"
        if package.key in chains or own or local:
            continue
        yield Said(
            code="unreachable-package",
            message=f"nothing that the project asks for leads to {_named(package)}",
            key=_named(package),
            place=Place(file=pins.file, line=package.line),
            package=package.name,
            version=package.version,
        )


def _unsatisfied(pins: Pins, scope: Scope, overridden: frozenset[str]) -> Iterator[Said]:
    """Versions outside of every range under which they are asked for."""
    for root in pins.roots:
        yield from _outside(pins, root.label, root, scope, overridden, root.line)
    for package in pins.packages:
        for edge in package.edges:
            if not edge.when_extras:
                yield from _outside(pins, _named(package), edge, scope, overridden, package.line)


def _outside(
    pins: Pins,
    asker: str,
    edge: Edge | Root,
    scope: Scope,
    overridden: frozenset[str],
    line: int | None,
) -> Iterator[Said]:
    if not edge.specifier or edge.name in overridden or not scope.complete:
        return
    found = [p for p in pins.asked_for(edge) if p.version is not None]
    if not found or not scope.may_hold(edge.marker):
        return
    # Of forked versions each is for some platform or Python: one that fits is enough.
    if any(_fits(edge.specifier, package) is not False for package in found):
        return
    package = found[0]
    yield Said(
        code="unsatisfied",
        message=f"{asker} asks for {edge.name} {edge.specifier}, the lock has {package.version}",
        key=f"{asker.partition(' ')[0]} {edge.name}",
        place=Place(file=pins.file, line=package.line),
        package=package.name,
        version=package.version,
    )


def _fits(specifier: str, package: LockedPackage) -> bool | None:
    """Whether a version is in a range of PEP 440's or Poetry's; None if that is not understood."""
    if package.source.kind not in ("registry", "unstated") or package.version is None:
        return None
    try:
        version = Version(package.version)
    except InvalidVersion:
        return None
    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
        pass
    try:
        ranges = parse_range(specifier).alternatives
    except ValueError:
        return None
    return any(alternative.contains(version, prereleases=True) for alternative in ranges)
