"""What attributes of classes are defined as: methods, fields, or what the catalogue lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inseam.gates.async_blocking.catalogue_model import Entry
from inseam.gates.async_blocking.lineage import Lineage
from inseam.gates.async_blocking.sources import Class, Function
from inseam.gates.async_blocking.summary import is_a
from inseam.gates.async_blocking.types import AnyClass, External, Value

if TYPE_CHECKING:
    from inseam.gates.async_blocking.evaluation import Evaluator


@dataclass(slots=True)  # not frozen: many are made, which would take twice the time
class Member:
    """What a class's attribute is: one of the three."""

    owner: AnyClass
    arguments: dict[str, Value]
    """Values of the owner's type variables."""
    function: Function | None = None
    entry: Entry | None = None
    is_method: bool = False
    """Whether `entry` is a method's."""


class Definitions(Lineage):
    """What is known of the definitions of attributes."""

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__(evaluator)
        self._found: dict[tuple[AnyClass, str], Member | None] = {}
        self._setters: dict[tuple[AnyClass, str], Function | None] = {}

    def find(self, cls: AnyClass, name: str) -> Member | None:
        """The method or the catalogue's entry that an attribute of a class's objects is."""
        mark = (cls, name)
        try:
            return self._found[mark]
        except KeyError:
            self._found[mark] = found = self._find(cls, name, None)
            return found

    def find_after(self, cls: AnyClass, name: str, after: AnyClass) -> Member | None:
        """The same where only bases behind one in the order of look-up count, as for `super()`."""
        return self._find(cls, name, after)

    def _find(self, cls: AnyClass, name: str, after: AnyClass | None) -> Member | None:
        passed = after is None
        for above, arguments in self.line(cls):
            if not passed:
                passed = above == after
                continue
            if isinstance(above, Class):
                if name in above.head.members:
                    return Member(above, arguments, function=self.defined(above, name))
                if name in above.head.assigned:
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
        bound = cls.head.members.get(name)
        if bound is None:
            return None
        for _, value in reversed(bound):
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

    def fields(self, cls: AnyClass) -> tuple[str, ...]:
        """The fields of a dataclass, model or named tuple, those of its bases first."""
        found: dict[str, None] = {}
        for above, _ in reversed(self.line(cls)):
            if isinstance(above, Class):
                for name, bound in above.head.members.items():
                    if any(annotation for annotation, _ in bound):
                        found[name] = None
        return tuple(found)


def _is_variant(decorator: object) -> bool:
    """Whether a decorated function is an overload, or the setter or deleter of a property."""
    if isinstance(decorator, str):
        return decorator == "overload"
    if isinstance(decorator, list) and decorator[0] == "a":
        return decorator[2] in ("overload", "setter", "deleter")
    return False
