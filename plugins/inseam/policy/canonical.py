"""Values of policy with one spelling each: sets are sorted, so that bytes do not change."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json, to_jsonable_python

_ATOMS = (str, int, bool, float)


def canonical(value: Any) -> Any:
    """`value` as JSON would hold it; sets become sorted lists, mappings are sorted by key."""
    if value is None or type(value) in _ATOMS:
        return value
    if isinstance(value, BaseModel):
        return {name: canonical(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        plain = {str(to_jsonable_python(key)): canonical(item) for key, item in value.items()}
        return dict(sorted(plain.items()))
    if isinstance(value, AbstractSet):
        if all(type(item) is str for item in value):
            return sorted(value)
        return sorted((canonical(item) for item in value), key=to_json)
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return to_jsonable_python(value)


def inline(value: Any) -> str:
    """`value` for people, on one line, as YAML's flow style would have it."""
    plain = canonical(value)
    if plain is None:
        return "none"
    if isinstance(plain, bool):
        return str(plain).lower()
    if isinstance(plain, list):
        return f"[{', '.join(map(inline, plain))}]"
    if isinstance(plain, dict):
        return f"{{{', '.join(f'{key}: {inline(item)}' for key, item in plain.items())}}}"
    if isinstance(plain, str):
        return plain if plain and plain.isprintable() else repr(plain)
    return str(plain)
