"""What expressions are, and what evaluating them runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from inseam.gates.async_blocking.facts import Facts
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.sources import Class, Source
from inseam.gates.async_blocking.summary import Expression, is_a
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    Coroutine,
    External,
    Instance,
    Routine,
    Tuple,
    Type,
    Value,
)
from inseam.gates.async_blocking.unions import builtin, either, instances, join

if TYPE_CHECKING:
    from inseam.gates.async_blocking.evaluation import Evaluator

_STR = builtin("str")
_BYTES = builtin("bytes")
_LITERALS: dict[type, Value] = {
    str: _STR,
    bool: builtin("bool"),
    int: builtin("int"),
    float: builtin("float"),
}

_SEQUENCES = {"t": "tuple", "l": "list", "S": "set"}


class Values:
    """Evaluates expressions in one scope: a function as it is called, a class body or a module."""

    chained: frozenset[str] = frozenset()
    """Locals of whose attributes there may be values."""
    quiet = 0
    """Above 0 while an expression is looked at that is not run here."""
    _stating: frozenset[str] = frozenset()
    """Names of the class body that are being looked at: in `type: type[Base]` the second is another
    than the first."""

    def __init__(
        self,
        evaluator: Evaluator,
        source: Source,
        facts: Facts,
        *,
        key: Key | None = None,
        scope: Class | None = None,
        outer: Key | None = None,
    ) -> None:
        """
        Args:
            evaluator: evaluates what is called.
            source: the file.
            facts: takes down what is found.
            key: the function and how it is called; None outside of functions.
            scope: the class whose body it is; None outside of class bodies.
            outer: the function that a class body stands in.
        """
        self.evaluator = evaluator
        self.program = evaluator.program
        self.members = evaluator.members
        self.source = source
        self.facts = facts
        self.key = key
        self.env: dict[str, Value] = {}
        """Values of locals, and of attributes of locals under dotted names."""
        self.constants: dict[str, bool] = {}
        """Parameters of which the call says whether they are true, until something binds them."""
        self._scope = scope
        self._outer = key.outer if key is not None else outer

    def value(self, expression: Expression) -> Value:
        """What an expression is; takes down what it runs."""
        if type(expression) is str:
            known = self.env.get(expression)
            return known if known is not None else self.name(expression)
        if not expression:
            return UNKNOWN
        return EXPRESSIONS[expression[0]](self, expression)

    def look(self, expression: Expression) -> Value:
        """What an expression is, without running it."""
        self.quiet += 1
        try:
            return self.value(expression)
        finally:
            self.quiet -= 1

    def name(self, name: str) -> Value:
        """What a name is here that is no local."""
        if self._scope is not None and name not in self._stating:
            before = self._stating
            self._stating = before | {name}
            try:
                for annotation, value in self._scope.head.members.get(name, ()):
                    if value and value != name:
                        return self.value(value)
                    if annotation:
                        return instances(self.value(annotation))
            finally:
                self._stating = before
        outer = self._outer
        while outer is not None:
            known = self.evaluator.facts(outer).locals.get(name)
            if known is not None:
                return known
            outer = outer.outer
        return self.program.named(self.source, name)

    def learn_of(self, chain: str, value: Value) -> None:
        """Takes down what a local is, or an attribute of one, by its dotted name."""
        self.env[chain] = value
        name, dotted, _ = chain.partition(".")
        if dotted and name not in self.chained:
            self.chained |= {name}

    def _depend(self, used: Source) -> None:
        if used is not self.source:
            self.program.dependencies.use_from(self.source.path, used.path)

    # --- literals and operators

    def _literal(self, expression: Expression) -> Value:
        return _LITERALS.get(type(expression[1]), UNKNOWN)

    def _sequence(self, expression: Expression) -> Value:
        kind, elements = expression
        values = [self.value(element) for element in elements]
        if kind == "t" and not any(is_a(element, "*") for element in elements):
            return (Tuple(tuple(values)),)
        return builtin(_SEQUENCES[kind], join(*values))

    def _dict(self, expression: Expression) -> Value:
        _, keys, values = expression
        found_keys: list[Value] = []
        found_values: list[Value] = []
        for key, value in zip(keys, values, strict=True):
            found = self.value(value)
            if key != ["*"]:
                found_keys.append(self.value(key))
                found_values.append(found)
                continue
            for atom in found:  # `**value`
                if isinstance(atom, Instance) and atom.form == "dict":
                    found_keys.extend(atom.arguments[:1])
                    found_values.extend(atom.arguments[1:])
        return builtin("dict", join(*found_keys), join(*found_values))

    def _opaque(self, expression: Expression) -> Value:
        for value in expression[1]:
            self.value(value)
        return UNKNOWN

    def _routine(self, expression: Expression) -> Value:
        function = self.source.function(expression[1])
        outer = self.key if function.parent is not None else None
        if outer is None and self._outer is not None:
            outer = self._outer
        return (Routine(function, None, outer),)

    def _class(self, expression: Expression) -> Value:
        return (Type(self.source.class_(expression[1])),)

    def _import(self, expression: Expression) -> Value:
        return self.program.imported(self.source, expression)

    def _await(self, expression: Expression) -> Value:
        return self.awaited(self.value(expression[1]))

    def awaited(self, value: Value) -> Value:
        """What awaiting a value gives."""
        found: list[Value] = []
        for atom in value:
            if isinstance(atom, Coroutine):
                found.append(atom.value)
            elif isinstance(atom, Instance) and isinstance(atom.cls, External):
                found.extend(atom.arguments[:1])
        return join(*found)

    def _yield(self, expression: Expression) -> Value:
        self.facts.yields = either(self.facts.yields, self.value(expression[1]))
        return UNKNOWN

    def _star(self, expression: Expression) -> Value:
        return self.iterate(self.value(expression[1]), expression[2])

    def iterate(self, value: Value, place: int) -> Value:
        """What iterating a value gives; see `Calls`."""
        raise NotImplementedError

    def _named(self, expression: Expression) -> Value:
        _, name, inner = expression
        value = self.value(inner)
        self.bind(name, value)
        return value

    def bind(self, name: str, value: Value) -> None:
        """Gives a local a value; see `Flow`."""
        raise NotImplementedError


def chain_of(expression: Expression) -> str | None:
    """A name or an attribute of one, as a dotted name."""
    if type(expression) is str:
        return str(expression)
    if is_a(expression, "a"):
        base = chain_of(expression[1])
        return f"{base}.{expression[2]}" if base is not None else None
    return None


EXPRESSIONS: dict[str, Callable[[Any, Expression], Value]] = {
    "k": Values._literal,
    "s": lambda self, expression: _STR,
    "B": lambda self, expression: _BYTES,
    "slice": lambda self, expression: UNKNOWN,
    "t": Values._sequence,
    "l": Values._sequence,
    "S": Values._sequence,
    "d": Values._dict,
    "x": Values._opaque,
    "D": Values._routine,
    "L": Values._routine,
    "C": Values._class,
    "M": Values._import,
    "F": Values._import,
    "aw": Values._await,
    "y": Values._yield,
    "*": Values._star,
    ":=": Values._named,
}
"""How each kind of expression is evaluated; the classes that build on `Values` add to it."""
