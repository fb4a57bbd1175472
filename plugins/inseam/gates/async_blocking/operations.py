"""What expressions do that call something, or bind names."""

from __future__ import annotations

from inseam.gates.async_blocking.arguments import EMPTY, Arguments
from inseam.gates.async_blocking.branches import Branches
from inseam.gates.async_blocking.catalogue_model import Entry
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

_PUTTING = {"append": "list", "appendleft": "list", "add": "set"}
"""Methods that put something into a container, and which."""
_BOOL = builtin("bool")


class Operations(Branches):
    """Evaluates expressions that call, bind or repeat."""

    def assign(self, target: Expression, value: Value) -> None:
        """Gives a target a value; see `Flow`."""
        raise NotImplementedError

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
        arguments = EMPTY
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
            complete = "**" not in keywords
            return Arguments(given, named, positional, keywords, complete=complete)
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

    def managed(self, expression: Expression, *, is_async: bool) -> Value:
        """What a `with` statement enters. What `async with` enters is not what a blocking method of
        a library gives: of a sync and an async twin it is the async one's."""
        if is_async and is_a(expression, "c"):
            called = self.look(expression[1])
            if called and all(isinstance(atom, Method) for atom in called):
                return self._called(expression, awaited=True)
        return self.value(expression)

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
        "in": Operations._contains,
        "?": Operations._truth,
        "not": lambda self, expression: (self.value(expression[1]), UNKNOWN)[1],
        "g": Operations._comprehension,
        "aw": Operations._await,
        "yf": Operations._yield_from,
        "with": Operations._with_value,
        "/": Operations._binary,
        "|": Operations._binary,
        "+": Operations._binary,
    }
)
