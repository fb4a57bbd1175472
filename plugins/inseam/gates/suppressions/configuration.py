"""Suppressions in a service's configuration of ruff and mypy.

The gates do not read these files. But a person who runs the tool by hand gets the file's milder
answer, and each line here is a wish to loosen that belongs into policy. Only options that loosen
whatever policy says are counted; whether `line-length = 110` does depends on policy and is not.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from typing import Any

from inseam.gates.files import SourceSyntaxError, is_skipped_folder, source_lines
from inseam.gates.located_toml import Document, KeyPath, parse
from inseam.gates.suppressions.comments import Place, Silencer
from inseam.gates.suppressions.mypy_options import Loosened, loosened
from inseam.gates.suppressions.settings import Kind

RUFF_FILES = frozenset({"ruff.toml", ".ruff.toml"})
MYPY_FILES = frozenset({"mypy.ini", ".mypy.ini", "setup.cfg"})
PROJECT_FILE = "pyproject.toml"
CONFIGURATION_FILES = RUFF_FILES | MYPY_FILES | {PROJECT_FILE}

_CODES = ("ignore", "extend-ignore", "lint.ignore", "lint.extend-ignore")
_PATHS = ("exclude", "extend-exclude", "lint.exclude", "format.exclude")
_CODES_BY_PATH = (
    "per-file-ignores",
    "extend-per-file-ignores",
    "lint.per-file-ignores",
    "lint.extend-per-file-ignores",
)


def in_configuration(name: str, text: str) -> Iterator[Place]:
    """What the configuration file `name` loosens.

    Raises:
        SourceSyntaxError: it cannot be read as what its name says.
    """
    if name in MYPY_FILES:
        yield from _mypy_ini(text)
        return
    document = parse(text)
    if name in RUFF_FILES:
        yield from _ruff(document, ())
    elif name == PROJECT_FILE:
        yield from _ruff(document, ("tool", "ruff"))
        yield from _mypy(document)


def _ruff(document: Document, root: KeyPath) -> Iterator[Place]:
    """Rules that are left out, and files that are."""
    for option in _CODES:
        path = root + tuple(option.split("."))
        for code in _list(_value(document, path)):
            yield _place("ruff-config", document.line(path), f"{option}: {code}", code)
    for option in _PATHS:
        path = root + tuple(option.split("."))
        for pattern in _list(_value(document, path)):
            if not is_skipped_folder(pattern.strip("/*")):
                yield _place("ruff-config", document.line(path), f"{option}: {pattern}")
    for option in _CODES_BY_PATH:
        path = root + tuple(option.split("."))
        by_path = _value(document, path)
        for pattern, codes in by_path.items() if isinstance(by_path, dict) else ():
            line = document.line((*path, pattern))
            for code in _list(codes):
                yield _place("ruff-config", line, f"{option}: {pattern}: {code}", code)


def _mypy(document: Document) -> Iterator[Place]:
    root: KeyPath = ("tool", "mypy")
    sections: list[tuple[KeyPath, object, str]] = [(root, _value(document, root), "")]
    overrides = _value(document, (*root, "overrides"))
    for index, override in enumerate(overrides if isinstance(overrides, list) else []):
        module = override.get("module") if isinstance(override, dict) else None
        scope = ", ".join([module] if isinstance(module, str) else _list(module))
        sections.append(((*root, "overrides", index), override, scope))
    for path, section, scope in sections:
        for option, value in section.items() if isinstance(section, dict) else ():
            for found in loosened(option, value):
                yield _mypy_place(document.line((*path, option)), found, scope)


_SECTION = re.compile(r"\[(?P<name>[^]]+)\]")
_OPTION = re.compile(r"(?P<name>[^\s:=#;\[][^:=]*?)\s*(?:[:=]|$)")


def _mypy_ini(text: str) -> Iterator[Place]:
    """`[mypy]` and `[mypy-MODULES]` in an ini file, as mypy's own parser takes it apart."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as error:
        message = f"the file is no valid ini file: {error.message.splitlines()[0]}"
        raise SourceSyntaxError(message, line=getattr(error, "lineno", None)) from error
    lines = _ini_lines(text)
    for section in parser.sections():
        if section != "mypy" and not section.startswith("mypy-"):
            continue
        scope = section.removeprefix("mypy").removeprefix("-")
        for option, value in parser[section].items():
            for found in loosened(option, value):
                yield _mypy_place(lines.get((section, option), 1), found, scope)


def _ini_lines(text: str) -> dict[tuple[str, str], int]:
    """The line of each option, by section and name."""
    lines: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(source_lines(text), 1):
        if found := _SECTION.match(line):
            section = found["name"]
        elif found := _OPTION.match(line):
            lines.setdefault((section, found["name"].lower()), number)
    return lines


def _mypy_place(line: int, found: Loosened, scope: str) -> Place:
    code = found.value if found.option == "disable_error_code" else None
    return _place("mypy-config", line, f"{scope}: {found}" if scope else str(found), code)


def _place(kind: Kind, line: int, directive: str, code: str | None = None) -> Place:
    silencer = Silencer(kind=kind, directive=directive, codes=(code,) if code else ())
    # The line's text would not do for a key: a list's first line stays while the list grows.
    return Place(silencer=silencer, line=line, key=directive)


def _value(document: Document, path: KeyPath) -> Any:
    """What stands at `path`; None if nothing does."""
    value: Any = document.content
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(str(key))
    return value


def _list(value: object) -> list[str]:
    """The members of a list; nothing for what is no list, which the tool itself refuses."""
    return [str(item) for item in value] if isinstance(value, list) else []
