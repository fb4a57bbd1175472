"""What statements do, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inseam.gates.async_blocking.bindings import Bindings, BoundAnewError
from inseam.gates.async_blocking.branches import Env
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.summary import is_a
from inseam.gates.async_blocking.types import UNKNOWN, Constant, Instance, Value
from inseam.gates.async_blocking.unions import builtin, either, instances
from inseam.gates.async_blocking.values import chain_of


class Flow(Bindings):
    """Evaluates a function's body."""

    def run(self) -> None:
        """Evaluates the function; what it finds is in its facts."""
        assert self.key is not None
        statements = self.source.summary.body(self.key.function.number)
        given = dict(self.key.arguments)
        for name, value in self.key.arguments:
            if isinstance(value[0], Constant):
                self.constants[name] = value[0].truth
                del given[name]
        while True:
            self.env = {}
            self._breaks: list[list[Env]] = []
            self._parameters(self.key, given)
            try:
                self.block(statements)
            except BoundAnewError as error:
                del self.constants[error.name]  # from the start, as a loop comes back to it
            else:
                return

    def _parameters(self, key: Key, given: Mapping[str, Value]) -> None:
        function, receiver = key.function, key.receiver
        head = function.head
        parameters = head.parameters
        found = self.env
        if receiver is not None and parameters:
            found[parameters[0][0]] = (receiver,)
            parameters = parameters[1:]
        for name, annotation, default in [*parameters, *head.keyword_only]:
            value = given.get(name, UNKNOWN)
            if not value and annotation:
                value = self.evaluator.parameter(function, name, annotation)
            if not value and default:
                value = self.look(default)
            found[name] = value
        if head.variadic[0]:
            name, annotation = head.variadic[0]
            inner = instances(self.look(annotation)) if annotation else UNKNOWN
            found[name] = builtin("tuple", inner)
        if head.variadic[1]:
            name, annotation = head.variadic[1]
            inner = instances(self.look(annotation)) if annotation else UNKNOWN
            found[name] = builtin("dict", UNKNOWN, inner)
        self.facts.locals.update(found)

    def block(self, statements: Sequence[Any]) -> bool:
        """Runs statements; whether control comes out at their end."""
        for statement in statements:  # by far the most frequent loop: a generator is half as fast
            if not _STATEMENTS[statement[0]](self, statement):
                break
        else:
            return True
        return False

    # --- statements

    def _expr(self, statement: Any) -> bool:
        self.value(statement[1])
        return True

    def _assignment(self, statement: Any) -> bool:
        value = self.value(statement[2])
        for target in statement[1]:
            self.assign(target, value)
        return True

    def _annotated(self, statement: Any) -> bool:
        _, target, annotation, expression = statement
        value = self.value(expression)
        stated = instances(self.look(annotation))
        if is_a(target, "a") and self.is_self(target[1]) and stated:
            self.facts.annotated[target[2]] = stated
        if expression or isinstance(target, str):
            # What is assigned is more exact than what is declared, where it is known.
            self.assign(target, value or stated)
            if isinstance(target, str) and stated:
                self.facts.locals[target] = stated
        return True

    def _augmented(self, statement: Any) -> bool:
        value = self.value(statement[2])
        if not isinstance(statement[1], str):
            self.value(statement[1])
        elif statement[1] in self.constants:
            raise BoundAnewError(statement[1])
        elif value:
            for atom in value:
                if isinstance(atom, Instance) and atom.form == "list" and atom.arguments:
                    self.learn(statement[1], "list", UNKNOWN, atom.arguments[0])
        return True

    def _for(self, statement: Any) -> bool:
        _, target, iterable, body, orelse, is_async, place = statement
        value = self.value(iterable)
        given = self.async_element(value) if is_async else self.iterate(value, place)
        before = dict(self.env)
        self._breaks.append([])
        self.assign(target, given)
        after = [self.env] if self.block(body) else []
        self.merge([before, *after, *self._breaks.pop()])
        self.block(orelse)
        return True

    def _if(self, statement: Any) -> bool:
        _, test, body, orelse = statement
        self.value(test)
        if (taken := self.truth(test)) is not None:
            return self.block(body if taken else orelse)
        before = dict(self.env)
        self.narrow(test, True)
        first = [self.env] if self.block(body) else []
        self.env = before
        self.narrow(test, False)
        second = [self.env] if self.block(orelse) else []
        return self.merge([*first, *second])

    def _while(self, statement: Any) -> bool:
        _, test, body, orelse = statement
        self.value(test)
        if self.truth(test) is False:
            return self.block(orelse)
        before = dict(self.env)
        self._breaks.append([])
        self.narrow(test, True)
        after = [self.env] if self.block(body) else []
        self.merge([before, *after, *self._breaks.pop()])
        self.block(orelse)
        return True

    def _with(self, statement: Any) -> bool:
        _, items, body, is_async = statement
        for expression, target, place in items:
            value = self.managed(expression, is_async=is_async)
            self.assign(target, self.enter(value, place, is_async=is_async))
        return self.block(body)

    def _try(self, statement: Any) -> bool:
        _, body, handlers, orelse, final = statement
        before = dict(self.env)
        fell = self.block(body)
        tried = dict(self.env)
        ends: list[Env] = []
        if fell and self.block(orelse):
            ends.append(self.env)
        for caught, name, handler in handlers:
            self.env = {}
            self.merge([dict(before), dict(tried)])
            if name:
                self.bind(name, instances(self.look(caught)))
            if self.block(handler):
                ends.append(self.env)
        falls = self.merge(ends)
        if not falls:
            self.env = tried
        return self.block(final) and falls

    def _match(self, statement: Any) -> bool:
        _, subject, cases = statement
        value = self.value(subject)
        chain = chain_of(subject)
        before = self.env
        ends = [before]
        for pattern, guard, body in cases:
            self.env = dict(before)
            narrowed = self.matched(pattern, value)
            if chain is not None and narrowed != value:
                self.learn_of(chain, narrowed)
            self.value(guard)
            if self.block(body):
                ends.append(self.env)
        return self.merge(ends)

    def _return(self, statement: Any) -> bool:
        value = self.value(statement[1])
        self.facts.returns = either(self.facts.returns, value)
        return False

    def _raise(self, statement: Any) -> bool:
        for value in statement[1]:
            self.value(value)
        return False

    def _break(self, statement: Any) -> bool:
        if self._breaks:
            self._breaks[-1].append(self.env)
        return False

    def _assert(self, statement: Any) -> bool:
        self.value(statement[1])
        self.narrow(statement[1], True)
        return True

    def _scope_of(self, statement: Any) -> bool:
        self._globals |= set(statement[1])
        return True


_STATEMENTS: dict[str, Callable[[Flow, Any], bool]] = {
    "e": Flow._expr,
    "=": Flow._assignment,
    ":": Flow._annotated,
    "+=": Flow._augmented,
    "f": Flow._for,
    "i": Flow._if,
    "w": Flow._while,
    "W": Flow._with,
    "T": Flow._try,
    "m": Flow._match,
    "r": Flow._return,
    "R": Flow._raise,
    "b": Flow._break,
    "A": Flow._assert,
    "G": Flow._scope_of,
}
