"""Calls that mean more than a catalogue can say: builtins, `functools`, `itertools`, `typing`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inseam.gates.async_blocking import forms
from inseam.gates.async_blocking.arguments import NOTHING, Arguments
from inseam.gates.async_blocking.implicit import ImplicitCalls
from inseam.gates.async_blocking.summary import is_a
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    Atom,
    External,
    Instance,
    Method,
    Named,
    Partial,
    Super,
    Tuple,
    Type,
    Value,
    Variable,
)
from inseam.gates.async_blocking.unions import builtin, instances, join

Special = Callable[[Any, Arguments, int], Value]


class BuiltinCalls(ImplicitCalls):
    """Evaluates calls whose meaning the analysis has to know."""

    def special(self, name: str, arguments: Arguments, place: int) -> Value | None:
        found = SPECIAL.get(name)
        return found(self, arguments, place) if found is not None else None

    def is_special(self, name: str) -> bool:
        return name in SPECIAL

    def _container(self, arguments: Arguments, place: int, kind: str) -> Value:
        return builtin(kind, self.iterate(arguments.get(0), place))

    def _consumed(self, arguments: Arguments, place: int) -> Value:
        """What takes all that an iterable gives: `any`, `sum`, `max`."""
        found = join(*(self.iterate(value, place) for value in arguments.positional))
        self._keys(arguments, found, place)
        return found

    def _keys(self, arguments: Arguments, elements: Value, place: int) -> None:
        for atom in arguments.get("key"):
            self.call(atom, Arguments([elements], {}, [0], {}), place)

    def method_of_container(self, method: Method, arguments: Arguments, place: int) -> Value:
        if method.name in ("join", "extend", "extendleft", "update", "writelines"):
            for value in arguments.positional:
                self.iterate(value, place)
        elif method.name == "sort" and isinstance(method.receiver, Instance):
            self._keys(arguments, forms.element(method.receiver) or UNKNOWN, place)
        return forms.method_of_container(method, arguments.positional)

    def _dictionary(self, arguments: Arguments, place: int) -> Value:
        given = arguments.get(0)
        if given and all(
            isinstance(atom, Instance) and atom.cls == External("builtins.dict") for atom in given
        ):
            return given
        found = self.iterate(given, place)
        pairs = [atom.elements for atom in found if isinstance(atom, Tuple)]
        known = [pair for pair in pairs if len(pair) == 2]
        values = [pair[1] for pair in known] + list(arguments.keywords.values())
        return builtin("dict", join(*(pair[0] for pair in known)), join(*values))

    def _mapped(self, arguments: Arguments, place: int) -> Value:
        elements = [self.iterate(value, place) for value in arguments.positional[1:]]
        passed = Arguments(elements, {}, [0] * len(elements), {})
        found = join(*(self.call(atom, passed, place) for atom in arguments.get(0)))
        return builtin("list", found)

    def _filtered(self, arguments: Arguments, place: int) -> Value:
        found = self.iterate(arguments.get(1), place)
        for atom in arguments.get(0):
            self.call(atom, Arguments([found], {}, [0], {}), place)
        return builtin("list", found)

    def _enumerated(self, arguments: Arguments, place: int) -> Value:
        return builtin("list", (Tuple((builtin("int"), self.iterate(arguments.get(0), place))),))

    def _zipped(self, arguments: Arguments, place: int) -> Value:
        found = tuple(self.iterate(value, place) for value in arguments.positional)
        return builtin("list", (Tuple(found),))

    def _same(self, arguments: Arguments, place: int) -> Value:
        return arguments.get(0)

    def _cast(self, arguments: Arguments, place: int) -> Value:
        return instances(arguments.get(0)) or arguments.get(1)

    def _getattr(self, arguments: Arguments, place: int) -> Value:
        named = arguments.positional_expressions[1:2]
        if not named or not is_a(named[0], "k") or not isinstance(named[0][1], str):
            return UNKNOWN
        name = named[0][1]
        found = [self.member(atom, name, place) for atom in arguments.get(0)]
        return join(*found, arguments.get(2))

    def _asked(self, arguments: Arguments, place: int, kind: str, *names: str) -> Value:
        for atom in arguments.get(0):
            if isinstance(atom, Instance):
                self.asked(atom, place, *names)
        return builtin(kind)

    def _imported(self, arguments: Arguments, place: int) -> Value:
        entry = self.evaluator.catalogue.functions.get("importlib.import_module")
        if entry is not None:
            self._block("importlib.import_module", entry, arguments, place)
        named = arguments.literal("name", ("name",))
        if not is_a(named, "k") or not isinstance(named[1], str) or named[1].startswith("."):
            return UNKNOWN
        return self.program.imported_module(named[1], self.source.path)

    def _type(self, arguments: Arguments, place: int) -> Value:
        return tuple(
            Type(atom.cls, atom.arguments, atom.exact)
            for atom in arguments.get(0)
            if isinstance(atom, Instance)
        )

    def _super(self, arguments: Arguments, place: int) -> Value:
        key = self.key
        while key is not None and key.function.owner is None:
            key = key.outer
        if key is None or key.function.owner is None or key.receiver is None:
            return UNKNOWN
        return (Super(key.function.owner, key.receiver),)

    def _partial(self, arguments: Arguments, place: int) -> Value:
        return (Partial(arguments.get(0)),) if arguments.get(0) else UNKNOWN

    def _variable(self, arguments: Arguments, place: int) -> Value:
        named = arguments.positional_expressions[:1]
        if not named or not is_a(named[0], "k"):
            return UNKNOWN
        bound = instances(arguments.get("bound")) or join(*map(instances, arguments.positional[1:]))
        return (Variable(str(named[0][1]), bound),)

    def _new_type(self, arguments: Arguments, place: int) -> Value:
        return arguments.get(1)

    def _quietly(self, atom: Atom, place: int) -> Value:
        self.quiet += 1
        try:
            return self.call(atom, NOTHING, place)
        finally:
            self.quiet -= 1

    def _decorating(self, arguments: Arguments, place: int) -> Value:
        return (Named("inseam.identity"),)


def _kind(kind: str) -> Special:
    return lambda self, arguments, place: self._container(arguments, place, kind)


def _gives(kind: str) -> Special:
    return lambda self, arguments, place: builtin(kind)


def _asks(kind: str, *names: str) -> Special:
    return lambda self, arguments, place: self._asked(arguments, place, kind, *names)


SPECIAL: dict[str, Special] = {
    **{f"builtins.{kind}": _kind(kind) for kind in ("list", "set", "tuple", "frozenset")},
    **{f"builtins.{name}": _kind("list") for name in ("reversed", "iter", "aiter")},
    "builtins.sorted": lambda self, arguments, place: builtin(
        "list", self._consumed(arguments, place)
    ),
    **{f"collections.{name}": _kind("list") for name in ("deque",)},
    **{f"itertools.{name}": _kind("list") for name in ("islice", "cycle", "takewhile")},
    **{
        f"builtins.{name}": BuiltinCalls._consumed
        for name in ("any", "all", "sum", "min", "max", "next", "anext")
    },
    "itertools.chain": lambda self, arguments, place: builtin(
        "list", join(*(self.iterate(value, place) for value in arguments.positional))
    ),
    "builtins.dict": BuiltinCalls._dictionary,
    "collections.OrderedDict": BuiltinCalls._dictionary,
    "collections.defaultdict": lambda self, arguments, place: builtin(
        "dict", UNKNOWN, join(*(self._quietly(atom, place) for atom in arguments.get(0)))
    ),
    "builtins.map": BuiltinCalls._mapped,
    "builtins.filter": BuiltinCalls._filtered,
    "builtins.enumerate": BuiltinCalls._enumerated,
    "builtins.zip": BuiltinCalls._zipped,
    "builtins.getattr": BuiltinCalls._getattr,
    "builtins.type": BuiltinCalls._type,
    "builtins.super": BuiltinCalls._super,
    "builtins.isinstance": _gives("bool"),
    "builtins.issubclass": _gives("bool"),
    "builtins.hasattr": _gives("bool"),
    "builtins.len": _asks("int", "__len__"),
    "builtins.bool": _asks("bool", "__bool__", "__len__"),
    "builtins.str": _asks("str", "__str__", "__repr__"),
    "builtins.repr": _asks("str", "__repr__"),
    "copy.copy": BuiltinCalls._same,
    "copy.deepcopy": BuiltinCalls._same,
    "importlib.import_module": BuiltinCalls._imported,
    "typing.cast": BuiltinCalls._cast,
    "typing.TypeVar": BuiltinCalls._variable,
    "typing_extensions.TypeVar": BuiltinCalls._variable,
    "typing.NewType": BuiltinCalls._new_type,
    "functools.partial": BuiltinCalls._partial,
    "functools.wraps": BuiltinCalls._decorating,
    "inseam.identity": BuiltinCalls._same,
    "contextlib.closing": BuiltinCalls._same,
    "contextlib.nullcontext": BuiltinCalls._same,
}
"""What each does, by its dotted name; `libraries_called` adds to it."""
