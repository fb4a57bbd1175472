"""Files of the program, and the functions and classes that stand in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from inseam.gates.async_blocking.dependencies import body
from inseam.gates.async_blocking.summary import (
    ASYNC,
    GENERATOR,
    STUB,
    ClassHead,
    FunctionHead,
    Summary,
)
from inseam.gates.async_blocking.types import Value


@dataclass(eq=False, slots=True, repr=False)
class Source:
    """One file of the program."""

    path: str
    name: str
    summary: Summary
    globals: dict[str, Value] = field(default_factory=dict)
    """What is known of its names so far."""
    _functions: dict[int, Function] = field(default_factory=dict)
    _classes: dict[int, Class] = field(default_factory=dict)

    def function(self, number: int) -> Function:
        """One of its functions, read now if it has not been."""
        known = self._functions.get(number)
        if known is None:
            known = Function(self, number, self.summary.function(number))
            self._functions[number] = known
        return known

    def class_(self, number: int) -> Class:
        """One of its classes, read now if it has not been."""
        known = self._classes.get(number)
        if known is None:
            known = Class(self, number, self.summary.class_(number))
            self._classes[number] = known
        return known

    def functions(self, flags: int = 0) -> Iterator[Function]:
        """Its functions, those that have any of some flags, or all."""
        for number, has in enumerate(self.summary.flags):
            if not flags or has & flags:
                yield self.function(number)

    def classes(self) -> Iterator[Class]:
        """All of its classes."""
        return map(self.class_, range(self.summary.classes))

    @property
    def is_package(self) -> bool:
        return self.path.rpartition("/")[2].startswith("__init__.")


@dataclass(eq=False, slots=True, repr=False)
class Function:
    """A function or lambda."""

    source: Source
    number: int
    head: FunctionHead
    owner: Class | None = field(init=False)
    """The class whose method it is."""
    parent: Function | None = field(init=False)
    """The function that it is nested in."""
    node: str = field(init=False)
    """Its body among what results depend on."""
    is_async: bool = field(init=False)
    is_generator: bool = field(init=False)
    is_stub: bool = field(init=False)

    def __post_init__(self) -> None:
        source, head = self.source, self.head
        self.owner = source.class_(head.owner) if head.owner >= 0 else None
        self.parent = source.function(head.parent) if head.parent >= 0 else None
        self.node = body(source.path, self.number)
        self.is_async = bool(head.flags & ASYNC)
        self.is_generator = bool(head.flags & GENERATOR)
        self.is_stub = bool(head.flags & STUB)

    @property
    def qualified(self) -> str:
        """Its name within its module."""
        if self.owner is not None:
            return f"{self.owner.qualified}.{self.head.name}"
        if self.parent is not None:
            return f"{self.parent.qualified}.{self.head.name}"
        return self.head.name

    @property
    def name(self) -> str:
        """Its dotted name."""
        return f"{self.source.name}.{self.qualified}"

    @property
    def line(self) -> int:
        """Its line, from which places in its body count."""
        return self.source.summary.lines[self.number]

    @property
    def order(self) -> tuple[str, int]:
        """Orders functions by place."""
        return (self.source.path, self.number)


@dataclass(eq=False, slots=True, repr=False)
class Class:
    """A class of the tree."""

    source: Source
    number: int
    head: ClassHead

    @property
    def qualified(self) -> str:
        """Its name within its module."""
        if self.head.owner >= 0:
            return f"{self.source.class_(self.head.owner).qualified}.{self.head.name}"
        return self.head.name

    @property
    def name(self) -> str:
        """Its dotted name."""
        return f"{self.source.name}.{self.qualified}"
