"""What assignments bind."""

from __future__ import annotations

from collections.abc import Sequence

from inseam.gates.async_blocking.bags import APPLICATION, bag_of, shared
from inseam.gates.async_blocking.patterns import Patterns
from inseam.gates.async_blocking.sources import Class
from inseam.gates.async_blocking.summary import Expression
from inseam.gates.async_blocking.types import UNKNOWN, External, Instance, Routine, Tuple, Value
from inseam.gates.async_blocking.unions import either, join
from inseam.gates.async_blocking.values import chain_of


class Bindings(Patterns):
    """Gives targets values."""

    _globals: frozenset[str] = frozenset()
    """Names that the function declares global or nonlocal."""

    def bind(self, name: str, value: Value) -> None:
        if name in self.constants:
            raise BoundAnewError(name)
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


class BoundAnewError(Exception):
    """A parameter that a call gives a constant is bound to something else."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
