"""JSON Schemas by which editors complete and check policy: `render_schemas(gates)`.

Made of the loader's own models and every gate's settings, so that they cannot drift apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from inseam.policy.canonical import canonical
from inseam.policy.documents import OrgDocument, ProfileDocument, ServiceDocument
from inseam.policy.orders import Nature, Settings, order_of

_DOCUMENTS: Mapping[str, type[BaseModel]] = {
    "org.json": OrgDocument,
    "profile.json": ProfileDocument,
    "service.json": ServiceDocument,
}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def render_schemas(gates: Mapping[str, type[Settings]]) -> dict[str, str]:
    """The files of `policies/schema/`: file name to content, the same for the same gates.

    Args:
        gates: every gate's settings, by the gate's id.
    """
    return {name: _render(model, gates) for name, model in _DOCUMENTS.items()}


def _render(document: type[BaseModel], gates: Mapping[str, type[Settings]]) -> str:
    settings = dict.fromkeys(gates[gate] for gate in sorted(gates))
    references, whole = models_json_schema(
        [(model, "validation") for model in (document, *settings)], by_alias=True
    )
    definitions: dict[str, Any] = whole["$defs"]
    of_settings = {_name(references[model, "validation"]) for model in settings}
    for name in definitions.keys() - of_settings:
        definitions[name] = _without_null(definitions[name])
    for gate in settings:
        _describe_settings(_resolved(definitions, references[gate, "validation"]), gate)
    root = _resolved(definitions, references[document, "validation"])
    by_gate = root["properties"]["gates"]
    statement = by_gate.pop("additionalProperties")
    by_gate["properties"] = {
        gate: _with_settings(definitions, statement, references[model, "validation"], model)
        for gate, model in sorted(gates.items())
    }
    by_gate["additionalProperties"] = False
    schema = {"$schema": _DIALECT, **root, "$defs": _reachable(definitions, root)}
    return json.dumps(_untitled(schema), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _with_settings(
    definitions: Mapping[str, Any],
    statement: Mapping[str, Any],
    settings: Mapping[str, Any],
    model: type[Settings],
) -> dict[str, Any]:
    """What a layer may state about one gate: the common part, with this gate's settings."""
    common = _resolved(definitions, statement)
    return {**common, "properties": {**common["properties"], "settings": dict(settings)}}


def _describe_settings(schema: dict[str, Any], model: type[Settings]) -> None:
    """Adds to each setting what a layer may do with it, and its default in one spelling."""
    for name, field in model.model_fields.items():
        order = order_of(model, name)
        part = schema["properties"][name]
        does = "" if order.nature is Nature.FREE else f" Order `{order.name}`: {order.hint}."
        part["description"] = f"{field.description}{does}"
        part["default"] = canonical(field.get_default(call_default_factory=True))


def _resolved(definitions: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    name = _name(schema)
    return schema if name is None else definitions[name]


def _name(schema: Mapping[str, Any]) -> str | None:
    """The definition that `schema` refers to."""
    reference = schema.get("$ref")
    return reference.rpartition("/")[2] if isinstance(reference, str) else None


def _reachable(definitions: Mapping[str, Any], root: Any) -> dict[str, Any]:
    """The definitions that `root` needs."""
    found: dict[str, Any] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            name = _name(node)
            if name is not None and name not in found:
                found[name] = definitions[name]
                waiting.append(definitions[name])
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return found


def _without_null(node: Any) -> Any:
    """Without null where it means "not stated": the loader refuses it."""
    if isinstance(node, list):
        return [_without_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _without_null(item) for key, item in node.items()}
    options = plain.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        del plain["anyOf"]
        plain.pop("default", None)
        stated = [option for option in options if option != {"type": "null"}]
        plain = {**stated[0], **plain} if len(stated) == 1 else {**plain, "anyOf": stated}
    return plain


def _untitled(node: Any) -> Any:
    """Without pydantic's titles, which only repeat the keys."""
    if isinstance(node, list):
        return [_untitled(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _untitled(item)
        for key, item in node.items()
        if not (key == "title" and isinstance(item, str))
    }
