"""What decorators make of functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inseam.gates.async_blocking.catalogue_model import Entry
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.sources import Class, Function
from inseam.gates.async_blocking.summary import Expression, is_a
from inseam.gates.async_blocking.types import (
    Atom,
    External,
    Instance,
    Method,
    Named,
    Routine,
    Type,
    Value,
)

if TYPE_CHECKING:
    from inseam.gates.async_blocking.evaluation import Evaluator

_OFFLOADING = frozenset(
    {
        *("sync_to_async", "run_in_executor", "run_in_threadpool", "run_in_thread", "to_thread"),
        *("asyncify", "run_sync", "threadpool"),
    }
)
"""Decorators outside of the tree that turn a function into one to be awaited."""


_COMMAND_LINES = frozenset(
    {"typer", "click", "asyncclick", "rich_click", "async_typer", "asyncer", "cyclopts", "cleo"}
)

_METHODS_OF_CLASSES = frozenset({"__init_subclass__", "__class_getitem__"})
_MAKING = frozenset({"__new__", "__init__", "__post_init__"})


@dataclass(frozen=True, slots=True)
class Decoration:
    """What a function's decorators make of it."""

    static: bool = False
    on_class: bool = False
    is_property: bool = False
    manager: bool = False
    """Whether a generator was made a context manager."""
    offloaded: bool = False
    """Whether it is awaited and runs elsewhere."""
    is_command: bool = False
    """Whether a command line calls it."""
    remembers: bool = False
    """Whether it runs once and then answers from memory."""
    attributes_of: str = ""
    """The class outside of the tree whose attributes it has."""
    wrappers: tuple[Routine, ...] = ()
    """Sync functions of the tree that its decorators put around it, and that run with it."""


_PLAIN = Decoration()
_STATIC = Decoration(static=True)
_ON_CLASS = Decoration(on_class=True)


