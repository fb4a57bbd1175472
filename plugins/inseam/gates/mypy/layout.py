"""Which module each file of a service is, and which of them one run of mypy can check together."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inseam.gates.contract import ServiceFacts

_TEST_FOLDERS = frozenset({"test", "tests", "_tests"})
_TEST_FILE = re.compile(r"^(test_.*|.*_test|conftest)\.pyi?$")
_SUFFIXES = (".pyi", ".py")
"""In mypy's order: of two files of one module, the stub is the module."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How to call mypy for a service. Paths are relative to the workspace's root."""

    bases: tuple[str, ...]
    """Folders that modules are named from and imports are resolved in; mypy runs in the first."""
    batches: tuple[tuple[str, ...], ...]
    """All files to check. mypy cannot have two modules of one name in a run, such as the
    `conftest` of two folders that are no packages: the second goes to the second batch."""

    def from_first_base(self, path: str) -> str:
        """`path` as mypy is given it."""
        return posixpath.relpath(path, self.bases[0])

    def from_workspace(self, path: str) -> str:
        """A path that mypy reports, relative to the workspace's root."""
        return posixpath.normpath(posixpath.join(self.bases[0], path))


def layout(root: Path, facts: ServiceFacts, files: Sequence[str]) -> Layout:
    """How to check `files`.

    The bases are the source roots, and the service's folder unless it lies within one: then `tests`
    without `__init__.py` is a namespace package, as it is for Python started in that folder.

    Args:
        root: the workspace.
        facts: the service's.
        files: what to check, relative to the workspace.
    """
    bases = [base for base in facts.source_roots if (root / base).is_dir()]
    if not any(_within(facts.root, base) for base in bases):
        bases.append(facts.root)
    return Layout(bases=tuple(bases), batches=_batches(files, frozenset(bases)))


def selected(
    files: Iterable[str], service_root: str, *, exclude: Collection[str], tests: bool
) -> list[str]:
    """The files to check: Python, not excluded and, unless `tests`, no tests."""
    excluded = [re.compile(_translate(glob)) for glob in sorted(exclude)]
    kept = []
    for file in files:
        if not file.endswith(_SUFFIXES):
            continue
        # Relating paths costs more than all else here, where services have thousands of files.
        inner = file if service_root == "." else posixpath.relpath(file, service_root)
        if any(glob.match(inner) for glob in excluded):
            continue
        if tests or not is_test(inner):
            kept.append(file)
    return kept


def is_test(path: str) -> bool:
    """Whether a file, relative to its service's folder, is one of its tests."""
    *folders, name = path.split("/")
    return not _TEST_FOLDERS.isdisjoint(folders) or _TEST_FILE.match(name) is not None


def _translate(glob: str) -> str:
    """`*` and `?` stop at slashes, `**/` is any folders, and a folder means all that is in it."""
    meanings = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", glob.rstrip("/"))
    translated = "".join(meanings.get(piece) or re.escape(piece) for piece in pieces)
    return rf"{translated}(?:/.*)?\Z"


def _batches(files: Sequence[str], bases: Collection[str]) -> tuple[tuple[str, ...], ...]:
    packages = {
        posixpath.dirname(file)
        for file in files
        if posixpath.splitext(file)[0].endswith("__init__")
    }
    batches: list[list[str]] = []
    taken: dict[str, int] = {}
    for file in sorted(files, key=lambda file: (not file.endswith(".pyi"), file)):
        module = _module(file, bases, packages)
        number = taken.get(module, 0)
        taken[module] = number + 1
        if number == len(batches):
            batches.append([])
        batches[number].append(file)
    return tuple(tuple(sorted(batch)) for batch in batches)


def _module(file: str, bases: Collection[str], packages: Collection[str]) -> str:
    """The module that mypy takes a file for: `SourceFinder.crawl_up` of its `find_sources.py`."""
    folder, name = posixpath.split(file)
    stem = name.removesuffix(".pyi").removesuffix(".py")
    prefix = _package(folder or ".", bases, packages) or ""
    if stem == "__init__":
        return prefix or "__main__"
    return f"{prefix}.{stem}".lstrip(".")


def _package(folder: str, bases: Collection[str], packages: Collection[str]) -> str | None:
    if folder in bases:
        return ""
    name = posixpath.basename(folder).removesuffix("-stubs")
    is_package = folder in packages
    if not is_package and (folder == "." or not name.isidentifier()):
        return None
    above = _package(posixpath.dirname(folder) or ".", bases, packages)
    if above is None and not is_package:
        return None
    return f"{above or ''}.{name}".lstrip(".")


def _within(folder: str, base: str) -> bool:
    return base == "." or folder == base or folder.startswith(base + os.sep)
