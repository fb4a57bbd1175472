"""What attributes of bags of state hold: whatever the tree's files set them to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inseam.gates.async_blocking.bags import shared
from inseam.gates.async_blocking.dependencies import ABSENT
from inseam.gates.async_blocking.descendants import Descendants
from inseam.gates.async_blocking.hierarchy import query
from inseam.gates.async_blocking.modules import common
from inseam.gates.async_blocking.sources import Source
from inseam.gates.async_blocking.types import UNKNOWN, AnyClass, External, Value
from inseam.gates.async_blocking.unions import join
from inseam.gates.mypy.layout import is_test

if TYPE_CHECKING:
    from inseam.gates.async_blocking.evaluation import Evaluator

_MOST_FILES = 32
"""Files that are read in search of what sets one attribute."""
_MOST_BINDINGS = 16
_MOST_KINDS = 4
"""What an attribute may be; one that may be more belongs to many programs and says nothing."""


class Shared(Descendants):
    """What is known of attributes that programs set on objects of frameworks."""

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__(evaluator)
        self._bags: dict[AnyClass, str] = {}
        self._shared: dict[str, Sequence[tuple[str, Value]]] = {}
        """What attributes of bags are set to for good, and in which files."""

    def bag(self, cls: AnyClass) -> str:
        """What a bag is called that is an object of a class; empty if it is none."""
        known = self._bags.get(cls)
        if known is None:
            classes, known = self._program.catalogue.classes, ""
            for above, _ in self.line(cls):
                entry = classes.get(above.name) if isinstance(above, External) else None
                if entry is not None and entry.bag:
                    known = entry.bag
                    break
            if cls in self._lines:
                self._bags[cls] = known
        return known

    def shared(self, cls: AnyClass, name: str, path: str) -> Value:
        """What an attribute of a bag holds for those who ask in a file.

        Several programs may stand in one tree: what is set nearest to the file counts.
        """
        bag = self.bag(cls)
        if not bag or name.startswith("__"):
            return UNKNOWN
        found = self._set(shared(bag, name))
        here = path.split("/")[:-1]
        near = [(common(here, other.split("/")[:-1]), value) for other, value in found]
        nearest = max((count for count, _ in near), default=0)
        value = join(*(value for count, value in near if count == nearest))
        return value if len(value) <= _MOST_KINDS else UNKNOWN

    def _set(self, name: str) -> Sequence[tuple[str, Value]]:
        """The files that set something to what is known, and to what."""
        asked = query("defining", name)
        dependencies = self._program.dependencies
        dependencies.use(asked)
        known = self._shared.get(name)
        if known is not None:
            return known
        paths = self._evaluator.hierarchy.defining([name])
        found: list[tuple[str, Value]] = []
        complete = True
        before = dependencies.enter(asked, "")  # whoever asks depends on what is found there
        try:
            for path in paths if len(paths) <= _MOST_FILES else ():
                if is_test(path):
                    continue
                dependencies.use(path)
                dependencies.use(f"{path}{ABSENT}{name}")
                source = self._program.source(path)
                if source is None:
                    continue
                value, is_final = self._set_in(source, name)
                complete = complete and is_final
                if value:
                    found.append((path, value))
        finally:
            dependencies.leave(before)
        if complete:
            self._shared[name] = found
        return found

    def _set_in(self, source: Source, name: str) -> tuple[Value, bool]:
        """What one file sets it to, and whether that is final: none of its functions is still
        being evaluated."""
        evaluator = self._evaluator
        values: list[Value] = []
        for annotation, value in source.summary.bound(name)[:_MOST_BINDINGS]:
            stated = evaluator.annotation(source, annotation) if annotation else UNKNOWN
            values.append(stated or evaluator.constant(source, value))
        complete = True
        for number in source.summary.rebound.get(name, ()):
            key = evaluator.key(source.function(number))
            facts = evaluator.assigned(key)
            complete = complete and evaluator.is_final(key)
            values.append(facts.rebound.get(name, UNKNOWN))
        return join(*values), complete
