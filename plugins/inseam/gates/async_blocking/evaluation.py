"""What functions do when called: evaluated once for each way in which they are called."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from types import MappingProxyType

from inseam.gates.async_blocking.catalogue_model import Entry
from inseam.gates.async_blocking.decorators import Decorators
from inseam.gates.async_blocking.expressions import Expressions
from inseam.gates.async_blocking.facts import Facts
from inseam.gates.async_blocking.flow import Flow
from inseam.gates.async_blocking.hierarchy import Hierarchy
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.members import Members
from inseam.gates.async_blocking.program import BUILTIN_CLASSES, Program
from inseam.gates.async_blocking.sources import Class, Function, Source
from inseam.gates.async_blocking.summary import NOTHING, Expression
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    External,
    Instance,
    Named,
    Type,
    Value,
    Variable,
)
from inseam.gates.async_blocking.unions import instances

_NOTHING: Mapping[str, Entry] = MappingProxyType({})

DEEPEST = 40
"""Functions within functions that are evaluated for a type; below that it is unknown."""
DEEP = DEEPEST // 2
"""Functions within functions from which on it is noted that there are so many."""
MOST_WAYS = 24
"""Ways of calling one function that are told apart; further ones count as the plain one."""


class Evaluator:
    """Evaluates functions, and what stands in modules and classes, each once."""

    def __init__(
        self,
        program: Program,
        hierarchy: Hierarchy,
        *,
        offloaders: frozenset[str] = frozenset(),
        extra_sinks: Mapping[str, Entry] = _NOTHING,
    ) -> None:
        """
        Args:
            program: the files.
            hierarchy: where classes below others may be.
            offloaders: functions that run what they are given elsewhere, by dotted name.
            extra_sinks: functions of the tree that block.
        """
        self.program = program
        self.catalogue = program.catalogue
        self.hierarchy = hierarchy
        self.offloaders = offloaders
        self.policy: dict[str, tuple[Entry | None, bool]] = {
            **{name: (entry, False) for name, entry in extra_sinks.items()},
            **dict.fromkeys(offloaders, (None, True)),
        }
        """What policy says of functions of the tree: that they block, or run things elsewhere."""
        program.evaluator = self
        self._dependencies = program.dependencies
        self.members = Members(self)
        self.decorators = Decorators(self)
        self._facts: dict[Key, Facts] = {}
        self._uncounted = Facts()
        """What is found outside of functions."""
        self._ways: dict[Function, set[Key]] = {}
        self._texts: dict[str, Value] = {}
        self._returns: dict[Function, Value] = {}
        self._parameters: dict[tuple[Function, str], Value] = {}
        self._depth = 0
        self._running: set[Key] = set()
        self.too_deep: set[str] = set()
        """Files with code that is nested too deeply to be evaluated."""
        self.cut: set[str] = set()
        """Bodies that were not followed to their ends, or are deep within others."""

    def facts(self, key: Key) -> Facts:
        """What a function does; as far as it is known while it is being evaluated."""
        self._dependencies.use(key.function.node)
        known = self._facts.get(key)
        if known is not None:
            return known
        if self._depth >= DEEPEST:
            self.cut.update(one.function.node for one in self._running)
            return Facts()
        ways = self._ways.setdefault(key.function, set())
        if len(ways) >= MOST_WAYS:
            key = self._told_less(key, ways)
            if (known := self._facts.get(key)) is not None:
                return known
        ways.add(key)
        return self._evaluate(key)

    def _told_less(self, key: Key, ways: set[Key]) -> Key:
        """A way among too many, with less that tells it apart: whose method it is says more of
        what it does, where classes fill in what their base leaves open, than what it is given."""
        less = Key(key.function, key.receiver, (), key.outer)
        # An `__init__` that many classes inherit would look at what these are only just becoming.
        tells = len(ways) < 2 * MOST_WAYS and key.function.head.name != "__init__"
        return less if tells or less in ways else self.plain(key)

    def assigned(self, key: Key) -> Facts:
        """The same, where what it says of attributes is remembered only once it is final."""
        return self.facts(key)

    def evaluated(self) -> Collection[Key]:
        """All ways in which functions were evaluated."""
        return self._facts.keys()

    def is_final(self, key: Key) -> bool:
        """Whether a function was evaluated, and not cut short or still being evaluated."""
        return key in self._facts and key not in self._running

    def plain(self, key: Key) -> Key:
        """The key without what tells ways of calling a function apart."""
        return self.key(key.function)

    def _evaluate(self, key: Key) -> Facts:
        facts = self._facts[key] = Facts()
        self._running.add(key)
        self._depth += 1
        function = key.function
        if self._depth > DEEP:
            self.cut.add(function.node)
        before = self._dependencies.enter(function.node, function.source.path)
        try:
            Flow(self, function.source, facts, key=key).run()
        except RecursionError:
            self.too_deep.add(function.source.path)
        finally:
            self._dependencies.leave(before)
            self._depth -= 1
            self._running.discard(key)
        return facts

    def key(self, function: Function) -> Key:
        """A function as its own file shows it to be called."""
        outer = self.key(function.parent) if function.parent is not None else None
        return Key(function, self.receiver(function), (), outer)

    def receiver(self, function: Function) -> Instance | Type | None:
        """What a method is called on if nothing more is known than its class."""
        if function.owner is None or self.decorators.of(function).static:
            return None
        if self.decorators.of(function).on_class or function.head.name == "__new__":
            return self.members.settled(Type(function.owner, exact=False))
        return self.members.settled(Instance(function.owner))

    def returns(self, function: Function) -> Value:
        """What a function's annotation says that it returns; its type variables are open."""
        known = self._returns.get(function)
        if known is None:
            self._returns[function] = known = UNKNOWN
            if function.head.returns:
                known = self._annotation(function, function.head.returns)
                self._returns[function] = known
        return known

    def parameter(self, function: Function, name: str, annotation: Expression) -> Value:
        """What a parameter's annotation says."""
        mark = (function, name)
        known = self._parameters.get(mark)
        if known is None:
            self._parameters[mark] = UNKNOWN
            self._parameters[mark] = known = self._annotation(function, annotation)
        return known

    def _annotation(self, function: Function, expression: Expression) -> Value:
        if type(expression) is str and _sees_module(function, expression):
            source = function.source
            before = self._dependencies.enter(source.path, source.path)
            try:
                return instances(self.program.named(source, expression))
            finally:
                self._dependencies.leave(before)
        if function.owner is not None:
            return instances(self.in_class(function.owner, expression))
        outer = self.key(function.parent) if function.parent is not None else None
        return instances(self._outside(function.source, expression, outer=outer))

    def flow(self, source: Source) -> Flow:
        """Evaluates expressions at the level of a module."""
        return Flow(self, source, Facts())

    def constant(self, source: Source, expression: Expression) -> Value:
        """What an expression at the level of a module is."""
        return self._outside(source, expression)

    def annotation(self, source: Source, expression: Expression) -> Value:
        """What an annotation at the level of a module says."""
        return instances(self.constant(source, expression))

    def in_class(self, cls: Class, expression: Expression) -> Value:
        """What an expression in a class's body is."""
        outer = None
        if cls.head.parent >= 0:
            outer = self.key(cls.source.function(cls.head.parent))
        return self._outside(cls.source, expression, scope=cls, outer=outer)

    def _outside(
        self,
        source: Source,
        expression: Expression,
        *,
        scope: Class | None = None,
        outer: Key | None = None,
    ) -> Value:
        """What an expression outside of the bodies of functions is; what it runs counts nowhere."""
        before = self._dependencies.enter(source.path, source.path)
        try:
            flow = Flow(self, source, self._uncounted, scope=scope, outer=outer)
            flow.quiet = 1
            return flow.value(expression)
        finally:
            self._dependencies.leave(before)

    def text(self, text: str) -> Value:
        """What a type expression of the catalogue says, as a class is named."""
        known = self._texts.get(text)
        if known is None:
            self._texts[text] = UNKNOWN
            expression = _Text().annotation(ast.parse(text, mode="eval").body)
            self._texts[text] = known = _CatalogueScope(self).value(expression)
        return known


