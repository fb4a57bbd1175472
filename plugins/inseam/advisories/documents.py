"""Records' bytes to plain data: JSON and YAML, no code, no expansion, every scalar of YAML text."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

K = TypeVar("K", bound=Hashable)

_MAX_DEPTH = 40
# What may be an anchor or an alias; whether it is one, only YAML's own reader can tell.
_SUSPICIOUS = re.compile(rb"(?:^|[\s\[{,:-])[&*][^\s]", re.MULTILINE)
if TYPE_CHECKING:
    from yaml import BaseLoader as _Loader
else:  # the one in C where there is one
    _Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class DocumentError(ValueError):
    """A file that is no JSON or YAML, or more than plain data."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def parse(content: bytes, *, is_json: bool) -> object:
    """The plain data in `content`.

    In YAML every scalar is text, as unquoted `1.10` is a version here and no number.

    Raises:
        DocumentError: with the line, where the reader names one.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DocumentError("it is not UTF-8", line) from error
    try:
        value = _json(text) if is_json else _yaml(text, content)
    except RecursionError as error:
        raise DocumentError("it is nested too deeply") from error
    _check(value, 0)
    return value


def _json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise DocumentError(f"it is no JSON: {error.msg.lower()}", error.lineno) from error
    except DocumentError:
        raise
    except ValueError as error:  # a number of thousands of digits
        raise DocumentError(f"it is no JSON that can be read: {error}") from error


def _no_constant(name: str) -> object:
    raise DocumentError(f"it is no JSON: {name} is no value")


def _unique(pairs: list[tuple[K, Any]]) -> dict[K, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DocumentError(f"the key {twice!r} stands twice")
    return mapping


class _Unique(_Loader):
    """A loader that takes no key twice, and merges nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        pairs: list[tuple[Hashable, Any]] = [
            (self.construct_object(key, deep=True), self.construct_object(value, deep=True))
            for key, value in node.value
        ]
        for (key, _), (key_node, _) in zip(pairs, node.value, strict=True):
            if not isinstance(key, str):
                raise DocumentError("a key is no text", key_node.start_mark.line + 1)
        return _unique(pairs)


def _yaml(text: str, content: bytes) -> object:
    try:
        if _SUSPICIOUS.search(content):
            for event in yaml.parse(text, Loader=_Loader):
                if isinstance(event, yaml.AliasEvent):
                    raise DocumentError("it has an alias", _line(event.start_mark))
        return yaml.load(text, Loader=_Unique)
    except yaml.MarkedYAMLError as error:
        raise DocumentError(f"it is no YAML: {error.problem}", _line(error.problem_mark)) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise DocumentError(f"it is no YAML: {' '.join(str(error).split())}") from error


def _line(mark: Any) -> int | None:
    return None if mark is None else int(mark.line) + 1


def _check(value: object, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise DocumentError("it is nested too deeply")
    if isinstance(value, dict):
        for item in value.values():
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
