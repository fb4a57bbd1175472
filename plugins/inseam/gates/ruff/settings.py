"""What policy can say about ruff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from inseam.policy.orders import Settings, at_most, flag, free, grow, shrink, shrink_map

Selector = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,8}[0-9]{0,4}$")]
"""A rule's code, the beginning of some, or ALL."""

Pattern = Annotated[str, StringConstraints(pattern=r"^[^!\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")]
"""A glob as ruff reads it, relative to the service's folder; one without a slash matches names
in every folder. Without ruff's leading `!`, which would turn an exception into the rule."""

TargetVersion = Literal["py38", "py39", "py310", "py311", "py312", "py313", "py314"]


def _keeps_unreadable_files(ignored: frozenset[str]) -> frozenset[str]:
    """Ruff passes a file that it cannot read or decode in silence unless E902 is on."""
    for selector in sorted(ignored):
        if selector != "E" and "E902".startswith(selector):
            raise ValueError(f"{selector} covers E902, without which unreadable files pass")
    return ignored


class RuffSettings(Settings):
    """What policy can say about ruff."""

    select: Annotated[frozenset[Selector], grow] = Field(
        frozenset({"ASYNC", "B", "E", "F", "I", "UP", "W"}),
        description="Rules that are checked: codes such as `B006`, or prefixes such as `B`.",
    )
    ignore: Annotated[frozenset[Selector], shrink, AfterValidator(_keeps_unreadable_files)] = Field(
        frozenset(),
        description="Rules of `select` that are not checked. The more specific selector wins.",
    )
    per_path_ignores: Annotated[Mapping[Pattern, frozenset[Selector]], shrink_map] = Field(
        {},
        description="Rules not checked in some files: globs below the service's folder to codes.",
    )
    exclude: Annotated[frozenset[Pattern], shrink] = Field(
        frozenset(),
        description="Globs of files neither checked nor formatted, such as generated ones.",
    )
    line_length: Annotated[int, at_most] = Field(
        100, ge=1, le=320, description="Columns that a line may have; the formatter's width too."
    )
    target_version: Annotated[TargetVersion | None, free] = Field(
        None,
        description="Oldest Python that the code runs on. Unset: from `requires-python`.",
    )
    first_party: Annotated[frozenset[str], free] = Field(
        frozenset(),
        description="Modules that imports are sorted with the service's own, such as libraries'.",
    )
    format: Annotated[bool, flag] = Field(
        True, description="Whether files must be as `ruff format` writes them."
    )
    preview: Annotated[bool, flag] = Field(
        False, description="Whether rules that ruff calls unstable can be selected."
    )
