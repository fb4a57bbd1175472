"""Settings as JSON with one spelling per value: sets are sorted, so that bytes do not change."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json, to_jsonable_python


def canonical(value: Any) -> Any:
    """`value` as JSON would hold it; sets become sorted lists, mappings are sorted by key."""
    if isinstance(value, BaseModel):
        return {name: canonical(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        plain = {str(to_jsonable_python(key)): canonical(item) for key, item in value.items()}
        return dict(sorted(plain.items()))
    if isinstance(value, AbstractSet):
        return sorted((canonical(item) for item in value), key=to_json)
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return to_jsonable_python(value)
