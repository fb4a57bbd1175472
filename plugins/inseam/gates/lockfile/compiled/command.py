"""The command that made a requirements file, as its header has it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from inseam.gates.locks.requirements import RequirementsFile

_VALUED = frozenset(
    {
        *("-o", "--output-file", "--extra", "--group", "-c", "--constraint", "--constraints"),
        *("--override", "--overrides", "--build-constraint", "--build-constraints", "-b"),
        *("--python-version", "-p", "--python", "--python-platform", "--index-url", "-i"),
        *("--default-index", "--index", "--extra-index-url", "--find-links", "-f"),
        *("--index-strategy", "--keyring-provider", "--resolution", "--prerelease"),
        *("--fork-strategy", "--exclude-newer", "--exclude-newer-package", "--no-binary"),
        *("--only-binary", "--no-build-package", "--no-binary-package", "--config-setting", "-C"),
        *("--annotation-style", "--custom-compile-command", "--upgrade-package", "-P"),
        *("--no-emit-package", "--unsafe-package", "--cache-dir", "--config-file", "--directory"),
        *("--project", "--allow-insecure-host", "--trusted-host", "--link-mode", "--torch-backend"),
        *("--refresh-package", "--color", "--pip-args", "--resolver", "--cert", "--client-cert"),
        *("--all-build-deps", "--build-deps-for", "--newline", "--max-rounds", "--src-file"),
        *("--no-sources-package", "--exclude", "--excludes", "--no-build-isolation-package"),
    }
)
"""Options that take a value, of both tools. `--all-build-deps` and the like take none, but never
stand before a file in practice."""
_PIP_TOOLS_SOURCES = ("requirements.in", "setup.py", "pyproject.toml", "setup.cfg")


@dataclass(frozen=True, kw_only=True)
class Command:
    """What a requirements file was made from, and how."""

    tool: str
    """`uv`, `pip-compile`, or `uv export`, whose source is another lock."""
    sources: tuple[str, ...]
    """As written; relative to where the command ran."""
    line: int
    """Of the lock, that says so."""
    extras: frozenset[str] = frozenset()
    all_extras: bool = False
    groups: tuple[str, ...] = ()
    """As written: a name, or `FILE:NAME`."""
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    universal: bool = False
    python: str | None = None
    platform: str | None = None
    arguments: tuple[str, ...] = ()
    """All, for running it again."""
    inferred: bool = False
    """Whether only annotations say it: extras and groups are then not known."""


class CommandError(ValueError):
    """The header does not say what the file was made from."""


def read_command(file: RequirementsFile) -> Command:
    """The header's command; without one, what the annotations name.

    Raises:
        CommandError: neither says.
    """
    words = _words(file.header.command or "")
    tool, arguments = _tool(words)
    if tool is None:
        return _annotated(file)
    options, sources = _split(arguments)
    return Command(
        tool=tool,
        sources=tuple(sources) or (_PIP_TOOLS_SOURCES if tool == "pip-compile" else ()),
        line=file.header.line,
        extras=frozenset(
            canonicalize_name(extra)
            for value in _values(options, "--extra")
            for extra in value.split(",")
        ),
        all_extras=any(name == "--all-extras" for name, _ in options),
        groups=_values(options, "--group"),
        constraints=_values(options, "-c", "--constraint", "--constraints"),
        overrides=_values(options, "--override", "--overrides"),
        universal=any(name == "--universal" for name, _ in options),
        python=next(iter(_values(options, "--python-version", "-p", "--python")), None)
        or file.header.python,
        platform=next(iter(_values(options, "--python-platform")), None),
        arguments=tuple(arguments),
    )


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise CommandError(f"the header's command cannot be read: {error}") from error


def _tool(words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """Which tool a command runs, and its arguments."""
    for index, word in enumerate(words):
        name = word.rpartition("/")[2]
        if name == "pip-compile":
            return "pip-compile", words[index + 1 :]
        if name == "uv" and list(words[index + 1 : index + 2]) == ["export"]:
            return "uv export", words[index + 2 :]
        if name == "uv" and list(words[index + 1 : index + 3]) == ["pip", "compile"]:
            return "uv", words[index + 3 :]
    return None, ()


def _split(words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Options with their values, and what is no option."""
    options: list[tuple[str, str]] = []
    sources: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word == "--":
            sources.extend(words[index:])
            break
        if not word.startswith("-") or word == "-":
            sources.append(word)
            continue
        name, equals, value = word.partition("=")
        if not equals and name in _VALUED and index < len(words):
            value = words[index]
            index += 1
        options.append((name, value))
    return options, sources


def _values(options: Sequence[tuple[str, str]], *names: str) -> tuple[str, ...]:
    return tuple(value for name, value in options if name in names)


def _annotated(file: RequirementsFile) -> Command:
    """What the annotations name: `-r FILE`, `NAME (FILE)`."""
    sources: list[str] = []
    constraints: list[str] = []
    for entry in file.entries:
        for asker in entry.via:
            if (found := re.fullmatch(r"-r (.+)", asker)) is not None:
                sources.append(found[1])
            elif (found := re.fullmatch(r"-c (.+)", asker)) is not None:
                constraints.append(found[1])
            elif (found := re.fullmatch(r"\S+ \((.+\.(?:toml|cfg|py))\)", asker)) is not None:
                sources.append(found[1])
    if not sources:
        raise CommandError("neither a header nor annotations say what the lock was made from")
    universal = any(";" in entry.text for entry in file.entries)
    return Command(
        tool="uv" if file.header.tool == "uv" else "pip-compile",
        sources=tuple(dict.fromkeys(sources)),
        line=1,
        constraints=tuple(dict.fromkeys(constraints)),
        universal=universal,
        inferred=True,
    )
