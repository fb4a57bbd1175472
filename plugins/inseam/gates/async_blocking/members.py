"""Classes: their bases, what their attributes are, and which classes lie below them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inseam.gates.async_blocking.catalogue_model import Entry
from inseam.gates.async_blocking.hierarchy import query
from inseam.gates.async_blocking.program import Class, Function, Source
from inseam.gates.async_blocking.summary import is_a
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    AnyClass,
    Atom,
    External,
    Instance,
    Key,
    Type,
    Value,
    Variable,
)
from inseam.gates.async_blocking.unions import instances, join, substitute

if TYPE_CHECKING:
    from inseam.gates.async_blocking.evaluation import Evaluator

MOST_OVERRIDES = 16
"""Overriding methods that a call of a method with a body of its own is taken to reach."""
MOST_IMPLEMENTERS = 48
"""Overriding methods that a call of an abstract method is taken to reach."""
_MOST_BASES = 64
_MOST_INITS = 8
_MODEL = External("django.db.models.Model")
_ENUMS = frozenset(
    f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum")
)
_MANAGER = External("django.db.models.Manager")


@dataclass(frozen=True, slots=True)
class Member:
    """What a class's attribute is: one of the three."""

    owner: AnyClass
    arguments: dict[str, Value]
    """Values of the owner's type variables."""
    function: Function | None = None
    entry: Entry | None = None
    is_method: bool = False
    """Whether `entry` is a method's."""


