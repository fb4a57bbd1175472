"""What of a service's lock has to be audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from inseam.advisories.intervals import parsed
from inseam.gates.contract import Service
from inseam.gates.environment.lock import Lock, LockError, read_lock
from inseam.gates.locks.declared import PYPROJECT
from inseam.gates.locks.graph import Chain, reached
from inseam.gates.locks.model import LOCAL, LockedPackage, PackageKey, Pins, Root
from inseam.gates.locks.reading import read_pins
from inseam.gates.pip_audit.platforms import not_only_on
from inseam.gates.pip_audit.settings import PipAuditSettings

OWN = LOCAL - {"path"}
"""Kinds of sources that are the project's own folders; a `path` is an archive that lies about."""
_INDEX = ("registry", "unstated")


@dataclass(frozen=True, kw_only=True)
class Locked:
    """One package of a lock that is somebody else's."""

    package: LockedPackage
    version: str | None
    """Normalised; None if the lock states none."""

    @property
    def name(self) -> str:
        """Its normalised name."""
        return self.package.name

    @property
    def is_released(self) -> bool:
        """Whether it is a version of an index, which advisories are about."""
        return self.package.source.kind in _INDEX


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A service's lock, as far as it is to be audited."""

    service: Service[PipAuditSettings]
    lock: Lock
    pins: Pins
    packages: tuple[Locked, ...]
    chains: Mapping[PackageKey, Chain]
    """Why each is there, as far as the lock tells."""


def subject_of(root: Path, service: Service[PipAuditSettings]) -> Subject:
    """What is to be audited of a service in the workspace `root`.

    Raises:
        LockError: the lock cannot be read, or holds a version that cannot be compared.
    """
    lock = read_lock(root, service.facts)
    pins = read_pins(lock)
    roots, skipped = _roots(lock, pins), service.settings.skip_platforms
    chains = everybodys = reached(pins)
    if skipped or len(roots) < len(pins.roots):
        chains = reached(pins, roots=roots, holds=not_only_on(skipped))
    left_out = everybodys.keys() - chains.keys()
    packages = tuple(
        Locked(package=package, version=_version(lock, package))
        for package in pins.packages
        # What nothing is seen to ask for is audited: it is installed where the lock is used whole.
        if package.source.kind not in OWN and package.key not in left_out
    )
    return Subject(service=service, lock=lock, pins=pins, packages=packages, chains=chains)


def _roots(lock: Lock, pins: Pins) -> Sequence[Root]:
    """What the service asks for: in a workspace of uv's, whose members share a lock, not what the
    others ask for. What nobody asks for is audited with each of them."""
    project = lock.project.get("project")
    name = project.get("name") if isinstance(project, Mapping) else None
    own = canonicalize_name(name) if isinstance(name, str) else None
    members = {package.name for package in pins.packages if package.source.kind in OWN}
    if lock.kind != "uv" or own not in members:
        return pins.roots
    return [root for root in pins.roots if root.asker in (own, PYPROJECT)]


def _version(lock: Lock, package: LockedPackage) -> str | None:
    if package.version is None:
        return None
    try:
        return str(parsed(package.version))
    except InvalidVersion as error:
        raise LockError(
            "version-unknown",
            f"{package.name} is locked at {package.version!r}, which is no version by PEP 440 and "
            "cannot be compared with advisories",
            f"lock another version of {package.name}",
            file=lock.file,
            line=package.line,
        ) from error
