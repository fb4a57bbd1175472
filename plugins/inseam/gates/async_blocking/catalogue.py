"""The sink catalogue: which calls block, for the standard library and for third parties.

Data, one file per module in `sinks/`, named after the module. A name is looked up in the file of
the longest prefix that has one, and a file is read when the first name of its module is asked for:
a tree pays for the libraries that it imports.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from inseam.gates.async_blocking.catalogue_model import (
    ClassEntry,
    Entry,
    ExtraSink,
    Library,
)
from inseam.gates.async_blocking.catalogue_read import read_library

SINKS = Path(__file__).parent / "sinks"

T = TypeVar("T")


@functools.cache
def _modules(folder: Path) -> frozenset[str]:
    """The modules that have a file in `folder`: nearly a thousand, listed once for a process."""
    return frozenset(
        name.removesuffix(".yaml") for name in os.listdir(folder) if name.endswith(".yaml")
    )


class Catalogue:
    """What blocks. Answers depend on nothing but the arguments, whatever was asked before."""

    def __init__(self, folder: Path = SINKS, extra_sinks: Iterable[ExtraSink] = ()) -> None:
        """A catalogue of the files in `folder` and of policy's additions."""
        self._folder = folder
        self._modules = _modules(folder)
        self._libraries: dict[str, Library] = {}
        self._extra_functions: dict[str, Entry] = {}
        self._extra_classes: dict[str, ClassEntry] = {}
        for sink in sorted(extra_sinks, key=lambda sink: (sink.call, sink.blocks)):
            self._add(sink)
        self.functions: Mapping[str, Entry] = _Names(
            self, lambda library: library.functions, self._extra_functions
        )
        self.classes: Mapping[str, ClassEntry] = _Names(
            self, lambda library: library.classes, self._extra_classes
        )
        self.aliases: Mapping[str, str] = _Names(self, lambda library: library.aliases, {})
        self.variables: Mapping[str, str] = _Names(self, lambda library: library.variables, {})

    @property
    def modules(self) -> frozenset[str]:
        """Modules that have a file."""
        return self._modules

    @property
    def read_modules(self) -> frozenset[str]:
        """Modules whose file was needed so far."""
        return frozenset(self._libraries)

    def resolve(self, name: str) -> str:
        """The name under which the catalogue lists `name`, itself if there is no other."""
        for _ in range(8):  # aliases of aliases; bounded, should two lead to each other
            prefix, rest = name, ""
            while prefix not in self.aliases:
                prefix, dot, last = prefix.rpartition(".")
                if not dot:
                    return name
                rest = f".{last}{rest}"
            name = f"{self.aliases[prefix]}{rest}"
        return name

    def is_module(self, name: str) -> bool:
        """Whether a dotted name is that of a module: it has a file, or functions below it."""
        return name in self._modules or any(
            function.startswith(f"{name}.")
            for library in self.libraries_of(name)
            for function in library.functions
        )

    def library(self, module: str) -> Library:
        """The file of a module.

        Raises:
            KeyError: there is none.
            CatalogueError: it cannot be used.
        """
        known = self._libraries.get(module)
        if known is None:
            if module not in self._modules:
                raise KeyError(module)
            known = self._extended(_read(self._folder / f"{module}.yaml", module))
            self._libraries[module] = known
        return known

    def libraries_of(self, name: str) -> Iterator[Library]:
        """The files that may list a dotted name, the nearest first."""
        prefix = name
        while prefix:
            if prefix in self._modules:
                yield self.library(prefix)
            prefix = prefix.rpartition(".")[0]

    def _add(self, sink: ExtraSink) -> None:
        """Enters a sink of policy: as a function and, since the name does not tell, a method."""
        entry = sink.entry()
        owner, _, last = sink.call.rpartition(".")
        known = self._extra_classes.get(owner, ClassEntry(library=entry.library))
        if last == "*":
            self._extra_classes[owner] = replace(known, any_method=entry)
            return
        self._extra_functions[sink.call] = entry
        if "." in owner:
            self._extra_classes[owner] = replace(known, methods={**known.methods, last: entry})

    def _extended(self, library: Library) -> Library:
        """A library of the catalogue with what policy adds to its functions and classes."""
        both = library.classes.keys() & self._extra_classes.keys()
        functions = {
            name: entry
            for name, entry in self._extra_functions.items()
            if name in library.functions
        }
        if not both and not functions:
            return library
        classes = dict(library.classes)
        for name in both:
            shipped, extra = classes[name], self._extra_classes[name]
            classes[name] = replace(
                shipped,
                methods={**shipped.methods, **extra.methods},
                any_method=extra.any_method or shipped.any_method,
            )
        return replace(library, classes=classes, functions={**library.functions, **functions})


class _Names(Mapping[str, T], Generic[T]):
    """One section of all files, by dotted name; iterating reads every file."""

    def __init__(
        self,
        catalogue: Catalogue,
        section: Callable[[Library], Mapping[str, T]],
        extras: Mapping[str, T],
    ) -> None:
        """
        Args:
            catalogue: where the files are.
            section: what of a file this is.
            extras: what policy adds to it.
        """
        self._catalogue = catalogue
        self._section = section
        self._extras = extras
        self._found: dict[str, T | None] = {}

    def __getitem__(self, name: str) -> T:
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def __iter__(self) -> Iterator[str]:
        names = set(self._extras)
        for module in self._catalogue.modules:
            names.update(self._section(self._catalogue.library(module)))
        return iter(sorted(names))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def get(self, name: str, default: Any = None) -> Any:
        try:
            found = self._found[name]
        except KeyError:
            found = self._find(name)
        return default if found is None else found

    def _find(self, name: str) -> T | None:
        if name not in self._found:
            self._found[name] = self._look(name)
        return self._found[name]

    def _look(self, name: str) -> T | None:
        for library in self._catalogue.libraries_of(name):
            found = self._section(library).get(name)
            if found is not None:
                return found
        return self._extras.get(name)


@functools.cache
def _read(path: Path, module: str) -> Library:
    return read_library(f"sinks/{path.name}", path.read_bytes(), module=module)