class Members:
    """What is known of classes."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._lines: dict[AnyClass, tuple[tuple[AnyClass, dict[str, Value]], ...]] = {}
        self._found: dict[tuple[AnyClass, str], Member | None] = {}
        self._below: dict[Class, tuple[Class, ...]] = {}
        self._values: dict[tuple[AnyClass, str, Instance | Type], tuple[Value, bool]] = {}
        self._annotations: dict[tuple[Class, str], Value] = {}
        self._parameters: dict[AnyClass, tuple[str, ...]] = {}
        self._setters: dict[tuple[AnyClass, str], Function | None] = {}
        self._overriding: dict[tuple[Class, str, Function], tuple[tuple[Class, Function], ...]] = {}
        self._looking = 0
        """Above 0 while classes below others are being looked for, so that some are not known."""
        self._pending: set[object] = set()

    def line(self, cls: AnyClass) -> tuple[tuple[AnyClass, dict[str, Value]], ...]:
        """A class and its bases in the order in which attributes are looked up, with the values
        that each one's type variables have seen from `cls`."""
        known = self._lines.get(cls)
        if known is not None:
            return known
        if cls in self._pending:
            return ((cls, {}),)
        self._pending.add(cls)
        try:
            found: dict[AnyClass, dict[str, Value]] = {}
            for base, arguments in self.bases(cls):
                parameters = self.parameters(base)
                inner = dict(zip(parameters, arguments, strict=False))
                if not arguments:
                    inner = {name: (Variable(name, UNKNOWN),) for name in parameters}
                for above, values in self.line(base):
                    bound = {name: substitute(value, inner) for name, value in values.items()}
                    found.pop(above, None)  # the last place wins, as in Python's own order
                    found[above] = {**bound, **(inner if above is base else {})}
            line = ((cls, {}), *list(found.items())[:_MOST_BASES])
        finally:
            self._pending.discard(cls)
        self._lines[cls] = line
        return line

    def bases(self, cls: AnyClass) -> Iterator[tuple[AnyClass, tuple[Value, ...]]]:
        """The direct bases of a class."""
        for atom in self._base_values(cls):
            if isinstance(atom, Type):
                if isinstance(atom.cls, Class) and isinstance(cls, Class):
                    self._program.depend(cls.source, atom.cls.source)
                yield atom.cls, atom.arguments

    def _base_values(self, cls: AnyClass) -> Value:
        if isinstance(cls, Class):
            evaluator = self._evaluator
            return tuple(
                atom for base in cls.head.bases for atom in evaluator.in_class(cls, base)[:1]
            )
        entry = self._program.catalogue.classes.get(cls.name)
        if entry is None:
            # Packages that extend Django bring models that nobody lists.
            if cls.name.startswith("django") and cls.last.endswith("Model"):
                return self._evaluator.text(_MODEL.name)
            return UNKNOWN
        return tuple(atom for text in entry.bases for atom in self._evaluator.text(text))

    def parameters(self, cls: AnyClass) -> tuple[str, ...]:
        """A class's type variables."""
        if isinstance(cls, External):
            entry = self._program.catalogue.classes.get(cls.name)
            return entry.parameters if entry is not None else ()
        known = self._parameters.get(cls)
        if known is not None:
            return known
        self._parameters[cls] = ()
        names: dict[str, None] = {}
        for base in cls.head.bases:
            for atom in self._evaluator.in_class(cls, base):
                if isinstance(atom, Type):
                    if not atom.arguments and isinstance(atom.cls, External):
                        names.update(dict.fromkeys(self.parameters(atom.cls)))
                    for argument in atom.arguments:
                        names.update((v.name, None) for v in argument if isinstance(v, Variable))
        self._parameters[cls] = tuple(names)
        return tuple(names)

    def derives(self, cls: AnyClass, base: AnyClass) -> bool:
        """Whether `cls` is `base` or lies below it."""
        return any(above == base for above, _ in self.line(cls))

    def is_kind_of(self, cls: Class, name: str) -> bool:
        """Whether a class is one of those that `typing` and `typing_extensions` have a base for."""
        return any(
            isinstance(above, External) and above.last == name for above, _ in self.line(cls)
        )

    def is_protocol(self, cls: Class) -> bool:
        """Whether a class is one that others implement without naming it."""
        return any(
            isinstance(base, External) and base.last == "Protocol" for base, _ in self.bases(cls)
        )

    def find(self, cls: AnyClass, name: str, *, after: AnyClass | None = None) -> Member | None:
        """The method or the catalogue's entry that an attribute of a class's objects is.

        Args:
            cls: the class.
            name: the attribute.
            after: where set, only bases behind this one in the order of look-up count.
        """
        if after is not None:
            return self._find(cls, name, after)
        mark = (cls, name)
        if mark not in self._found:
            self._found[mark] = self._find(cls, name, None)
        return self._found[mark]

    def _find(self, cls: AnyClass, name: str, after: AnyClass | None) -> Member | None:
        passed = after is None
        for above, arguments in self.line(cls):
            if not passed:
                passed = above == after
                continue
            if isinstance(above, Class):
                function = self.defined(above, name)
                if function is not None:
                    return Member(above, arguments, function=function)
                if name in above.head.members or name in above.head.assigned:
                    return Member(above, arguments)
            elif (member := self._listed(above, arguments, name)) is not None:
                return member
        return self._any_method(cls, name, after)

    def _listed(self, cls: External, arguments: dict[str, Value], name: str) -> Member | None:
        entry = self._program.catalogue.classes.get(cls.name)
        if entry is None:
            return None
        if name in entry.methods:
            return Member(cls, arguments, entry=entry.methods[name], is_method=True)
        if name in entry.attributes:
            return Member(cls, arguments, entry=entry.attributes[name])
        return None

    def _any_method(self, cls: AnyClass, name: str, after: AnyClass | None) -> Member | None:
        if name.startswith("_") or after is not None:
            return None
        for above, arguments in self.line(cls):
            if isinstance(above, External):
                entry = self._program.catalogue.classes.get(above.name)
                if entry is not None and entry.any_method is not None:
                    return Member(above, arguments, entry=entry.any_method, is_method=True)
        return None

    def defined(self, cls: Class, name: str) -> Function | None:
        """The function that a class's own body binds to a name: its last definition that is
        neither a setter nor an overload."""
        for _, value in reversed(cls.head.members.get(name, ())):
            if is_a(value, "D"):
                function: Function = cls.source.function(value[1])
                if not any(_is_variant(item) for item in function.head.decorators):
                    return function
            elif value:
                return None
        return None

    def setter(self, cls: AnyClass, name: str) -> Function | None:
        """The function that assigning a property runs."""
        mark = (cls, name)
        if mark not in self._setters:
            self._setters[mark] = self._setter(cls, name)
        return self._setters[mark]

    def _setter(self, cls: AnyClass, name: str) -> Function | None:
        for above, _ in self.line(cls):
            if isinstance(above, Class):
                for _, value in reversed(above.head.members.get(name, ())):
                    if is_a(value, "D"):
                        function: Function = above.source.function(value[1])
                        for item in function.head.decorators:
                            if is_a(item, "a") and item[2] == "setter":
                                return function
        return None

    def value(self, receiver: Instance | Type, name: str) -> Value:
        """What an attribute holds that is no method."""
        cls = receiver.cls
        if isinstance(receiver, Type) and self._is_enumerated(cls, name):
            return (Instance(cls),)
        own = dict(zip(self.parameters(cls), receiver.arguments, strict=False))
        stated: Value = UNKNOWN
        for above, arguments in self.line(cls):
            if not isinstance(above, Class):
                continue
            if isinstance(cls, Class):
                self._program.depend(cls.source, above.source)
            found, sure = self._own_value(above, name, receiver)
            if found:
                known = own if above is cls else arguments
                stated = join(stated, substitute(found, {**own, **known}))
                if sure:
                    return stated
        if stated and isinstance(cls, Class) and self.derives(cls, _MODEL):
            return tuple(self._managing(atom, cls) for atom in stated)
        return stated or self._passed_up(receiver, name)

    def _is_enumerated(self, cls: AnyClass, name: str) -> bool:
        """Whether a name in the body of an enumeration is one of its members."""
        return (
            isinstance(cls, Class)
            and not name.startswith("_")
            and any(
                value and not annotation for annotation, value in cls.head.members.get(name, ())
            )
            and any(
                isinstance(above, External) and above.name in _ENUMS for above, _ in self.line(cls)
            )
        )

    def _managing(self, atom: Atom, model: Class) -> Atom:
        """A manager of Django's, with the model that it stands in."""
        if isinstance(atom, Instance) and not atom.arguments and self.derives(atom.cls, _MANAGER):
            return Instance(atom.cls, ((Instance(model),),), atom.exact)
        return atom

    def _passed_up(self, receiver: Instance | Type, name: str) -> Value:
        """What an attribute gets where a class passes it on to its base's `__init__`."""
        if not isinstance(receiver.cls, Class):
            return UNKNOWN
        found: list[Value] = []
        own = self.find(receiver.cls, "__init__")
        pending = [own.function] if own is not None and own.function is not None else []
        keys = [Key(function, Instance(receiver.cls)) for function in pending]
        for _ in range(_MOST_INITS):
            if not keys:
                break
            facts = self._evaluator.facts(keys.pop(0))
            found.append(facts.attributes.get(name, UNKNOWN))
            keys += [
                target
                for site in facts.sites.values()
                for target in site.targets
                if target.function.head.name == "__init__"
                and target.receiver is not None
                and target.receiver.cls is receiver.cls
            ]
        return join(*found)

    def _own_value(self, cls: Class, name: str, receiver: Instance | Type) -> tuple[Value, bool]:
        """What one class says of an attribute, and whether it says so in an annotation."""
        mark = (cls, name, receiver)
        known = self._values.get(mark)
        if known is not None:
            return known
        if mark in self._pending:
            return UNKNOWN, False
        self._pending.add(mark)
        try:
            found, complete = self._computed(cls, name, receiver)
        finally:
            self._pending.discard(mark)
        if complete:
            self._values[mark] = found
        return found

    def _computed(
        self, cls: Class, name: str, receiver: Instance | Type
    ) -> tuple[tuple[Value, bool], bool]:
        """The same, and whether it is final: no function that tells is still being evaluated."""
        evaluator = self._evaluator
        if stated := self._stated(cls, name):
            return (stated, True), True
        values = [
            evaluator.in_class(cls, value)
            for _, value in cls.head.members.get(name, ())
            if value and not is_a(value, "D")
        ]
        # The methods see the attribute of whatever they are called on.
        seen = receiver if isinstance(receiver, Instance) else Instance(cls)
        complete = True
        for number in cls.head.assigned.get(name, ()):
            key = Key(cls.source.function(number), seen)
            with self._program.dependencies.within(cls.source.path, cls.source.path):
                facts = evaluator.facts(key)
            complete = complete and evaluator.is_final(key)
            if name in facts.annotated:
                return (facts.annotated[name], True), True
            values.append(facts.attributes.get(name, UNKNOWN))
        return (join(*values), False), complete

    def _stated(self, cls: Class, name: str) -> Value:
        """What an annotation in a class's body says of an attribute."""
        mark = (cls, name)
        known = self._annotations.get(mark)
        if known is None:
            known = UNKNOWN
            for annotation, _ in cls.head.members.get(name, ()):
                if annotation and not known:
                    known = instances(self._evaluator.in_class(cls, annotation))
            self._annotations[mark] = known
        return known

    def fields(self, cls: AnyClass) -> tuple[str, ...]:
        """The fields of a dataclass, model or named tuple, those of its bases first."""
        found: dict[str, None] = {}
        for above, _ in reversed(self.line(cls)):
            if isinstance(above, Class):
                for name, bound in above.head.members.items():
                    if any(annotation for annotation, _ in bound):
                        found[name] = None
        return tuple(found)

    def overriding(
        self, cls: Class, name: str, function: Function
    ) -> tuple[tuple[Class, Function], ...]:
        """The methods of that name in classes below `cls`, if they are few enough to tell."""
        mark = (cls, name, function)
        known = self._overriding.get(mark)
        if known is None:
            known = tuple(self._overridden(cls, name, function))
            if not self._looking:
                self._overriding[mark] = known
        return known

    def _overridden(
        self, cls: Class, name: str, function: Function
    ) -> Iterator[tuple[Class, Function]]:
        self._asked(cls, "defining", name)
        limit = MOST_IMPLEMENTERS if function.head.is_stub else MOST_OVERRIDES
        below = self.below(cls)
        found = [
            (other, override)
            for other in below
            if (override := self.defined(other, name)) is not None and override is not function
        ]
        if not found and function.head.is_stub:
            found = list(self._mixed_in(cls, name, function))
        if len(found) <= 2 * limit or function.head.is_stub:
            # Far more than count do not become few enough by one edit.
            for other in below:
                if self._evaluator.hierarchy.defines(other.source.path, name):
                    self._program.depend(cls.source, other.source)
        if len(found) <= limit or function.head.is_stub:
            for other, override in found[:limit]:
                self._program.depend(cls.source, other.source)
                yield other, override

    def _asked(self, cls: Class, kind: str, *names: str) -> None:
        """Notes that what a class's file says depends on what all files' names say."""
        self._program.dependencies.of(cls.source.path).add(query(kind, *names))

    def _mixed_in(self, cls: Class, name: str, stub: Function) -> Iterator[tuple[Class, Function]]:
        """What classes below `cls` inherit from elsewhere in place of a stub."""
        for other in self.below(cls):
            member = self.find(other, name)
            if member is not None and member.function is not None and member.function is not stub:
                yield other, member.function

    def below(self, cls: Class) -> tuple[Class, ...]:
        """All classes below a class, in a fixed order."""
        known = self._below.get(cls)
        if known is not None:
            return known
        self._below[cls] = ()  # a cycle of bases ends here
        found: dict[Class, None] = {}
        self._looking += 1
        try:
            for other in self._directly_below(cls):
                found[other] = None
                found.update(dict.fromkeys(self.below(other)))
        finally:
            self._looking -= 1
        found.pop(cls, None)
        self._below[cls] = below = tuple(found)
        return below

    def _directly_below(self, cls: Class) -> Iterator[Class]:
        self._asked(cls, "deriving", cls.head.name)
        for path in self._evaluator.hierarchy.deriving(cls.head.name):
            source = self._program.source(path)
            for other in source.classes() if source is not None else ():
                if other is not cls and any(base is cls for base, _ in self.bases(other)):
                    yield other
        if self.is_protocol(cls):
            yield from self._implementing(cls)

    def _implementing(self, protocol: Class) -> Iterator[Class]:
        """Classes that have all methods of a protocol."""
        methods = [name for name in protocol.head.members if self.defined(protocol, name)]
        if not methods:
            return
        self._asked(protocol, "defining", *methods)
        for path in self._evaluator.hierarchy.defining(methods):
            source = self._program.source(path)
            for other in source.classes() if source is not None else ():
                if other is not protocol and all(self.defined(other, name) for name in methods):
                    yield other

    def source_of(self, cls: AnyClass) -> Source | None:
        """The file of a class of the tree."""
        return cls.source if isinstance(cls, Class) else None


def _is_variant(decorator: object) -> bool:
    """Whether a decorated function is an overload, or the setter or deleter of a property."""
    if isinstance(decorator, str):
        return decorator == "overload"
    if isinstance(decorator, list) and decorator[0] == "a":
        return decorator[2] in ("overload", "setter", "deleter")
    return False
