"""The classes below a class, and what of it they override."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from inseam.gates.async_blocking.definitions import Definitions
from inseam.gates.async_blocking.hierarchy import query
from inseam.gates.async_blocking.sources import Class, Function, Source
from inseam.gates.async_blocking.summary import NOTHING
from inseam.gates.async_blocking.texts import Origin, may_take, origins
from inseam.gates.async_blocking.types import Instance, Module, Type
from inseam.gates.async_blocking.unions import join

if TYPE_CHECKING:
    from inseam.gates.async_blocking.evaluation import Evaluator

MOST_OVERRIDES = 16
"""Overriding methods that a call of a method with a body of its own is taken to reach."""
MOST_IMPLEMENTERS = 48
"""Overriding methods that a call of an abstract method is taken to reach."""


class Descendants(Definitions):
    """What is known of the classes below others."""

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__(evaluator)
        self._below: dict[Class, tuple[Class, ...]] = {}
        self._searched: dict[Class, set[str]] = {}
        """The files that were searched for classes below each."""
        self._overriding: dict[tuple[Class, str, Function], tuple[tuple[Class, Function], ...]] = {}
        self._settled: dict[Instance | Type, Instance | Type] = {}
        self._looking = 0
        """Above 0 while classes below others are being looked for, so that some are not known."""

    def overriding(
        self, cls: Class, name: str, function: Function
    ) -> tuple[tuple[Class, Function], ...]:
        """The methods of that name in classes below `cls`, if they are few enough to tell."""
        mark = (cls, name, function)
        self._program.dependencies.use(function.node)  # stubs are overridden in another way
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
        limit = MOST_IMPLEMENTERS if function.is_stub else MOST_OVERRIDES
        below = self.below(cls)
        found = [
            (other, override)
            for other in below
            if (override := self.defined(other, name)) is not None and override is not function
        ]
        if not found and function.is_stub:
            found = list(self._mixed_in(cls, name, function))
        if len(found) <= 2 * limit or function.is_stub:
            # Far more than count do not become few enough by one edit.
            for path in self._searched[cls]:
                if self._evaluator.hierarchy.defines(path, name):
                    self._program.depend_on(cls.source, path)
        if len(found) <= limit or function.is_stub:
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

    def settled(self, receiver: Instance | Type) -> Instance | Type:
        """What a method is called on, said to be exact where no class can be below its class: both
        are one way of calling the method."""
        if receiver.exact:
            return receiver
        known = self._settled.get(receiver)
        if known is None:
            known, cls = receiver, receiver.cls
            if isinstance(cls, Class) and self._is_leaf(cls):
                known = type(receiver)(cls, receiver.arguments, True)
            self._settled[receiver] = known
        return known

    def _is_leaf(self, cls: Class) -> bool:
        """Whether nothing can be below a class, going by names alone."""
        self._asked(cls, "deriving", cls.head.name)
        return not self._evaluator.hierarchy.deriving(cls.head.name) and not self.is_protocol(cls)

    def below(self, cls: Class) -> tuple[Class, ...]:
        """All classes below a class, in a fixed order."""
        known = self._below.get(cls)
        if known is not None:
            return known
        self._below[cls] = ()  # a cycle of bases ends here
        self._searched[cls] = searched = set()
        found: dict[Class, None] = {}
        self._looking += 1
        try:
            for other in self._directly_below(cls):
                found[other] = None
                found.update(dict.fromkeys(self.below(other)))
                searched |= self._searched[other]
        finally:
            self._looking -= 1
        found.pop(cls, None)
        self._below[cls] = below = tuple(found)
        return below

    def _directly_below(self, cls: Class) -> Iterator[Class]:
        self._asked(cls, "deriving", cls.head.name)
        for path in self._evaluator.hierarchy.deriving(cls.head.name):
            self._searched[cls].add(path)
            if not self._may_name(path, cls):
                continue
            source = self._program.source(path)
            for other in source.classes() if source is not None else ():
                if other is not cls and any(base is cls for base, _ in self.bases(other)):
                    yield other
        if self.is_protocol(cls):
            yield from self._implementing(cls)

    def _may_name(self, path: str, cls: Class) -> bool:
        """Whether classes in a file may have `cls` as a base, which they call by its name: a file
        need not be read whose text tells that they do not."""
        text = self._program.unread(path)
        if text is None:
            return True
        stated = origins(text, cls.head.name)
        file = Source(path, self._program.index.name(path), NOTHING)
        return not stated or any(self._may_be(file, origin, cls) for origin in stated)

    def _may_be(self, file: Source, origin: Origin, cls: Class) -> bool:
        program = self._program
        found = program.imported_name(file, origin.level, origin.module, origin.name)
        if origin.attribute:
            modules = [atom for atom in found if isinstance(atom, Module)]
            found = join(*(program.attribute(file, module, origin.attribute) for module in modules))
        return not found or any(isinstance(atom, Type) and atom.cls is cls for atom in found)

    def _may_define(self, path: str, taken: Mapping[str, Sequence[str]]) -> bool:
        """The same of a class that has methods which take parameters of some names."""
        text = self._program.unread(path)
        return text is None or all(may_take(text, name, named) for name, named in taken.items())

    def _implementing(self, protocol: Class) -> Iterator[Class]:
        """Classes that have all methods of a protocol, if these say anything: there is no telling
        whether what can be called, or entered, is of a protocol that asks for no more."""
        asked = {
            name: function
            for name in protocol.head.members
            if (function := self.defined(protocol, name)) is not None
        }
        if all(name.startswith("__") for name in asked):
            return
        self._asked(protocol, "defining", *asked)
        taken = {name: _taken(function) for name, function in asked.items()}
        for path in self._evaluator.hierarchy.defining(list(asked)):
            self._searched[protocol].add(path)
            if not self._may_define(path, taken):
                continue
            source = self._program.source(path)
            for other in source.classes() if source is not None else ():
                if other is not protocol and all(
                    self._fits(function, other, name) for name, function in asked.items()
                ):
                    yield other

    def _fits(self, asked: Function, other: Class, name: str) -> bool:
        """Whether a class has a protocol's method, and it can be called as the protocol's is."""
        given = self.defined(other, name)
        if given is None:
            return False
        asked_any, asked_all = asked.head.variadic
        given_any, given_all = given.head.variadic
        if asked_any and asked_all:
            return True
        too_many = len(asked.head.parameters) > len(given.head.parameters)
        if ((too_many or asked_any) and not given_any) or (asked_all and not given_all):
            return False
        if given_all:
            return True
        has = {parameter[0] for parameter in (*given.head.parameters, *given.head.keyword_only)}
        only = {parameter[0] for parameter in asked.head.keyword_only}
        return has.issuperset(only if given_any else _taken(asked))


def _taken(asked: Function) -> list[str]:
    """The parameters of a protocol's method that can be passed by name."""
    head = asked.head
    if all(head.variadic):
        return []
    positional = [parameter[0] for parameter in head.parameters[1:]]
    named = [parameter[0] for parameter in head.keyword_only]
    return [*(name for name in positional if not name.startswith("_")), *named]
