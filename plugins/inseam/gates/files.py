"""Which files a service has, and what their text is: the same answer on every machine.

A file that cannot be looked at is a `Failure`, never left out in silence.
"""

from __future__ import annotations

import io
import os
import re
import tokenize
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from inseam.findings.model import Failure

_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules"})
_LINE_END = re.compile("\r\n|\r|\n")
"""What ends a line for Python, ruff and mypy; `str.splitlines` knows more, such as form feeds."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A service's files."""

    files: tuple[str, ...]
    """Sorted posix paths relative to the workspace; a name that is not UTF-8 holds surrogates."""
    failures: tuple[Failure, ...]
    """Folders that cannot be read, and links that leave the workspace."""


def list_files(
    root: Path,
    service_root: str,
    *,
    gate: str,
    service: str,
    nested: Collection[str] = (),
) -> Listing:
    """Every file of a service.

    Left out: folders whose names start with a dot, caches, `node_modules`, virtual environments
    (by their `pyvenv.cfg`), and services nested in this one. A link to a folder is followed if the
    folder lies in the workspace and is not listed already under its own path, so that neither a
    loop of links nor a hidden folder behind one hides anything.

    Args:
        root: the workspace.
        service_root: the service's folder, relative to it.
        gate: the gate that asks, for the failures.
        service: the service's name, for the failures.
        nested: folders of other services; those within this one's are left out.
    """
    walk = _Walk(root=root, gate=gate, service=service, nested=frozenset(nested) - {service_root})
    walk.visit("" if service_root == "." else service_root)
    return Listing(
        files=tuple(sorted(walk.files)),
        failures=tuple(sorted(walk.failures, key=Failure.sort_key)),
    )


class _Walk:
    """One service's listing while it is being made."""

    def __init__(self, *, root: Path, gate: str, service: str, nested: frozenset[str]) -> None:
        self.files: list[str] = []
        self.failures: list[Failure] = []
        self._root = str(root)
        self._real_root = os.path.realpath(root)
        self._gate = gate
        self._service = service
        self._nested = nested
        self._visited: set[str] = set()
        """Real paths of the folders listed so far."""
        self._links: list[str] = []

    def visit(self, folder: str) -> None:
        """List `folder` and all below it: first what is really there, then behind links."""
        self._links.append(folder)
        while self._links:
            # One at a time and in order, as what a link adds decides what a later one would add.
            self._links.sort(reverse=True)
            link = self._links.pop()
            real = os.path.realpath(os.path.join(self._root, link))
            if real not in self._visited:
                self._visit_tree(link, real)

    def _visit_tree(self, folder: str, real: str) -> None:
        pending = [(folder, real)]
        while pending:
            folder, real = pending.pop()
            if real in self._visited:
                continue
            self._visited.add(real)
            prefix = f"{folder}/" if folder else ""
            for name, is_folder in self._entries(folder):
                path = prefix + name
                if not is_folder:
                    self.files.append(path)
                elif path not in self._nested:
                    pending.append((path, os.path.join(real, name)))

    def _entries(self, folder: str) -> Iterator[tuple[str, bool]]:
        """Names in `folder`, and whether each is a folder; links to folders are put by."""
        try:
            with os.scandir(os.path.join(self._root, folder)) as found:
                entries = list(found)
        except OSError as error:
            self._fail(folder, "unreadable", f"the folder cannot be read: {error.strerror}")
            return
        if "pyvenv.cfg" in [entry.name for entry in entries]:
            return
        for entry in entries:
            if entry.is_file(follow_symlinks=False):  # most are
                yield entry.name, False
            elif entry.is_symlink():
                if self._follows(f"{folder}/{entry.name}" if folder else entry.name, entry):
                    yield entry.name, False
            elif entry.is_dir(follow_symlinks=False) and not is_skipped_folder(entry.name):
                yield entry.name, True

    def _follows(self, path: str, entry: os.DirEntry[str]) -> bool:
        """Whether a link leads to a file to list; a link to a folder is put by for later."""
        is_folder = os.path.isdir(entry.path)
        if is_skipped_folder(entry.name) and is_folder:
            return False
        # A loop, or dangling: nothing to look at.
        if not is_folder and not os.path.isfile(entry.path):
            return False
        real = os.path.realpath(entry.path)
        if real != self._real_root and not real.startswith(self._real_root.rstrip("/") + "/"):
            if not (is_folder and os.path.exists(os.path.join(real, "pyvenv.cfg"))):
                self._fail(path, "link-outside", "the link leads out of the workspace")
            return False
        if is_folder and path not in self._nested:
            self._links.append(path)
        return not is_folder

    def _fail(self, path: str, code: str, message: str) -> None:
        fixes = {
            "unreadable": "make it readable, or remove it",
            "link-outside": "replace the link by what it leads to, or remove it",
        }
        self.failures.append(
            Failure(
                gate=self._gate,
                code=f"{self._gate}/{code}",
                service=self._service,
                file=path or ".",
                message=message,
                fix=fixes[code],
            )
        )


def is_skipped_folder(name: str) -> bool:
    """Whether no gate looks into folders of this name."""
    return name.startswith(".") or name in _SKIPPED_FOLDERS


class SourceError(Exception):
    """A file's text cannot be had."""

    what = "unreadable"
    fix = "make it a readable file in UTF-8, or in the encoding that its first lines name"

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line

    def failure(self, *, gate: str, service: str, file: str) -> Failure:
        """It as a failure of `gate`."""
        return Failure(
            gate=gate,
            code=f"{gate}/{self.what}",
            service=service,
            file=file,
            line=self.line,
            message=self.message,
            fix=self.fix,
        )


class SourceSyntaxError(SourceError):
    """A file's text is not in the language that its name promises."""

    what = "syntax-error"
    fix = "correct the file: what does not parse cannot be judged"


def read_source(path: Path, *, encoding: str | None = None) -> str:
    """The text of a Python file; line ends are left as they are.

    Args:
        path: the file.
        encoding: what to decode it with; None for what PEP 263 says.

    Raises:
        SourceError: it cannot be read or decoded.
    """
    return decode_source(read_bytes(path), encoding=encoding)


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"the file cannot be read: {error.strerror}") from error


def decode_source(content: bytes, *, encoding: str | None = None) -> str:
    """The text of a Python file's bytes, without a byte order mark; see `read_source`.

    Raises:
        SourceError: it cannot be decoded; its line is the first that cannot.
    """
    if encoding is None:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        except SyntaxError as error:
            raise SourceError(f"the file cannot be decoded: {error.msg}", line=1) from error
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = len(_LINE_END.findall(content[: error.start].decode("latin-1"))) + 1
        raise SourceError(f"the line is not {error.encoding}: {error.reason}", line=line) from error
    except (LookupError, UnicodeError) as error:  # a codec that is none of text, such as rot13
        raise SourceError(f"the file cannot be decoded: {error}", line=1) from error


def source_lines(text: str) -> list[str]:
    """The lines of a Python file without their ends, numbered as Python numbers them."""
    return _LINE_END.split(text)
