"""Pants' resolves: the requirements that a lock was made for have to be those of its targets.

Pants itself takes a lock that was made for more (pantsbuild/pants#15723), so what was removed stays
locked, and is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name

from inseam.gates.contract import ResolveFacts, ServiceFacts
from inseam.gates.environment.lock import Lock, LockError
from inseam.gates.files import SourceError, decode_source, read_bytes
from inseam.gates.lockfile.build_files import ComputedError, resolve_facts
from inseam.gates.lockfile.meaning.parse import MarkerError, parse_marker
from inseam.gates.lockfile.meaning.specifiers import same_versions
from inseam.gates.lockfile.meaning.worlds import TooManyWorldsError, equivalent
from inseam.gates.lockfile.pyproject import TomlFile
from inseam.gates.lockfile.verdict import Comparison, Difference, Place, Unknown
from inseam.gates.locks import shape
from inseam.gates.locks.pex_lock import header_metadata, metadata_object

SIDECAR = ".metadata"
"""What Pants 2.30 and later append to a lock's name for the file with its metadata."""

Result = Difference | Unknown

_SETS = (
    # Pants' key, the facts' name of it
    ("requirement_constraints", "constraints"),
    ("only_binary", "only_binary"),
    ("no_binary", "no_binary"),
    ("excludes", "excludes"),
    ("overrides", "overrides"),
)


@dataclass(frozen=True, kw_only=True)
class _Metadata:
    """What Pants recorded of how it made the lock."""

    table: Mapping[str, Any]
    place: Place

    @property
    def requirements(self) -> tuple[str, ...] | None:
        """None in a version that recorded only their digest."""
        if "generated_with_requirements" not in self.table:
            return None
        return shape.texts(self.table, "generated_with_requirements")


def compare(
    lock: Lock,
    facts: ServiceFacts,
    project: TomlFile | None,
    root: Path,
    document: Mapping[str, Any],
) -> Comparison:
    """Whether the lock was made for what its targets ask for today.

    Args:
        lock: the lock.
        facts: those of the service; its resolve's requirements come from there.
        project: the service's `pyproject.toml`, for a lock without a resolve.
        root: the workspace.
        document: the lock's JSON.

    Raises:
        LockError: the metadata beside the lock cannot be read.
        ShapeError: it is not as Pants writes it.
    """
    metadata = _metadata(lock, root)
    results = [
        *_itself(lock, metadata, document),
        *_sources(lock, facts, project, root, metadata, document),
    ]
    return Comparison(
        differences=tuple(item for item in results if isinstance(item, Difference)),
        unknown=tuple(item for item in results if isinstance(item, Unknown)),
    )


def _metadata(lock: Lock, root: Path) -> _Metadata | None:
    beside = f"{lock.file}{SIDECAR}"
    if (root / beside).is_file():
        try:
            text = decode_source(read_bytes(root / beside), encoding="utf-8")
        except SourceError as error:
            raise LockError(
                "lock-unreadable", error.message, error.fix, file=beside, line=error.line
            ) from error
        return _Metadata(table=metadata_object(text), place=Place(file=beside))
    found = header_metadata(lock.text)
    if found is None:
        return None
    return _Metadata(table=found[0], place=Place(file=lock.file, line=found[1]))


def _itself(
    lock: Lock, metadata: _Metadata | None, document: Mapping[str, Any]
) -> Iterator[Result]:
    """Whether what Pants and PEX recorded agree: one of them was edited, if not."""
    recorded = metadata.requirements if metadata is not None else None
    if metadata is None or recorded is None:
        return
    yield from _requirements(
        recorded,
        shape.texts(document, "requirements"),
        metadata.place,
        lock,
        "in Pants' metadata",
    )


def _sources(
    lock: Lock,
    facts: ServiceFacts,
    project: TomlFile | None,
    root: Path,
    metadata: _Metadata | None,
    document: Mapping[str, Any],
) -> Iterator[Result]:
    try:
        resolve = facts.resolve or resolve_facts(root, lock.file)
    except ComputedError as error:
        yield Unknown(reason=str(error), place=Place(file=lock.file))
        return
    if resolve is not None:
        place = Place(file=resolve.declared_in)
        locked = shape.texts(document, "requirements")
        yield from _requirements(
            resolve.requirements, locked, place, lock, f"declared for the resolve {resolve.name}"
        )
        yield from _settings(resolve, metadata, place)
        yield from _interpreters(resolve, metadata, document, place)
        return
    if project is None or "project" not in project.document:
        yield Unknown(
            reason="which requirements the lock is for is in BUILD files, which are not seen here",
            place=Place(file=lock.file),
        )
        return
    own = project.table("project")
    wanted = list(shape.texts(own, "dependencies"))
    optional = shape.table(own, "optional-dependencies")
    for extra in optional:
        wanted += shape.texts(optional, extra)
    yield from _requirements(
        wanted,
        shape.texts(document, "requirements"),
        project.place("project", "dependencies"),
        lock,
        "declared",
    )


