"""Services that have to lock the same versions of what they ask for directly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from inseam.gates.lockfile.said import Said
from inseam.gates.lockfile.verdict import Place
from inseam.gates.locks.model import LockedPackage, Pins


@dataclass(frozen=True, kw_only=True)
class Locked:
    """A service and what it locks."""

    service: str
    pins: Pins


def versions_differ(locked: Sequence[Locked]) -> Iterator[tuple[str, Said]]:
    """For each service and package the version that is not what most lock, with the service.

    Of versions that as many lock, the newest is the one to have. Packages that one service locks in
    several versions are left to their forks.
    """
    found: dict[str, dict[str, LockedPackage]] = {}
    for item in locked:
        for name in sorted({root.name for root in item.pins.roots}):
            packages = item.pins.by_name.get(name, ())
            versions = {p.version for p in packages if p.source.kind in ("registry", "unstated")}
            if len(versions) == 1 and None not in versions:
                found.setdefault(name, {})[item.service] = packages[0]
    files = {item.service: item.pins.file for item in locked}
    for name, by_service in sorted(found.items()):
        counted = Counter(str(package.version) for package in by_service.values())
        if len(counted) == 1:
            continue
        usual = max(counted, key=lambda version: (counted[version], _order(version)))
        others = sorted(s for s, package in by_service.items() if package.version == usual)
        shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        for service, package in sorted(by_service.items()):
            if package.version == usual:
                continue
            yield (
                service,
                Said(
                    code="versions-differ",
                    message=f"{name} is {package.version} here, {usual} in {shown}",
                    key=name,
                    place=Place(file=files[service], line=package.line),
                    package=name,
                    version=package.version,
                    fix=f"lock {name} {usual}",
                ),
            )


def _order(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        return Version("0")
