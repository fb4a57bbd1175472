"""A copy of this repository's own monorepo in a temporary folder, driven through real `./pants`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
COPIED = (
    *("pants", "pants.toml", "pyproject.toml", "build-support", "3rdparty"),
    *("packaging", "plugins", "policies", "examples"),
)
"""What a workspace needs of the repository: all but tests, documentation and benchmarks."""

LIMIT = 900
"""Seconds after which one call of Pants is given up; a call that hangs must not hang CI."""

_OURS = ("PANTS_", "PEX_", "PYTHONPATH", "INSEAM_")
"""Beginnings of variables of the Pants that runs these tests: the one under test has its own."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a call of Pants ended."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A git repository with Pants in it."""

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def pants(self, *arguments: str, **variables: str) -> Ended:
        """Run `./pants` to its end."""
        done = subprocess.run(
            ["./pants", "--no-dynamic-ui", "--no-colors", *arguments],
            cwd=self.root,
            env=self.variables(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)

    def variables(self, **more: str) -> dict[str, str]:
        """The environment of calls."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        return {**inherited, **self.environment, **more}

    def git(self, *arguments: str) -> str:
        """Run git; its output, without the last line's end."""
        done = subprocess.run(
            ["git", "-c", "user.name=e2e", "-c", "user.email=e2e@localhost", *arguments],
            cwd=self.root,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def path(self, name: str) -> Path:
        """A file of the workspace."""
        return self.root / name

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the one occurrence of `old` in a file."""
        text = self.path(name).read_text()
        assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
        self.path(name).write_text(text.replace(old, new))

    def append(self, name: str, text: str) -> None:
        """Add `text` at the end of a file."""
        with self.path(name).open("a") as file:
            file.write(text)

    def report(self) -> dict[str, Any]:
        """The verdict that the last call of `policy` wrote."""
        report: dict[str, Any] = json.loads(self.path("dist/inseam/report.json").read_text())
        return report

    def outcome(self, service: str, gate: str) -> str:
        """The outcome of one cell of the last verdict."""
        cells = self.report()["cells"]
        (cell,) = (c for c in cells if (c["service"], c["gate"]) == (service, gate))
        outcome: str = cell["outcome"]
        return outcome

    def restore(self) -> None:
        """Bring every file back to the last commit of `main`."""
        self.git("checkout", "--quiet", "--force", "main")
        self.git("clean", "--quiet", "--force", "-d")
        shutil.rmtree(self.path("dist"), ignore_errors=True)


def make_workspace(root: Path) -> Workspace:
    """A committed copy of the repository's monorepo in the folder `root`."""
    root.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv")
    for name in COPIED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=ignored)
        else:
            shutil.copy2(source, root / name)
    (root / ".gitignore").write_text("__pycache__/\n.pants.d/\n.pids/\n.pants.workdir.*\ndist/\n")
    workspace = Workspace(root=root)
    workspace.git("init", "--quiet", "--initial-branch=main")
    workspace.git("add", "--all")
    workspace.git("commit", "--quiet", "--message=the monorepo")
    return workspace


def stop_daemon(workspace: Workspace) -> None:
    """End the workspace's pantsd, by the id that it wrote down."""
    for path in workspace.root.glob(".pids/*/pantsd/pid"):
        try:
            os.kill(int(path.read_text()), 15)
        except (ProcessLookupError, ValueError):
            continue


@pytest.fixture(scope="session")
def shared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One workspace, and one daemon, for all tests: starting them takes most of the time."""
    workspace = make_workspace(tmp_path_factory.mktemp("e2e") / "a monorepo")
    yield workspace
    stop_daemon(workspace)


@pytest.fixture
def workspace(shared_workspace: Workspace) -> Iterator[Workspace]:
    """The shared workspace, as it was committed; what the test changes is undone."""
    yield shared_workspace
    shared_workspace.restore()
