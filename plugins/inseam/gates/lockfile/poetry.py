"""`poetry.lock` against its `pyproject.toml`: the content hash, as Poetry computes it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from inseam.gates.environment.lock import Lock
from inseam.gates.lockfile.pyproject import TomlFile
from inseam.gates.lockfile.verdict import Comparison, Difference, Place
from inseam.gates.locks import shape
from inseam.gates.locks.declared import group_requirements
from inseam.gates.locks.model import Pins

_LEGACY_KEYS = ("dependencies", "source", "extras", "dev-dependencies")
_POETRY_KEYS = (*_LEGACY_KEYS, "group")
_PROJECT_KEYS = ("requires-python", "dependencies", "optional-dependencies")
_GROUPS_SINCE = Version("2.3.0")
"""Poetry before this left `[dependency-groups]` out of the hash; it still accepts such a lock."""


def content_hash(document: Mapping[str, Any], *, with_groups: bool = True) -> str:
    """What Poetry writes as `content-hash` (`poetry.packages.locker.Locker._get_content_hash`).

    Raises:
        ShapeError: a table is none.
    """
    project = shape.table(document, "project")
    groups = shape.table(document, "dependency-groups") if with_groups else {}
    poetry = shape.table(shape.table(document, "tool"), "poetry")
    of_project = {key: project[key] for key in _PROJECT_KEYS if project.get(key) is not None}
    of_poetry = {
        key: poetry.get(key)
        for key in _POETRY_KEYS
        if poetry.get(key) is not None or (key in _LEGACY_KEYS and not of_project and not groups)
    }
    content: dict[str, Any] = {}
    if of_project:
        content["project"] = of_project
    if groups:
        content["dependency-groups"] = dict(groups)
    content = {**content, "tool": {"poetry": of_poetry}} if content else of_poetry
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def accepted_hashes(document: Mapping[str, Any], maker: str | None) -> set[str]:
    """The hashes with which Poetry takes a lock for fresh.

    Args:
        document: the `pyproject.toml`.
        maker: what the lock's header says of its maker, such as `Poetry 2.1.3`.

    Raises:
        ShapeError: a table is none.
    """
    accepted = {content_hash(document)}
    try:
        version = Version((maker or "").removeprefix("Poetry "))
    except InvalidVersion:
        return accepted
    if version < _GROUPS_SINCE:
        accepted.add(content_hash(document, with_groups=False))
    return accepted


def compare(lock: Lock, pins: Pins, file: TomlFile, before: TomlFile | None) -> Comparison:
    """Whether Poetry would take the lock for fresh.

    Args:
        lock: the lock.
        pins: what it pins.
        file: its `pyproject.toml`.
        before: that at the merge base, to say which requirement changed; None if there is none.

    Raises:
        ShapeError: a table is none.
    """
    stated = re.search(r'^content-hash = "([^"]*)"', lock.text, re.MULTILINE)
    locked = stated[1] if stated is not None else ""
    if locked in accepted_hashes(file.document, pins.maker):
        return Comparison()
    line = lock.text.count("\n", 0, stated.start()) + 1 if stated is not None else 1
    place = Place(file=lock.file, line=line)
    named = list(_changed(file, before, pins, locked, place)) or [*_not_locked(file, pins, place)]
    if named:
        return Comparison(differences=tuple(named))
    return Comparison(
        differences=(
            Difference(
                key="content-hash",
                message="what the project asks for is not what the lock was made from: its "
                f"content hash is {content_hash(file.document)[:12]}…, in the lock "
                f"{locked[:12] or 'none'}…",
                declared=file.place(*_first_table(file)),
                locked=place,
            ),
        )
    )


def _first_table(file: TomlFile) -> tuple[str, ...]:
    project = file.document.get("project", {})
    return ("project", "dependencies") if "dependencies" in project else ("tool", "poetry")


def _changed(
    file: TomlFile, before: TomlFile | None, pins: Pins, locked: str, place: Place
) -> Iterator[Difference]:
    """The requirements that changed since the base, if the lock is the base's."""
    if before is None or locked not in accepted_hashes(before.document, pins.maker):
        return
    now, then = dict(_stated(file)), dict(_stated(before))
    for key in sorted(now.keys() | then.keys()):
        if now.get(key) == then.get(key):
            continue
        where, name = key
        says = f"is declared as `{now[key]}`" if key in now else "is not declared any more"
        was = f"was locked as `{then[key]}`" if key in then else "is not what was locked"
        yield Difference(
            key=f"{where} {name}",
            message=f"{where} `{name}` {says}, {was}",
            declared=_place_of(file, where, name, now.get(key)),
            locked=place,
            package=name,
        )


