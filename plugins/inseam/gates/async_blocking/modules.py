"""Which module each file is, and which file an import finds."""

from __future__ import annotations

import json
import posixpath
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

SUFFIXES = (".pyi", ".py")
_INITS = ("__init__.py", "__init__.pyi")
_ROOT_MARKERS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})


class Candidate(NamedTuple):
    """A file that a dotted name may mean."""

    path: str
    root: str
    """The folder that the name counts from; "" for the workspace itself."""
    declared: bool
    """Whether that folder is known to be a root, not only guessed to be one."""


@dataclass(slots=True)
class ModuleIndex:
    """The modules of a tree.

    Where nobody says which folders imports resolve from, they are guessed as import systems see
    them: the folder above each outermost package, each `src` and each project's folder, and each
    folder of scripts. One file then has several names, and one name may mean several files; the
    one nearest to the importing file is taken.
    """

    described: Collection[str]
    """Top-level names of libraries that are known: a folder that is called like one is it only
    for files beside it."""
    _names: dict[str, list[Candidate]] = field(default_factory=dict)
    _folders: set[str] = field(default_factory=set)
    """Dotted names of namespace packages: folders that hold modules."""
    _of_path: dict[str, str] = field(default_factory=dict)
    paths: set[str] = field(default_factory=set)
    """All files."""
    _holding: set[str] = field(default_factory=set)
    """Folders that hold files, at whatever depth."""
    _kept: dict[str, list[tuple[int, str, bool]]] = field(default_factory=dict)
    """Candidates as they were kept, by the files' numbers: few are asked for after an edit."""
    _files: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        files: Sequence[str],
        source_roots: Iterable[str],
        *,
        described: Collection[str],
        markers: Iterable[str] = (),
    ) -> ModuleIndex:
        """The index of `files`.

        Args:
            files: Python files, relative to the workspace.
            source_roots: folders that imports are known to resolve from, the first the nearest.
            described: top-level names of known libraries.
            markers: files beside which projects begin, such as `pyproject.toml`.
        """
        index = cls(described=described)
        declared = [_normal(root) for root in source_roots]
        folders = {path: posixpath.dirname(path) for path in files}
        packages = {
            folder
            for path, folder in folders.items()
            if path.endswith(_INITS) and _stem(path) == "__init__"
        }
        begins = [posixpath.split(path) for path in markers if is_marker(path)]
        # Within a package a `setup.py` is often but a module of that name.
        projects = {at for at, name in begins if name != "setup.py" or at not in packages}
        index.paths.update(files)
        for folder in set(folders.values()):
            while folder and folder not in index._holding:
                index._holding.add(folder)
                folder = posixpath.dirname(folder)
        scripts = set(folders.values()) - packages
        places: dict[str, list[tuple[str, bool, str]]] = {}
        for path, folder in folders.items():
            placed = places.get(folder)
            if placed is None:  # a folder's files have the same roots: seen to once
                placed = places[folder] = [
                    (root, known, index._package(folder, root))
                    for root, known in _roots(folder, declared, projects, packages, scripts)
                ]
            index._enter(path, placed)
        return index

    @classmethod
    def read(cls, text: str, files: Sequence[str], *, described: Collection[str]) -> ModuleIndex:
        """The index of the same files, of which `text` told.

        Raises:
            ValueError, TypeError: it did not.
        """
        kept, folders, names, holding = json.loads(text)
        return cls(
            described=described,
            paths=set(files),
            _folders=set(folders),
            _of_path=dict(zip(files, names, strict=True)),
            _holding=set(holding),
            _kept=kept,
            _files=files,
        )

    def text(self) -> str:
        """All that does not stand in the files' list."""
        numbers = {path: number for number, path in enumerate(self._of_path)}
        kept = {
            name: [(numbers[path], root, declared) for path, root, declared in candidates]
            for name, candidates in self._names.items()
        }
        told = (kept, sorted(self._folders), list(self._of_path.values()), sorted(self._holding))
        return json.dumps(told, separators=(",", ":"))

    def _candidates(self, name: str) -> Sequence[Candidate]:
        known = self._names.get(name)
        if known is None and (kept := self._kept.get(name)) is not None:
            known = self._names[name] = [
                Candidate(self._files[number], root, declared) for number, root, declared in kept
            ]
        return known or ()

    def _package(self, folder: str, root: str) -> str:
        """The dotted name of a folder, counted from a root."""
        inner = folder[len(root) + 1 :] if root else folder
        parts = [part.removesuffix("-stubs") for part in inner.split("/")]
        parts = [part for part in parts if part]
        for end in range(1, len(parts) + 1):
            self._folders.add(".".join(parts[:end]))
        return ".".join(parts)

    def _enter(self, path: str, placed: Iterable[tuple[str, bool, str]]) -> None:
        stem = _stem(path)
        for root, declared, package in placed:
            name = ".".join(filter(None, (package, "" if stem == "__init__" else stem)))
            if not name:
                continue
            self._names.setdefault(name, []).append(Candidate(path, root, declared))
            # A guessed name says more than a file's path from the workspace's root.
            if path not in self._of_path or not declared:
                self._of_path[path] = name

    def name(self, path: str) -> str:
        """A file's module name."""
        return self._of_path.get(path, _stem(path))

    def find(self, name: str, importer: str) -> str | None:
        """The file that an import of `name` in `importer` finds in the tree, if any."""
        candidates = self._candidates(name)
        if not candidates:
            return None
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names:
            return None
        best: tuple[tuple[bool, int, bool, int], str] | None = None
        for candidate in candidates:
            within = _within(importer, candidate.root)
            # What a described library does, its own code tells less well. Files of the environment
            # have absolute paths.
            if candidate.path.startswith("/") and top in self.described:
                continue
            if not candidate.declared and not self._is_meant(name, candidate.root, within):
                continue
            rank = (
                within,
                common(importer.split("/"), candidate.path.split("/")),
                candidate.path.endswith(".py"),
                -len(candidate.path),
            )
            if best is None or rank > best[0]:
                best = (rank, candidate.path)
        return best[1] if best is not None else None

    def relative(self, importer: str, level: int, module: str) -> tuple[str, str | None]:
        """The folder or file that `from ...module` in `importer` means: the path without its
        suffix, and the file if there is one."""
        folder = posixpath.dirname(importer)
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        inner = module.replace(".", "/")
        base = f"{folder}/{inner}" if folder and inner else folder or inner
        return base, self.file(base)

    def file(self, base: str) -> str | None:
        """The module at a path without suffix."""
        for path in (f"{base}.py", f"{base}/__init__.py", f"{base}.pyi", f"{base}/__init__.pyi"):
            if path.lstrip("/") in self.paths:
                return path.lstrip("/")
        return None

    def holds(self, folder: str) -> bool:
        """Whether there are modules below a folder."""
        return folder in self._holding

    def _is_meant(self, name: str, root: str, within: bool) -> bool:
        """Whether a name may count from a folder that is only guessed to be a root.

        Args:
            name: what is imported.
            root: that folder.
            within: whether the importing file is in it.
        """
        top = name.partition(".")[0]
        described = top in self.described
        # A script's folder serves the scripts in it alone; packages may be installed.
        if not within and described:
            return False
        # What is installed goes before a folder without `__init__`.
        if within and (not described or name == top):
            return True
        return self._is_package(top, root)

    def _is_package(self, top: str, root: str) -> bool:
        return any(
            candidate.root == root and _stem(candidate.path) == "__init__"
            for candidate in self._candidates(top)
        )

    def is_folder(self, name: str) -> bool:
        """Whether `name` is a package, with or without `__init__`."""
        return name in self._folders


