"""What attributes of values are: methods bound to what they are taken from, and properties run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inseam.gates.async_blocking import forms
from inseam.gates.async_blocking.sources import Class
from inseam.gates.async_blocking.summary import Expression
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    Atom,
    External,
    Instance,
    Method,
    Module,
    Named,
    Routine,
    Super,
    Tuple,
    Type,
    Value,
    Variable,
)
from inseam.gates.async_blocking.unions import instances, join, substitute
from inseam.gates.async_blocking.values import EXPRESSIONS, Values, chain_of

if TYPE_CHECKING:
    from inseam.gates.async_blocking.definitions import Member

_TUPLE = External("builtins.tuple")


class Attributes(Values):
    """Evaluates attributes."""

    def _attribute(self, expression: Expression) -> Value:
        _, base, name, place = expression
        value = self.value(base)
        if len(value) == 1:
            found = self.member(value[0], name, place)
        else:
            found = join(*[self.member(atom, name, place) for atom in value])
        if self.chained:
            chain = chain_of(expression)
            if chain is not None and chain in self.env:
                return self.env[chain]
        return found

    def member(self, atom: Atom, name: str, place: int) -> Value:
        """`atom.name`; a property is run."""
        match atom:
            case Instance() | Type():
                return self._of_class(atom, name, place)
            case Module():
                return self.program.attribute(self.source, atom, name)
            case Named(name=dotted):
                return self.program.external(f"{dotted}.{name}")
            case Super(cls=cls, receiver=receiver):
                found = self.members.find_after(receiver.cls, name, cls)
                return self._bound(found, receiver, name, place) if found else UNKNOWN
            case Variable(bound=bound):
                return join(*(self.member(inner, name, place) for inner in bound))
            case Tuple():
                return (Method(_TUPLE, name, Instance(_TUPLE)),)
            case Method():
                return self._of_unlisted(atom, name, place)
            case Routine() if name == "__wrapped__":
                return (atom,)
            case Routine(function=function):
                attributes_of = self.evaluator.decorators.of(function).attributes_of
                if not attributes_of:
                    return UNKNOWN
                return self._of_class(Instance(External(attributes_of)), name, place)
            case _:
                return UNKNOWN

    def _of_class(self, atom: Instance | Type, name: str, place: int) -> Value:
        if name == "__class__" and isinstance(atom, Instance):
            return (Type(atom.cls, atom.arguments, atom.exact),)
        found = self.members.find(atom.cls, name)
        if found is None:
            if isinstance(atom.cls, External) and self.is_special(f"{atom.cls.name}.{name}"):
                return (Method(atom.cls, name, atom),)
            if isinstance(atom, Instance):
                held = self.members.shared(atom.cls, name, self.source.path)
                if held:
                    return held
            return forms.unlisted_member(atom, name) or self._computed(atom, name, place)
        value = self._bound(found, atom, name, place)
        cls = atom.cls
        if found.function is not None and isinstance(cls, Class) and not atom.exact:
            self._depend(found.function.source)
            overriding = self.members.overriding(cls, name, found.function)
            sure = found.function.is_stub and len(overriding) == 1
            others = [
                self._bound_function(override, _narrowed(atom, below), place, sure=sure)
                for below, override in overriding
            ]
            value = join(value, *others) if others else value
        return value

    def _of_unlisted(self, method: Method, name: str, place: int) -> Value:
        """`client.orders.get`, where `client.orders` could have been a method as well."""
        owner = self.evaluator.catalogue.classes.get(method.owner.name)
        if owner is None or owner.any_attribute is None or method.name in owner.methods:
            return UNKNOWN
        known: dict[str, Value] = {"Self": (method.receiver,)}
        inner = instances(
            substitute(self.evaluator.text(owner.any_attribute.returns or "Self"), known)
        )
        return join(*(self.member(one, name, place) for one in inner))

    def _computed(self, atom: Instance | Type, name: str, place: int) -> Value:
        """What a class's `__getattr__` gives for an attribute that it does not have."""
        if isinstance(atom, Type) or name.startswith("__"):
            return UNKNOWN
        found = self.members.find(atom.cls, "__getattr__")
        if found is None:
            return UNKNOWN
        methods = self._bound(found, atom, "__getattr__", place)
        return join(*(self.call_plainly(method, place) for method in methods))

    def call_plainly(self, atom: Atom, place: int) -> Value:
        """What calling something without arguments gives; see `Calls`."""
        raise NotImplementedError

    def _bound(self, member: Member, receiver: Instance | Type, name: str, place: int) -> Value:
        if member.function is not None:
            return self._bound_function(member.function, receiver, place, sure=True)
        if member.entry is None:
            return self.members.value(receiver, name)
        entry, owner = member.entry, member.owner
        assert isinstance(owner, External)
        if member.is_method:
            return (Method(owner, name, receiver),)
        if entry.blocks is not None and not self.quiet:
            self.facts.block(place, f"{owner.name}.{name}", entry, sure=True)
        known = {**self.own_arguments(receiver, member), "Self": (receiver,)}
        if not entry.returns:
            return UNKNOWN
        return instances(substitute(self.evaluator.text(entry.returns), known))

    def own_arguments(self, receiver: Instance | Type, member: Member) -> dict[str, Value]:
        """The values of the type variables of the class that has a member."""
        parameters = self.members.parameters(receiver.cls)
        own = dict(zip(parameters, receiver.arguments, strict=False))
        if parameters and not own:
            own = self.members.unstated(receiver.cls)
        if member.owner == receiver.cls:
            return own
        return {name: substitute(value, own) for name, value in member.arguments.items()}

    def _bound_function(
        self, function: Any, receiver: Instance | Type, place: int, *, sure: bool
    ) -> Value:
        decoration = self.evaluator.decorators.of(function)
        if decoration.is_property:
            if isinstance(receiver, Type):
                return UNKNOWN
            return self.run_function(Routine(function, receiver, None, sure), place)
        if decoration.static:
            return (Routine(function, None, None, sure),)
        if decoration.on_class and isinstance(receiver, Instance):
            bound = Type(receiver.cls, receiver.arguments, receiver.exact)
            return (Routine(function, bound, None, sure),)
        if isinstance(receiver, Type) and not decoration.on_class:
            return (Routine(function, None, None, sure),)
        return (Routine(function, receiver, None, sure),)

    def is_special(self, name: str) -> bool:
        """Whether the analysis itself knows what calling a dotted name does."""
        raise NotImplementedError

    def run_function(self, routine: Routine, place: int) -> Value:
        """What calling a function without arguments gives; see `Calls`."""
        raise NotImplementedError


def _narrowed(atom: Instance | Type, below: Class) -> Instance | Type:
    return Instance(below) if isinstance(atom, Instance) else Type(below, exact=False)


EXPRESSIONS["a"] = Attributes._attribute
