"""What syntax calls without a call: iteration, `with`, and other methods of two underscores."""

from __future__ import annotations

from inseam.gates.async_blocking import forms
from inseam.gates.async_blocking.arguments import NOTHING, Arguments
from inseam.gates.async_blocking.calls import Calls
from inseam.gates.async_blocking.sources import Class
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    Atom,
    Coroutine,
    Instance,
    Suspended,
    Tuple,
    Value,
)
from inseam.gates.async_blocking.unions import join


class ImplicitCalls(Calls):
    """Evaluates what runs code without looking like a call."""

    def iterate(self, value: Value, place: int) -> Value:
        if len(value) == 1:
            return self._iterate(value[0], place)
        return join(*[self._iterate(atom, place) for atom in value])

    def _iterate(self, atom: Atom, place: int) -> Value:
        match atom:
            case Suspended(key=key, element=given):
                if not self.quiet:
                    self.facts.call(place, key, sure=True)
                return given
            case Tuple(elements=elements):
                return join(*elements)
            case Instance():
                return self._iterate_instance(atom, place)
            case _:
                return UNKNOWN

    def _iterate_instance(self, atom: Instance, place: int) -> Value:
        known = forms.element(atom)
        if known is not None:
            return known
        iterators = self._dunder(atom, "__iter__", place)
        results: list[Value] = []
        for iterator in iterators:
            if not isinstance(atom.cls, Class):
                if isinstance(iterator, Instance):
                    results.extend(iterator.arguments[:1])
            elif isinstance(iterator, Instance) and isinstance(iterator.cls, Class):
                results.append(self._dunder(iterator, "__next__", place))
            elif iterator != atom:
                results.append(self._iterate(iterator, place))
        return join(*results)

    def _dunder(self, atom: Instance, name: str, place: int, *passed: Value) -> Value:
        """What a method that syntax calls gives."""
        arguments = Arguments(list(passed), {}, [0] * len(passed), {}) if passed else NOTHING
        methods = self._dunder_methods(atom, name, place)
        return join(*[self.call(method, arguments, place) for method in methods])

    def _dunder_methods(self, atom: Instance, name: str, place: int) -> Value:
        if self.members.find(atom.cls, name) is None:
            return UNKNOWN
        return self.member(atom, name, place)

    def asked(self, atom: Instance, place: int, *names: str) -> bool:
        """Runs the first of some methods that an object has; whether it has one."""
        for name in names:
            if self.members.find(atom.cls, name) is not None:
                self._dunder(atom, name, place)
                return True
        return False

    def enter(self, value: Value, place: int, *, is_async: bool) -> Value:
        """What a `with` statement binds."""
        return join(*(self._enter(atom, place, is_async=is_async) for atom in value))

    def _enter(self, atom: Atom, place: int, *, is_async: bool) -> Value:
        match atom:
            case Suspended(key=key, element=given, manager=True):
                if not self.quiet:
                    self.facts.call(place, key, sure=True)
                return given
            case Coroutine(value=given, manager=True):
                return given
            case Instance():
                first, last = ("__aenter__", "__aexit__") if is_async else ("__enter__", "__exit__")
                entered = self._dunder(atom, first, place)
                if is_async:
                    return self.awaited(entered) or (atom,)
                self._dunder(atom, last, place)
                if atom.form in ("AbstractContextManager", "ContextManager"):
                    return join(*atom.arguments[:1])
                return entered or (atom,)
            case _:
                return UNKNOWN