def is_marker(path: str) -> bool:
    """Whether projects begin beside a file."""
    return posixpath.basename(path) in _ROOT_MARKERS


def _roots(
    folder: str,
    declared: Sequence[str],
    projects: Collection[str],
    packages: Collection[str],
    scripts: Collection[str],
) -> Iterable[tuple[str, bool]]:
    """Folders that the names of a folder's files may count from, and whether that is known."""
    found: dict[str, bool] = {}
    for root in declared:
        if folder == root or _within(folder, root):
            found[root] = True
    inside: list[str] = []
    while folder and folder in packages:
        if folder in projects:
            inside.append(folder)
        folder = posixpath.dirname(folder)
    found.setdefault(folder, False)
    # A project's folder may be a package as well, and its own imports still count from it.
    found.update(dict.fromkeys(inside, True))
    above = folder
    while above not in ("", "/"):  # files of the environment have absolute paths
        if posixpath.basename(above) == "src" or above in projects:
            found.setdefault(above, True)
        elif above in scripts:
            found.setdefault(above, False)
        if above in packages:  # a folder without `__init__` within a package
            found.setdefault(posixpath.dirname(above), False)
        above = posixpath.dirname(above)
    if not above and "" in scripts:
        found.setdefault("", False)
    return found.items()


def _within(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def common(left: Sequence[str], right: Sequence[str]) -> int:
    """How many leading parts two paths share."""
    count = 0
    for first, second in zip(left, right, strict=False):
        if first != second:
            break
        count += 1
    return count


def _normal(root: str) -> str:
    normal = posixpath.normpath(root)
    return "" if normal == "." else normal


def _stem(path: str) -> str:
    name = path[path.rfind("/") + 1 :]
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name
