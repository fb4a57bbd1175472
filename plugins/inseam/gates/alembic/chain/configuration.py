"""Reading `alembic.ini` and `[tool.alembic]` as Alembic does, without Alembic."""

from __future__ import annotations

import configparser
import os
import posixpath
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inseam.gates.alembic.chain.model import Configuration
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.contract import GateError, Service, ServiceFacts

INI_FACT = "alembic_ini"
"""The key of a service's facts that names the ini."""

_SEPARATORS = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}
_LEGACY = re.compile(r", *|(?: +)")
_PYPROJECT = "pyproject.toml"


@dataclass(frozen=True, kw_only=True)
class _Options:
    """An ini's section and what a `pyproject.toml` adds to it."""

    ini: Mapping[str, str]
    toml: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        value = self.ini.get(name, self.toml.get(name))
        return None if value is None else str(value)

    def flag(self, name: str) -> bool:
        return (self.text(name) or "false").strip().lower() in ("1", "yes", "true", "on")

    def version_locations(self, file: str) -> list[str] | None:
        stated = self.ini.get("version_locations")
        if not stated:
            listed = self.toml.get("version_locations")
            return None if listed is None else [str(entry) for entry in listed]
        separator = self.text("path_separator") or self.text("version_path_separator")
        if separator is None:
            return [entry for entry in _LEGACY.split(stated) if entry]
        if separator not in _SEPARATORS:
            raise _unusable(
                file, f"path_separator is {separator!r}, none of {', '.join(_SEPARATORS)}"
            )
        parts = stated.split(_SEPARATORS[separator])
        return [entry.strip() for entry in parts if entry.strip()]


def read_configuration(root: Path, service: Service[AlembicSettings]) -> Configuration:
    """Where the service's migrations are.

    Raises:
        GateError: `no-configuration`, there is none; `bad-configuration`, it cannot be used.
    """
    facts, settings = service.facts, service.settings
    file = _file(root, service)
    folder = posixpath.dirname(file)
    working = settings.working_directory
    cwd = folder if working is None else posixpath.normpath(posixpath.join(facts.root, working))
    section = settings.section
    options = _options(root, file, section)
    location = options.text("script_location")
    if location is None:
        raise _unusable(file, f"[{section}] has no script_location")
    place = _Places(root=root, facts=facts, file=file, cwd=cwd)
    scripts = place.folder(location)
    stated = options.version_locations(file)
    if settings.version_locations is not None:
        below = [posixpath.join(facts.root, folder) for folder in settings.version_locations]
        stated = [str(root / folder) for folder in below]
    return Configuration(
        file=file,
        section=section,
        working_directory=cwd or ".",
        script_location=scripts,
        versions=(
            (f"{scripts}/versions",)
            if stated is None
            else tuple(dict.fromkeys(place.folder(entry) for entry in stated))
        ),
        recursive=options.flag("recursive_version_locations"),
        apart=settings.version_locations is not None,
    )


def _file(root: Path, service: Service[AlembicSettings]) -> str:
    facts, settings = service.facts, service.settings
    if settings.ini is not None:
        named = posixpath.normpath(posixpath.join(facts.root, settings.ini))
    elif INI_FACT in facts.facts:
        named = _of_fact(root, facts)
    else:
        for name in ("alembic.ini", _PYPROJECT):
            candidate = posixpath.normpath(posixpath.join(facts.root, name))
            if (root / candidate).is_file() and (name != _PYPROJECT or _has_table(root, candidate)):
                return candidate
        elsewhere = [f for f in service.files if posixpath.basename(f) == "alembic.ini"]
        if len(elsewhere) == 1:
            return elsewhere[0]
        raise _none_found(facts, elsewhere)
    if named.startswith("../") or not (root / named).is_file():
        raise GateError(
            "no-configuration",
            "the file that Alembic's configuration should be in does not exist",
            "correct the path in the target's facts or in the setting ini",
            file=named,
        )
    return named


