"""Which of mypy's options loosen it, in a comment or in a file.

The gate `mypy` runs strict, so every option that strictness switches on loosens when it is off.
Options that only say where things are (`mypy_path`, `python_version`) are not among them.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from dataclasses import dataclass

PREFIX = "# mypy:"
"""What a comment at a line's very beginning must begin with to hold inline settings."""

_STRICT_WHEN_TRUE = frozenset(
    {
        "check_untyped_defs",
        "disallow_any_decorated",
        "disallow_any_explicit",
        "disallow_any_expr",
        "disallow_any_generics",
        "disallow_any_unimported",
        "disallow_incomplete_defs",
        "disallow_subclassing_any",
        "disallow_untyped_calls",
        "disallow_untyped_decorators",
        "disallow_untyped_defs",
        "extra_checks",
        "strict",
        "strict_bytes",
        "strict_concatenate",
        "strict_equality",
        "strict_equality_for_none",
        "strict_optional",
        "warn_no_return",
        "warn_redundant_casts",
        "warn_return_any",
        "warn_unreachable",
        "warn_unused_configs",
        "warn_unused_ignores",
    }
)
_LOOSE_WHEN_TRUE = frozenset(
    {
        "allow_redefinition",
        "allow_redefinition_new",
        "allow_redefinition_old",
        "allow_untyped_globals",
        "ignore_errors",
        "ignore_missing_imports",
        "implicit_optional",
        "implicit_reexport",
        "silence_site_packages",
    }
)
_LOOSE_WHEN_LISTED = frozenset(
    {"always_false", "always_true", "disable_error_code", "exclude", "untyped_calls_exclude"}
)
_LOOSE_VALUES = {"follow_imports": frozenset({"skip", "silent"})}

_BOOLEANS = configparser.RawConfigParser.BOOLEAN_STATES
_SEPARATOR = re.compile(r"[,\s]+")


@dataclass(frozen=True, kw_only=True)
class Loosened:
    """One thing that an option loosens."""

    option: str
    """As it is spelled, with underscores."""
    value: str
    """Its value, or for a list one member."""

    def __str__(self) -> str:
        return f"{self.option} = {self.value}"


def loosened(option: str, value: object) -> Iterator[Loosened]:
    """What `option = value` loosens; a list yields each member, so that each counts."""
    option = option.replace("-", "_")
    if option in _LOOSE_WHEN_LISTED:
        members = value if isinstance(value, list) else _SEPARATOR.split(str(value))
        for member in members:
            if str(member).strip():
                yield Loosened(option=option, value=str(member).strip())
    elif option in _LOOSE_VALUES:
        if str(value).lower() in _LOOSE_VALUES[option]:
            yield Loosened(option=option, value=str(value))
    elif (strict := _strict_when_true(option)) is not None:
        text = str(value).lower()
        if _BOOLEANS.get(text) is not strict and text in _BOOLEANS:
            yield Loosened(option=option, value=text)


def _strict_when_true(option: str) -> bool | None:
    """Whether an option is stricter when it is on; None for one that strictness does not know.

    mypy turns `no_x` into x, `allow_x` into disallow_x and `disallow_x` into allow_x.
    """
    if option in _STRICT_WHEN_TRUE:
        return True
    if option in _LOOSE_WHEN_TRUE:
        return False
    inverses = (option.removeprefix("no_"), f"dis{option}", option.removeprefix("dis"))
    for inverse in inverses:
        if inverse in _STRICT_WHEN_TRUE:
            return False
        if inverse in _LOOSE_WHEN_TRUE:
            return True
    return None


def inline(comment: str) -> Iterator[Loosened]:
    """What the settings in a comment that begins with `PREFIX` loosen."""
    for entry in _entries(comment.removeprefix(PREFIX)):
        option, equals, value = entry.partition("=")
        yield from loosened(option.strip(), value.strip() if equals else "true")


def _entries(text: str) -> list[str]:
    """`text` split at commas outside of double quotes, without the quotes."""
    entries = [""]
    quoted = False
    for character in text:
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            entries.append("")
        else:
            entries[-1] += character
    return [entry.strip() for entry in entries]
