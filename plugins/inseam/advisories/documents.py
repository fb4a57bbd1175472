"""Records' bytes to plain data: JSON and YAML, no code, no expansion, every scalar of YAML text."""

from __future__ import annotations

import json
from typing import Any

import yaml

_MAX_DEPTH = 40
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # the one in C where there is one


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
        value = _json(text) if is_json else _yaml(text)
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


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DocumentError(f"the key {twice!r} stands twice")
    return mapping


def _yaml(text: str) -> object:
    """Built from YAML's events, one by one: PyYAML's own composer recurses in C, without an end."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise DocumentError(f"it is no YAML: {error.problem}", _line(error.problem_mark)) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise DocumentError(f"it is no YAML: {' '.join(str(error).split())}") from error
    return builder.value


class _Builder:
    """Plain data out of events: no aliases, no tags, no key twice, one document."""

    def __init__(self) -> None:
        self.value: object = None
        self._documents = 0
        self._open: list[dict[str, object] | list[object]] = []
        self._keys: list[str | None] = []
        """For each of the open ones the key whose value comes next; None where a key does."""

    def take(self, event: yaml.Event) -> None:
        """The next event.

        Raises:
            DocumentError: it is more than plain data.
        """
        line = _line(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise DocumentError("it has a second document", line)
        elif isinstance(event, yaml.AliasEvent):
            raise DocumentError("it has an alias", line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            if event.tag is not None:
                raise DocumentError(f"it has the tag {event.tag!r}", line)
            self._node(event, line)

    def _node(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, line: int | None) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._place(event.value, line)
            return
        value: dict[str, object] | list[object]
        value = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._place(value, line)
        if len(self._open) > _MAX_DEPTH:
            raise DocumentError("it is nested too deeply", line)
        self._open.append(value)
        self._keys.append(None)

    def _place(self, value: object, line: int | None) -> None:
        if not self._open:
            self.value = value
            return
        inside = self._open[-1]
        if isinstance(inside, list):
            inside.append(value)
            return
        key = self._keys[-1]
        if key is not None:
            inside[key] = value
            self._keys[-1] = None
        elif not isinstance(value, str):
            raise DocumentError("a key is no text", line)
        elif value in inside:
            raise DocumentError(f"the key {value!r} stands twice", line)
        else:
            self._keys[-1] = value


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
