"""A folder for ruff to run in: links to the services' files, under policy's configuration alone.

Ruff takes a file's configuration from the nearest folder above it, so a service's own `ruff.toml`
or `[tool.ruff]` would win over anything that policy says. Its `--config FILE` replaces them all,
but is one configuration for one process. Here each service has a folder of its own, holding a
generated `.ruff.toml` and links to the real folders; where one of those has a configuration
somewhere below, it is made anew as a folder of links that leaves the configuration out. So one
process looks at any number of services, each under its own settings, and nothing is written into
the workspace, which may be read-only.
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from inseam.gates.contract import Service
from inseam.gates.ruff.settings import RuffSettings

CONFIGURATIONS = frozenset({"ruff.toml", ".ruff.toml", "pyproject.toml"})
"""Names of files that ruff takes configuration from."""

CANARY = "canary.py"
"""A file that must be reported by both commands; a tool that does not has looked at nothing."""

_SOURCES = "tree"
_SUFFIXES = (".py", ".pyi", ".pyw", ".ipynb")


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The folder and what is in it."""

    folder: Path
    check: str
    """The file that lists what to check, as an argument of ruff's."""
    format: str | None
    """The file that lists what to format; None when no service asks for it."""

    def is_canary(self, reported: str) -> bool:
        """Whether a file that ruff names, absolutely or not, is the canary."""
        return self._relative(reported) == CANARY

    def path_of(self, reported: str) -> str | None:
        """The workspace's path of a file that ruff names, absolutely or not; None for others."""
        inside, _, path = self._relative(reported).partition("/")
        return path if inside == _SOURCES else None

    def _relative(self, reported: str) -> str:
        return reported.removeprefix(f"{self.folder}/").removeprefix("./")


def judged(service: Service[RuffSettings]) -> list[str]:
    """The service's files that ruff looks at: every Python file and notebook, and its project file.

    Ruff judges a `pyproject.toml` under RUF200, and reads `requires-python` from it.
    """
    project = posixpath.normpath(f"{service.facts.root}/pyproject.toml")
    return [path for path in service.files if path.endswith(_SUFFIXES) or path == project]


def make_tree(
    folder: Path, root: Path, files: Sequence[tuple[Service[RuffSettings], Sequence[str]]]
) -> Tree:
    """Fill the empty `folder`.

    Args:
        folder: where, without symbolic links in its path.
        root: the workspace.
        files: the services, and the files of each that are to be looked at.
    """
    (folder / "ruff.toml").write_text('[lint]\nselect = ["F401"]\n')
    (folder / CANARY).write_text("import  os\n")
    roots = {service.facts.root for service, _ in files}
    made: set[str] = set()
    for service, paths in files:
        base = os.path.join(folder, _SOURCES, service.facts.root)
        _make_folder(base, made)
        Path(base, ".ruff.toml").write_text(configuration(service), encoding="utf-8")
        for link in _links(service, paths, roots):
            place = os.path.join(folder, _SOURCES, link)
            _make_folder(os.path.dirname(place), made)
            os.symlink(os.path.join(root, link), place)
    formatted = [
        path
        for service, paths in files
        if service.settings.format
        for path in paths
        if path.endswith(_SUFFIXES)
    ]
    return Tree(
        folder=folder,
        check=_list(folder, "check.txt", (path for _, paths in files for path in paths)),
        format=_list(folder, "format.txt", formatted) if formatted else None,
    )


def _make_folder(folder: str, made: set[str]) -> None:
    """Make `folder` and those above it, unless it is in `made`."""
    if folder not in made:
        os.makedirs(folder, exist_ok=True)
        made.add(folder)


def _links(service: Service[RuffSettings], paths: Iterable[str], roots: Iterable[str]) -> list[str]:
    """The fewest files and folders that together hold all `paths` and no configuration of ruff's
    but the service's own project file, whose [tool.ruff] the generated file hides."""
    prefix = "" if service.facts.root == "." else f"{service.facts.root}/"
    remade = {service.facts.root, ""}
    for path in service.files:
        folder, _, name = path.rpartition("/")
        if name.lower() in CONFIGURATIONS:
            remade.update(_between(prefix, folder))
    for other in roots:
        if other.startswith(prefix):
            remade.update(_between(prefix, other))
    links: set[str] = set()
    for path in paths:
        end = path.find("/", len(prefix))
        while end != -1 and path[:end] in remade:
            end = path.find("/", end + 1)
        links.add(path if end == -1 else path[:end])
    return sorted(links)


def _between(prefix: str, folder: str) -> list[str]:
    """`folder` and the folders above it, as far as the one that `prefix` names."""
    return [
        str(above)
        for above in (PurePosixPath(folder), *PurePosixPath(folder).parents)
        if str(above).startswith(prefix)
    ]


def configuration(service: Service[RuffSettings]) -> str:
    """The `.ruff.toml` that says what policy says for a service."""
    settings = service.settings
    lines = [
        f"line-length = {settings.line_length}",
        f"src = {_texts(_sources(service), keep_order=True)}",
        f"exclude = {_texts(settings.exclude)}",
        "respect-gitignore = false",
    ]
    if settings.target_version is not None:
        lines.append(f"target-version = {_text(settings.target_version)}")
    lines += [
        "[lint]",
        # Without E902 ruff passes files that it cannot read.
        f"select = {_texts(settings.select | {'E902'})}",
        f"ignore = {_texts(settings.ignore)}",
        f"preview = {str(settings.preview).lower()}",
        "[lint.isort]",
        f"known-first-party = {_texts(settings.first_party)}",
        "[lint.per-file-ignores]",
        *(
            f"{_text(pattern)} = {_texts(selectors)}"
            for pattern, selectors in sorted(settings.per_path_ignores.items())
        ),
    ]
    return "\n".join(lines) + "\n"


def _sources(service: Service[RuffSettings]) -> list[str]:
    """Folders that the service's own modules lie in, relative to its own.

    Libraries' folders are left out: they are not among a service's files, so that whether they
    are there depends on who looks. `first_party` names what they hold.
    """
    root = service.facts.root
    own = [
        posixpath.relpath(source, root)
        for source in service.facts.source_roots
        if root == "." or source == root or source.startswith(f"{root}/")
    ]
    return own or [".", "src"]


def _list(folder: Path, name: str, paths: Iterable[str]) -> str:
    """Write the list of files, the canary last, so that a cut list is noticed."""
    lines = [f"./{_SOURCES}/{path}" for path in paths]
    (folder / name).write_text("\n".join([*lines, f"./{CANARY}"]), encoding="utf-8")
    return f"@{name}"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _texts(texts: Iterable[str], *, keep_order: bool = False) -> str:
    ordered = texts if keep_order else sorted(texts)
    return f"[{', '.join(map(_text, ordered))}]"
