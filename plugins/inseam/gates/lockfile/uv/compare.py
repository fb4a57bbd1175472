"""What `uv.lock` records against what the projects' files say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from inseam.gates.environment.lock import Lock
from inseam.gates.lockfile.meaning.parse import MarkerError, Tree
from inseam.gates.lockfile.meaning.specifiers import python_marker, same_versions
from inseam.gates.lockfile.meaning.worlds import TooManyWorldsError
from inseam.gates.lockfile.pyproject import PYPROJECT, join, read_toml, relative
from inseam.gates.lockfile.uv.options import compare_options
from inseam.gates.lockfile.uv.requirements import compare_section, manifest_sections, sections_of
from inseam.gates.lockfile.uv.sources import UntoldError
from inseam.gates.lockfile.uv.workspace import Member, Workspace, find_workspace
from inseam.gates.lockfile.verdict import Comparison, Difference, Place, Unknown
from inseam.gates.locks import shape
from inseam.gates.locks.blocks import Blocks, parse_blocks
from inseam.gates.locks.uv_lock import LOCAL_KINDS

Result = Difference | Unknown

_DEFAULT_GROUPS_SINCE = 5
"""The revision from which on locks record them."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A lock and the projects that it is for."""

    lock: Lock
    blocks: Blocks
    workspace: Workspace
    root: Path

    @property
    def within(self) -> Tree:
        """The Pythons that the lock is for, as a marker."""
        return python_marker(shape.optional_text(self.blocks.document, "requires-python"))

    @property
    def revision(self) -> int:
        """Of the format."""
        revision = self.blocks.document.get("revision", 0)
        return revision if isinstance(revision, int) else 0

    def locked(self, line: int | None = None, text: str | None = None) -> Place:
        """A line of the lock; the first from `line` on that holds `text`."""
        start = line or 1
        if text is not None:
            rest = self.lock.text.split("\n")[start - 1 :]
            start += next((index for index, found in enumerate(rest) if text in found), 0)
        return Place(file=self.lock.file, line=start)


def compare(lock: Lock, root: Path) -> Comparison:
    """Whether the lock is what uv would leave alone.

    Raises:
        LockError: a file cannot be read.
        ShapeError: a table is not as uv takes or writes it.
    """
    folder = str(Path(lock.file).parent)
    subject = Subject(
        lock=lock,
        blocks=parse_blocks(lock.text),
        workspace=find_workspace(root, folder),
        root=root,
    )
    results = list(_compare(subject, lock.pyproject))
    return Comparison(
        differences=tuple(item for item in results if isinstance(item, Difference)),
        unknown=tuple(item for item in results if isinstance(item, Unknown)),
    )


def _compare(subject: Subject, pyproject: str | None) -> Iterator[Result]:
    workspace = subject.workspace
    files = {member.file.file for member in workspace.members.values()} | {workspace.root.file}
    if pyproject is not None and pyproject not in files:
        yield Difference(
            key="member",
            message="the project is no member of the workspace whose lock this is: nothing of "
            "what it needs is locked there",
            declared=Place(file=pyproject),
            locked=subject.locked(),
        )
    steps: tuple[Callable[[Subject], Iterator[Result]], ...] = (
        _requires_python,
        _members,
        lambda it: compare_options(it.blocks, it.workspace, it.within, it.locked),
        _manifest,
        _projects,
    )
    for step in steps:
        try:
            yield from step(subject)
        except UntoldError as error:
            yield Unknown(reason=str(error), place=_root(subject))
        except TooManyWorldsError:
            yield Unknown(reason="markers mention too much to compare them", place=_root(subject))
        except (InvalidSpecifier, InvalidVersion, MarkerError) as error:
            yield Unknown(reason=str(error), place=_root(subject))


def _root(subject: Subject) -> Place:
    return Place(file=subject.workspace.root.file)


