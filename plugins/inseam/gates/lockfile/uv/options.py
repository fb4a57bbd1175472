"""uv's settings that decide a resolution, against those that the lock records."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from inseam.gates.lockfile.index import is_default_index
from inseam.gates.lockfile.meaning.parse import Tree, parse_marker
from inseam.gates.lockfile.meaning.worlds import equivalent
from inseam.gates.lockfile.uv.requirements import Find
from inseam.gates.lockfile.uv.sources import plain_url
from inseam.gates.lockfile.uv.workspace import Workspace
from inseam.gates.lockfile.verdict import Difference, Place, Unknown
from inseam.gates.locks import shape
from inseam.gates.locks.blocks import Blocks

Result = Difference | Unknown

_MODES = (
    # setting, the lock's key, uv's default
    ("resolution", "resolution-mode", "highest"),
    ("prerelease", "prerelease-mode", "if-necessary-or-explicit"),
    ("fork-strategy", "fork-strategy", "requires-python"),
)
_ENVIRONMENTS = (
    ("environments", "supported-markers"),
    ("required-environments", "required-markers"),
)
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_FRIENDLY = re.compile(r"\s*(\d+)\s*(second|minute|hour|day|week)s?\s*(?:ago\s*)?")
_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_ZONES = datetime.timedelta(hours=14)
"""How far a local midnight may be from UTC's."""


def compare_options(
    blocks: Blocks, workspace: Workspace, within: Tree, find: Find
) -> Iterator[Result]:
    """Every setting that differs.

    Raises:
        ShapeError: a table is not as uv takes or writes it.
        MarkerError, TooManyWorldsError: an environment is none, or cannot be compared.
    """
    options = shape.table(blocks.document, "options")
    for setting, key, default in _MODES:
        stated = workspace.settings.get(setting, default)
        locked = options.get(key, default)
        if stated != locked:
            yield _differs(workspace, setting, stated, locked, find(None, key))
    if options.get("prerelease-package", {}) != workspace.settings.get("prerelease-package", {}):
        yield Unknown(reason="`prerelease-package` differs", place=_place(workspace))
    if workspace.uv.get("managed") is False:
        yield Unknown(reason="uv is told not to manage the project", place=_place(workspace))
    yield from _exclude_newer(options, workspace, find)
    yield from _environments(blocks.document, workspace, within, find)
    yield from _conflicts(blocks.document, workspace, find)
    yield from _excludes(blocks.document, workspace, find)
    yield from _static_metadata(blocks.document, workspace, find)
    yield from _indexes(blocks, workspace, find)


def _place(workspace: Workspace, *path: str) -> Place:
    if workspace.settings_file is None:
        return Place(file=workspace.root.file)
    return workspace.settings_file.place(*workspace.settings_path, *path)


def _differs(
    workspace: Workspace, setting: str, stated: object, locked: object, place: Place
) -> Difference:
    return Difference(
        key=f"setting {setting}",
        message=f"uv's setting `{setting}` is {_shown(stated)}, the lock was made with "
        f"{_shown(locked)}",
        declared=_place(workspace, setting),
        locked=place,
    )


