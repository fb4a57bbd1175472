"""Classes, and what those of their attributes hold that are no methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.lineage import MODEL
from inseam.gates.async_blocking.shared import Shared
from inseam.gates.async_blocking.sources import Class
from inseam.gates.async_blocking.summary import is_a
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    AnyClass,
    Atom,
    External,
    Instance,
    Type,
    Value,
)
from inseam.gates.async_blocking.unions import either, instances, join, substitute

if TYPE_CHECKING:
    from inseam.gates.async_blocking.evaluation import Evaluator

_MOST_INITS = 8
_ENUMS = frozenset(
    f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum")
)
_MANAGER = External("django.db.models.Manager")


class Members(Shared):
    """What is known of classes."""

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__(evaluator)
        self._values: dict[tuple[AnyClass, str, Instance | Type], tuple[Value, bool]] = {}
        self._annotations: dict[tuple[Class, str], Value] = {}
        self._held: dict[tuple[Instance | Type, str], tuple[Value, str, list[str]]] = {}
        """What attributes hold for good, and which file uses which others for that."""

    def value(self, receiver: Instance | Type, name: str) -> Value:
        """What an attribute holds that is no method."""
        known = self._held.get((receiver, name))
        if known is None:
            return self._look(receiver, name)
        value, user, used = known
        for path in used:
            self._program.dependencies.use_from(user, path)
        return value

    def _look(self, receiver: Instance | Type, name: str) -> Value:
        cls = receiver.cls
        if not isinstance(cls, Class):
            return UNKNOWN
        if isinstance(receiver, Type) and self._is_enumerated(cls, name):
            return (Instance(cls),)
        line = self.line(cls)
        own: dict[str, Value] = {}
        if receiver.arguments:
            own = dict(zip(self.parameters(cls), receiver.arguments, strict=False))
        stated, is_sure = UNKNOWN, False
        is_final = cls in self._lines and not own
        used: list[str] = []
        for above, arguments in line:
            if not isinstance(above, Class):
                continue
            if above.source is not cls.source:
                used.append(above.source.path)
                self._program.depend(cls.source, above.source)
            if name not in above.head.members and name not in above.head.assigned:
                continue
            found, is_sure = self._own_value(above, name, receiver)
            is_final = is_final and (above, name, receiver) in self._values
            if found:
                known = own if above is cls else {**own, **arguments}
                stated = either(stated, substitute(found, known))
                if is_sure:
                    break
        if not stated and not is_sure:
            return self._passed_up(receiver, name)
        if not is_sure and self.derives(cls, MODEL):
            stated = tuple(self._managing(atom, cls) for atom in stated)
        if is_final:
            self._held[receiver, name] = (stated, cls.source.path, used)
        return stated

    def _is_enumerated(self, cls: Class, name: str) -> bool:
        """Whether a name in the body of an enumeration is one of its members."""
        bound = cls.head.members.get(name)
        return (
            bound is not None
            and not name.startswith("_")
            and any(value and not annotation for annotation, value in bound)
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
        keys = [Key(function, self.settled(Instance(receiver.cls))) for function in pending]
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
        evaluator, dependencies = self._evaluator, self._program.dependencies
        if stated := self._stated(cls, name):
            return (stated, True), True
        values = [
            evaluator.in_class(cls, value)
            for _, value in cls.head.members.get(name, ())
            if value and not is_a(value, "D")
        ]
        # The methods see the attribute of whatever they are called on.
        seen = self.settled(receiver if isinstance(receiver, Instance) else Instance(cls))
        complete = True
        for number in cls.head.assigned.get(name, ()):
            key = Key(cls.source.function(number), seen)
            before = dependencies.enter(cls.source.path, cls.source.path)
            try:
                facts = evaluator.assigned(key)
            finally:
                dependencies.leave(before)
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
