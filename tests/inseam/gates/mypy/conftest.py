"""Services to type-check, through `execute`, in environments that uv really makes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from inseam.cli.environment import tool_environment
from inseam.findings.model import Finding, FindingsDocument
from inseam.gates.contract import ServiceFacts
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService

PYPROJECT = '[project]\nname = "svc"\nversion = "1"\nrequires-python = ">=3.11"\n'
TYPED = "def double(number: int) -> int:\n    return number * 2\n"
UNTYPED = "def same(thing):\n    return thing\n"


@dataclass
class Workspace:
    """A workspace whose service lies in `svc`."""

    root: Path
    cache: Path
    wheels: Path
    build_wheel: Callable[..., bytes]
    lock: str = "# no third-party packages\n"
    variables: dict[str, str] = field(default_factory=dict)

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, in UTF-8."""
        for name, text in {
            "svc/pyproject.toml": PYPROJECT,
            "svc/requirements.lock": self.lock,
            **files,
        }.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def install(self, name: str, files: Mapping[str, str]) -> None:
        """Let the service lock a distribution of these files."""
        content = self.build_wheel(name, "1.0", files=files)
        (self.wheels / f"{name.replace('-', '_')}-1.0-py3-none-any.whl").write_bytes(content)
        line = f"{name}==1.0 --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"
        if line not in self.lock:
            self.lock += line

    def check(
        self,
        *,
        roots: tuple[str, ...] = ("svc",),
        time_limit: float = 120.0,
        environment: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> FindingsDocument:
        """What the gate says of the service."""
        facts = ServiceFacts(
            name="svc",
            root="svc",
            pyproject="svc/pyproject.toml",
            lock="svc/requirements.lock",
            lock_kind="requirements",
            source_roots=roots,
        )
        return execute(
            UnitDocument(
                gate="mypy",
                time_limit=time_limit,
                services=(UnitService(facts=facts, settings=settings),),
            ),
            root=self.root,
            cache=self.cache,
            environment={
                **tool_environment(os.environ),
                "UV_FIND_LINKS": str(self.wheels),
                **self.variables,
                **(environment or {}),
            },
        )

    def findings(self, **options: Any) -> tuple[Finding, ...]:
        """Its findings, given that nothing failed."""
        document = self.check(**options)
        assert document.failures == ()
        return document.findings

    def rules(self, **options: Any) -> dict[str, set[str]]:
        """The rules found in each file."""
        found: dict[str, set[str]] = {}
        for finding in self.findings(**options):
            found.setdefault(finding.file, set()).add(finding.rule)
        return found

    def failure(self, **options: Any) -> tuple[str, str | None, int | None]:
        """Code, file and line of the one thing that failed, given that nothing was found."""
        document = self.check(**options)
        assert document.findings == ()
        (failure,) = document.failures
        assert failure.fix
        assert str(self.root) not in failure.message
        assert str(self.cache) not in failure.message
        return failure.code, failure.file, failure.line

    def move(self) -> None:
        """Go on in another folder with the same content, as the next sandbox does."""
        other = self.root.with_name(f"{self.root.name}-moved")
        shutil.copytree(self.root, other)
        shutil.rmtree(self.root)
        self.root = other


@pytest.fixture
def ws(tmp_path: Path, shared_cache: Path, build_wheel: Callable[..., bytes]) -> Workspace:
    """An empty workspace. All share a cache, mypy's too: what one test leaves there must never
    decide another."""
    root, wheels = tmp_path / "ws", tmp_path / "wheels"
    root.mkdir()
    wheels.mkdir()
    return Workspace(root=root, cache=shared_cache, wheels=wheels, build_wheel=build_wheel)


@pytest.fixture
def own_mypy_cache(ws: Workspace, tmp_path: Path) -> Workspace:
    """The same with a cache of mypy's of its own."""
    own = tmp_path / "cache"
    own.mkdir()
    for shared in ("uv", "environments", "interpreters"):
        (ws.cache / shared).mkdir(exist_ok=True)
        (own / shared).symlink_to((ws.cache / shared).resolve())
    ws.cache = own
    return ws


@pytest.fixture
def own_cache(ws: Workspace, tmp_path: Path) -> Workspace:
    """The same with a cache of its own, but for what uv has downloaded."""
    own = tmp_path / "cache"
    own.mkdir()
    (own / "uv").symlink_to((ws.cache / "uv").resolve())
    ws.cache = own
    return ws


@pytest.fixture(scope="session")
def pydantic_lock(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A lock of pydantic."""
    folder = tmp_path_factory.mktemp("lock")
    (folder / "in").write_text("pydantic>=2.11\n")
    subprocess.run(
        [
            find_uv_bin(),
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--generate-hashes",
            "--python-version",
            "3.11",
            "--no-annotate",
            "--no-header",
            "in",
            "-o",
            "out",
        ],
        cwd=folder,
        check=True,
    )
    return (folder / "out").read_text()