def _shown(value: object) -> str:
    if value is None:
        return "none"
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value, default=str)}`"


def _exclude_newer(
    options: Mapping[str, Any], workspace: Workspace, find: Find
) -> Iterator[Result]:
    settings = workspace.settings
    stated = {"": settings.get("exclude-newer")}
    stated |= shape.table(settings, "exclude-newer-package")
    locked: dict[str, object] = {
        "": options.get("exclude-newer-span") or options.get("exclude-newer")
    }
    for name, value in shape.table(options, "exclude-newer-package").items():
        span = value.get("span") if isinstance(value, Mapping) else None
        time = value.get("timestamp") if isinstance(value, Mapping) else value
        locked[canonicalize_name(name)] = span or time
    stated = {canonicalize_name(name) if name else "": value for name, value in stated.items()}
    for name in sorted(stated.keys() | locked.keys()):
        ours, theirs = stated.get(name), locked.get(name)
        same = _same_moment(ours, theirs)
        setting = "exclude-newer" if not name else "exclude-newer-package"
        if same is None:
            yield Unknown(
                reason=f"`{setting}` is {_shown(ours)}, in the lock {_shown(theirs)}",
                place=_place(workspace, setting),
            )
        elif not same:
            yield _differs(workspace, setting, ours, theirs, find(None, "exclude-newer"))


def _same_moment(stated: object, locked: object) -> bool | None:
    """Whether a setting lets in what the lock records; None if that cannot be told here."""
    if stated is None or locked is None or isinstance(stated, bool) or isinstance(locked, bool):
        return stated == locked
    if stated == locked:
        return True
    ours, theirs = _seconds(str(stated)), _seconds(str(locked))
    if ours is not None or theirs is not None:
        return ours == theirs
    try:
        moment = datetime.datetime.fromisoformat(str(locked))
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(stated)):  # the end of a day, somewhere
            day = datetime.date.fromisoformat(str(stated)) + datetime.timedelta(days=1)
            return datetime.datetime.combine(day, datetime.time(), datetime.UTC) + _ZONES >= moment
        # What is later lets in all that is locked.
        return datetime.datetime.fromisoformat(str(stated)) >= moment
    except (ValueError, TypeError):
        return None


def _seconds(text: str) -> float | None:
    """A span such as `7 days` or `P7D`; None if it is none."""
    if (iso := _ISO.fullmatch(text)) is not None and text != "P":
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds
    parts = _FRIENDLY.findall(text)
    if parts and not _FRIENDLY.sub("", text).strip(", "):
        return float(sum(int(number) * _UNITS[unit] for number, unit in parts))
    return None


def _environments(
    document: Mapping[str, Any], workspace: Workspace, within: Tree, find: Find
) -> Iterator[Result]:
    for setting, key in _ENVIRONMENTS:
        stated = shape.texts(workspace.uv, setting)
        locked = shape.texts(document, key)
        same = len(stated) == len(locked) and all(
            equivalent(parse_marker(ours), parse_marker(theirs), within)
            for ours, theirs in zip(stated, locked, strict=True)
        )
        if not same:
            yield Difference(
                key=f"setting {setting}",
                message=f"`{setting}` is {_shown(list(stated))}, in the lock "
                f"{_shown(list(locked))}",
                declared=workspace.root.place("tool", "uv", setting),
                locked=find(None, key),
            )


def _conflicts(document: Mapping[str, Any], workspace: Workspace, find: Find) -> Iterator[Result]:
    own = canonicalize_name(str(workspace.root.document.get("project", {}).get("name", "")))
    stated = _conflict_sets(workspace.uv.get("conflicts", []), own)
    locked = _conflict_sets(document.get("conflicts", []), own)
    if stated == locked:
        return
    groups = workspace.root.table("dependency-groups")
    if locked > stated and any(
        isinstance(item, Mapping) for items in groups.values() for item in items
    ):
        # uv adds the groups that include a conflicting one.
        yield Unknown(reason="conflicts of groups that include groups", place=_place(workspace))
        return
    yield Difference(
        key="setting conflicts",
        message=f"`conflicts` is {_shown(_listed(stated))}, in the lock {_shown(_listed(locked))}",
        declared=workspace.root.place("tool", "uv", "conflicts"),
        locked=find(None, "conflicts"),
    )


def _conflict_sets(value: Any, own: str) -> set[frozenset[tuple[str, str]]]:
    found: set[frozenset[tuple[str, str]]] = set()
    for group in value if isinstance(value, list) else []:
        entries = [item for item in group if isinstance(item, Mapping)]
        found.add(
            frozenset(
                (
                    canonicalize_name(str(item.get("package", own))),
                    next((f"{k} {item[k]}" for k in ("extra", "group") if k in item), "project"),
                )
                for item in entries
            )
        )
    return found


def _listed(sets: Iterable[frozenset[tuple[str, str]]]) -> list[list[str]]:
    return sorted(sorted(" ".join(item) for item in group) for group in sets)


def _excludes(document: Mapping[str, Any], workspace: Workspace, find: Find) -> Iterator[Result]:
    stated = _canonical(workspace.uv.get("exclude-dependencies", []))
    locked = _canonical(shape.table(document, "manifest").get("excludes", []))
    if stated != locked:
        yield Difference(
            key="setting exclude-dependencies",
            message=f"`exclude-dependencies` is {_shown(sorted(stated))}, in the lock "
            f"{_shown(sorted(locked))}",
            declared=workspace.root.place("tool", "uv", "exclude-dependencies"),
            locked=find(None, "excludes"),
        )


def _canonical(items: Iterable[object]) -> set[str]:
    return {
        canonicalize_name(item) if isinstance(item, str) else json.dumps(item, sort_keys=True)
        for item in items
    }


def _static_metadata(
    document: Mapping[str, Any], workspace: Workspace, find: Find
) -> Iterator[Result]:
    stated = list(shape.tables(workspace.settings, "dependency-metadata"))
    locked = list(shape.tables(shape.table(document, "manifest"), "dependency-metadata"))
    if not stated and not locked:
        return
    ours, theirs = (
        {(canonicalize_name(str(i.get("name"))), str(i.get("version", ""))) for i in items}
        for items in (stated, locked)
    )
    if ours != theirs:
        yield _differs(
            workspace,
            "dependency-metadata",
            sorted(" ".join(item).strip() for item in ours),
            sorted(" ".join(item).strip() for item in theirs),
            find(None, "dependency-metadata"),
        )
    elif sorted(map(_dump, stated)) != sorted(map(_dump, locked)):
        yield Unknown(
            reason="`dependency-metadata` is spelled otherwise in the lock",
            place=_place(workspace, "dependency-metadata"),
        )


def _dump(item: Mapping[str, Any]) -> str:
    return json.dumps(item, sort_keys=True, default=str)


def _indexes(blocks: Blocks, workspace: Workspace, find: Find) -> Iterator[Result]:
    """Packages from an index that uv is not configured for any more.

    Without any index in its settings uv takes those of the lock as they are.
    """
    settings = workspace.settings
    tables = [*shape.tables(settings, "index"), *workspace.indexes]
    single = shape.optional_text(settings, "index-url")
    extra = (*shape.texts(settings, "extra-index-url"), *shape.texts(settings, "find-links"))
    if not tables and single is None and not extra:
        return
    allowed = {plain_url(shape.text(table, "url")) for table in tables} | set(map(plain_url, extra))
    for member in workspace.members.values():
        allowed |= {plain_url(shape.text(t, "url")) for t in shape.tables(member.uv, "index")}
    allowed |= {plain_url(single)} if single is not None else set()
    replaced = single is not None or any(table.get("default") is True for table in tables)
    seen: set[str] = set()
    for table, line in zip(blocks.packages, blocks.lines, strict=True):
        index = shape.table(table, "source").get("registry")
        if not isinstance(index, str) or index in allowed or index in seen:
            continue
        if is_default_index(index, exact=True) and not replaced:
            continue
        seen.add(index)
        if "://" not in index:  # a folder, which settings may name in many ways
            yield Unknown(reason=f"the index is the folder `{index}`", place=find(line, None))
            continue
        yield Difference(
            key=f"index {index}",
            message=f"packages are locked from `{index}`, which is none of uv's indexes now",
            declared=_place(workspace, "index"),
            locked=find(line, "registry"),
            package=str(table.get("name")),
        )
