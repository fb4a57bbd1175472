"""Every requirement has to be pinned within its range, and nothing else be asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from inseam.gates.environment.lock import Lock
from inseam.gates.environment.python_range import stated_range
from inseam.gates.lockfile.compiled.command import Command, CommandError, read_command
from inseam.gates.lockfile.compiled.declared import (
    Sources,
    Stated,
    locate,
    read_sources,
    stated_in,
)
from inseam.gates.lockfile.meaning.parse import ALWAYS, MarkerError, Tree, parse_marker
from inseam.gates.lockfile.meaning.specifiers import python_marker
from inseam.gates.lockfile.meaning.worlds import (
    TooManyWorldsError,
    both,
    either,
    implies,
    satisfiable,
)
from inseam.gates.lockfile.pyproject import read_toml
from inseam.gates.lockfile.verdict import Comparison, Difference, Place, Unknown
from inseam.gates.locks import shape
from inseam.gates.locks.declared import declared_roots
from inseam.gates.locks.model import LockedPackage, Pins
from inseam.gates.locks.requirements import RequirementsFile, parse_requirements

_SERVERS = parse_marker("sys_platform == 'linux' and implementation_name == 'cpython'")

Result = Difference | Unknown
Judging = Callable[[Stated], Iterator[Result]]


def compare(lock: Lock, pins: Pins, root: Path) -> Comparison:
    """Whether the lock pins what its sources ask for, and no more.

    Raises:
        LockError: a source is missing or cannot be read.
        ShapeError: a table of a pyproject.toml is none.
    """
    file = parse_requirements(lock.text)
    try:
        command = read_command(file)
    except CommandError as error:
        return Comparison(unknown=(Unknown(reason=str(error), place=Place(file=lock.file)),))
    if command.tool == "uv export":
        reason = "it was exported from a uv.lock"
        place = Place(file=lock.file, line=command.line)
        return Comparison(unknown=(Unknown(reason=reason, place=place),))
    sources = read_sources(root, lock.file, command)
    judge = _Judge(lock, pins, file, command, sources, root)
    results = list(judge.results())
    return Comparison(
        differences=tuple(item for item in results if isinstance(item, Difference)),
        unknown=tuple(item for item in results if isinstance(item, Unknown)),
    )


class _Judge:
    def __init__(
        self,
        lock: Lock,
        pins: Pins,
        file: RequirementsFile,
        command: Command,
        sources: Sources,
        root: Path,
    ) -> None:
        self._lock = lock
        self._pins = pins
        self._file = file
        self._command = command
        self._sources = sources
        self._root = root
        self._texts = {entry.line: entry.text for entry in file.entries}

    def results(self) -> Iterator[Result]:
        """All that differs, and all that is not known."""
        yield from self._sources.unknown
        yield from self._python()
        for file in self._command.overrides:
            reason = f"the overrides in {file} change what other packages ask for"
            yield Unknown(reason=reason, place=self._at(self._command.line))
        for stated in self._sources.requirements:
            yield from self._guarded(stated, self._missing_or_outside)
        for stated in self._sources.constraints:
            yield from self._guarded(stated, self._constraint)
        yield from self._not_asked_for()
        for stated in self._of_project():
            yield from self._guarded(stated, self._missing_or_outside)

    def _of_project(self) -> Iterator[Stated]:
        """What the service's own pyproject.toml asks for, where the lock was made from other
        files: they have to know of it."""
        path = self._lock.pyproject
        if path is None or path in self._sources.files:
            return
        file = read_toml(self._root, path)
        if file is None:
            return
        known = {str(stated.requirement) for stated in self._sources.requirements}
        for text in shape.texts(file.table("project"), "dependencies"):
            stated = stated_in(text, file.place("project", "dependencies", text=text))
            if str(stated.requirement) not in known:
                yield stated

    def _guarded(self, stated: Stated, judge: Judging) -> Iterator[Result]:
        try:
            yield from judge(stated)
        except TooManyWorldsError:
            reason = f"the marker of `{stated.text}` mentions too much"
            yield Unknown(reason=reason, place=stated.place)
        except (MarkerError, InvalidSpecifier, InvalidVersion) as error:
            yield Unknown(reason=str(error), place=stated.place)

    def _at(self, line: int) -> Place:
        return Place(file=self._lock.file, line=line)

    def _within(self) -> Tree:
        """The Pythons and platforms that the lock is for. One that is for a single platform, which
        it does not say, is taken for what services run on."""
        python, universal = self._command.python or "", self._command.universal
        pythons: Tree = ALWAYS
        if re.fullmatch(r"3(\.\d+)+", python) is not None:
            pythons = python_marker(f">={python}" if universal else f"=={python}.*")
        return pythons if universal or self._command.platform else both(pythons, _SERVERS)

    def _python(self) -> Iterator[Result]:
        """Whether the lock begins at the lowest Python of the project."""
        python = self._command.python or ""
        if not self._command.universal or re.fullmatch(r"3(\.\d+)+", python) is None:
            return
        for file in self._sources.pyprojects:
            stated = stated_range(file.document)
            if stated is None:
                continue
            own = python_marker(stated)
            if not implies(own, python_marker(f">={python}")):
                yield Difference(
                    key="requires-python",
                    message=f"`requires-python` is `{stated}`, the lock is for Python {python} "
                    "and newer",
                    declared=file.place("project", "requires-python"),
                    locked=self._at(self._command.line),
                )

    def _missing_or_outside(self, stated: Stated) -> Iterator[Result]:
        requirement, pinned = stated.requirement, self._pins.by_name.get(stated.name, ())
        marker = parse_marker(None if requirement.marker is None else str(requirement.marker))
        within = self._within()
        if not satisfiable(marker, within):
            return
        if not pinned:
            if not self._command.universal and not implies(within, marker):
                yield self._depends(stated)
                return
            yield self._difference(
                stated, f"`{stated.text}` is declared and not in the lock", self._command.line
            )
            return
        relevant = [p for p in pinned if satisfiable(both(_marker(p), marker), within)]
        outside = list(self._fits(stated, relevant))
        if outside and not self._command.universal and not implies(within, marker):
            yield self._depends(stated)
            return
        yield from outside
        covered = either(*(_marker(package) for package in pinned))
        if self._command.universal and not implies(marker, covered, within):
            text = self._texts.get(pinned[0].line, pinned[0].name)
            yield self._difference(
                stated,
                f"`{stated.text}` is declared, the lock pins it only under a condition: `{text}`",
                pinned[0].line,
            )
        yield from self._extras(stated, relevant)

    def _depends(self, stated: Stated) -> Unknown:
        reason = f"whether `{stated.text}` applies depends on where the lock was made"
        return Unknown(reason=reason, place=stated.place)

    def _fits(self, stated: Stated, pinned: list[LockedPackage]) -> Iterator[Result]:
        requirement = stated.requirement
        for package in pinned:
            text = self._texts.get(package.line, package.name)
            if requirement.url is not None and not _same_url(requirement.url, package):
                yield self._difference(
                    stated, f"`{stated.text}` is declared, the lock has `{text}`", package.line
                )
            elif requirement.url is None and package.source.kind not in ("unstated", "registry"):
                yield self._difference(
                    stated,
                    f"`{stated.text}` is declared, the lock takes it from elsewhere: `{text}`",
                    package.line,
                )
            elif package.version is not None and not requirement.specifier.contains(
                Version(package.version), prereleases=True
            ):
                yield self._difference(
                    stated, f"`{stated.text}` is declared, the lock pins `{text}`", package.line
                )

    def _extras(self, stated: Stated, pinned: list[LockedPackage]) -> Iterator[Result]:
        """Extras are written out in some locks; in others only the index knows what they add."""
        wanted = set(map(canonicalize_name, stated.requirement.extras))
        if not wanted or not pinned:
            return
        written = [_extras_in(self._texts.get(package.line, "")) for package in pinned]
        if not any(written):
            reason = f"what the extras of `{stated.text}` add is not in the lock"
            yield Unknown(reason=reason, place=stated.place)
        elif not all(wanted <= extras for extras in written):
            text = self._texts.get(pinned[0].line, "")
            yield self._difference(
                stated,
                f"`{stated.text}` is declared, the lock has `{text}`",
                pinned[0].line,
            )

    def _constraint(self, stated: Stated) -> Iterator[Result]:
        marker = stated.requirement.marker
        condition = parse_marker(None if marker is None else str(marker))
        pinned = self._pins.by_name.get(stated.name, ())
        within = self._within()
        yield from self._fits(
            stated, [p for p in pinned if satisfiable(both(_marker(p), condition), within)]
        )

    def _not_asked_for(self) -> Iterator[Result]:
        """What annotations say was asked for, and is not any more."""
        names = {stated.name for stated in self._sources.requirements}
        if self._command.inferred:  # the header does not say which extras and groups
            for file in self._sources.pyprojects:
                names |= {root.name for root in declared_roots(file.document)}
        if not self._pins.knows_edges:
            roots = {package.name for package in self._pins.packages}
            if not roots <= names:
                reason = "without annotations it is not known whether all is still asked for"
                yield Unknown(reason=reason, place=self._at(self._command.line))
            return
        for root in self._pins.roots:
            source = _source_of(root.asker)
            if source is None or root.name in names or self._is_local(root.name):
                continue
            found = locate(self._root, str(PurePosixPath(self._lock.file).parent), source)
            if found is None or found not in self._sources.files:
                # A constraint, or a file that the header does not name either.
                continue
            yield Difference(
                key=f"dependency {root.name}",
                message=f"`{root.name}` is not declared any more, the lock has it for "
                f"`{root.asker}`: `{self._texts.get(root.line or 0, root.name)}`",
                declared=Place(file=found),
                locked=self._at(root.line or 1),
                package=root.name,
            )

    def _is_local(self, name: str) -> bool:
        return any(
            canonicalize_name(PurePosixPath(local).name or "x") == name
            for local in self._sources.local
        )

    def _difference(self, stated: Stated, message: str, line: int) -> Difference:
        return Difference(
            key=f"dependency {stated.name}",
            message=message,
            declared=stated.place,
            locked=self._at(line),
            package=stated.name,
        )


def _marker(package: LockedPackage) -> Tree:
    return (
        either(*(parse_marker(marker) for marker in package.markers)) if package.markers else ALWAYS
    )


def _same_url(url: str, package: LockedPackage) -> bool:
    location = package.source.location or ""
    if url.split("#")[0] == location.split("#")[0]:
        return True
    # A git reference is pinned to its commit.
    base, _, reference = url.split("#")[0].rpartition("@")
    locked, _, _ = location.split("#")[0].rpartition("@")
    bare = base if "/" in base and "/" not in reference else url.split("#")[0]
    return package.source.kind == "git" and bare == locked


def _extras_in(text: str) -> set[str]:
    try:
        return set(map(canonicalize_name, Requirement(text).extras))
    except ValueError:
        return set()


def _source_of(asker: str) -> str | None:
    """The file in an annotation: `-r FILE`, `NAME (FILE)`."""
    found = re.fullmatch(r"-r (.+)|\S+ \((.+)\)", asker)
    return (found[1] or found[2]) if found is not None else None
