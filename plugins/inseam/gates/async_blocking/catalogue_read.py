"""One file of the catalogue, read and checked.

The fast reader has no positions. Files are checked on what it gives; only what is wrong is looked
up again with the reader of policy, which knows lines and also refuses duplicate keys.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import yaml

from inseam.gates.async_blocking.bags import BAGS
from inseam.gates.async_blocking.catalogue_model import (
    ClassEntry,
    Conditions,
    Confidence,
    Entry,
    Kind,
    Library,
)
from inseam.gates.async_blocking.catalogue_problems import (
    CatalogueError,
    CatalogueProblem,
    Path,
    located,
)
from inseam.policy import reader

SCHEMA = 1
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOP = frozenset(
    {
        *("aliases", "classes", "functions", "library", "replacement", "schema", "source"),
        "variables",
    }
)
_ENTRY = frozenset(
    {
        *("awaitable", "blocks", "callback", "confidence", "decorates", "given", "gives"),
        *("in_memory", "loop_callback", "memory", "offloads", "parameters", "returns", "unless"),
        *("use", "when"),
    }
)
_CLASS = frozenset({"attributes", "bag", "bases", "init", "methods", "parameters"})
_BAGS = {bag: bag for bag in sorted(BAGS)}
_KINDS = {kind.value: kind for kind in Kind}
_CONFIDENCES = {confidence.value: confidence for confidence in Confidence}
_EMPTY: Mapping[str, Any] = {}

T = TypeVar("T")


def read_library(file: str, data: bytes, *, module: str, careful: bool = False) -> Library:
    """The file's statements.

    Args:
        file: its name, for messages.
        data: its content.
        module: the module that it has to describe.
        careful: also look for what the fast reader passes over, such as duplicate keys and type
            expressions that are none; tests do.

    Raises:
        CatalogueError: with all that is wrong with it.
    """
    if careful:
        _, messages = reader.read(file, data)
        if messages:
            raise CatalogueError(
                tuple(
                    CatalogueProblem(
                        file=file, line=found.line, column=found.column, message=found.message
                    )
                    for found in messages
                )
            )
    try:
        document = yaml.load(data, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = CatalogueProblem(
            file=file, line=line, column=column, message="the file is no YAML"
        )
        raise CatalogueError((problem,)) from error
    reading = _Reading(module=module, careful=careful)
    library = reading.library(document)
    if reading.problems:
        raise CatalogueError(located(file, data, reading.problems))
    return library


@dataclass
class _Reading:
    """One file while it is checked."""

    module: str
    careful: bool
    problems: list[tuple[Path, str]] = field(default_factory=list)
    defaults: Entry = field(default_factory=Entry)

    def library(self, document: Any) -> Library:
        table = self._table(document, (), _TOP)
        if table.get("schema") != SCHEMA:
            self._report(("schema",), f"the schema is not {SCHEMA}")
        name = self._text(table, (), "library") or self.module
        replacement = self._text(table, (), "replacement")
        self.defaults = Entry(library=name, use=replacement)
        return Library(
            module=self.module,
            name=name,
            source=self._text(table, (), "source") or "",
            replacement=replacement,
            aliases=dict(self._names(table, "aliases")),
            variables=dict(self._names(table, "variables")),
            functions={
                one: self._entry(value, path)
                for one, value, path in self._members(table, (), "functions")
                if self._named_here(one, path)
            },
            classes={
                one: self._class(value, path)
                for one, value, path in self._members(table, (), "classes")
                if self._named_here(one, path)
            },
        )

    def _names(self, table: Mapping[str, Any], key: str) -> Iterator[tuple[str, str]]:
        for name, stated, path in self._members(table, (), key):
            if not isinstance(stated, str):
                self._report(path, "a dotted name is expected here")
            elif self._named_here(name, path):
                yield name, self._type(stated, path)

    def _members(
        self, table: Mapping[str, Any], path: Path, key: str
    ) -> Iterator[tuple[str, Any, Path]]:
        """What `table` lists under `key`: names, statements and where they stand.

        One statement may stand for many names: `os.remove, unlink, rename` are `os.remove` and its
        siblings `os.unlink` and `os.rename`.
        """
        seen: set[str] = set()
        for stated, value in self._table(table.get(key, _EMPTY), (*path, key)).items():
            place = (*path, key, stated)
            if not isinstance(stated, str):
                self._report(place, f"{stated!r} is no name")
                continue
            first, *others = stated.split(", ")
            scope = first.rpartition(".")[0]
            for name in (first, *(f"{scope}.{other}" if scope else other for other in others)):
                if name in seen:
                    self._report(place, f"{name} stands here twice")
                seen.add(name)
                yield name, value, place

    def _named_here(self, name: str, path: Path) -> bool:
        """Whether a name is one of this file's module, in which it is looked for."""
        inside = name == self.module or name.startswith(f"{self.module}.")
        if not inside:
            self._report(path, f"{name!r} is no name of {self.module}, which the file is for")
        return inside

    def _class(self, stated: Any, path: Path) -> ClassEntry:
        table = self._table(stated, path, _CLASS)
        entries = {
            name: self._entry(value, place)
            for name, value, place in self._members(table, path, "methods")
        }
        bases = self._texts(table, path, "bases")
        for base in bases:
            self._type(base, (*path, "bases"))
        attributes = {
            name: self._attribute(value, place)
            for name, value, place in self._members(table, path, "attributes")
        }
        any_method = entries.pop("*", None)
        any_attribute = attributes.pop("*", None)
        if any_attribute is not None and any_method is None:
            any_method = self.defaults
        return ClassEntry(
            bases=bases,
            parameters=self._texts(table, path, "parameters"),
            init=self._entry(table["init"], (*path, "init")) if "init" in table else None,
            attributes=attributes,
            methods=entries,
            any_method=any_method,
            any_attribute=any_attribute,
            bag=self._member(table, path, "bag", _BAGS) or "",
            library=self.defaults.library,
        )

    def _attribute(self, stated: Any, path: Path) -> Entry:
        if isinstance(stated, str):
            return replace(self.defaults, returns=self._type(stated, path))
        return self._entry(stated, path)

    def _entry(self, stated: Any, path: Path) -> Entry:
        if isinstance(stated, str) and stated in _KINDS:
            return replace(self.defaults, blocks=_KINDS[stated])
        table = self._table(stated, path, _ENTRY)
        returns = self._text(table, path, "returns")
        in_memory = self._text(table, path, "in_memory")
        decorates = self._text(table, path, "decorates")
        kind = self._member(table, path, "blocks", _KINDS)
        awaitable = table.get("awaitable", False)
        if awaitable not in (True, False):
            self._report((*path, "awaitable"), "`awaitable` is true or false")
        elif awaitable and kind:
            self._report((*path, "awaitable"), "what is awaited does not block")
        return Entry(
            blocks=kind,
            returns=self._type(returns, (*path, "returns")) if returns else None,
            use=self._text(table, path, "use") or self.defaults.use,
            awaitable=awaitable is True,
            confidence=self._member(table, path, "confidence", _CONFIDENCES) or Confidence.HIGH,
            parameters=self._texts(table, path, "parameters"),
            when=self._condition(table, path, "when"),
            unless=self._condition(table, path, "unless"),
            given=self._texts(table, path, "given"),
            memory=self._arguments(table, path, "memory"),
            in_memory=self._type(in_memory, (*path, "in_memory")) if in_memory else None,
            decorates=decorates,
            callback=self._arguments(table, path, "callback"),
            offloads=self._arguments(table, path, "offloads"),
            gives=self._arguments(table, path, "gives"),
            loop_callback=self._arguments(table, path, "loop_callback"),
            library=self.defaults.library,
        )

    def _condition(self, table: Mapping[str, Any], path: Path, key: str) -> Conditions:
        if key not in table:
            return ()
        condition = self._table(table[key], (*path, key))
        for name, value in condition.items():
            if not isinstance(value, bool | int | float | str):
                self._report((*path, key, name), "an argument is compared with a literal")
        return tuple(condition.items())

    def _arguments(self, table: Mapping[str, Any], path: Path, key: str) -> tuple[int | str, ...]:
        stated = table.get(key, [])
        if not isinstance(stated, list) or not all(isinstance(one, int | str) for one in stated):
            self._report((*path, key), f"`{key}` lists positions or names of arguments")
            return ()
        return tuple(stated)

    def _member(
        self, table: Mapping[str, Any], path: Path, key: str, members: Mapping[str, T]
    ) -> T | None:
        if key not in table:
            return None
        stated = table[key]
        member = members.get(stated) if isinstance(stated, str) else None
        if member is None:
            self._report((*path, key), f"{stated!r} is none of {', '.join(members)}")
        return member

    def _texts(self, table: Mapping[str, Any], path: Path, key: str) -> tuple[str, ...]:
        stated = table.get(key, [])
        if not isinstance(stated, list) or not all(isinstance(one, str) for one in stated):
            self._report((*path, key), f"`{key}` is a list of names")
            return ()
        return tuple(stated)

    def _text(self, table: Mapping[str, Any], path: Path, key: str) -> str | None:
        stated = table.get(key)
        if key in table and not (isinstance(stated, str) and stated):
            self._report((*path, key), f"`{key}` is text")
            return None
        return stated

    def _type(self, expression: str, path: Path) -> str:
        if self.careful:
            try:
                ast.parse(expression, mode="eval")
            except SyntaxError:
                self._report(path, f"{expression!r} is no type")
        return expression

    def _table(
        self, stated: Any, path: Path, keys: frozenset[str] | None = None
    ) -> Mapping[str, Any]:
        if not isinstance(stated, dict):
            self._report(path, "a mapping is expected here")
            return _EMPTY
        if keys is not None and not keys.issuperset(stated):
            for key in stated:
                if key not in keys:
                    known = ", ".join(sorted(keys))
                    self._report((*path, key), f"unknown key {key!r}: known are {known}")
        return stated

    def _report(self, path: Path, message: str) -> None:
        self.problems.append((path, message))