def _requirements(
    wanted: Sequence[str], locked: Sequence[str], place: Place, lock: Lock, where: str
) -> Iterator[Result]:
    """What either side has and the other has not, by meaning."""
    try:
        ours, theirs = _parsed(wanted), _parsed(locked)
        for text in [text for text in ours if text not in theirs]:
            match = next((other for other in theirs if _same(ours[text], theirs[other])), None)
            if match is not None:
                del theirs[match], ours[text]
        for text in set(ours) & set(theirs):
            del ours[text], theirs[text]
    except (InvalidRequirement, InvalidSpecifier, MarkerError, TooManyWorldsError) as error:
        yield Unknown(reason=str(error) or "requirements cannot be compared", place=place)
        return
    by_name = {
        canonicalize_name(requirement.name) for requirement in (*ours.values(), *theirs.values())
    }
    for name in sorted(by_name):
        says = [t for t, requirement in ours.items() if canonicalize_name(requirement.name) == name]
        locks = [
            t for t, requirement in theirs.items() if canonicalize_name(requirement.name) == name
        ]
        ours_shown = ", ".join(f"`{text}`" for text in sorted(says))
        theirs_shown = ", ".join(f"`{text}`" for text in sorted(locks))
        if not says:
            message = f"`{name}` is not {where} any more, the lock was made for {theirs_shown}"
        elif not locks:
            message = f"{ours_shown} is {where}, the lock was not made for it"
        else:
            message = f"{ours_shown} is {where}, the lock was made for {theirs_shown}"
        yield Difference(
            key=f"dependency {name}",
            message=message,
            declared=place,
            locked=Place(file=lock.file, line=_line_of(lock, locks[0]) if locks else 1),
            package=name,
        )


def _parsed(texts: Sequence[str]) -> dict[str, Requirement]:
    return {str(requirement): requirement for requirement in map(Requirement, texts)}


def _same(left: Requirement, right: Requirement) -> bool:
    def key(item: Requirement) -> tuple[str, frozenset[str], str | None]:
        extras = frozenset(map(canonicalize_name, item.extras))
        return (canonicalize_name(item.name), extras, item.url)

    if key(left) != key(right) or not same_versions(str(left.specifier), str(right.specifier)):
        return False
    trees = [
        parse_marker(None if item.marker is None else str(item.marker)) for item in (left, right)
    ]
    return equivalent(trees[0], trees[1])


def _line_of(lock: Lock, text: str) -> int:
    quoted = text.replace('"', '\\"')
    lines = lock.text.split("\n")
    return next((n for n, line in enumerate(lines, 1) if quoted in line), 1)


def _settings(
    resolve: ResolveFacts, metadata: _Metadata | None, place: Place
) -> Iterator[Difference]:
    """What else of Pants' options decides what a lock holds."""
    if metadata is None:
        return
    for key, name in _SETS:
        wanted = getattr(resolve, name)
        if wanted is None or key not in metadata.table:
            continue
        recorded = set(map(_normal, shape.texts(metadata.table, key)))
        if set(map(_normal, wanted)) != recorded:
            yield Difference(
                key=f"setting {key}",
                message=f"the resolve's {key.replace('_', ' ')} are {sorted(wanted)}, the lock "
                f"was made with {sorted(recorded)}",
                declared=place,
                locked=metadata.place,
            )


def _normal(text: str) -> str:
    try:
        return str(Requirement(text))
    except InvalidRequirement:
        return text


def _interpreters(
    resolve: ResolveFacts,
    metadata: _Metadata | None,
    document: Mapping[str, Any],
    place: Place,
) -> Iterator[Difference]:
    """Whether the lock is for the interpreters that the resolve's targets run on."""
    if resolve.interpreters is None:
        return
    recorded = shape.texts(document, "requires_python")
    where = place
    if metadata is not None and "valid_for_interpreter_constraints" in metadata.table:
        recorded = shape.texts(metadata.table, "valid_for_interpreter_constraints")
        where = metadata.place
    wanted = sorted(map(_bare, resolve.interpreters))
    locked = sorted(map(_bare, recorded))
    same = len(wanted) == len(locked) and all(
        same_versions(ours, theirs) for ours, theirs in zip(wanted, locked, strict=True)
    )
    if not same:
        yield Difference(
            key="requires-python",
            message=f"the resolve is for {', '.join(resolve.interpreters)}, the lock for "
            f"{', '.join(recorded) or 'any Python'}",
            declared=place,
            locked=where,
        )


def _bare(constraint: str) -> str:
    """`CPython>=3.11` without the interpreter's name."""
    return re.sub(r"^\s*[A-Za-z]+", "", constraint).strip()
