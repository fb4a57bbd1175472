"""A changed lock against its index: every hash, and what each version depends on.

uv does the asking, as it knows every index and how to log in there. Locked versions are given as
exact requirements, so that what comes back is what the index has of just these.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.lock import Lock, LockError
from inseam.gates.environment.uv import Uv
from inseam.gates.lockfile.consistency import Scope
from inseam.gates.lockfile.index import is_default_index
from inseam.gates.lockfile.said import Said
from inseam.gates.lockfile.settings import LockfileSettings
from inseam.gates.lockfile.sources_allowed import is_allowed_index
from inseam.gates.lockfile.verdict import Place
from inseam.gates.locks.model import LockedPackage, Pins
from inseam.gates.locks.requirements import RequirementsError, locked_packages, parse_requirements

_YANKED = re.compile(
    r"`(?P<name>[A-Za-z0-9._-]+)==[^`\s]+` is yanked(?:[^\n]*reason: (?P<why>[^\n]*))?"
)


def verify(
    lock: Lock,
    pins: Pins,
    *,
    before: Pins | None,
    settings: LockfileSettings,
    scope: Scope,
    replaced: frozenset[str],
    environment: Mapping[str, str],
    cache: Path,
    deadline: Deadline,
) -> Iterator[Said]:
    """What the index does not know of the lock, and what the lock leaves out.

    Packages that are as they were at the base were verified then. Those from indexes that policy
    does not name are not asked for: a lock may not choose whom this machine talks to.

    Args:
        lock: the lock.
        pins: what it pins.
        before: what it pinned at the base.
        settings: the service's.
        scope: where the lock is to be installed.
        replaced: names of what the project overrides or leaves out.
        environment: the unit's variables.
        cache: the unit's.
        deadline: the unit's.

    Raises:
        LockError: `unverified`, the index does not answer for every package.
        GateError: uv could not be run to its end.
    """
    old = {package.key: package for package in before.packages} if before is not None else {}
    changed = [
        package
        for package in pins.packages
        if package.source.kind in ("registry", "unstated")
        and package.version is not None
        and (package.key not in old or _content(old[package.key]) != _content(package))
    ]
    by_index: dict[str, list[LockedPackage]] = {}
    for package in changed:
        location = package.source.location or ""
        if package.source.kind == "unstated" or is_allowed_index(location, settings):
            by_index.setdefault("" if is_default_index(location) else location, []).append(package)
    uv = Uv.find(cache=cache, environment=environment, deadline=deadline)
    for index, packages in sorted(by_index.items()):
        yield from _Verification(lock, pins, uv, index, scope, replaced).results(packages)


def _content(package: LockedPackage) -> object:
    """All of a package but its place in the lock."""
    edges = sorted((edge.name, edge.version or "", edge.marker or "") for edge in package.edges)
    files = sorted((item.name or "", item.hashes, item.url or "") for item in package.artifacts)
    return edges, files


_NEWEST_MINOR = 30
"""Further than any Python 3 that packages are made for."""


class _Verification:
    """One index asked for some of a lock's packages."""

    def __init__(
        self, lock: Lock, pins: Pins, uv: Uv, index: str, scope: Scope, replaced: frozenset[str]
    ) -> None:
        self._lock = lock
        self._pins = pins
        self._uv = uv
        self._index = index
        self._scope = scope
        self._replaced = replaced
        self._yanked: dict[str, str] = {}
        """Why versions were withdrawn, by name; of those asked for so far."""

    def results(self, packages: list[LockedPackage]) -> Iterator[Said]:
        """What differs. Versions of one package are asked for one after another."""
        rounds: list[list[LockedPackage]] = []
        for package in packages:
            for group in rounds:
                if all(package.name != other.name for other in group):
                    group.append(package)
                    break
            else:
                rounds.append([package])
        for group in rounds:
            yield from self._hashes(group)
            yield from self._edges(group)

    def _hashes(self, packages: list[LockedPackage]) -> Iterator[Said]:
        self._yanked.clear()
        answered = self._ask(packages, "--no-deps", "--generate-hashes")
        for package in packages:
            if package.name in self._yanked:
                why = self._yanked[package.name]
                yield Said(
                    code="yanked",
                    message=f"{package.name} {package.version} was withdrawn"
                    + (f": {why}" if why else ""),
                    key=f"{package.name} {package.version}",
                    place=Place(file=self._lock.file, line=package.line),
                    package=package.name,
                    version=package.version,
                )
            known = answered.get(package.name)
            if known is None:
                raise self._unverified(f"the index does not answer for {package.name}")
            listed = {hash_ for item in known.artifacts for hash_ in item.hashes}
            locked = {hash_ for item in package.artifacts for hash_ in item.hashes}
            algorithms = {hash_.partition(":")[0] for hash_ in listed}
            comparable = {h for h in locked if h.partition(":")[0] in algorithms}
            if locked and not comparable:
                raise self._unverified(f"the index has no hashes of {package.name} to compare")
            for hash_ in sorted(comparable - listed):
                file = next((a.name for a in package.artifacts if hash_ in a.hashes), None)
                yield self._said(
                    package,
                    f"the index has no file of {package.name} {package.version} with "
                    f"{hash_[:19]}…{f', which is to be {file}' if file else ''}",
                    hash_,
                )

    def _edges(self, packages: list[LockedPackage]) -> Iterator[Said]:
        """What the index's own metadata asks for. Of versions without wheels only a build, which
        runs their code, would tell."""
        built = [
            package
            for package in packages
            if any(item.is_wheel for item in package.artifacts)
            or all(item.name is None for item in package.artifacts)
        ]
        answered = self._ask(built, pinned=True) if built else {}
        for package in built:
            for name in self._left_out(package, answered):
                # Of packages that others ask for too the markers are everybody's: ask once more.
                if name in self._left_out(package, self._ask([package], pinned=True)):
                    yield self._said(
                        package,
                        f"{package.name} {package.version} depends on {name}, as its index has it; "
                        "the lock leaves that out",
                        f"depends on {name}",
                    )

    def _left_out(
        self, package: LockedPackage, answered: Mapping[str, LockedPackage]
    ) -> Iterator[str]:
        """What a package depends on by the answer, and not in the lock."""
        if package.name not in answered:
            raise self._unverified(f"the index does not answer for {package.name}")
        has = {edge.name for edge in package.edges}
        for name in sorted({edge.name for edge in answered[package.name].edges}):
            if name in self._replaced or name not in answered:
                continue
            if not any(map(self._scope.may_hold, answered[name].markers or (None,))):
                continue
            if (self._pins.knows_edges and name not in has) or name not in self._pins.by_name:
                yield name

    def _said(self, package: LockedPackage, message: str, key: str) -> Said:
        return Said(
            code="unlike-index",
            message=message,
            key=f"{package.name} {package.version} {key}",
            place=Place(file=self._lock.file, line=package.line),
            package=package.name,
            version=package.version,
        )

    def _unverified(self, reason: str) -> LockError:
        return LockError(
            "unverified",
            f"the changed lock could not be verified against its index: {reason}",
            "run it where the index is reached, or leave the setting `verify` out",
            file=self._lock.file,
        )

    def _ask(
        self,
        packages: Iterable[LockedPackage],
        *options: str,
        pinned: bool = False,
    ) -> dict[str, LockedPackage]:
        """What uv makes of exact requirements, by name.

        Args:
            packages: what to ask for.
            *options: of `uv pip compile`.
            pinned: whether whatever else comes up has to be of the lock's version; where the
                project overrides others' ranges, in place of these.
        """
        with tempfile.TemporaryDirectory(prefix="inseam-verify-") as scratch:
            asked = Path(scratch, "asked.in")
            asked.write_text(
                "".join(f"{p.name}=={p.version}\n" for p in packages), encoding="utf-8"
            )
            limits, forced = Path(scratch, "limits.txt"), Path(scratch, "forced.txt")
            limits.write_text(self._pinned(replaced=False) if pinned else "", encoding="utf-8")
            forced.write_text(self._pinned(replaced=True) if pinned else "", encoding="utf-8")
            index = ("--default-index", self._index) if self._index else ()
            for python in self._pythons():
                done = self._uv.run(
                    *("pip", "compile", "--no-header", "--universal", "--no-build", "--no-config"),
                    *("--python-version", python, "--constraints", str(limits)),
                    *("--overrides", str(forced)),
                    *(*index, *options, str(asked)),
                    UV_PYTHON=sys.executable,
                )
                if done.returncode == 0:
                    break
            said = done.stderr.decode("utf-8", "backslashreplace")
            if done.returncode != 0:
                spoken = [line.strip() for line in said.splitlines() if line.strip()]
                causes = [line for line in spoken if not line.startswith(("warning:", "hint:"))]
                raise self._unverified(re.sub(r"/\S+/", "", " ".join(causes[:4]) or "no reason"))
            for yanked in _YANKED.finditer(said):
                why = (yanked["why"] or "").strip(' ")')
                self._yanked[canonicalize_name(yanked["name"])] = why
            try:
                found, _ = locked_packages(
                    parse_requirements(done.stdout.decode("utf-8", "replace"))
                )
            except RequirementsError as error:
                raise self._unverified(str(error)) from error
            return {package.name: package for package in found}

    def _pinned(self, *, replaced: bool) -> str:
        """The lock's versions, of names that it locks once: those that the project replaces, or
        all others."""
        return "".join(
            f"{name}=={packages[0].version}\n"
            for name, packages in self._pins.by_name.items()
            if len(packages) == 1
            and packages[0].version is not None
            and packages[0].source.kind in ("registry", "unstated")
            and (name in self._replaced) == replaced
        )

    def _pythons(self) -> list[str]:
        """The lowest and the highest Python that the lock is for: some of its packages may be for
        newer ones only."""
        stated, _ = self._lock.python_range()
        fitting = [
            minor for minor in range(_NEWEST_MINOR) if stated is None or stated.has_minor(minor)
        ]
        minors = [fitting[0], fitting[-1]] if fitting else [sys.version_info.minor]
        lowest = minors[0] if stated is not None else sys.version_info.minor
        return [f"3.{minor}" for minor in dict.fromkeys((lowest, minors[-1]))]
