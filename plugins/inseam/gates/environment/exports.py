"""What other tools' locks pin, as hashed requirements that uv can install.

Each format's own tool reads it, in an environment of its own: they alone know every version of
their format, and what a marker, a group or an extra means in it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inseam.gates import process
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.interpreters import Interpreter
from inseam.gates.environment.lock import Lock, LockError, without_header
from inseam.gates.environment.settings import EnvironmentSettings
from inseam.gates.environment.store import Environment
from inseam.gates.environment.uv import lock_error

_LOCAL = re.compile(r"^(?:-e\s|\S+(?:\[[^]]*\])?\s*@\s*file:|file:|\.{0,2}/)")
_LOOSE = re.compile(r"^-(?:r|c|e)\b|^--(?:requirement|constraint|editable)\b")


def plain_requirements(lock: Lock) -> str:
    """A requirements file's own text.

    Raises:
        LockError: `lock-loose`, it names further files, which no hash covers.
    """
    for number, line in enumerate(lock.text.splitlines(), 1):
        if _LOOSE.match(line):
            raise LockError(
                "lock-loose",
                f"the line {line.strip()!r} leads to what the lock does not pin",
                f"list everything in the lock itself: {lock.maker}",
                file=lock.file,
                line=number,
            )
    return lock.text


def poetry_requirements(
    lock: Lock,
    settings: EnvironmentSettings,
    tool: Environment,
    environment: Mapping[str, str],
    deadline: Deadline,
) -> str:
    """What `poetry export` makes of a lock: the main group, the groups that are not optional, and
    the groups and extras of the settings; without the service's own folders.

    Raises:
        GateError: Poetry refused it or could not be run.
    """
    with tempfile.TemporaryDirectory(prefix="inseam-poetry-") as scratch:
        # A copy, as Poetry writes next to what it reads, and looks in parent folders.
        Path(scratch, "poetry.lock").write_text(lock.text, encoding="utf-8")
        pyproject = (lock.project_folder / "pyproject.toml").read_bytes()
        Path(scratch, "pyproject.toml").write_bytes(pyproject)
        groups = sorted({*_default_groups(lock.project), *settings.groups})
        command = process.Command(
            argv=(
                *(str(tool.python), "-I", "-m", "poetry", "export", "--no-interaction"),
                *("--format", "requirements.txt", "--output", "requirements.txt"),
                *(f"--with={group}" for group in groups),
                *(f"--extras={extra}" for extra in sorted(settings.extras)),
            ),
            cwd=Path(scratch),
            environment={
                **_without(environment, "POETRY_"),
                "POETRY_CONFIG_DIR": scratch,
                "POETRY_DATA_DIR": scratch,
                "POETRY_CACHE_DIR": scratch,
                "POETRY_VIRTUALENVS_CREATE": "false",
                "NO_COLOR": "1",
            },
        )
        done = process.run(command, time_limit=deadline.left())
        exported = Path(scratch, "requirements.txt")
        if done.returncode or not exported.exists():
            raise lock_error(lock, done)
        return _third_party(exported.read_text(encoding="utf-8"))


def pex_requirements(
    lock: Lock,
    interpreter: Interpreter,
    tool: Environment,
    environment: Mapping[str, str],
    deadline: Deadline,
) -> str:
    """What `pex3 lock export` makes of a Pants resolve's lock for an interpreter.

    Raises:
        GateError: PEX refused it or could not be run.
    """
    with tempfile.TemporaryDirectory(prefix="inseam-pex-") as scratch:
        Path(scratch, "lock.json").write_text(without_header(lock.text), encoding="utf-8")
        command = process.Command(
            argv=(
                *(str(tool.python), "-I", "-m", "pex.cli", "lock", "export"),
                *("--format", "pip", "--python", str(interpreter.path), "--pex-root", scratch),
                *("--output", "requirements.txt", "lock.json"),
            ),
            cwd=Path(scratch),
            environment=_without(environment, "PEX_"),
        )
        done = process.run(command, time_limit=deadline.left())
        exported = Path(scratch, "requirements.txt")
        if done.returncode or not exported.exists():
            raise LockError(
                "lock-unreadable",
                f"PEX cannot read the lock{done.quote()}",
                f"make it anew: {lock.maker}",
                file=lock.file,
            )
        return exported.read_text(encoding="utf-8")


def _default_groups(project: Mapping[str, Any]) -> Iterator[str]:
    """The groups that `poetry install` installs when not told otherwise."""
    poetry = project.get("tool", {}).get("poetry", {})
    if poetry.get("dev-dependencies"):
        yield "dev"
    declared = poetry.get("group", {})
    for name in {**project.get("dependency-groups", {}), **declared}:
        if not declared.get(name, {}).get("optional", False):
            yield name


def _third_party(requirements: str) -> str:
    """Requirements without folders of the monorepo, which resolve through source roots."""
    return "".join(f"{line}\n" for line in requirements.splitlines() if not _LOCAL.match(line))


def _without(environment: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(prefix)}