def _requires_python(subject: Subject) -> Iterator[Result]:
    stated = {
        member.file.file: (member, text)
        for member in subject.workspace.members.values()
        if (text := shape.optional_text(member.file.table("project"), "requires-python"))
    }
    wanted = ",".join(text for _, text in stated.values())
    locked = shape.optional_text(subject.blocks.document, "requires-python") or ""
    if not stated or same_versions(_bounds(wanted), _bounds(locked)):
        return
    for member, text in stated.values():
        if len(stated) == 1 or not same_versions(_bounds(f"{text},{locked}"), _bounds(locked)):
            yield Difference(
                key=f"requires-python {member.name}",
                message=f"`requires-python` is `{text}`, the lock is for `{locked or 'any'}`",
                declared=member.file.place("project", "requires-python"),
                locked=subject.locked(text="requires-python"),
            )
            return
    member, text = next(iter(stated.values()))
    yield Difference(
        key="requires-python",
        message=f"the members' `requires-python` come to `{wanted}`, the lock is for `{locked}`",
        declared=member.file.place("project", "requires-python"),
        locked=subject.locked(text="requires-python"),
    )


def _bounds(text: str) -> str:
    """Without exclusions: a resolution looks at the range from the lowest to the highest."""
    return ",".join(str(item) for item in SpecifierSet(text) if item.operator != "!=")


def _members(subject: Subject) -> Iterator[Result]:
    workspace, document = subject.workspace, subject.blocks.document
    stated = shape.texts(shape.table(document, "manifest"), "members")
    locked: set[str] = set(map(canonicalize_name, stated))
    wanted = set(workspace.members)
    if not stated and len(wanted) == 1:  # a project by itself is not listed
        locked = wanted if _table_of(subject, next(iter(wanted))) is not None else set()
    for name in sorted(wanted - locked):
        yield Difference(
            key=f"member {name}",
            message=f"the project `{name}` is not in the lock",
            declared=workspace.members[name].file.place("project", "name"),
            locked=subject.locked(text="members ="),
            package=name,
        )
    for name in sorted(locked - wanted):
        yield Difference(
            key=f"member {name}",
            message=f"the lock is also for `{name}`, which is no project of the workspace",
            declared=workspace.root.place("tool", "uv", "workspace"),
            locked=subject.locked(text=f'"{name}"'),
            package=name,
        )
    for name in sorted(locked & wanted):
        yield from _own_source(subject, workspace.members[name])


def _table_of(subject: Subject, name: str) -> tuple[Mapping[str, Any], int] | None:
    """The lock's package for a project of the workspace, and its line."""
    found = [
        (table, line)
        for table, line in zip(subject.blocks.packages, subject.blocks.lines, strict=True)
        if canonicalize_name(str(table.get("name"))) == name
        and not LOCAL_KINDS.isdisjoint(shape.table(table, "source"))
    ]
    return found[0] if len(found) == 1 else None


def _own_source(subject: Subject, member: Member) -> Iterator[Difference]:
    """Whether the lock installs a project as its files say: as editable, or only what it needs."""
    found = _table_of(subject, member.name)
    if found is None:
        yield Difference(
            key=f"member {member.name}",
            message=f"the lock does not hold the project `{member.name}` itself",
            declared=member.file.place("project", "name"),
            locked=subject.locked(text=f'"{member.name}"'),
            package=member.name,
        )
        return
    table, line = found
    required = subject.workspace.required()
    wanted = "virtual"
    if member.is_package(required=member.name in required):
        wanted = "directory" if required.get(member.name) is False else "editable"
    where = relative(member.folder, subject.workspace.folder)
    if shape.table(table, "source") != {wanted: where}:
        kind, path = next(iter(shape.table(table, "source").items()))
        yield Difference(
            key=f"source {member.name}",
            message=f"the project `{member.name}` is {wanted} at `{where}`, the lock takes it for "
            f"{kind} at `{path}`",
            declared=member.file.place("tool", "uv", "package"),
            locked=subject.locked(line),
            package=member.name,
        )


def _manifest(subject: Subject) -> Iterator[Result]:
    """Constraints, overrides and the like, and the groups of a root that is no project."""
    sections = manifest_sections(subject.blocks.document, subject.workspace, subject.root)
    yield from compare_section(sections, subject.within, subject.locked)


