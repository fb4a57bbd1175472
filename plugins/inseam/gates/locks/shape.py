"""Reading values of an untrusted document: each has the type that the format says, or an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name


class ShapeError(ValueError):
    """A value is not what the format says it is."""


def text(table: Mapping[str, Any], key: str) -> str:
    """A text that has to be there.

    Raises:
        ShapeError: it is not.
    """
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise ShapeError(f"`{key}` is no text")
    return value


def optional_text(table: Mapping[str, Any], key: str) -> str | None:
    """A text that may be there.

    Raises:
        ShapeError: it is something else.
    """
    value = table.get(key)
    if value is None or isinstance(value, str):
        return value
    raise ShapeError(f"`{key}` is no text")


def name_in(table: Mapping[str, Any], key: str = "name") -> str:
    """A package's name, normalised.

    Raises:
        ShapeError: it is none.
    """
    return canonicalize_name(text(table, key))


def table(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A table; an empty one if it is missing.

    Raises:
        ShapeError: it is something else.
    """
    value = parent.get(key, {})
    if not isinstance(value, Mapping):
        raise ShapeError(f"`{key}` is no table")
    return value


def tables(parent: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """The tables of an array; none if it is missing.

    Raises:
        ShapeError: it is something else.
    """
    value = parent.get(key, [])
    if not isinstance(value, list):
        raise ShapeError(f"`{key}` is no array")
    for item in value:
        if not isinstance(item, Mapping):
            raise ShapeError(f"`{key}` holds something else than tables")
        yield item


def texts(parent: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The texts of an array; none if it is missing. A text by itself is an array of one.

    Raises:
        ShapeError: it is something else.
    """
    value = parent.get(key, [])
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ShapeError(f"`{key}` is no array of texts")
    return tuple(value)
