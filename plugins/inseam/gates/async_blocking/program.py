"""The program: its modules, and what names mean in them.

Files are read when a name leads to them, so that nothing is read that no async code can reach.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING

from inseam.gates.async_blocking.catalogue import Catalogue
from inseam.gates.async_blocking.dependencies import ABSENT, Dependencies
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.modules import ModuleIndex
from inseam.gates.async_blocking.sources import Source
from inseam.gates.async_blocking.summary import Expression, Summary, is_import
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    Atom,
    External,
    Module,
    Named,
    Routine,
    Type,
    Value,
    Variable,
)
from inseam.gates.async_blocking.unions import instances, join

if TYPE_CHECKING:
    from inseam.gates.async_blocking.evaluation import Evaluator


BUILTIN_CLASSES = frozenset(
    {
        *("str", "bytes", "int", "float", "bool", "complex", "list", "dict", "set", "frozenset"),
        *("tuple", "type", "object", "bytearray", "memoryview"),
    }
)
"""Classes of the builtins whose names do not look like a class's."""


def _name_of(atom: Atom) -> str:
    if isinstance(atom, Routine):
        return atom.function.head.name
    named = atom.cls.name if isinstance(atom, Type) else getattr(atom, "name", "")
    return str(named).rpartition(".")[2]