class Decorators:
    """What decorators make of functions, each looked at once."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._known: dict[Function, Decoration] = {}

    def of(self, function: Function) -> Decoration:
        """What a function's decorators make of it."""
        known = self._known.get(function)
        if known is None:
            known = _PLAIN if function.owner is not None else _STATIC
            if function.owner is not None and function.head.name in _METHODS_OF_CLASSES:
                known = _ON_CLASS
            self._known[function] = known
            owner = function.owner
            if owner is not None and function.head.name in _MAKING and self._is_kept(owner):
                self._known[function] = known = replace(known, remembers=True)
            if function.head.decorators:
                path = function.source.path
                with self._evaluator.program.dependencies.within(path, path):
                    for decorator in reversed(function.head.decorators):
                        known = self._applied(known, function, decorator)
                self._known[function] = known
        return known

    def _is_kept(self, cls: Class) -> bool:
        """Whether a metaclass of the tree has a say in whether calling a class makes an object, as
        those have that keep the first one."""
        evaluator = self._evaluator
        for above, _ in evaluator.members.line(cls):
            if not isinstance(above, Class) or not above.head.keywords.get("metaclass"):
                continue
            for atom in evaluator.in_class(above, above.head.keywords["metaclass"]):
                if isinstance(atom, Type) and isinstance(atom.cls, Class):
                    called = evaluator.members.find(atom.cls, "__call__")
                    if called is not None and called.function is not None:
                        return True
        return False

    def is_awaited(self, function: Function) -> bool:
        """Whether a call of a function gives what is to be awaited."""
        if function.is_async:
            return not function.is_generator
        return self.of(function).offloaded

    def _applied(self, so_far: Decoration, function: Function, decorator: Expression) -> Decoration:
        evaluator = self._evaluator
        called = is_a(decorator, "c")
        named = decorator[1] if called else decorator
        last = named if isinstance(named, str) else (named[2] if is_a(named, "a") else "")
        match last:
            case "staticmethod":
                return replace(so_far, static=True)
            case "classmethod":
                return replace(so_far, on_class=True)
            case "contextmanager" | "asynccontextmanager":
                return replace(so_far, manager=True)
            case "command" | "group" | "callback" if called or last == "command":
                is_command = not function.is_async or self._is_of_commands(function, named)
                return replace(so_far, is_command=is_command)
            case _ if last.endswith("property") or last.endswith("Property"):
                return replace(so_far, is_property=True)
            case "cache" | "lru_cache":
                return replace(so_far, remembers=True)
            case "wraps" | "abstractmethod" | "overload" | "override" | "final" | "setter":
                return so_far
            case _:
                pass
        if function.owner is not None:
            value = evaluator.in_class(function.owner, decorator)
            names = evaluator.in_class(function.owner, named)
        elif function.parent is not None:
            return so_far
        else:
            value = evaluator.constant(function.source, decorator)
            names = evaluator.constant(function.source, named)
        if called and not any(isinstance(atom, Routine) for atom in value):
            value = (*value, *self._given_by(names))
        if any(self._is_offloader(atom) for atom in names) and not function.is_async:
            return replace(so_far, offloaded=True)
        if attributes_of := next(filter(None, map(self._attributes_from, names)), ""):
            return replace(so_far, attributes_of=attributes_of)
        for atom in value:
            if isinstance(atom, Routine) and self._makes_async(atom, function):
                return replace(so_far, offloaded=True)
            if isinstance(atom, Routine):
                return replace(so_far, wrappers=(*so_far.wrappers, *self._wrappers(atom, function)))
            if isinstance(atom, Type | Instance) and isinstance(atom.cls, Class):
                return self._by_class(so_far, function, atom)
        return so_far

    def _given_by(self, functions: Value) -> Iterator[Atom]:
        """The functions that some give: their annotations say no more than that they do."""
        for atom in functions:
            if isinstance(atom, Routine):
                key = Key(atom.function, atom.receiver, (), atom.outer)
                yield from self._evaluator.facts(key).returns

    def _attributes_from(self, decorator: Atom) -> str:
        entry: Entry | None = None
        if isinstance(decorator, Named):
            entry = self._evaluator.catalogue.functions.get(decorator.name)
        elif isinstance(decorator, Method):
            member = self._evaluator.members.find(decorator.owner, decorator.name)
            entry = member.entry if member is not None else None
        return (entry.decorates if entry is not None else None) or ""

    def _is_of_commands(self, function: Function, named: Expression) -> bool:
        """Whether a decorator is one of a library for command lines: those of bots are called
        the same, and what they are put on runs on the bot's loop."""
        base = named[1] if is_a(named, "a") else named
        for atom in self._evaluator.constant(function.source, base):
            if isinstance(atom, Routine) and self.of(atom.function).is_command:
                return True  # a command that others are commands of
            if isinstance(atom, Named) and atom.name.partition(".")[0] in _COMMAND_LINES:
                return True
            if isinstance(atom, Type | Instance):
                for above, _ in self._evaluator.members.line(atom.cls):
                    if above.name.partition(".")[0] in _COMMAND_LINES:
                        return True
        return False

    def _is_offloader(self, atom: object) -> bool:
        if isinstance(atom, Routine):
            return atom.function.name in self._evaluator.offloaders
        name = atom.name if isinstance(atom, Named) else ""
        if isinstance(atom, Type) and isinstance(atom.cls, External):
            name = atom.cls.name
        if not name:
            return False
        entry = self._evaluator.catalogue.functions.get(name)
        if entry is not None and entry.offloads:
            return True
        return name in self._evaluator.offloaders or name.rpartition(".")[2] in _OFFLOADING

    def _makes_async(self, decorator: Routine, function: Function) -> bool:
        """Whether a decorator of the tree gives an async function for a sync one."""
        if function.is_async:
            return False
        if decorator.function.is_async:
            return True
        key = Key(decorator.function, decorator.receiver, (), decorator.outer)
        returns = self._evaluator.facts(key).returns
        given = [atom.function for atom in returns if isinstance(atom, Routine)]
        return bool(given) and all(inner.is_async for inner in given)

    def _wrappers(self, decorator: Routine, function: Function) -> Iterator[Routine]:
        """The sync functions within a decorator of the tree that it gives for what it decorates.
        One that gives async ones too gives these for what is async."""
        key = Key(decorator.function, decorator.receiver, (), decorator.outer)
        given = [
            atom
            for atom in self._evaluator.facts(key).returns
            if isinstance(atom, Routine) and atom.function.parent is decorator.function
        ]
        if function.is_async and any(atom.function.is_async for atom in given):
            return
        for atom in given:
            if not atom.function.is_async and not atom.function.is_generator:
                yield atom

    def _by_class(
        self, so_far: Decoration, function: Function, atom: Type | Instance
    ) -> Decoration:
        members = self._evaluator.members
        if isinstance(atom, Type):
            if members.find(atom.cls, "__get__") is not None:
                member = members.find(atom.cls, "__get__")
                is_async = member is not None and member.function is not None
                if is_async and member is not None and member.function is not None:
                    is_async = member.function.is_async
                return so_far if is_async else replace(so_far, is_property=True)
            return so_far
        member = members.find(atom.cls, "__call__")
        if member is not None and member.function is not None:
            routine = Routine(member.function, atom)
            if self._makes_async(routine, function):
                return replace(so_far, offloaded=True)
        return so_far
