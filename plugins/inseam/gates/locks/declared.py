"""What a `pyproject.toml` asks for by name: the roots of locks that do not list theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from inseam.gates.locks import shape
from inseam.gates.locks.model import Root

PYPROJECT = "pyproject.toml"


def declared_roots(project: Mapping[str, Any]) -> Iterator[Root]:
    """All direct requirements, of extras and groups too, in PEP 621's and Poetry's tables.

    Raises:
        ShapeError: a table is not what it should be.
    """
    own = shape.table(project, "project")
    for text in shape.texts(own, "dependencies"):
        yield _root(text)
    extras = shape.table(own, "optional-dependencies")
    for extra in extras:
        for text in shape.texts(extras, extra):
            yield _root(text, extra=canonicalize_name(extra))
    for group in shape.table(project, "dependency-groups"):
        for text in group_requirements(project, group):
            yield _root(text, group=canonicalize_name(group))
    yield from _of_poetry(shape.table(shape.table(project, "tool"), "poetry"))


def group_requirements(
    project: Mapping[str, Any], group: str, within: tuple[str, ...] = ()
) -> Iterator[str]:
    """The requirements of a dependency group (PEP 735), those of the groups that it includes too.

    Raises:
        ShapeError: there is no such group, it includes itself, or an entry is of no known kind.
    """
    groups = shape.table(project, "dependency-groups")
    name = canonicalize_name(group)
    if name in within:
        raise shape.ShapeError(f"the dependency group `{group}` includes itself")
    found = [items for key, items in groups.items() if canonicalize_name(key) == name]
    if not found or not isinstance(found[0], list):
        raise shape.ShapeError(f"there is no dependency group `{group}`")
    for item in found[0]:
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping) and isinstance(item.get("include-group"), str):
            yield from group_requirements(project, item["include-group"], (*within, name))
        else:
            raise shape.ShapeError(f"the dependency group `{group}` holds no requirement: {item}")


def _root(text: str, *, extra: str | None = None, group: str | None = None) -> Root:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise shape.ShapeError(f"{text!r} is no requirement") from error
    return Root(
        name=canonicalize_name(requirement.name),
        asker=PYPROJECT,
        extras=frozenset(map(canonicalize_name, requirement.extras)),
        specifier=str(requirement.specifier) if requirement.url is None else None,
        marker=None if requirement.marker is None else str(requirement.marker),
        extra=extra,
        group=group,
    )


def _of_poetry(poetry: Mapping[str, Any]) -> Iterator[Root]:
    optional = {
        canonicalize_name(name): canonicalize_name(extra)
        for extra in shape.table(poetry, "extras")
        for name in shape.texts(shape.table(poetry, "extras"), extra)
    }
    tables: list[tuple[str | None, Mapping[str, Any]]] = [
        (None, shape.table(poetry, "dependencies")),
        ("dev", shape.table(poetry, "dev-dependencies")),
    ]
    for group in shape.table(poetry, "group"):
        stated = shape.table(shape.table(poetry, "group"), group)
        tables.append((canonicalize_name(group), shape.table(stated, "dependencies")))
    for group_name, dependencies in tables:
        for name, stated in dependencies.items():
            if name.lower() == "python":
                continue
            normal = canonicalize_name(name)
            for item in stated if isinstance(stated, list) else [stated]:
                item = item if isinstance(item, Mapping) else {"version": item}
                yield Root(
                    name=normal,
                    asker=PYPROJECT,
                    extras=frozenset(map(canonicalize_name, shape.texts(item, "extras"))),
                    specifier=shape.optional_text(item, "version"),
                    marker=shape.optional_text(item, "markers"),
                    extra=optional.get(normal) if group_name is None else None,
                    group=group_name,
                )
