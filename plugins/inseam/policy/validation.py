"""pydantic's complaints about a document, put back where the document stands."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from inseam.policy.messages import Code, Place, PolicyMessage, message_at
from inseam.policy.reader import MAX_MESSAGES, shown
from inseam.policy.tree import Items, Scalar, Table, find, locate

_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "date_type": "a date",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
}


def located_errors(
    file: str,
    tree: Table,
    error: ValidationError,
    model: type[BaseModel],
    prefix: tuple[str, ...] = (),
) -> list[PolicyMessage]:
    """`error` about the part of `tree` at `prefix`, which had to be a `model`."""
    return [
        _located(file, tree, detail, model, prefix)
        for detail in error.errors(include_url=False, include_input=False)[:MAX_MESSAGES]
    ]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """What to do about the unknown name `word`: the nearest known one, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(word[:100], names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"use one of: {', '.join(names)}" if names else "remove it"


def dotted(path: Iterable[str | int]) -> str:
    """A path for a message: `gates.mypy.rollout`, `waivers[0].gate`."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            parts.append(f".{step}" if parts else step)
    return "".join(parts)


def _located(
    file: str, tree: Table, detail: ErrorDetails, model: type[BaseModel], prefix: tuple[str, ...]
) -> PolicyMessage:
    kind = detail["type"]
    of_key = detail["loc"][-1:] == ("[key]",)
    inner = detail["loc"][:-1] if of_key else detail["loc"]
    path = (*prefix, *inner)
    name = dotted(path) or "the document"
    line, column = locate(tree, path)
    problem: _Problem
    if kind == "missing":
        line, column = locate(tree, path[:-1])
        problem = ("missing-key", f"{name} is missing", f"add `{path[-1]}:`")
    elif kind == "extra_forbidden":
        fix = did_you_mean(str(path[-1]), _keys(_model_at(model, inner[:-1])))
        problem = ("unknown-key", f"{name} is unknown", fix)
    elif of_key:
        problem = ("wrong-value", f"the key {name}: {_reason(detail)}", "correct the key")
    else:
        node = find(tree, path)
        problem = _about_value(name, node, detail)
        if problem[0] != "no-value":
            line, column = node.line, node.column
    return message_at(Place(file=file, line=line, column=column), *problem)


_Problem = tuple[Code, str, str]
"""A message's code, sentence and fix."""


def _about_value(name: str, node: Scalar | Items | Table, detail: ErrorDetails) -> _Problem:
    if isinstance(node, Scalar) and node.value is None:
        return "no-value", f"{name} has no value", "give it one, or remove it"
    expected = _EXPECTED.get(detail["type"])
    if expected is None:
        value = f" {shown(node.text)}" if isinstance(node, Scalar) else ""
        return "wrong-value", f"{name}{value}: {_reason(detail)}", "correct the value"
    if isinstance(node, Scalar) and expected == "text":
        what = f"{name} {node.text} is {_kind(node)} to readers of YAML, not text"
        return "wrong-type", what, f'quote it: "{node.text}"'
    return "wrong-type", f"{name} is {_kind(node)}, not {expected}", f"write {expected}"


def _kind(node: Scalar | Items | Table) -> str:
    if isinstance(node, Items):
        return "a list"
    if isinstance(node, Table):
        return "a mapping"
    if isinstance(node.value, bool):
        return "a boolean"
    return "text" if isinstance(node.value, str) else "a number"


def _reason(detail: ErrorDetails) -> str:
    """pydantic's sentence, in the engine's manner."""
    message = detail["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _keys(model: type[BaseModel] | None) -> list[str]:
    if model is None:
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel] | None:
    """The model that the value at `path` within a `model` has to be, if it is one."""
    annotation: Any = model
    for step in path:
        annotation = _bare(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
            field = fields.get(str(step))
            annotation = None if field is None else field.annotation
        else:
            inner = [item for item in typing.get_args(annotation) if item is not Ellipsis]
            annotation = inner[-1] if inner else None
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def _bare(annotation: Any) -> Any:
    """`annotation` without `Annotated` and `| None`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _bare(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        stated = [item for item in typing.get_args(annotation) if item is not types.NoneType]
        return _bare(stated[0]) if len(stated) == 1 else annotation
    return annotation