def _projects(subject: Subject) -> Iterator[Result]:
    """Every folder in the lock: members, and what they take by a path."""
    for table, line in zip(subject.blocks.packages, subject.blocks.lines, strict=True):
        source = shape.table(table, "source")
        kind = next(iter(LOCAL_KINDS & source.keys()), None)
        if kind is None:
            continue
        name = shape.name_in(table)
        member = subject.workspace.members.get(name)
        if member is None:
            folder = join(subject.workspace.folder, str(source[kind]))
            file = read_toml(subject.root, f"{folder}/{PYPROJECT}") if folder else None
            if file is None:
                yield Unknown(
                    reason=f"`{name}` lies at `{source[kind]}`, where no pyproject.toml is seen",
                    place=subject.locked(line),
                )
                continue
            member = Member(name=name, folder=file.folder, file=file)
        yield from _project(subject, member, table, line)


def _project(
    subject: Subject, member: Member, table: Mapping[str, Any], line: int
) -> Iterator[Result]:
    project = member.file.table("project")
    if not project:
        yield Unknown(
            reason=f"`{member.name}` has no [project] table, so its build says what it needs",
            place=Place(file=member.file.file),
        )
        return
    yield from _version(subject, member, table, line)
    dynamic = set(shape.texts(project, "dynamic"))
    if dynamic & {"dependencies", "optional-dependencies"}:
        yield Unknown(
            reason=f"what `{member.name}` depends on is dynamic: only its build says it",
            place=member.file.place("project", "dynamic"),
        )
        return
    if subject.revision >= _DEFAULT_GROUPS_SINCE and member.name in subject.workspace.members:
        yield from _default_groups(subject, member, table, line)
    if subject.revision >= 1:
        yield from _extras(subject, member, table, line)
    sections = sections_of(
        member,
        table,
        line,
        subject.workspace,
        subject.root,
        empty_groups=subject.revision >= 1,
    )
    yield from compare_section(sections, subject.within, subject.locked)


def _version(
    subject: Subject, member: Member, table: Mapping[str, Any], line: int
) -> Iterator[Difference]:
    stated = shape.optional_text(member.file.table("project"), "version")
    locked = shape.optional_text(table, "version")
    if member.is_dynamic:
        stated = None
    if stated is None and locked is None:
        return
    if stated is not None and locked is not None and Version(stated) == Version(locked):
        return
    yield Difference(
        key=f"version {member.name}",
        message=f"the version of `{member.name}` is {stated or 'dynamic'}, in the lock "
        f"{locked or 'dynamic'}",
        declared=member.file.place("project", "version" if stated else "dynamic"),
        locked=subject.locked(line),
        package=member.name,
    )


def _default_groups(
    subject: Subject, member: Member, table: Mapping[str, Any], line: int
) -> Iterator[Difference]:
    """Whether the groups that are installed when none are named are those of the lock."""
    stated, locked = (source.get("default-groups", ["dev"]) for source in (member.uv, table))
    ours, theirs = (
        sorted(map(canonicalize_name, value)) if isinstance(value, list) else value
        for value in (stated, locked)
    )
    if ours != theirs:
        yield Difference(
            key=f"default-groups {member.name}",
            message=f"`default-groups` of `{member.name}` is {ours}, in the lock {theirs}",
            declared=member.file.place("tool", "uv", "default-groups"),
            locked=subject.locked(line),
        )


def _extras(
    subject: Subject, member: Member, table: Mapping[str, Any], line: int
) -> Iterator[Difference]:
    optional = member.file.table("project", "optional-dependencies")
    wanted = {canonicalize_name(extra): extra for extra in optional}
    locked = set(
        map(canonicalize_name, shape.texts(shape.table(table, "metadata"), "provides-extras"))
    )
    for extra in sorted(wanted.keys() ^ locked):
        has = "has an extra" if extra in wanted else "has no extra"
        says = "does not know of" if extra in wanted else "still has"
        yield Difference(
            key=f"extra {member.name} {extra}",
            message=f"`{member.name}` {has} `{extra}`, which the lock {says}",
            declared=member.file.place(
                "project", "optional-dependencies", *((wanted[extra],) if extra in wanted else ())
            ),
            locked=subject.locked(line, "provides-extras"),
        )
