"""Requirements in one form, whether a `pyproject.toml` or the lock states them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from inseam.gates.lockfile.meaning.parse import ALWAYS, Atom, Tree, parse_marker
from inseam.gates.lockfile.meaning.specifiers import same_versions
from inseam.gates.lockfile.meaning.worlds import (
    both,
    either,
    equivalent,
    negated,
    satisfiable,
)
from inseam.gates.lockfile.uv.sources import (
    REGISTRY,
    Origin,
    locked_origin,
    stated_origin,
    url_origin,
)
from inseam.gates.lockfile.uv.workspace import Member, Workspace, source_tables
from inseam.gates.locks import shape


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A requirement."""

    name: str
    extras: frozenset[str]
    specifier: str
    marker: Tree
    origin: Origin
    text: str
    """As it is written."""

    @property
    def shown(self) -> str:
        """For messages."""
        return f"`{self.text}`"


def locked(table: Mapping[str, Any]) -> Wanted:
    """A requirement of the lock.

    Raises:
        ShapeError: it is not as uv writes it.
        MarkerError: its marker is none.
    """
    name = shape.name_in(table)
    extras = frozenset(map(canonicalize_name, shape.texts(table, "extras")))
    specifier = shape.optional_text(table, "specifier") or ""
    marker = shape.optional_text(table, "marker")
    origin = locked_origin(table)
    return Wanted(
        name=name,
        extras=extras,
        specifier=specifier,
        marker=parse_marker(marker),
        origin=origin,
        text=_text(name, extras, specifier, marker, origin),
    )


def _text(
    name: str, extras: frozenset[str], specifier: str, marker: str | None, origin: Origin
) -> str:
    bracketed = f"[{','.join(sorted(extras))}]" if extras else ""
    at = f" @ {origin[0]} {' '.join(part for part in origin[1:] if part)}"
    condition = f" ; {marker}" if marker else ""
    return f"{name}{bracketed}{specifier}{at if origin != REGISTRY else ''}{condition}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """Where a requirement stands."""

    workspace: Workspace
    member: Member
    root: Path
    extra: str | None = None
    group: str | None = None


def declared(text: str, context: Context) -> Iterator[Wanted]:
    """What uv makes of a requirement: one for each source that applies, and one for the rest.

    Raises:
        ShapeError: it is no requirement, or its source is of no known kind.
        UntoldError: its source leads out of the workspace.
        MarkerError: its marker is none.
    """
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise shape.ShapeError(f"{text!r} is no requirement") from error
    name = canonicalize_name(requirement.name)
    marker = parse_marker(None if requirement.marker is None else str(requirement.marker))
    if context.extra is not None:
        marker = both(marker, Atom("extra", "==", context.extra))
    tables, folder = _sources(name, context)
    own = REGISTRY
    if requirement.url is not None:
        own = url_origin(requirement.url, context.member.folder, context.workspace.folder)
    plain = Wanted(
        name=name,
        extras=frozenset(map(canonicalize_name, requirement.extras)),
        specifier=str(requirement.specifier),
        marker=marker,
        origin=own,
        text=text,
    )
    if not tables:
        yield plain
        return
    rest: list[Tree] = [marker]
    for table in tables:
        condition = parse_marker(shape.optional_text(table, "marker"))
        origin = stated_origin(table, name, folder, context.workspace, context.member, context.root)
        # Only an index leaves the version open.
        specifier = plain.specifier if origin[0] == "registry" else ""
        yield _replace(plain, both(marker, condition), origin, specifier)
        rest.append(negated(condition))
    remaining = both(*rest)
    if satisfiable(remaining):
        yield _replace(plain, remaining, own, plain.specifier)


def _replace(wanted: Wanted, marker: Tree, origin: Origin, specifier: str) -> Wanted:
    return Wanted(
        name=wanted.name,
        extras=wanted.extras,
        specifier=specifier,
        marker=marker,
        origin=origin,
        text=wanted.text,
    )


def _sources(name: str, context: Context) -> tuple[list[Mapping[str, Any]], str]:
    """The entries of `[tool.uv.sources]` that apply, the member's own before the workspace's, and
    the folder that their paths are relative to."""
    if context.workspace.settings.get("no-sources") is True:
        return [], context.member.folder
    for file in (context.member.file, context.workspace.root):
        stated = [source for found, source in source_tables(file) if found == name]
        if stated:
            return [source for source in stated if _applies(source, context)], file.folder
    return [], context.member.folder


def _applies(source: Mapping[str, Any], context: Context) -> bool:
    for kind, own in (("extra", context.extra), ("group", context.group)):
        stated = shape.optional_text(source, kind)
        if stated is not None and canonicalize_name(stated) != own:
            return False
    return True


def unmatched(
    left: Sequence[Wanted], right: Sequence[Wanted], within: Tree
) -> tuple[list[Wanted], list[Wanted]]:
    """What of either side has no counterpart of the same meaning on the other.

    Requirements of one package, source and range are one whose marker is any of theirs; those that
    never hold are none.

    Raises:
        TooManyWorldsError: markers cannot be compared.
        InvalidSpecifier: a specifier is none.
    """
    ours, theirs = _merged(left), _merged(right)
    lost: list[Wanted] = []
    for wanted in ours:
        match = next((other for other in theirs if _same(wanted, other, within)), None)
        if match is not None:
            theirs.remove(match)
        elif satisfiable(wanted.marker, within):
            lost.append(wanted)
    return lost, [other for other in theirs if satisfiable(other.marker, within)]


def _merged(wanted: Iterable[Wanted]) -> list[Wanted]:
    merged: list[Wanted] = []
    for item in wanted:
        for index, other in enumerate(merged):
            if _alike(item, other):
                marker = either(other.marker, item.marker)
                if ALWAYS in (other.marker, item.marker):
                    marker = ALWAYS
                merged[index] = _replace(other, marker, other.origin, other.specifier)
                break
        else:
            merged.append(item)
    return merged


def _alike(left: Wanted, right: Wanted) -> bool:
    return (left.name, left.extras, left.origin) == (
        right.name,
        right.extras,
        right.origin,
    ) and same_versions(left.specifier, right.specifier)


def _same(left: Wanted, right: Wanted, within: Tree) -> bool:
    return _alike(left, right) and equivalent(left.marker, right.marker, within)
