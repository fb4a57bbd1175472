"""What statements do, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from inseam.gates.async_blocking import forms
from inseam.gates.async_blocking.builtins_called import SpecialCalls
from inseam.gates.async_blocking.calls import Arguments
from inseam.gates.async_blocking.narrowing import isinstance_of
from inseam.gates.async_blocking.program import Class
from inseam.gates.async_blocking.summary import Expression, is_a
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    External,
    Instance,
    Routine,
    Tuple,
    Type,
    Value,
    instances,
    join,
)
from inseam.gates.async_blocking.values import _TABLE, Values, chain_of

Env = dict[str, Value]


class Flow(SpecialCalls):
    """Evaluates a function's body."""

    def run(self) -> None:
        """Evaluates the function; what it finds is in its facts."""
        assert self.key is not None
        self._globals: set[str] = set()
        self._breaks: list[list[Env]] = []
        self._parameters()
        self.block(self.source.summary.body(self.key.function.number))

    def _parameters(self) -> None:
        assert self.key is not None
        function, receiver = self.key.function, self.key.receiver
        head = function.head
        given = dict(self.key.arguments)
        parameters = head.parameters
        if receiver is not None and parameters:
            self.bind(parameters[0][0], (receiver,))
            parameters = parameters[1:]
        for name, annotation, default in [*parameters, *head.keyword_only]:
            value = self.evaluator.parameter(function, name) if annotation else UNKNOWN
            value = value or given.get(name, UNKNOWN)
            if not value and default:
                value = self.look(default)
            if value or name not in self.env:
                self.bind(name, value)
        if head.variadic[0]:
            name, annotation = head.variadic[0]
            inner = instances(self.look(annotation)) if annotation else UNKNOWN
            self.bind(name, (Instance(External("builtins.tuple"), (inner,)),))
        if head.variadic[1]:
            name, annotation = head.variadic[1]
            inner = instances(self.look(annotation)) if annotation else UNKNOWN
            self.bind(name, (Instance(External("builtins.dict"), (UNKNOWN, inner)),))

    def block(self, statements: Sequence[Any]) -> bool:
        """Runs statements; whether control comes out at their end."""
        for statement in statements:
            if not _STATEMENTS[statement[0]](self, statement):
                return False
        return True

    # --- binding

    def bind(self, name: str, value: Value) -> None:
        self.env[name] = value
        prefix = f"{name}."
        for chain in [known for known in self.env if known.startswith(prefix)]:
            del self.env[chain]
        if value:
            self.facts.locals[name] = join(self.facts.locals.get(name, UNKNOWN), value)
        else:
            self.facts.locals.setdefault(name, UNKNOWN)
        if name in getattr(self, "_globals", ()):
            self.facts.rebound[name] = join(self.facts.rebound.get(name, UNKNOWN), value)

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
            self._learn(base, "dict", UNKNOWN, value)
        elif target[0] == "t":
            self._unpack(target[1], value)
        elif target[0] == "*":
            self.assign(target[1], (Instance(External("builtins.list"), (value,)),))

    def _assign_attribute(self, target: Expression, value: Value) -> None:
        _, base, name, place = target
        for atom in self.value(base):
            if isinstance(atom, Instance) and isinstance(atom.cls, Class):
                setter = self.members.setter(atom.cls, name)
                if setter is not None:
                    self.run_function(Routine(setter, atom), place)
        if self._is_self(base):
            self.facts.attributes[name] = join(self.facts.attributes.get(name, UNKNOWN), value)
        chain = chain_of(target)
        if chain is not None:
            for known in [k for k in self.env if k == chain or k.startswith(f"{chain}.")]:
                del self.env[known]
            if value:
                self.env[chain] = value

    def _is_self(self, base: Expression) -> bool:
        key = self.key
        while key is not None and key.receiver is None:
            key = key.outer
        if key is None or not key.function.head.parameters:
            return False
        return bool(base == key.function.head.parameters[0][0])

    def _unpack(self, targets: Sequence[Expression], value: Value) -> None:
        for place, target in enumerate(targets):
            parts: list[Value] = []
            for atom in value:
                if isinstance(atom, Tuple) and len(atom.elements) == len(targets):
                    parts.append(atom.elements[place])
                else:
                    parts.append(self.iterate((atom,), 0) if not place else self._element(atom))
            self.assign(target, join(*parts))

    def _element(self, atom: Any) -> Value:
        self.quiet += 1
        try:
            return self.iterate((atom,), 0)
        finally:
            self.quiet -= 1

    def _learn(self, base: Expression, kind: str, key: Value, value: Value) -> None:
        """What is put into a container that was made empty tells what it holds."""
        chain = chain_of(base)
        if chain is None or not value:
            return
        name = f"builtins.{kind}"
        for atom in self.env.get(chain, UNKNOWN):
            if isinstance(atom, Instance) and atom.cls == External(name):
                old = (*atom.arguments, UNKNOWN, UNKNOWN)
                if kind == "dict":
                    inner = (join(old[0], key), join(old[1], value))
                else:
                    inner = (join(old[0], value),)
                made: Value = (Instance(External(name), inner),)
                if made == self.env[chain]:
                    return
                self.env[chain] = made
                if isinstance(base, str):
                    self.facts.locals[base] = made
                elif self._is_self(base[1]):
                    self.facts.attributes[base[2]] = made
                return

    # --- statements

    def _expr(self, statement: Any) -> bool:
        self.value(statement[1])
        return True

    def _assignment(self, statement: Any) -> bool:
        value = self.value(statement[2])
        for target in statement[1]:
            self.assign(target, value)
        return True

    def _import(self, statement: Any) -> bool:
        return self._assignment(statement)

    def _annotated(self, statement: Any) -> bool:
        _, target, annotation, expression = statement
        value = self.value(expression)
        stated = instances(self.look(annotation))
        if is_a(target, "a") and self._is_self(target[1]) and stated:
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
                if isinstance(atom, Instance) and forms.form_of(atom) == "list" and atom.arguments:
                    self._learn(statement[1], "list", UNKNOWN, atom.arguments[0])
        return True

    def _for(self, statement: Any) -> bool:
        _, target, iterable, body, orelse, is_async, place = statement
        value = self.value(iterable)
        given = self._async_element(value) if is_async else self.iterate(value, place)
        before = dict(self.env)
        self._breaks.append([])
        self.assign(target, given)
        after = [self.env] if self.block(body) else []
        self._merge([before, *after, *self._breaks.pop()])
        self.block(orelse)
        return True

    def _async_element(self, value: Value) -> Value:
        found = []
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

    def _if(self, statement: Any) -> bool:
        _, test, body, orelse = statement
        self.value(test)
        before = dict(self.env)
        self.narrow(test, True)
        first = [self.env] if self.block(body) else []
        self.env = before
        self.narrow(test, False)
        second = [self.env] if self.block(orelse) else []
        return self._merge([*first, *second])

    def _while(self, statement: Any) -> bool:
        _, test, body, orelse = statement
        self.value(test)
        before = dict(self.env)
        self._breaks.append([])
        self.narrow(test, True)
        after = [self.env] if self.block(body) else []
        self._merge([before, *after, *self._breaks.pop()])
        self.block(orelse)
        return True

    def _with(self, statement: Any) -> bool:
        _, items, body, is_async = statement
        for expression, target, place in items:
            value = self.value(expression)
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
            self._merge([dict(before), dict(tried)])
            if name:
                self.bind(name, instances(self.look(caught)))
            if self.block(handler):
                ends.append(self.env)
        falls = self._merge(ends)
        if not falls:
            self.env = tried
        return self.block(final) and falls

    def _match(self, statement: Any) -> bool:
        _, subject, cases = statement
        value = self.value(subject)
        chain = chain_of(subject)
        before = self.env
        ends = [before]
        for matched, name, guard, body in cases:
            self.env = dict(before)
            if matched:
                narrowed = isinstance_of(self.members, value, self.look(matched), positive=True)
                if chain is not None:
                    self.env[chain] = narrowed
                if name:
                    self.bind(name, narrowed)
            elif name:
                self.bind(name, value)
            self.value(guard)
            if self.block(body):
                ends.append(self.env)
        return self._merge(ends)

    def _return(self, statement: Any) -> bool:
        value = self.value(statement[1])
        self.facts.returns = join(self.facts.returns, value)
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
        self._globals.update(statement[1])
        return True

    def _merge(self, ends: list[Env]) -> bool:
        """Goes on from where any of the branches ended; whether any did."""
        if not ends:
            return False
        merged = ends[0]
        for other in ends[1:]:
            if other is merged:
                continue
            both: Env = {}
            for name, value in merged.items():
                if name in other:
                    theirs = other[name]
                    both[name] = value if value is theirs else join(value, theirs)
                elif "." not in name:
                    both[name] = value
            for name, value in other.items():
                if name not in both and "." not in name:
                    both[name] = value
            merged = both
        self.env = merged
        return True

    # --- expressions that need the flow

    def narrow(self, test: Expression, positive: bool) -> None:
        """Takes from a test that it holds, or that it does not."""
        if not test or isinstance(test, str):
            return
        match test[0]:
            case "not":
                self.narrow(test[1], not positive)
            case "and" if positive:
                for part in test[1]:
                    self.narrow(part, True)
            case "or" if not positive:
                for part in test[1]:
                    self.narrow(part, False)
            case "or":
                self._narrow_to_any(test[1])
            case "c" if test[1] == "isinstance" and len(test[2]) == 2:
                chain = chain_of(test[2][0])
                if chain is not None:
                    value, classes = self.look(test[2][0]), self.look(test[2][1])
                    self.env[chain] = isinstance_of(
                        self.members, value, classes, positive=positive
                    )
            case _:
                pass

    def _narrow_to_any(self, parts: Sequence[Expression]) -> None:
        before, ends = self.env, []
        for part in parts:
            self.env = dict(before)
            self.narrow(part, True)
            ends.append(self.env)
        self._merge(ends)

    def _both(self, expression: Expression) -> Value:
        """`and`, `or`: what stands behind is evaluated only if what stands before allows it."""
        kind, parts = expression
        before = self.env
        self.env = dict(before)
        values = []
        for part in parts:
            values.append(self.value(part))
            self.narrow(part, kind == "and")
        bound = {name: self.env[name] for name in self.env.keys() - before.keys() if "." not in name}
        self.env = {**before, **bound}
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
        return join(found, other)

    def _comprehension(self, expression: Expression) -> Value:
        _, kind, element, generators, second = expression
        before = self.env
        self.env = dict(before)
        for target, iterable, tests, is_async, place in generators:
            value = self.value(iterable)
            given = self._async_element(value) if is_async else self.iterate(value, place)
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
        offloads = any(self._runs_elsewhere(atom) for atom in called) or (not called and awaited)
        arguments = Arguments([], {}, positional, keywords or {})
        for argument in positional:
            if offloads and is_a(argument, "g"):
                arguments.positional.append(self._iterable_only(argument))
            else:
                arguments.positional.append(self.value(argument))
        for name, argument in arguments.keyword_expressions.items():
            arguments.keywords[name] = self.value(argument)
        for number, argument in enumerate(positional):
            if is_a(argument, "*"):  # what stands behind it has no known place
                del arguments.positional[number:]
                arguments.positional_expressions = positional[:number]
                break
        if is_a(function, "a") and function[2] in ("append", "add", "appendleft"):
            self._learn(function[1], "list" if function[2] != "add" else "set", UNKNOWN, arguments.get(0))
        return join(*(self.call(atom, arguments, place, awaited=awaited) for atom in called))

    def _iterable_only(self, generator: Expression) -> Value:
        """A generator that is run elsewhere: only its first iterable is evaluated here."""
        self.value(generator[3][0][1])
        return self.look(generator)

    def _runs_elsewhere(self, atom: Any) -> bool:
        catalogue = self.evaluator.catalogue
        entry = None
        name = getattr(atom, "name", None)
        if atom.__class__.__name__ == "Named":
            entry = catalogue.functions.get(name)
        elif atom.__class__.__name__ == "Method":
            member = self.members.find(External(atom.owner), atom.name)
            entry = member.entry if member is not None else None
        return entry is not None and bool(entry.offloads)

    def _await(self, expression: Expression) -> Value:
        inner = expression[1]
        if is_a(inner, "c"):
            return self.awaited(self._called(inner, awaited=True))
        return self.awaited(self.value(inner))

    def _yield_from(self, expression: Expression) -> Value:
        _, inner, place = expression
        self.facts.yields = join(self.facts.yields, self.iterate(self.value(inner), place))
        return UNKNOWN

    def _with_value(self, expression: Expression) -> Value:
        return self.enter(self.value(expression[1]), 0, is_async=False)

    def _binary(self, expression: Expression) -> Value:
        operator, left, right, place = expression
        first, second = self.value(left), self.value(right)
        if operator == "|":
            return join(first, second)
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

    def _subscript(self, expression: Expression) -> Value:
        _, base, index, place = expression
        value = self.value(base)
        chain = None
        if not value:
            self.value(index)
            return UNKNOWN
        found: list[Value] = []
        indices: list[Value] | None = None
        sliced = is_a(index, "x") and index[1][-1:] == [["slice"]]
        for atom in value:
            if isinstance(atom, Type):
                if indices is None:
                    parts = index[1] if is_a(index, "t") else [index]
                    indices = [self._argument(part) for part in parts]
                found.append(forms.parametrised(atom, indices))
            elif isinstance(atom, Tuple):
                found.append(_item(atom, index, sliced))
            elif isinstance(atom, Instance):
                given = forms.item(atom, sliced=sliced)
                if given is None:
                    passed = self.value(index)
                    given = self._dunder(atom, "__getitem__", place, passed)
                found.append(given)
            elif atom.__class__.__name__ == "Named":
                name = f"typing.{atom.name.rpartition('.')[2]}"
                parts = index[1] if is_a(index, "t") else [index]
                indices = [self._argument(part) for part in parts]
                found.append(forms.parametrised(Type(External(name)), indices))
        if indices is None:
            self.value(index)
        return join(*found) if chain is None else UNKNOWN

    def _argument(self, expression: Expression) -> Value:
        if is_a(expression, "l"):
            return UNKNOWN  # the parameters of a Callable
        return self.value(expression)


def _item(atom: Tuple, index: Expression, sliced: bool) -> Value:
    if is_a(index, "k") and type(index[1]) is int and -len(atom.elements) <= index[1]:
        if index[1] < len(atom.elements):
            return atom.elements[index[1]]
    return (atom,) if sliced else join(*atom.elements)


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

_TABLE.update(
    {
        "c": Flow._called,
        "and": Flow._both,
        "or": Flow._both,
        "not": lambda self, expression: (self.value(expression[1]), UNKNOWN)[1],
        "if": Flow._conditional,
        "g": Flow._comprehension,
        "aw": Flow._await,
        "yf": Flow._yield_from,
        "with": Flow._with_value,
        "/": Flow._binary,
        "|": Flow._binary,
        "+": Flow._binary,
        "[": Flow._subscript,
    }
)

__all__ = ["Flow", "Values"]
