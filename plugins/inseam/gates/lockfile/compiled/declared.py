"""The requirements in the files that a lock was made from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from inseam.gates.environment.lock import LockError
from inseam.gates.files import SourceError, decode_source, read_bytes
from inseam.gates.lockfile.compiled.command import Command
from inseam.gates.lockfile.pyproject import PYPROJECT, TomlFile, join, read_toml
from inseam.gates.lockfile.verdict import Place, Unknown
from inseam.gates.locks import shape
from inseam.gates.locks.declared import group_requirements
from inseam.gates.locks.requirements import parse_requirements

_FOLDER = re.compile(r"^(?:\.{0,2}/|file:)|^\.$")
_MAX_INCLUDES = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """One requirement of a source."""

    requirement: Requirement
    text: str
    """As it is written."""
    place: Place

    @property
    def name(self) -> str:
        """Normalised."""
        return canonicalize_name(self.requirement.name)


@dataclass
class Sources:
    """All that the sources state."""

    requirements: list[Stated]
    constraints: list[Stated]
    unknown: list[Unknown]
    files: list[str]
    """Every file that was read, in order."""
    pyprojects: list[TomlFile]
    local: list[str]
    """Folders that requirements name."""


def locate(root: Path, lock_folder: str, stated: str) -> str | None:
    """A file that a header or an annotation names: the command ran in the lock's folder, or in one
    above it. None if there is no such file in the workspace."""
    folder = PurePosixPath(lock_folder)
    for place in (folder, *folder.parents):
        found = join(str(place), stated)
        if found is not None and (root / found).is_file():
            return found
    return None


def read_sources(root: Path, lock_file: str, command: Command) -> Sources:
    """What the sources of a lock state.

    Raises:
        LockError: `source-missing`, `source-unreadable` or `pyproject-unreadable`.
        ShapeError: a table of a pyproject.toml is none.
    """
    reader = _Reader(root, str(PurePosixPath(lock_file).parent), lock_file, command)
    default = set(command.sources) if command.tool == "pip-compile" else set()
    for stated in command.sources:
        found = locate(root, reader.folder, stated)
        if found is not None:
            reader.read(found)
            if default and len(command.sources) == 4 and stated in default:
                break  # pip-compile's own choice is the first of them that exists
        elif stated == "-":
            reader.sources.unknown.append(
                Unknown(reason="the lock was made from standard input", place=reader.place)
            )
        elif len(command.sources) != 4:
            raise _missing(stated, reader.place)
    for stated in command.constraints:
        found = locate(root, reader.folder, stated)
        if found is None:
            raise _missing(stated, reader.place)
        reader.read_constraints(found)
    if not reader.sources.files and not reader.sources.unknown:
        raise _missing(", ".join(command.sources) or "what it was made from", reader.place)
    return reader.sources


def _missing(stated: str, place: Place) -> LockError:
    return LockError(
        "source-missing",
        f"the lock was made from {stated}, which is not in the workspace",
        "make the lock from files of the workspace, from their folder or one above it",
        file=place.file,
        line=place.line,
    )


class _Reader:
    def __init__(self, root: Path, folder: str, lock_file: str, command: Command) -> None:
        self.folder = folder
        self.place = Place(file=lock_file, line=command.line)
        self.sources = Sources([], [], [], [], [], [])
        self._root = root
        self._command = command

    def read(self, file: str) -> None:
        """Take up a source."""
        name = PurePosixPath(file).name
        if name == PYPROJECT:
            self._pyproject(file)
        elif name in ("setup.py", "setup.cfg"):
            reason = "only a build says what setup.py or setup.cfg asks for"
            self.sources.unknown.append(Unknown(reason=reason, place=Place(file=file)))
            self.sources.files.append(file)
        else:
            self.sources.requirements.extend(self._lines(file))

    def read_constraints(self, file: str) -> None:
        """Take up a file of constraints."""
        self.sources.constraints.extend(self._lines(file))

    def _pyproject(self, path: str) -> None:
        file = read_toml(self._root, path)
        if file is None:
            return
        self.sources.files.append(path)
        self.sources.pyprojects.append(file)
        project = file.table("project")
        dynamic = {"dependencies", "optional-dependencies"} & set(shape.texts(project, "dynamic"))
        if dynamic or not project:
            reason = "only a build says what the project depends on"
            place = file.place("project", "dynamic")
            self.sources.unknown.append(Unknown(reason=reason, place=place))
            return
        self._texts(file, shape.texts(project, "dependencies"), "project", "dependencies")
        extras = shape.table(project, "optional-dependencies")
        for extra in extras:
            if self._command.all_extras or canonicalize_name(extra) in self._command.extras:
                path_of = ("project", "optional-dependencies", extra)
                self._texts(file, shape.texts(extras, extra), *path_of)
        for group in self._groups(path):
            texts = tuple(group_requirements(file.document, group))
            self._texts(file, texts, "dependency-groups")

    def _groups(self, path: str) -> Iterator[str]:
        for stated in self._command.groups:
            where, colon, group = stated.rpartition(":")
            if not colon or locate(self._root, self.folder, where) == path:
                yield group

    def _texts(self, file: TomlFile, texts: tuple[str, ...], *path: str) -> None:
        own = canonicalize_name(str(file.table("project").get("name", "")))
        for text in texts:
            place = file.place(*path, text=text)
            stated = stated_in(text, place)
            if stated.name == own:  # extras of extras
                self._own_extras(file, stated)
            else:
                self.sources.requirements.append(stated)

    def _own_extras(self, file: TomlFile, stated: Stated) -> None:
        extras: Mapping[str, object] = file.table("project", "optional-dependencies")
        wanted = set(map(canonicalize_name, stated.requirement.extras))
        already = self._command.extras if not self._command.all_extras else wanted
        for extra in extras:
            if canonicalize_name(extra) in wanted - already:
                texts = shape.texts(extras, extra)
                self._texts(file, texts, "project", "optional-dependencies", extra)

    def _lines(self, file: str) -> Iterator[Stated]:
        """The requirements of a `.in` file and of those that it includes."""
        if file in self.sources.files:
            return
        if len(self.sources.files) >= _MAX_INCLUDES:
            raise LockError(
                "source-unreadable", "too many files include each other", "merge them", file=file
            )
        self.sources.files.append(file)
        try:
            parsed = parse_requirements(
                decode_source(read_bytes(self._root / file), encoding="utf-8-sig")
            )
        except SourceError as error:
            raise LockError(
                "source-unreadable", error.message, error.fix, file=file, line=error.line
            ) from error
        folder = str(PurePosixPath(file).parent)
        for option in parsed.options:
            place = Place(file=file, line=option.line)
            if option.name in ("-r", "--requirement", "-c", "--constraint"):
                found = join(folder, option.value)
                if found is None or not (self._root / found).is_file():
                    raise _missing(option.value, place)
                if option.name in ("-c", "--constraint"):
                    self.read_constraints(found)
                else:
                    yield from self._lines(found)
        for entry in parsed.entries:
            if _FOLDER.match(entry.text):
                self.sources.local.append(entry.text)
                continue
            yield stated_in(entry.text, Place(file=file, line=entry.line))


def stated_in(text: str, place: Place) -> Stated:
    """A requirement and where it stands.

    Raises:
        LockError: `source-unreadable`, it is none.
    """
    try:
        return Stated(requirement=Requirement(text), text=text, place=place)
    except InvalidRequirement as error:
        raise LockError(
            "source-unreadable",
            f"{text!r} is no requirement",
            "write it as PEP 508 says: name>=1; marker",
            file=place.file,
            line=place.line,
        ) from error