class Program:
    """The files of a tree, as far as they have been read, and what names mean in them."""

    def __init__(
        self,
        index: ModuleIndex,
        catalogue: Catalogue,
        load: Callable[[str], Summary | None],
        text: Callable[[str], bytes],
    ) -> None:
        """
        Args:
            index: which modules there are.
            catalogue: what is known of those that are not in the tree.
            load: gives a file's summary, None if it cannot be had.
            text: gives a file's text, empty if it cannot be had.
        """
        self.index = index
        self.catalogue = catalogue
        self.evaluator: Evaluator
        self.dependencies = Dependencies()
        """What it is that results depend on."""
        self._load = load
        self._text = text
        self._sources: dict[str, Source | None] = {}
        self._externals: dict[str, Value] = {}
        self._builtins: dict[str, Value] = {}
        self._modules: dict[tuple[str, str], Module | None] = {}

    def source(self, path: str) -> Source | None:
        """A file, read now if it has not been."""
        try:
            return self._sources[path]
        except KeyError:
            summary = self._load(path)
            made = Source(path, self.index.name(path), summary) if summary is not None else None
            self._sources[path] = made
            return made

    def unread(self, path: str) -> bytes | None:
        """The text of a file that has not been read; None of one that has."""
        return None if path in self._sources else self._text(path)

    def depend(self, user: Source, used: Source) -> None:
        """Notes that what is found in `user` depends on the text of `used`."""
        self.depend_on(user, used.path)

    def depend_on(self, user: Source, path: str) -> None:
        """The same where the other file is not known to have been read."""
        if user.path != path:
            self.dependencies.use_from(user.path, path)

    def module(self, name: str, importer: str) -> Module | None:
        """The module of the tree that an absolute import finds."""
        mark = (name, importer)
        if mark not in self._modules:
            path = self.index.find(name, importer)
            if path is None and self._is_namespace(name):
                path = ""
            self._modules[mark] = Module(name, path) if path is not None else None
        return self._modules[mark]

    def _is_namespace(self, name: str) -> bool:
        return self.index.is_folder(name) and name.partition(".")[0] not in self.index.described

    def imported(self, source: Source, expression: Expression) -> Value:
        """What an import binds."""
        if expression[0] == "M":
            return self.imported_module(expression[1], source.path)
        _, level, module, name = expression
        return self.imported_name(source, level, module, name)

    def imported_module(self, name: str, importer: str) -> Value:
        """What `import name` binds."""
        found = self.module(name, importer)
        return (found,) if found is not None else self.external(name)

    def imported_name(self, source: Source, level: int, module: str, name: str) -> Value:
        """What `from module import name` binds."""
        if level:
            base, path = self.index.relative(source.path, level, module)
            return self._member(source, Module(base.replace("/", "."), path or ""), name, base)
        found = self.module(module, source.path)
        if found is None:
            return self.external(f"{module}.{name}")
        return self._member(source, found, name, None)

    def attribute(self, source: Source, module: Module, name: str) -> Value:
        """`module.name` in the file `source`."""
        return self._member(source, module, name, None)

    def _member(self, importer: Source, module: Module, name: str, base: str | None) -> Value:
        if module.path.endswith("/"):
            base = module.path[:-1]
        elif module.path:
            if module.path != importer.path:
                self.dependencies.use_from(importer.path, module.path)
            source = self.source(module.path)
            if source is None:
                return UNKNOWN
            # In `a/b/__init__.py`, `from . import c` must not find itself.
            if source is not importer or base is None:
                if name not in source.summary.names:
                    self.dependencies.use_from(importer.path, f"{source.path}{ABSENT}{name}")
                found = self.global_value(source, name)
                if found:
                    return found
            if not source.is_package:
                return self._computed(module.path, name)
            base = module.path.rpartition("/")[0]
        if base is not None:
            inner = f"{base}/{name}" if base else name
            path = self.index.file(inner)
            if path is None and self.index.holds(inner):
                path = f"{inner}/"
            if path is not None:
                return (Module(f"{module.name}.{name}", path),)
            return self._computed(module.path, name)
        return self.imported_module(f"{module.name}.{name}", importer.path)

    def _computed(self, path: str, name: str) -> Value:
        """What a module's `__getattr__` (PEP 562) gives: of all that it may return what is called
        `name`, since it is not told which name it is asked for."""
        source = self._sources.get(path)
        if source is None or "__getattr__" not in source.summary.names:
            return UNKNOWN
        found: list[Atom] = []
        for atom in self.global_value(source, "__getattr__"):
            if isinstance(atom, Routine):
                returned = self.evaluator.facts(Key(atom.function)).returns
                found += (one for one in returned if _name_of(one) == name)
        return tuple(found)

    def named(self, source: Source, name: str) -> Value:
        """What a name means in a module where no scope within it binds it."""
        found = source.globals.get(name)
        if found:
            return found
        if found is None:
            found = self.global_value(source, name)
        if found or name in source.summary.names:
            return found
        known = self._builtins.get(name)
        if known is not None:
            return known
        found = self.external(f"builtins.{name}")
        if hasattr(builtins, name):
            self._builtins[name] = found
        else:
            self.dependencies.use(f"{source.path}{ABSENT}{name}")
        return found

    def global_value(self, source: Source, name: str) -> Value:
        """What a module's name is."""
        known = source.globals.get(name)
        if known is not None:
            return known
        before = self.dependencies.enter(source.path, source.path)
        source.globals[name] = UNKNOWN  # where finding it out leads back to it
        try:
            source.globals[name] = value = self._global_value(source, name)
        except RecursionError:
            del source.globals[name]
            raise
        finally:
            self.dependencies.leave(before)
        return value

    def _global_value(self, source: Source, name: str) -> Value:
        evaluator = self.evaluator
        values: list[Value] = []
        for annotation, value in source.summary.bound(name)[:16]:
            stated = evaluator.annotation(source, annotation) if annotation else UNKNOWN
            if is_import(value):
                values.append(self.imported(source, value))
            else:
                values.append(stated or evaluator.constant(source, value))
        found = join(*values)
        if not found and name in source.summary.rebound:
            functions = [source.function(number) for number in source.summary.rebound[name]]
            found = join(
                *(
                    evaluator.facts(Key(function)).rebound.get(name, UNKNOWN)
                    for function in functions
                )
            )
        if not found and name not in source.summary.names:
            found = self._from_stars(source, name)
        return found

    def _from_stars(self, source: Source, name: str) -> Value:
        """What `from … import *` binds a name to. Libraries may have any name, so that what one
        is not known to have counts only where nothing else does."""
        guessed: Value = UNKNOWN
        for level, module in reversed(source.summary.stars):
            found = self.imported_name(source, level, module, name)
            if found and self._is_listed(found):
                return found
            guessed = guessed or found
        return UNKNOWN if hasattr(builtins, name) else guessed

    def _is_listed(self, value: Value) -> bool:
        """Whether something is in the tree or the catalogue."""
        for atom in value:
            if isinstance(atom, Named) and atom.name not in self.catalogue.functions:
                return False
            if isinstance(atom, Type) and isinstance(atom.cls, External):
                return atom.cls.name in self.catalogue.classes
        return True

    def external(self, name: str) -> Value:
        """What a dotted name outside of the tree is."""
        known = self._externals.get(name)
        if known is None:
            self._externals[name] = known = self._external(self.catalogue.resolve(name))
        return known

    def _external(self, name: str) -> Value:
        if name in ("typing.Self", "typing_extensions.Self"):
            return (Variable("Self", UNKNOWN),)
        if name == "typing.Any":
            return UNKNOWN
        if name in self.catalogue.functions:
            return (Named(name),)
        if name in self.catalogue.variables:
            return instances(self.evaluator.text(self.catalogue.variables[name]))
        module, _, last = name.rpartition(".")
        if module == "builtins" and last in BUILTIN_CLASSES:
            return (Type(External(name)),)
        if name in self.catalogue.classes:
            return (Type(External(name)),)
        if last.lstrip("_")[:1].isupper() and not self.catalogue.is_module(name):
            return (Type(External(name)),)
        return (Named(name),)
