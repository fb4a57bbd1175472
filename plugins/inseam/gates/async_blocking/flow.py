"""What statements do, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from inseam.gates.async_blocking.bags import APPLICATION, bag_of, shared
from inseam.gates.async_blocking.branches import Env, known_truth
from inseam.gates.async_blocking.patterns import Patterns
from inseam.gates.async_blocking.sources import Class
from inseam.gates.async_blocking.summary import Expression, is_a
from inseam.gates.async_blocking.types import UNKNOWN, External, Instance, Routine, Tuple, Value
from inseam.gates.async_blocking.unions import builtin, either, instances, join
from inseam.gates.async_blocking.values import chain_of


class Flow(Patterns):
    """Evaluates a function's body."""

    _globals: frozenset[str] = frozenset()
    """Names that the function declares global or nonlocal."""

    def run(self) -> None:
        """Evaluates the function; what it finds is in its facts."""
        assert self.key is not None
        self._breaks: list[list[Env]] = []
        self._parameters()
        self.block(self.source.summary.body(self.key.function.number))

    def _parameters(self) -> None:
        assert self.key is not None
        function, receiver = self.key.function, self.key.receiver
        head = function.head
        given = dict(self.key.arguments)
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

    # --- binding

    def bind(self, name: str, value: Value) -> None:
        self.env[name] = value
        if name in self.chained:
            self._forget(f"{name}.")
        known = self.facts.locals
        known[name] = either(known.get(name, UNKNOWN), value)
        if name in self._globals:
            self.facts.rebound[name] = either(self.facts.rebound.get(name, UNKNOWN), value)

    def _forget(self, prefix: str) -> None:
        """Forgets attributes of what is bound anew."""
        for chain in [known for known in self.env if known.startswith(prefix)]:
            del self.env[chain]

    def assign(self, target: Expression, value: Value) -> None:
        """Gives a target a value."""
        if not target:
            return
        if isinstance(target, str):
            self.bind(target, value)
        elif target[0] == "a":
            self._assign_attribute(target, value)
        elif target[0] == "[":
            _, base, index, place = target
            self.value(index)
            for atom in self.value(base):
                if isinstance(atom, Instance):
                    self._dunder(atom, "__setitem__", place)
            self.learn(base, "dict", UNKNOWN, value)
        elif target[0] == "t":
            self._unpack(target[1], value)
        elif target[0] == "*":
            self.assign(target[1], (Instance(External("builtins.list"), (value,)),))

    def _assign_attribute(self, target: Expression, value: Value) -> None:
        _, base, name, place = target
        held = self.value(base)
        for atom in held:
            if isinstance(atom, Instance) and isinstance(atom.cls, Class):
                setter = self.members.setter(atom.cls, name)
                if setter is not None:
                    self.run_function(Routine(setter, atom), place)
        if self.is_self(base):
            known = self.facts.attributes
            known[name] = either(known.get(name, UNKNOWN), value)
        bag = bag_of(base)
        if bag and self._may_be(base, held, bag):
            mark, known = shared(bag, name), self.facts.rebound
            known[mark] = either(known.get(mark, UNKNOWN), value)
        chain = chain_of(target)
        if chain is not None:
            if self.chained:
                self._forget(f"{chain}.")
            self.env.pop(chain, None)
            if value:
                self.learn_of(chain, value)

    def _may_be(self, base: Expression, held: Value, bag: str) -> bool:
        """Whether something is a bag, or may be as far as is known."""
        if not held and bag != APPLICATION:
            return not self.value(base[1])  # `self.state` of a class that does not say what it is
        return not held or any(
            isinstance(atom, Instance) and self.members.bag(atom.cls) == bag for atom in held
        )

    def _unpack(self, targets: Sequence[Expression], value: Value) -> None:
        for place, target in enumerate(targets):
            parts: list[Value] = []
            for atom in value:
                if isinstance(atom, Tuple) and len(atom.elements) == len(targets):
                    parts.append(atom.elements[place])
                else:
                    parts.append(self.iterate((atom,), 0) if not place else self.element_of(atom))
            self.assign(target, join(*parts))

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
        if (taken := known_truth(test)) is not None:
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
