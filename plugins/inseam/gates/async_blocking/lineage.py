"""The bases of classes in the order in which attributes are looked up, and their type variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from inseam.gates.async_blocking.sources import Class
from inseam.gates.async_blocking.summary import Expression, is_a, last_name
from inseam.gates.async_blocking.types import UNKNOWN, AnyClass, External, Type, Value, Variable
from inseam.gates.async_blocking.unions import instances, substitute

if TYPE_CHECKING:
    from inseam.gates.async_blocking.evaluation import Evaluator

_MOST_BASES = 64
MODEL = External("django.db.models.Model")


class Lineage:
    """What is known of the bases of classes."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._lines: dict[AnyClass, tuple[tuple[AnyClass, dict[str, Value]], ...]] = {}
        self._above: dict[AnyClass, frozenset[AnyClass]] = {}
        self._parameters: dict[AnyClass, tuple[str, ...]] = {}
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
                atom
                for stated in cls.head.bases
                for base in _without_metaclass(stated)
                for atom in evaluator.in_class(cls, base)[:1]
            )
        entry = self._program.catalogue.classes.get(cls.name)
        if entry is None:
            # Packages that extend Django bring models that nobody lists.
            if cls.name.startswith("django") and cls.last.endswith("Model"):
                return self._evaluator.text(MODEL.name)
            return UNKNOWN
        return tuple(atom for text in entry.bases for atom in self._evaluator.text(text))

    def parameters(self, cls: AnyClass) -> tuple[str, ...]:
        """A class's type variables."""
        known = self._parameters.get(cls)
        if known is not None:
            return known
        if isinstance(cls, External):
            entry = self._program.catalogue.classes.get(cls.name)
            stated = entry.parameters if entry is not None else ()
            self._parameters[cls] = known = tuple(text.partition("=")[0].strip() for text in stated)
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

    def unstated(self, cls: AnyClass) -> dict[str, Value]:
        """What a class's type variables are where nothing is said of them: `[T = X]`."""
        entry = self._program.catalogue.classes.get(cls.name)
        stated = [text.partition("=") for text in entry.parameters] if entry is not None else []
        return {
            name.strip(): instances(self._evaluator.text(default.strip()))
            for name, _, default in stated
            if default
        }

    def derives(self, cls: AnyClass, base: AnyClass) -> bool:
        """Whether `cls` is `base` or lies below it."""
        if cls is base:
            return True
        known = self._above.get(cls)
        if known is None:
            known = frozenset(above for above, _ in self.line(cls))
            if cls in self._lines:
                self._above[cls] = known
        return base in known

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


def _without_metaclass(base: Expression) -> Sequence[Expression]:
    """The bases in `with_metaclass(Meta, Base)` of six and its like, or what is stated itself."""
    if is_a(base, "c") and last_name(base[1]) == "with_metaclass":
        return list(base[2][1:])
    return [base]
