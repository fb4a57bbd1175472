"""From a service's lock to its environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from inseam.gates.contract import GateError, Request, ServiceFacts
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.exports import (
    pex_requirements,
    plain_requirements,
    poetry_requirements,
)
from inseam.gates.environment.interpreters import Interpreter, Wanted, find_interpreter
from inseam.gates.environment.lock import Lock, LockError, read_lock
from inseam.gates.environment.python_range import PythonRange
from inseam.gates.environment.settings import EnvironmentSettings
from inseam.gates.environment.store import Environment, environment_key, obtain
from inseam.gates.environment.uv import Uv, lock_error, tool_error
from inseam.gates.process import Completed

Tool = Literal["mypy", "pex", "pip-audit", "poetry", "postgresql", "squawk"]
_LOCKS = Path(__file__).resolve().parents[2] / "tools"
_EXPORTERS_MINOR = 11
"""The oldest Python 3 that the locks of Poetry and PEX serve."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A service's environment and what it was made from."""

    environment: Environment
    interpreter: Interpreter
    """What it was made with; a tool that imports from it has to run on the same."""
    python_range: PythonRange | None
    """The Pythons that the service says it runs on, if it says so."""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Makes environments for one unit, or finds them in the unit's cache."""

    root: Path
    cache: Path
    environment: Mapping[str, str]
    deadline: Deadline

    @classmethod
    def of(cls, request: Request[Any], deadline: Deadline) -> Workshop:
        """The workshop of a unit."""
        return cls(
            root=request.root,
            cache=request.cache.resolve(),  # an environment does not survive being moved
            environment=request.environment,
            deadline=deadline,
        )

    def for_service(
        self, facts: ServiceFacts, settings: EnvironmentSettings, *, at_least: int
    ) -> Prepared:
        """The environment that a service's lock describes.

        The service itself and other folders of the monorepo are not installed: they are imported
        through `source_roots`.

        Args:
            facts: whose.
            settings: what goes into it.
            at_least: the lowest minor version of Python 3 that the gate's tool runs on.

        Raises:
            GateError: it cannot be made; a `LockError` names the line that says why.
        """
        lock = read_lock(self.root, facts)
        python_range, declared_in = lock.python_range()
        minor = None if settings.python is None else int(settings.python.partition(".")[2])
        interpreter = self._interpreter(
            Wanted(range=python_range, minor=minor, at_least=at_least, declared_in=declared_in)
        )
        key = environment_key(
            interpreter,
            lock.kind,
            lock.text,
            lock.deciding_tables(),
            json.dumps([sorted(settings.groups), sorted(settings.extras)]),
            tool_lock(lock.kind) if lock.kind in ("poetry", "pex") else b"",
        )

        def build(folder: Path) -> None:
            self._build(lock, settings, interpreter, folder)

        environment = obtain(self.cache, key, interpreter, build, self.deadline)
        return Prepared(environment=environment, interpreter=interpreter, python_range=python_range)

    def for_tool(self, tool: Tool, interpreter: Interpreter) -> Environment:
        """The environment of a tool that inseam locks.

        Raises:
            GateError: it cannot be made.
        """
        content = tool_lock(tool)

        def build(folder: Path) -> None:
            failed = self._install(content.decode("utf-8"), interpreter, folder)
            if failed is not None:
                raise tool_error(tool, failed)

        key = environment_key(interpreter, tool, content)
        return obtain(self.cache, key, interpreter, build, self.deadline)

    def for_tool_alone(self, tool: Tool, *, at_least: int) -> Environment:
        """The environment of a tool that looks at no service's Python.

        Raises:
            GateError: it cannot be made; `no-interpreter` among the reasons.
        """
        wanted = Wanted(range=None, minor=None, at_least=at_least, declared_in=f"{tool}.lock")
        return self.for_tool(tool, self._interpreter(wanted))

    def _interpreter(self, wanted: Wanted) -> Interpreter:
        return find_interpreter(
            wanted, environment=self.environment, cache=self.cache, deadline=self.deadline
        )

    def _uv(self) -> Uv:
        return Uv.find(cache=self.cache, environment=self.environment, deadline=self.deadline)

    def _build(
        self, lock: Lock, settings: EnvironmentSettings, interpreter: Interpreter, folder: Path
    ) -> None:
        if lock.kind == "uv":
            self._sync(lock, settings, interpreter, folder)
            return
        if lock.kind == "requirements":
            requirements = plain_requirements(lock)
        else:
            exporters = Wanted(
                range=None, minor=None, at_least=_EXPORTERS_MINOR, declared_in=lock.file
            )
            tool = self.for_tool(lock.kind, self._interpreter(exporters))
            if lock.kind == "poetry":
                requirements = poetry_requirements(
                    lock, settings, tool, self.environment, self.deadline
                )
            else:
                requirements = pex_requirements(
                    lock, interpreter, tool, self.environment, self.deadline
                )
        failed = self._install(requirements, interpreter, folder)
        if failed is not None:
            raise lock_error(lock, failed)

    def _sync(
        self, lock: Lock, settings: EnvironmentSettings, interpreter: Interpreter, folder: Path
    ) -> None:
        """Install from a `uv.lock`: the default groups and those of the settings."""
        done = self._uv().run(
            *("sync", "--frozen", "--no-install-local", "--output-format", "json"),
            *("--project", str(lock.project_folder)),
            *(f"--group={group}" for group in sorted(settings.groups)),
            *(f"--extra={extra}" for extra in sorted(settings.extras)),
            UV_PROJECT_ENVIRONMENT=str(folder),
            UV_PYTHON=str(interpreter.path),
        )
        if done.returncode:
            raise lock_error(lock, done)
        used = _lock_used(done)
        if used is None or not os.path.samefile(used, lock.path):
            raise LockError(
                "lock-elsewhere",
                f"uv installs {lock.pyproject} from another lock: the project belongs to a "
                "workspace whose lock it shares",
                "name the workspace's lock in the service's target, or take the project out of "
                "the workspace",
                file=lock.file,
            )

    def _install(
        self, requirements: str, interpreter: Interpreter, folder: Path
    ) -> Completed | None:
        """Install exactly `requirements` into a new environment; what failed, if something did."""
        uv = self._uv()
        made = uv.run("venv", "--no-project", "--python", str(interpreter.path), str(folder))
        if made.returncode:
            return made
        listed = folder / "requirements.txt"
        listed.write_text(requirements, encoding="utf-8")
        done = uv.run(
            *("pip", "sync", "--require-hashes", "--allow-empty-requirements", "--no-config"),
            *("--python", str(folder / "bin" / "python"), str(listed)),
        )
        return done if done.returncode else None


def tool_lock(tool: Tool) -> bytes:
    """inseam's lock of a tool.

    Raises:
        GateError: `tool-missing`.
    """
    try:
        return (_LOCKS / f"{tool}.lock").read_bytes()
    except OSError as error:
        raise GateError(
            "tool-missing",
            f"inseam's lock of {tool} cannot be read: {error.strerror}",
            "install inseam anew",
        ) from error


def _lock_used(done: Completed) -> str | None:
    """The lock that `uv sync` says it installed from."""
    try:
        report = json.loads(done.stdout)
        return str(report["lock"]["path"])
    except (ValueError, KeyError, TypeError) as error:
        raise GateError(
            "tool-output",
            f"uv did not say which lock it used: {done.stdout[:200]!r}",
            "use the uv that is installed with inseam",
        ) from error
