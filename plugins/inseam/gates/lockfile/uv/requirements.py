"""Lists of requirements, declared and locked, compared by meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from inseam.gates.lockfile.meaning.parse import ALWAYS, Tree
from inseam.gates.lockfile.pyproject import TomlFile
from inseam.gates.lockfile.uv.sources import REGISTRY, UntoldError
from inseam.gates.lockfile.uv.wanted import Context, Wanted, declared, locked, unmatched
from inseam.gates.lockfile.uv.workspace import Member, Workspace
from inseam.gates.lockfile.verdict import Difference, Place, Unknown
from inseam.gates.locks import shape
from inseam.gates.locks.declared import group_requirements

Find = Callable[[int | None, str | None], Place]
"""A line of the lock: the first from a line on that holds a text."""

_MANIFEST = (
    ("constraints", "constraint-dependencies", "constraint"),
    ("overrides", "override-dependencies", "override"),
    ("build-constraints", "build-constraint-dependencies", "build constraint"),
)


@dataclass(frozen=True, kw_only=True)
class Section:
    """One list of requirements on both sides."""

    label: str
    """For messages: "the dependency", "the constraint"."""
    owner: str
    """For keys: whose list it is."""
    declared: tuple[Wanted, ...]
    locked: tuple[Wanted, ...]
    file: TomlFile
    path: tuple[str, ...]
    """Where in the file the list stands."""
    line: int
    """Where the lock begins to speak of it."""


def sections_of(
    member: Member,
    table: Mapping[str, Any],
    line: int,
    workspace: Workspace,
    root: Path,
    *,
    empty_groups: bool,
) -> Iterator[Section]:
    """A project's dependencies with its extras, and its groups.

    Args:
        member: the project.
        table: its package in the lock.
        line: of that.
        workspace: the lock's.
        root: inseam's workspace.
        empty_groups: whether the lock's format records groups that hold nothing.

    Raises:
        ShapeError, UntoldError, MarkerError: of `wanted.declared`.
    """
    metadata = shape.table(table, "metadata")
    optional = member.file.table("project", "optional-dependencies")
    texts: dict[str | None, tuple[str, ...]] = {
        None: shape.texts(member.file.table("project"), "dependencies")
    }
    texts |= {canonicalize_name(extra): shape.texts(optional, extra) for extra in optional}
    in_lock = tuple(map(locked, shape.tables(metadata, "requires-dist")))
    if member.is_dynamic and not any(wanted.name == member.name for wanted in in_lock):
        # uv then writes out what extras take from the project's other extras.
        texts = {extra: _written_out(member.name, extra, texts) for extra in texts}
    wanted: list[Wanted] = []
    for extra, stated in texts.items():
        context = Context(workspace=workspace, member=member, root=root, extra=extra)
        for text in stated:
            wanted += declared(text, context)
    yield Section(
        label="the dependency",
        owner=member.name,
        declared=tuple(wanted),
        locked=in_lock,
        file=member.file,
        path=("project", "dependencies"),
        line=line,
    )
    yield from _groups(member, metadata, line, workspace, root, empty_groups=empty_groups)


def _written_out(
    own: str,
    extra: str | None,
    texts: Mapping[str | None, tuple[str, ...]],
    within: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """The requirements of an extra, with those of the project's other extras that it names."""
    found: list[str] = []
    for text in texts.get(extra, ()):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            found.append(text)
            continue
        if canonicalize_name(requirement.name) != own or requirement.marker is not None:
            found.append(text)
            continue
        for other in sorted(set(map(canonicalize_name, requirement.extras)) - within):
            found += _written_out(own, other, texts, within | {other})
    return tuple(dict.fromkeys(found))


def _groups(
    member: Member,
    metadata: Mapping[str, Any],
    line: int,
    workspace: Workspace,
    root: Path,
    *,
    empty_groups: bool,
) -> Iterator[Section]:
    in_lock: dict[str, Any] = {
        canonicalize_name(group): items
        for group, items in shape.table(metadata, "requires-dev").items()
    }
    in_file = group_texts(member.file)
    for group in sorted(in_lock.keys() | in_file.keys()):
        context = Context(workspace=workspace, member=member, root=root, group=group)
        wanted = [w for text in in_file.get(group, ()) for w in declared(text, context)]
        found = [locked(item) for item in shape.tables({"group": in_lock.get(group, [])}, "group")]
        if empty_groups and not wanted and not found and (group in in_lock) != (group in in_file):
            found = [_empty(group)] if group in in_lock else found
            wanted = [_empty(group)] if group in in_file else wanted
        yield Section(
            label=f"the group `{group}`'s",
            owner=f"{member.name}:{group}",
            declared=tuple(wanted),
            locked=tuple(found),
            file=member.file,
            path=group_path(member.file, group),
            line=line,
        )


def _empty(group: str) -> Wanted:
    """Stands for a group that holds nothing."""
    return Wanted(
        name="",
        extras=frozenset(),
        specifier="",
        marker=ALWAYS,
        origin=REGISTRY,
        text=f"{group} = []",
    )


def group_texts(file: TomlFile) -> dict[str, tuple[str, ...]]:
    """The requirements of each dependency group, uv's older `dev-dependencies` among `dev`."""
    groups: dict[str, tuple[str, ...]] = {
        canonicalize_name(group): tuple(_kept(file, group))
        for group in file.table("dependency-groups")
    }
    legacy = shape.texts(file.table("tool", "uv"), "dev-dependencies")
    if legacy or "dev-dependencies" in file.table("tool", "uv"):
        groups["dev"] = (*groups.get("dev", ()), *legacy)
    return groups


