"""What `typing` and the builtin containers mean: types that are built from other types."""

from __future__ import annotations

from collections.abc import Sequence

from inseam.gates.async_blocking.types import (
    UNKNOWN,
    Calling,
    Coroutine,
    External,
    Instance,
    Method,
    Tuple,
    Type,
    Value,
)
from inseam.gates.async_blocking.unions import builtin, instances, join

_TRANSPARENT = frozenset(
    {
        *("Optional", "Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly"),
        *("Mapped", "InitVar", "Unpack"),
    }
)
_BUILTIN = {
    "List": "list",
    "Dict": "dict",
    "Set": "set",
    "FrozenSet": "frozenset",
    "DefaultDict": "dict",
    "OrderedDict": "dict",
    "defaultdict": "dict",
    "Mapping": "dict",
    "MutableMapping": "dict",
    "Deque": "list",
    "deque": "list",
    "Tuple": "tuple",
}
_ELEMENTS = frozenset(
    {
        *("list", "set", "frozenset", "tuple", "Sequence", "MutableSequence", "Iterable"),
        *("Iterator", "Collection", "AbstractSet", "Set", "MutableSet", "KeysView", "ValuesView"),
        *("Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator", "Reversible"),
        *("Container", "ItemsView"),
    }
)
_TEXTS = frozenset({"str", "bytes"})


def parametrised(atom: Type, arguments: Sequence[Value]) -> Value:
    """What a generic class with arguments stands for.

    Args:
        atom: the class.
        arguments: what is between the brackets, each as a class is named.
    """
    form = atom.form
    first = arguments[0] if arguments else UNKNOWN
    if form in _TRANSPARENT:
        return first
    if form == "Union":
        return join(*arguments)
    if form == "Literal":
        return (Type(External("builtins.str")),)
    if form == "Callable":
        return (Calling(instances(arguments[-1])),) if arguments else UNKNOWN
    if form in ("tuple", "Tuple"):
        if len(arguments) == 2 and not arguments[1]:
            return (Type(External("builtins.tuple"), (instances(first),)),)
        return (Tuple(tuple(map(instances, arguments))),)
    if form in ("type", "Type"):
        return (Type(External("builtins.type"), (instances(first),)),)
    if form == "Awaitable":
        return (Coroutine(instances(first)),)
    if form == "Coroutine":
        return (Coroutine(instances(arguments[-1])),)
    inner = tuple(map(instances, arguments))
    if form in _BUILTIN:
        return (Type(External(f"builtins.{_BUILTIN[form]}"), inner),)
    return (Type(atom.cls, inner),)


def element(atom: Instance) -> Value | None:
    """What iterating a container gives; None for what is none."""
    form = atom.form
    if form in _TEXTS:
        return builtin(form) if form else UNKNOWN
    if form in _ELEMENTS or form == "dict":
        return atom.arguments[0] if atom.arguments else UNKNOWN
    return None


def item(atom: Instance, *, sliced: bool) -> Value | None:
    """What a subscript of a container gives; None for what is none."""
    form = atom.form
    if form == "dict":
        return atom.arguments[1] if len(atom.arguments) > 1 else UNKNOWN
    if form in _ELEMENTS or form in _TEXTS:
        return (atom,) if sliced else element(atom)
    return None


def unlisted_member(atom: Instance | Type, name: str) -> Value:
    """An attribute that no catalogue lists: a method of a container, perhaps."""
    form = atom.form
    if form in _ELEMENTS or form in _TEXTS or form == "dict":
        assert isinstance(atom.cls, External)
        return (Method(atom.cls, name, atom),)
    return UNKNOWN


def method_of_container(method: Method, arguments: Sequence[Value]) -> Value:
    """What a method of a builtin container gives."""
    receiver, name = method.receiver, method.name
    if not isinstance(receiver, Instance):
        return UNKNOWN
    form = receiver.form
    if form in _TEXTS:
        if name in ("split", "rsplit", "splitlines", "partition", "rpartition"):
            return builtin("list", (receiver,))
        if name in ("encode", "decode"):
            return builtin("bytes" if name == "encode" else "str")
        return (receiver,)
    if form == "dict":
        return _method_of_dict(receiver, name, arguments)
    if name in ("pop", "popleft", "__next__"):
        return element(receiver) or UNKNOWN
    if name in ("copy", "union", "intersection", "difference", "symmetric_difference"):
        return (receiver,)
    return UNKNOWN


def _method_of_dict(receiver: Instance, name: str, arguments: Sequence[Value]) -> Value:
    key, value = (*receiver.arguments, UNKNOWN, UNKNOWN)[:2]
    match name:
        case "get" | "pop" | "setdefault":
            return join(value, *arguments[1:2])
        case "items":
            return builtin("list", (Tuple((key, value)),))
        case "keys":
            return builtin("list", key)
        case "values":
            return builtin("list", value)
        case "popitem":
            return (Tuple((key, value)),)
        case "copy":
            return (receiver,)
        case _:
            return UNKNOWN
