"""What calls run and give, those of functions and classes of the tree above all."""

from __future__ import annotations

from dataclasses import replace

from inseam.gates.async_blocking.arguments import NOTHING, Arguments, shifted
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.sources import Class, Function
from inseam.gates.async_blocking.telling import Telling, suspended
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    Atom,
    Calling,
    Coroutine,
    External,
    Instance,
    Method,
    Named,
    Partial,
    Routine,
    Suspended,
    Type,
    Value,
    Variable,
)
from inseam.gates.async_blocking.unions import instances, is_open, join, substitute

_CONTAINERS = frozenset(
    f"builtins.{name}" for name in ("tuple", "list", "dict", "set", "frozenset")
)
_LAZY = frozenset(
    f"{module}.{name}"
    for module in ("typing", "collections.abc")
    for name in ("Iterator", "Iterable", "Generator")
)
"""What generators are annotated as, which does not say what iterating them does."""


class Calls(Telling):
    """Evaluates calls."""

    def call(self, atom: Atom, arguments: Arguments, place: int, *, awaited: bool = False) -> Value:
        """What calling `atom` gives; takes down what that runs.

        Args:
            atom: what is called.
            arguments: what it is passed.
            place: where.
            awaited: whether the result is awaited at once, so that it cannot be what a blocking
                call of a library gives.
        """
        match atom:
            case Routine():
                return self._routine_called(atom, arguments, place)
            case Type(cls=Class()):
                return self._construct(atom, arguments, place)
            case Type(cls=External(name=name)):
                return self._construct_external(atom, name, arguments, place, awaited=awaited)
            case Named(name=name):
                return self._named_called(name, arguments, place, awaited=awaited)
            case Method():
                return self._method_called(atom, arguments, place, awaited=awaited)
            case Partial(of=inner):
                # It has others of its own: which parameter the first one is for is not known.
                rest = replace(arguments, positional_expressions=[], complete=False)
                return join(*(self.call(part, rest, place, awaited=awaited) for part in inner))
            case Instance():
                return join(
                    *(
                        self.call(method, arguments, place, awaited=awaited)
                        for method in self.member(atom, "__call__", place)
                    )
                )
            case Calling(returns=returns):
                return returns
            case _:
                return UNKNOWN

    def call_plainly(self, atom: Atom, place: int) -> Value:
        return self.call(atom, NOTHING, place)

    def run_function(self, routine: Routine, place: int) -> Value:
        return self._routine_called(routine, NOTHING, place)

    def _routine_called(self, routine: Routine, arguments: Arguments, place: int) -> Value:
        function = routine.function
        decoration = self.evaluator.decorators.of(function)
        self._depend(function.source)
        receiver = routine.receiver
        if receiver is None and function.owner is not None and not decoration.static:
            # `Base.method(self, …)`: the first argument is what it is called on.
            first = [atom for atom in arguments.get(0) if isinstance(atom, Instance)]
            receiver = first[0] if first else self.evaluator.receiver(function)
            arguments = shifted(arguments)
        outer = routine.outer
        if outer is None and function.parent is not None:
            outer = self.evaluator.key(function.parent)
        skipped = int(function.owner is not None and not decoration.static)
        if receiver is not None:
            receiver = self.members.settled(receiver)
        key = Key(function, receiver, self.told(function, arguments, skipped), outer)
        if not self.quiet:
            for wrapper in decoration.wrappers:
                self.facts.call(place, Key(wrapper.function, None, (), wrapper.outer), sure=True)
        if function.is_async and key.arguments and not self.quiet:
            self.facts.started[key] = None
        if decoration.offloaded or (function.is_async and not function.is_generator):
            if not self.quiet and function.is_async:
                self.facts.coroutines.setdefault(function, place)
            return (Coroutine(self._returned(key, arguments, skipped)),)
        if function.is_generator:
            given = self._yielded(key, arguments, skipped)
            if function.is_async:
                if decoration.manager:
                    return (Coroutine(given, manager=True),)
                return (Instance(External("typing.AsyncIterator"), (given,)),)
            return (Suspended(key, given, decoration.manager),)
        if not self.quiet:
            self._run(key, arguments, place, sure=routine.sure)
        return self._returned(key, arguments, skipped)

    def _run(self, key: Key, arguments: Arguments, place: int, *, sure: bool) -> None:
        """Notes that a function of the tree is run, as far as policy says nothing else of it."""
        policy = self.evaluator.policy
        if policy:
            entry, offloads = policy.get(key.function.name, (None, False))
            if offloads:
                return
            if entry is not None:
                self._block(key.function.name, entry, arguments, place)
        self.facts.call(place, key, sure=sure)

    def _returned(self, key: Key, arguments: Arguments, skipped: int) -> Value:
        """What a function returns, from its annotation or else from its body."""
        stated = self._stated(key, arguments, skipped)
        if key.function.head.returns == ["k", None]:
            return stated
        if stated and not all(map(_is_bare, stated)):
            if any(map(_is_lazy, stated)):
                return suspended(self.evaluator.facts(key).returns) or stated
            return stated
        return self.evaluator.facts(key).returns or stated

    def _yielded(self, key: Key, arguments: Arguments, skipped: int) -> Value:
        found = [
            atom.arguments[0]
            for atom in self._stated(key, arguments, skipped)
            if isinstance(atom, Instance) and atom.arguments
        ]
        return join(*found) or self.evaluator.facts(key).yields

    def _stated(self, key: Key, arguments: Arguments, skipped: int) -> Value:
        function = key.function
        stated = self.evaluator.returns(function)
        if not is_open(stated):
            return stated
        known = self._solved(function, arguments, skipped)
        receiver = key.receiver
        if receiver is not None:
            own = dict(zip(self.members.parameters(receiver.cls), receiver.arguments, strict=False))
            for above, values in self.members.line(receiver.cls):
                if above is function.owner:
                    known.update({name: substitute(value, own) for name, value in values.items()})
            known.update(own)
            known["Self"] = (Instance(receiver.cls, receiver.arguments, receiver.exact),)
        return substitute(stated, known)

    def _solved(self, function: Function, arguments: Arguments, skipped: int) -> dict[str, Value]:
        """What the arguments tell of a function's type variables."""
        known: dict[str, Value] = {}
        for place, (name, annotation, _) in enumerate(function.head.parameters[skipped:]):
            given = arguments.get(place) or arguments.get(name)
            if annotation and given:
                self._unify(self.evaluator.parameter(function, name, annotation), given, known)
        return known

    def _unify(self, stated: Value, given: Value, known: dict[str, Value]) -> None:
        """Takes from an argument what the type variables in a parameter's type stand for."""
        for atom in stated:
            match atom:
                case Variable(name=name):
                    known[name] = given
                case Calling(returns=returns) if any(isinstance(one, Variable) for one in returns):
                    self._unify(returns, self._result(given), known)
                case Instance(arguments=inner) if inner:
                    for one in given:
                        if isinstance(one, Instance):
                            for part, value in zip(inner, one.arguments, strict=False):
                                if value:
                                    self._unify(part, value, known)
                case Type(cls=External(name="builtins.type"), arguments=(inner,)):
                    self._unify(inner, instances(given), known)
                case _:
                    pass

    # --- classes

    def _construct(self, atom: Type, arguments: Arguments, place: int) -> Value:
        cls = atom.cls
        assert isinstance(cls, Class)
        self._depend(cls.source)
        made = Instance(cls, atom.arguments, atom.exact)
        initialised = False
        for name in ("__new__", "__init__", "__post_init__"):
            member = self.members.find(cls, name)
            if member is None or member.function is None:
                continue
            receiver = Type(cls, atom.arguments, atom.exact) if name == "__new__" else made
            passed = arguments if name != "__post_init__" else NOTHING
            self._routine_called(Routine(member.function, receiver), passed, place)
            initialised = initialised or name == "__init__"
        if not initialised:
            for above, _ in self.members.line(cls):
                if isinstance(above, External):
                    entry = self.evaluator.catalogue.classes.get(above.name)
                    if entry is not None and entry.init is not None:
                        self._block(above.name, entry.init, arguments, place)
                        break
        return (made,)


def _is_lazy(atom: Atom) -> bool:
    """Whether an annotation leaves open what iterating does."""
    return isinstance(atom, Instance) and isinstance(atom.cls, External) and atom.cls.name in _LAZY


def _is_bare(atom: Atom) -> bool:
    """Whether an annotation names a container and not what is in it, as `-> tuple` does."""
    return (
        isinstance(atom, Instance)
        and not atom.arguments
        and isinstance(atom.cls, External)
        and atom.cls.name in _CONTAINERS
    )
