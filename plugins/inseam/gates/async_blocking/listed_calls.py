"""What calls run and give of what is outside of the tree, as the catalogue lists it."""

from __future__ import annotations

from inseam.gates.async_blocking.arguments import NOTHING, Arguments
from inseam.gates.async_blocking.attributes import Attributes
from inseam.gates.async_blocking.catalogue_model import Confidence, Entry
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.summary import Expression, is_a
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    Atom,
    Coroutine,
    External,
    Instance,
    Method,
    Partial,
    Routine,
    Type,
    Value,
)
from inseam.gates.async_blocking.unions import instances, join, substitute

_IN_MEMORY = (External("io.BytesIO"), External("io.StringIO"))


class ListedCalls(Attributes):
    """Evaluates calls of libraries."""

    def call(self, atom: Atom, arguments: Arguments, place: int, *, awaited: bool = False) -> Value:
        """What calling `atom` gives; see `Calls`."""
        raise NotImplementedError

    def _result(self, functions: Value) -> Value:
        """What calling some values would give."""
        self.quiet += 1
        try:
            return join(*(self.call(atom, NOTHING, 0) for atom in functions))
        finally:
            self.quiet -= 1

    def _construct_external(
        self, atom: Type, name: str, arguments: Arguments, place: int, *, awaited: bool
    ) -> Value:
        special = self.special(name, arguments, place)
        if special is not None:
            return special
        entry = self.evaluator.catalogue.classes.get(name)
        if entry is not None and entry.init is not None:
            if not awaited:
                self._block(name, entry.init, arguments, place)
            if not self.quiet:
                for which in entry.init.loop_callback:
                    self.loop_callback(arguments.get(which), place)
            if returns := _returned_type(entry.init, arguments):
                return instances(self.evaluator.text(returns))
        return (Instance(atom.cls, atom.arguments, exact=True),)

    def _named_called(self, name: str, arguments: Arguments, place: int, *, awaited: bool) -> Value:
        special = self.special(name, arguments, place)
        if special is not None:
            return special
        entry = self.evaluator.catalogue.functions.get(name)
        if entry is None:
            return UNKNOWN
        return self._entry_called(name, entry, {}, arguments, place, awaited=awaited)

    def _method_called(
        self, method: Method, arguments: Arguments, place: int, *, awaited: bool
    ) -> Value:
        name, receiver = method.dotted, method.receiver
        special = self.special(name, arguments, place)
        if special is not None:
            return special
        member = self.members.find(method.owner, method.name)
        if member is None or member.entry is None:
            return self.method_of_container(method, arguments, place)
        known = self.own_arguments(receiver, member)
        if member.owner != receiver.cls:
            found = self.members.find(receiver.cls, method.name)
            known = self.own_arguments(receiver, found) if found is not None else known
        known = {**known, "Self": (Instance(receiver.cls, receiver.arguments, receiver.exact),)}
        return self._entry_called(name, member.entry, known, arguments, place, awaited=awaited)

    def _entry_called(
        self,
        name: str,
        entry: Entry,
        known: dict[str, Value],
        arguments: Arguments,
        place: int,
        *,
        awaited: bool,
    ) -> Value:
        if not awaited:
            self._block(name, entry, arguments, place)
        for which in entry.callback:
            for atom in arguments.get(which):
                self.call(atom, NOTHING, place)
        if not self.quiet:
            for which in entry.loop_callback:
                self.loop_callback(arguments.get(which), place)
        returns = UNKNOWN
        if stated := _returned_type(entry, arguments):
            returns = instances(substitute(self.evaluator.text(stated), known))
        elif entry.offloads:
            returns = join(*(self._result(arguments.get(which)) for which in entry.offloads))
        elif entry.gives:
            returns = join(*(arguments.get(which) for which in entry.gives))
        return (Coroutine(returns),) if entry.awaitable else returns

    def loop_callback(self, functions: Value, place: int) -> None:
        """Notes functions that an event loop will call."""
        for atom in functions:
            if isinstance(atom, Partial):
                self.loop_callback(atom.of, place)
            elif isinstance(atom, Routine) and not atom.function.is_async:
                outer = atom.outer
                if outer is None and atom.function.parent is not None:
                    outer = self.evaluator.key(atom.function.parent)
                key = Key(atom.function, atom.receiver, (), outer)
                self.facts.callbacks.setdefault(key, place)

    def _block(self, name: str, entry: Entry, arguments: Arguments, place: int) -> None:
        """Notes a blocking call unless its arguments keep it from blocking."""
        if entry.blocks is None or entry.awaitable or self.quiet:
            return
        for parameter, wanted in entry.when:
            if not _is(arguments.literal(parameter, entry.parameters), wanted):
                return
        for parameter, unwanted in entry.unless:
            if _is(arguments.literal(parameter, entry.parameters), unwanted):
                return
        for parameter in entry.given:
            given = arguments.literal(parameter, entry.parameters)
            if not given or (is_a(given, "k") and not given[1]):
                return
        if _works_in_memory(entry, arguments):
            return
        self.facts.block(place, name, entry, sure=entry.confidence is Confidence.HIGH)

    def method_of_container(self, method: Method, arguments: Arguments, place: int) -> Value:
        """What a method of a builtin container gives; see `Builtins`."""
        raise NotImplementedError

    def special(self, name: str, arguments: Arguments, place: int) -> Value | None:
        """What calls give that only the analysis knows to read; see `Builtins`."""
        raise NotImplementedError


def _is(expression: Expression, wanted: object) -> bool:
    if is_a(expression, "k"):
        given = expression[1]
        return type(given) is type(wanted) and bool(given == wanted)
    if not isinstance(wanted, str):
        return False
    if is_a(expression, "|"):  # flags
        return _is(expression[1], wanted) or _is(expression[2], wanted)
    named = expression[2] if is_a(expression, "a") else expression
    return bool(named == wanted)


def _works_in_memory(entry: Entry, arguments: Arguments) -> bool:
    return any(
        isinstance(atom, Instance) and atom.cls in _IN_MEMORY
        for which in entry.memory
        for atom in arguments.get(which)
    )


def _returned_type(entry: Entry, arguments: Arguments) -> str | None:
    if entry.in_memory and _works_in_memory(entry, arguments):
        return entry.in_memory
    return entry.returns
