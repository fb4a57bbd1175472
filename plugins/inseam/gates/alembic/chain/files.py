"""Finding and reading the files of a service's revisions."""

from __future__ import annotations

import ast
import functools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from inseam.gates.alembic.chain.model import Configuration, Revision, Unclear
from inseam.gates.alembic.chain.reading import read_revision
from inseam.gates.files import SourceError, SourceSyntaxError, is_skipped_folder, read_source

_REVISION_FILE = re.compile(r"^(?!\.#|__init__)(.*\.py)$")
"""What Alembic takes for a revision's file, by its name."""


@dataclass(frozen=True, kw_only=True)
class RevisionFiles:
    """What the folders of revisions hold."""

    revisions: tuple[Revision, ...]
    unclear: tuple[Unclear, ...]
    stray: tuple[Revision, ...]
    """Revisions below the scripts' folder that Alembic does not look at."""
    errors: tuple[tuple[str, SourceError], ...]
    """Files that cannot be read, and why."""
    texts: Mapping[str, str]
    """The text of every revision's file."""

    @functools.cached_property
    def by_file(self) -> Mapping[str, Revision]:
        """The revisions by their files."""
        return {revision.file: revision for revision in self.revisions}


def read_revisions(
    root: Path, configuration: Configuration, *, known: RevisionFiles | None = None
) -> RevisionFiles:
    """Read every revision of a service.

    Args:
        root: the workspace, or what stands for it at the base.
        configuration: where the revisions are.
        known: what was read elsewhere; a file of the same text is not parsed again.
    """
    listed = sorted(set(_listed(root, configuration)))
    revisions: list[Revision] = []
    unclear: list[Unclear] = []
    errors: list[tuple[str, SourceError]] = []
    texts: dict[str, str] = {}
    for file in listed:
        try:
            text = read_source(root / file)
            same = known is not None and known.texts.get(file) == text
            read = known.by_file[file] if known and same else read_revision(file, parse(text), text)
        except SourceError as error:
            errors.append((file, error))
            continue
        if isinstance(read, Unclear):
            unclear.append(read)
        else:
            revisions.append(read)
            texts[file] = text
    return RevisionFiles(
        revisions=tuple(revisions),
        unclear=tuple(unclear),
        stray=tuple(_stray(root, configuration, frozenset(listed))),
        errors=tuple(errors),
        texts=texts,
    )


def parse(text: str) -> ast.Module:
    """A Python file's syntax.

    Raises:
        SourceSyntaxError: it does not parse.
    """
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        raise SourceSyntaxError(f"the file does not parse: {message}", line=line) from error


def _listed(root: Path, configuration: Configuration) -> Iterator[str]:
    for folder in configuration.versions:
        yield from _python_files(root, folder, deep=configuration.recursive)


def _stray(root: Path, configuration: Configuration, listed: frozenset[str]) -> Iterator[Revision]:
    beside = () if configuration.apart else (configuration.script_location,)
    folders = (*beside, *configuration.versions)
    for file in sorted({file for f in folders for file in _python_files(root, f, deep=True)}):
        if file in listed or file == configuration.env_py:
            continue
        try:
            text = read_source(root / file)
            read = read_revision(file, parse(text), text)
        except SourceError:  # Alembic does not look at it either
            continue
        if isinstance(read, Revision):
            yield read


def _python_files(root: Path, folder: str, *, deep: bool) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):  # a chain without a revision
        return
    for entry in entries:
        path = entry.name if folder in ("", ".") else f"{folder}/{entry.name}"
        if entry.is_dir():
            if deep and not is_skipped_folder(entry.name) and not entry.is_symlink():
                yield from _python_files(root, path, deep=True)
        elif _REVISION_FILE.match(entry.name):
            yield path