def _place_of(file: TomlFile, where: str, name: str, text: str | None) -> Place:
    """The line that states a requirement, or the beginning of the file's lists."""
    for number, line in enumerate(file.text.split("\n"), 1):
        bare = line.strip()
        quoted = text is not None and (f'"{text}"' in bare or f"'{text}'" in bare)
        keyed = re.match(rf"[\"']?{re.escape(name)}[\"']?\s*=", bare, re.IGNORECASE)
        if quoted or (keyed is not None and where != "the setting"):
            return Place(file=file.file, line=number)
    return file.place(*_first_table(file))


def _stated(file: TomlFile) -> Iterator[tuple[tuple[str, str], str]]:
    """All that goes into the hash, entry by entry: where it stands and its name, and its text."""
    project = file.table("project")
    if "requires-python" in project:
        yield ("the setting", "requires-python"), str(project["requires-python"])
    yield from _requirements("the dependency", shape.texts(project, "dependencies"))
    optional = shape.table(project, "optional-dependencies")
    for extra in optional:
        yield from _requirements(f"the extra `{extra}`'s", shape.texts(optional, extra))
    for group in file.table("dependency-groups"):
        texts = group_requirements(file.document, group)
        yield from _requirements(f"the group `{group}`'s", texts)
    poetry = file.table("tool", "poetry")
    for key in ("dependencies", "dev-dependencies"):
        for name, value in shape.table(poetry, key).items():
            yield (f"the {key.removesuffix('ies')}y", canonicalize_name(name)), _text(value)
    for group, table in shape.table(poetry, "group").items():
        stated = table.get("dependencies", {}) if isinstance(table, Mapping) else {}
        for name, value in stated.items() if isinstance(stated, Mapping) else ():
            yield (f"the group `{group}`'s", canonicalize_name(name)), _text(value)
    for key in ("extras", "source"):
        if key in poetry:
            yield ("the setting", key), _text(poetry[key])


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def _requirements(where: str, texts: Iterable[str]) -> Iterator[tuple[tuple[str, str], str]]:
    for text in texts:
        try:
            name = Requirement(text).name
        except InvalidRequirement:
            name = text
        yield (where, canonicalize_name(name)), text


def _not_locked(file: TomlFile, pins: Pins, place: Place) -> Iterator[Difference]:
    """Without a base: what the lock does not hold at all."""
    for root in sorted(pins.roots, key=lambda root: (root.name, root.label)):
        if root.name in pins.by_name:
            continue
        where = root.extra or root.group
        yield Difference(
            key=f"dependency {root.name}",
            message=f"the dependency `{root.name}`{f' of `{where}`' if where else ''} is declared "
            "and not in the lock",
            declared=_place_by_name(file, root.name),
            locked=place,
            package=root.name,
        )


def _place_by_name(file: TomlFile, name: str) -> Place:
    pattern = re.compile(
        rf"^\s*[\"']?{re.sub('-', '[-_.]+', re.escape(name).replace(chr(92) + '-', '-'))}\b",
        re.IGNORECASE,
    )
    for number, line in enumerate(file.text.split("\n"), 1):
        if pattern.match(line):
            return Place(file=file.file, line=number)
    return file.place(*_first_table(file))