def _sees_module(function: Function, name: str) -> bool:
    """Whether a name in a function's annotations is one of its module: nothing between the two can
    bind it."""
    owner = function.owner
    if owner is None:
        return function.parent is None
    return owner.head.parent < 0 and name not in owner.head.members


class _Text(Expressions):
    """Reads type expressions, in which there are no lambdas."""

    def lambda_number(self, node: ast.Lambda) -> int:
        return -1


_TYPING = frozenset(
    {
        *("Any", "Iterator", "Iterable", "Generator", "Sequence", "Mapping", "Union", "Optional"),
        *("Callable", "Literal", "Awaitable", "Coroutine", "ContextManager"),
        *("AsyncIterator", "AsyncIterable", "AsyncGenerator", "AsyncContextManager"),
    }
)


class _CatalogueScope(Flow):
    """Names in the catalogue: dotted ones of modules, builtins and what `typing` has."""

    def __init__(self, evaluator: Evaluator) -> None:
        nowhere = Source("", "", NOTHING)
        super().__init__(evaluator, nowhere, Facts())

    def name(self, name: str) -> Value:
        if name == "Self":
            return (Variable("Self", UNKNOWN),)
        if name in _TYPING:
            return (Named(f"typing.{name}"),)
        if name in BUILTIN_CLASSES:
            return (Type(External(f"builtins.{name}")),)
        if len(name) == 1 and name.isupper():
            return (Variable(name, UNKNOWN),)
        return (Named(name),)
