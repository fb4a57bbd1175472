"""A service's lock and `pyproject.toml`, read and not yet believed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inseam.gates.contract import GateError, LockKind, ServiceFacts
from inseam.gates.environment.python_range import (
    PythonRange,
    locked_range,
    parse_range,
    stated_range,
)

_MAKERS: Mapping[LockKind, str] = {
    "uv": "uv lock",
    "poetry": "poetry lock",
    "requirements": "uv pip compile --generate-hashes",
    "pex": "pants generate-lockfiles",
}
_DECIDING = ("project", "dependency-groups")
_DECIDING_TOOLS = ("uv", "poetry")
"""The tables of a `pyproject.toml` that decide what is installed from a lock."""


class LockError(GateError):
    """A service's environment cannot be made, with the line that says why."""

    def __init__(
        self, code: str, message: str, fix: str, *, file: str | None, line: int | None = None
    ) -> None:
        super().__init__(code, message, fix, file=file)
        self.line = line


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A service's lock and what goes with it. Paths are relative to the workspace's root."""

    root: Path
    kind: LockKind
    file: str
    text: str
    pyproject: str | None
    project: Mapping[str, Any]
    """The parsed `pyproject.toml`; empty if there is none."""

    @property
    def path(self) -> Path:
        """Where the lock is."""
        return self.root / self.file

    @property
    def project_folder(self) -> Path:
        """The folder of the `pyproject.toml`.

        Raises:
            LockError: `no-pyproject`.
        """
        if self.pyproject is None:
            raise self.lacks_project()
        return (self.root / self.pyproject).parent

    def lacks_project(self) -> LockError:
        """The error that the service has no `pyproject.toml`, `no-pyproject`."""
        return LockError(
            "no-pyproject",
            f"a {self.kind} lock says nothing without its pyproject.toml; the service has none",
            "name it in the service's target",
            file=self.file,
        )

    @property
    def maker(self) -> str:
        """The command that writes such a lock."""
        return _MAKERS[self.kind]

    def deciding_tables(self) -> str:
        """What of the `pyproject.toml` bears on the environment, as canonical JSON; in a workspace
        of uv's, what its root's says too."""
        if self.kind not in ("uv", "poetry"):
            return "{}"
        tool = self.project.get("tool", {})
        tables = {name: self.project.get(name) for name in _DECIDING}
        tables |= {name: tool.get(name) for name in _DECIDING_TOOLS}
        beside = self.path.parent / "pyproject.toml"
        if beside.parent != self.project_folder and beside.is_file():
            tables["workspace"] = beside.read_bytes().hex()
        return json.dumps(tables, sort_keys=True, default=str)

    def python_range(self) -> tuple[PythonRange | None, str]:
        """Which Pythons the service runs on, and the file that says so.

        Raises:
            LockError: `python-range`, it is not a range; `lock-unreadable`.
        """
        stated, file = stated_range(self.project), self.pyproject or self.file
        if stated is None and self.kind != "requirements":
            stated, file = locked_range(self._parsed()), self.file
        if stated is None:
            return None, file
        try:
            return parse_range(stated), file
        except ValueError as error:
            raise LockError(
                "python-range", str(error), "write it as in PEP 440: >=3.11,<3.14", file=file
            ) from error

    def line_of(self, package: str) -> int | None:
        """The line on which the lock first names `package`."""
        name = re.sub(r"[-_.]+", "[-_.]+", re.escape(package).replace("\\-", "-"))
        patterns = {
            "requirements": rf"{name}(?:\[[^]]*\])?\s*(?:==|@)",
            "pex": rf'\s*"project_name": "{name}"',
        }
        pattern = re.compile(patterns.get(self.kind, rf'name = "{name}"'), re.IGNORECASE)
        lines = self.text.splitlines()
        return next((number for number, line in enumerate(lines, 1) if pattern.match(line)), None)

    def _parsed(self) -> Mapping[str, Any]:
        try:
            if self.kind == "pex":
                parsed = json.loads(without_header(self.text))
            else:
                parsed = tomllib.loads(self.text)
        except ValueError as error:  # of JSON or of TOML
            raise unreadable(self.file, error, f"make it anew: {self.maker}") from error
        return parsed if isinstance(parsed, dict) else {}


def read_lock(root: Path, facts: ServiceFacts) -> Lock:
    """A service's lock.

    Raises:
        LockError: `no-lock`, `lock-unreadable` or `pyproject-unreadable`.
    """
    if facts.lock is None or facts.lock_kind is None:
        raise LockError(
            "no-lock",
            f"the service {facts.name} has no lock, so there is no environment to look at it in",
            "make one (`uv lock`), commit it, and name it in the service's target",
            file=facts.pyproject or facts.root,
        )
    project: Mapping[str, Any] = {}
    if facts.pyproject is not None:
        content = _read(root, facts.pyproject, "pyproject-unreadable", "commit the file")
        try:
            project = tomllib.loads(content.decode("utf-8-sig"))
        except ValueError as error:
            raise unreadable(
                facts.pyproject, error, "correct the file", "pyproject-unreadable"
            ) from error
    maker = f"make it (`{_MAKERS[facts.lock_kind]}`) and commit it"
    content = _read(root, facts.lock, "no-lock", maker)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(facts.lock, error, maker) from error
    return Lock(
        root=root,
        kind=facts.lock_kind,
        file=facts.lock,
        text=text,
        pyproject=facts.pyproject,
        project=project,
    )


def without_header(text: str) -> str:
    """A Pants resolve's lock without the `//` lines above its JSON, which stay as empty lines."""
    return re.sub(r"^//.*$", "", text, flags=re.MULTILINE)


def unreadable(file: str, error: ValueError, fix: str, code: str = "lock-unreadable") -> LockError:
    """The error that `file` does not hold what it should, at the line that the parser named."""
    line = re.search(r"\bline (\d+)", str(error))
    return LockError(
        code,
        f"the file cannot be read: {error}",
        fix,
        file=file,
        line=int(line[1]) if line else None,
    )


def _read(root: Path, file: str, code: str, fix: str) -> bytes:
    try:
        return (root / file).read_bytes()
    except OSError as error:
        raise LockError(
            code, f"the file cannot be read: {error.strerror}", fix, file=file
        ) from error