def _of_fact(root: Path, facts: ServiceFacts) -> str:
    """The file that the target names: below its folder, as its other fields are, or else from the
    workspace's root, which a leading `//` says outright."""
    stated = facts.facts[INI_FACT]
    if stated.startswith("//"):
        return posixpath.normpath(stated[2:])
    below = posixpath.normpath(posixpath.join(facts.root, stated))
    from_root = posixpath.normpath(stated)
    return from_root if (root / from_root).is_file() and not (root / below).is_file() else below


def _none_found(facts: ServiceFacts, elsewhere: Sequence[str]) -> GateError:
    if elsewhere:
        return GateError(
            "no-configuration",
            f"which of the service's {len(elsewhere)} is meant cannot be told: "
            f"{', '.join(elsewhere)}",
            f"name it in the target's facts, {INI_FACT}, or in the setting ini",
            file=elsewhere[0],
        )
    return GateError(
        "no-configuration",
        "the service has no alembic.ini, and its pyproject.toml has no [tool.alembic]",
        f"name it in the target's facts, {INI_FACT}, or say `applies: false` with a reason",
        file=facts.root,
    )


def _has_table(root: Path, file: str) -> bool:
    try:
        return "alembic" in _toml(root, file).get("tool", {})
    except GateError:
        return False


def _options(root: Path, file: str, section: str) -> _Options:
    folder = posixpath.dirname(file)
    beside = posixpath.join(folder, _PYPROJECT)
    toml: Mapping[str, Any] = {}
    if file == beside or (root / beside).is_file():
        table = _toml(root, beside).get("tool", {}).get("alembic", {})
        toml = {name: _with_here(value, root, folder) for name, value in table.items()}
    if file == beside:
        return _Options(ini={}, toml=toml)
    parser = configparser.ConfigParser({"here": _here(root, folder)})
    try:
        parser.read_string((root / file).read_text(encoding="utf-8-sig"), source=file)
        if not parser.has_section(section):
            raise _unusable(file, f"there is no section [{section}]")
        return _Options(ini=dict(parser.items(section)), toml=toml)
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise _unusable(file, " ".join(str(error).split())) from error


def _with_here(value: Any, root: Path, folder: str) -> Any:
    if isinstance(value, list):
        return [_with_here(entry, root, folder) for entry in value]
    if isinstance(value, str):
        return value.replace("%(here)s", _here(root, folder)).replace("%%", "%")
    return value


def _here(root: Path, folder: str) -> str:
    # A per cent sign in the workspace's path must not look like an interpolation.
    return str(root / folder).replace("%", "%%")


def _toml(root: Path, file: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads((root / file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unusable(file, str(error)) from error


@dataclass(frozen=True, kw_only=True)
class _Places:
    """Turns what a configuration calls a folder into a path of the workspace."""

    root: Path
    facts: ServiceFacts
    file: str
    cwd: str

    def folder(self, stated: str) -> str:
        """A folder, given absolutely, relative to the working directory, or as `package:path`."""
        if ":" in stated and not os.path.isabs(stated):
            return self._in_package(*stated.split(":", 1))
        path = os.path.normpath(self.root / self.cwd / stated)
        relative = os.path.relpath(path, self.root)
        if relative.startswith(".."):
            raise _unusable(self.file, f"{stated} leads out of the workspace")
        return Path(relative).as_posix()

    def _in_package(self, package: str, path: str) -> str:
        below = "/".join((*package.split("."), *path.split(":")))
        for base in (*self.facts.source_roots, self.facts.root):
            candidate = posixpath.normpath(posixpath.join(base, below))
            if (self.root / candidate).is_dir():
                return candidate
        raise _unusable(self.file, f"no source root of the service has the folder {package}:{path}")


def _unusable(file: str, reason: str) -> GateError:
    return GateError(
        "bad-configuration",
        f"Alembic's configuration cannot be used: {reason}",
        "correct the file; `alembic heads` reads the same one",
        file=file,
    )
