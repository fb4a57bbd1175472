"""What expressions do whose parts are evaluated under conditions, or bind names."""

from __future__ import annotations

from collections.abc import Sequence

from inseam.gates.async_blocking.arguments import NOTHING, Arguments
from inseam.gates.async_blocking.catalogue_model import Entry
from inseam.gates.async_blocking.narrowing import isinstance_of
from inseam.gates.async_blocking.subscripts import Subscripts
from inseam.gates.async_blocking.summary import Expression, is_a
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    Atom,
    External,
    Instance,
    Method,
    Named,
    Routine,
    Value,
)
from inseam.gates.async_blocking.unions import builtin, either, join
from inseam.gates.async_blocking.values import EXPRESSIONS, chain_of

Env = dict[str, Value]
_NARROWING = frozenset({"?", "not", "and", "or", "c"})
"""Kinds of tests that may tell what a value is."""
_PUTTING = {"append": "list", "appendleft": "list", "add": "set"}
"""Methods that put something into a container, and which."""
_BOOL = builtin("bool")


class Operations(Subscripts):
    """Evaluates expressions that branch, bind or repeat."""

    def assign(self, target: Expression, value: Value) -> None:
        """Gives a target a value; see `Flow`."""
        raise NotImplementedError

    def merge(self, ends: list[Env]) -> bool:
        """Goes on from where any of the branches ended; whether any did."""
        if not ends:
            return False
        merged = ends[0]
        for other in ends[1:]:
            if other == merged:
                continue
            both: Env = {}
            for name, value in merged.items():
                if name in other:
                    theirs = other[name]
                    both[name] = value if value is theirs else either(value, theirs)
                elif "." not in name:
                    both[name] = value
            for name, value in other.items():
                if name not in both and "." not in name:
                    both[name] = value
            merged = both
        self.env = merged
        return True

    def async_element(self, value: Value) -> Value:
        found: list[Value] = []
        for atom in value:
            if isinstance(atom, Instance):
                if isinstance(atom.cls, External):
                    found.extend(atom.arguments[:1])
                    continue
                for iterator in self._dunder(atom, "__aiter__", 0):
                    if isinstance(iterator, Instance) and isinstance(iterator.cls, External):
                        found.extend(iterator.arguments[:1])
                    elif isinstance(iterator, Instance):
                        found.append(self.awaited(self._dunder(iterator, "__anext__", 0)))
        return join(*found)

    def learn(self, base: Expression, kind: str, key: Value, value: Value) -> None:
        """What is put into a container that was made empty tells what it holds."""
        chain = chain_of(base)
        if chain is None or not value:
            return
        name = f"builtins.{kind}"
        for atom in self.env.get(chain, UNKNOWN):
            if isinstance(atom, Instance) and atom.cls == External(name):
                old = (*atom.arguments, UNKNOWN, UNKNOWN)
                inner: tuple[Value, ...] = (join(old[0], value),)
                if kind == "dict":
                    inner = (join(old[0], key), join(old[1], value))
                made: Value = (Instance(External(name), inner),)
                if made == self.env[chain]:
                    return
                self.env[chain] = made
                if isinstance(base, str):
                    self.facts.locals[base] = made
                elif self.is_self(base[1]):
                    self.facts.attributes[base[2]] = made
                return

    def is_self(self, base: Expression) -> bool:
        key = self.key
        while key is not None and key.receiver is None:
            key = key.outer
        if key is None or not key.function.head.parameters:
            return False
        return bool(base == key.function.head.parameters[0][0])

    def narrow(self, test: Expression, positive: bool) -> None:
        """Takes from a test that it holds, or that it does not."""
        if type(test) is not list or test[0] not in _NARROWING:
            return
        kind = test[0]
        if kind == "c":
            if test[1] == "isinstance" and len(test[2]) == 2:
                self._narrow_by_class(test[2][0], test[2][1], positive)
        elif kind == "?":
            self.narrow(test[1], positive)
        elif kind == "not":
            self.narrow(test[1], not positive)
        elif positive is (kind == "and"):
            for part in test[1]:
                self.narrow(part, positive)
        elif kind == "or":
            self._narrow_to_any(test[1])

    def _narrow_by_class(self, tested: Expression, named: Expression, positive: bool) -> None:
        chain = chain_of(tested)
        if chain is not None:
            value, classes = self.look(tested), self.look(named)
            left = isinstance_of(self.members, value, classes, positive=positive)
            self.learn_of(chain, left)

    def _narrow_to_any(self, parts: Sequence[Expression]) -> None:
        before, ends = self.env, []
        for part in parts:
            self.env = dict(before)
            self.narrow(part, True)
            ends.append(self.env)
        self.merge(ends)

    def _both(self, expression: Expression) -> Value:
        """`and`, `or`: what stands behind is evaluated only if what stands before allows it."""
        kind, parts = expression
        before = self.env
        self.env = dict(before)
        values = []
        for part in parts:
            values.append(self.value(part))
            self.narrow(part, kind == "and")
        bound = {
            name: value
            for name, value in self.env.items()
            if name not in before and "." not in name
        }
        self.env = {**before, **bound} if bound else before
        return values[-1] if kind == "and" else join(*values)

    def _conditional(self, expression: Expression) -> Value:
        _, test, first, second = expression
        self.value(test)
        before = self.env
        self.env = dict(before)
        self.narrow(test, True)
        found = self.value(first)
        self.env = dict(before)
        self.narrow(test, False)
        other = self.value(second)
        self.env = before
        return either(found, other)

    def _comprehension(self, expression: Expression) -> Value:
        _, kind, element, generators, second = expression
        before = self.env
        self.env = dict(before)
        for target, iterable, tests, is_async, place in generators:
            value = self.value(iterable)
            given = self.async_element(value) if is_async else self.iterate(value, place)
            self.assign(target, given)
            for test in tests:
                self.value(test)
                self.narrow(test, True)
        found = self.value(element)
        other = self.value(second)
        self.env = before
        if kind == "d":
            return (Instance(External("builtins.dict"), (found, other)),)
        name = {"l": "builtins.list", "S": "builtins.set", "g": "typing.Iterator"}[kind]
        return (Instance(External(name), (found,)),)

    def _called(self, expression: Expression, awaited: bool = False) -> Value:
        _, function, positional, keywords, place = expression
        if function == "super" and positional:
            positional = []
        called = self.value(function)
        if awaited and any(_is_async(atom) for atom in called):
            # Of a sync and an async twin it is the async one that is awaited.
            called = tuple(
                atom for atom in called if not isinstance(atom, Routine) or _is_async(atom)
            )
        arguments = NOTHING
        if positional or keywords:
            arguments = self._passed(called, positional, keywords or {}, awaited=awaited)
        if type(function) is list and function[0] == "a" and function[2] in _PUTTING:
            self.learn(function[1], _PUTTING[function[2]], UNKNOWN, arguments.get(0))
        if len(called) == 1:
            return self.call(called[0], arguments, place, awaited=awaited)
        return join(*[self.call(atom, arguments, place, awaited=awaited) for atom in called])

    def _passed(
        self,
        called: Value,
        positional: list[Expression],
        keywords: dict[str, Expression],
        *,
        awaited: bool,
    ) -> Arguments:
        """What a call passes, evaluated."""
        given: list[Value] = []
        star = -1
        for number, argument in enumerate(positional):
            if type(argument) is list:
                if argument[0] == "g" and self._offloads(called, awaited=awaited):
                    given.append(self._iterable_only(argument))
                    continue
                if argument[0] == "*" and star < 0:
                    star = number
            given.append(self.value(argument))
        named: dict[str, Value] = {}
        for name, argument in keywords.items():
            named[name] = self.value(argument)
        if star < 0:
            return Arguments(given, named, positional, keywords)
        # What stands behind a star has no known place.
        return Arguments(given[:star], named, positional[:star], keywords, join(*given[star:]))

    def _offloads(self, called: Value, *, awaited: bool) -> bool:
        """Whether a call runs elsewhere what it is given."""
        return any(self._runs_elsewhere(atom) for atom in called) or (not called and awaited)

    def _iterable_only(self, generator: Expression) -> Value:
        """A generator that is run elsewhere: only its first iterable is evaluated here."""
        self.value(generator[3][0][1])
        return self.look(generator)

    def _runs_elsewhere(self, atom: Atom) -> bool:
        entry: Entry | None = None
        if isinstance(atom, Named):
            entry = self.evaluator.catalogue.functions.get(atom.name)
        elif isinstance(atom, Method):
            member = self.members.find(atom.owner, atom.name)
            entry = member.entry if member is not None else None
        return entry is not None and bool(entry.offloads)

    def _await(self, expression: Expression) -> Value:
        inner = expression[1]
        if is_a(inner, "c"):
            return self.awaited(self._called(inner, awaited=True))
        return self.awaited(self.value(inner))

    def _yield_from(self, expression: Expression) -> Value:
        _, inner, place = expression
        self.facts.yields = either(self.facts.yields, self.iterate(self.value(inner), place))
        return UNKNOWN

    def _contains(self, expression: Expression) -> Value:
        _, container, element, place = expression
        self.value(element)
        for atom in self.value(container):
            if isinstance(atom, Instance) and not self.asked(atom, place, "__contains__"):
                self.iterate((atom,), place)
        return _BOOL

    def _truth(self, expression: Expression) -> Value:
        _, inner, place = expression
        value = self.value(inner)
        for atom in value:
            if isinstance(atom, Instance):
                self.asked(atom, place, "__bool__", "__len__")
        return value

    def _with_value(self, expression: Expression) -> Value:
        return self.enter(self.value(expression[1]), 0, is_async=False)

    def _binary(self, expression: Expression) -> Value:
        operator, left, right, place = expression
        first, second = self.value(left), self.value(right)
        if operator == "|":
            return either(first, second)
        if operator == "+":
            return first or second
        found = []
        for atom in first:
            if isinstance(atom, Instance):
                found.append(self._dunder(atom, "__truediv__", place, second))
        if not join(*found):
            for atom in second:
                if isinstance(atom, Instance):
                    found.append(self._dunder(atom, "__rtruediv__", place, first))
        return join(*found)


def _is_async(atom: Atom) -> bool:
    return isinstance(atom, Routine) and atom.function.is_async


EXPRESSIONS.update(
    {
        "c": Operations._called,
        "and": Operations._both,
        "or": Operations._both,
        "in": Operations._contains,
        "?": Operations._truth,
        "not": lambda self, expression: (self.value(expression[1]), UNKNOWN)[1],
        "if": Operations._conditional,
        "g": Operations._comprehension,
        "aw": Operations._await,
        "yf": Operations._yield_from,
        "with": Operations._with_value,
        "/": Operations._binary,
        "|": Operations._binary,
        "+": Operations._binary,
    }
)