def _kept(file: TomlFile, group: str, pythons: tuple[str, ...] = ()) -> Iterator[str]:
    """A group's requirements, each kept to the Pythons that `[tool.uv.dependency-groups]` states
    for the group that lists it and for those that include that."""
    texts = tuple(group_requirements(file.document, group))  # also tells whether it is well formed
    settings = file.table("tool", "uv", "dependency-groups")
    if not settings:
        yield from texts
        return
    name = canonicalize_name(group)
    for key, table in settings.items():
        if canonicalize_name(key) == name and isinstance(table, Mapping):
            stated = shape.optional_text(table, "requires-python")
            pythons = (*pythons, *((stated,) if stated is not None else ()))
    for key, items in file.table("dependency-groups").items():
        for item in items if canonicalize_name(key) == name else ():
            if isinstance(item, str):
                yield _within(item, pythons)
            else:
                yield from _kept(file, item["include-group"], pythons)


def _within(text: str, pythons: tuple[str, ...]) -> str:
    """A requirement that holds for some Pythons only."""
    conditions = [
        f"python_full_version {item.operator} '{item.version}'"
        for stated in pythons
        for item in sorted(SpecifierSet(stated), key=str)
    ]
    if not conditions:
        return text
    requirement = Requirement(text)
    if requirement.marker is not None:
        conditions.insert(0, f"({requirement.marker})")
    requirement.marker = None
    return f"{requirement} ; {' and '.join(conditions)}"


def group_path(file: TomlFile, group: str) -> tuple[str, ...]:
    """Where a group stands."""
    for name in file.table("dependency-groups"):
        if canonicalize_name(name) == group:
            return ("dependency-groups", name)
    if group == "dev" and "dev-dependencies" in file.table("tool", "uv"):
        return ("tool", "uv", "dev-dependencies")
    return ("dependency-groups",)


def manifest_sections(
    document: Mapping[str, Any], workspace: Workspace, root: Path
) -> Iterator[Section]:
    """What `[tool.uv]` of the root says of all packages, and its groups if it is no project.

    Raises:
        ShapeError, UntoldError, MarkerError: of `wanted.declared`.
    """
    manifest = shape.table(document, "manifest")
    # Sources of the root apply to these, whether it is a project or not.
    member = Member(name="", folder=workspace.folder, file=workspace.root)
    context = Context(workspace=workspace, member=member, root=root)
    for key, stated, label in _MANIFEST:
        entries = workspace.uv.get(stated, [])
        in_lock = shape.table(document, "manifest").get(key, [])
        if any(isinstance(entry, Mapping) for entry in entries) or any(
            "package" in entry for entry in in_lock
        ):
            raise UntoldError(f"`{stated}` holds entries for single packages")
        wanted = [w for t in shape.texts(workspace.uv, stated) for w in declared(t, context)]
        yield Section(
            label=f"the {label}",
            owner=key,
            declared=tuple(wanted),
            locked=tuple(map(locked, shape.tables(manifest, key))),
            file=workspace.root,
            path=("tool", "uv", stated),
            line=1,
        )
    in_file = {} if "project" in workspace.root.document else group_texts(workspace.root)
    of_lock = shape.table(manifest, "dependency-groups")
    for group in sorted(in_file.keys() | set(map(canonicalize_name, of_lock))):
        context = Context(workspace=workspace, member=member, root=root, group=group)
        yield Section(
            label=f"the group `{group}`'s",
            owner=f":{group}",
            declared=tuple(w for t in in_file.get(group, ()) for w in declared(t, context)),
            locked=tuple(map(locked, shape.tables(of_lock, group))),
            file=workspace.root,
            path=group_path(workspace.root, group),
            line=1,
        )


def compare_section(
    sections: Iterable[Section], within: Tree, find: Find
) -> Iterator[Difference | Unknown]:
    """What each list has on one side only.

    Raises:
        TooManyWorldsError, InvalidSpecifier: of `wanted.unmatched`.
    """
    for section in sections:
        missing, extra = unmatched(section.declared, section.locked, within)
        for name in sorted({wanted.name for wanted in (*missing, *extra)}):
            yield _difference(
                section,
                [wanted for wanted in missing if wanted.name == name],
                [wanted for wanted in extra if wanted.name == name],
                find,
            )


def _difference(
    section: Section, missing: list[Wanted], extra: list[Wanted], find: Find
) -> Difference:
    name = (missing or extra)[0].name
    says = ", ".join(wanted.shown for wanted in missing)
    locks = ", ".join(wanted.shown for wanted in extra)
    label = f"{section.label} `{name}`" if name else section.label
    if not missing:
        message = f"{label} is not declared any more, the lock has {locks}"
    elif not extra:
        message = f"{label} is declared as {says}, which the lock does not have"
    else:
        message = f"{label} is declared as {says}, the lock has {locks}"
    return Difference(
        key=f"{section.owner} {name}",
        message=message,
        declared=section.file.place(*section.path, text=missing[0].text if missing else None),
        locked=find(section.line, f'name = "{name}"' if extra else None),
        package=name or None,
    )
