"""A tiny index, projects locked from it by the real uv, and the gate run on them."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from uv import find_uv_bin

from inseam.findings.model import FindingsDocument
from inseam.gates.contract import ServiceFacts
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService

if TYPE_CHECKING:
    from tests.inseam.gates.lockfile.index import Index

Files = Mapping[str, str]

DISTRIBUTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # name, version, what it depends on
    ("base", "1.0", ()),
    ("checker", "1.0", ("base",)),
    ("frames", "1.0", ()),
    ("frames", "2.0", ()),
    ("httpkit", "1.0", ("base",)),
    ("httpkit", "2.0", ("base", 'frames>=1; extra == "http2"')),
    ("idle", "1.0", ()),
    ("old", "1.0", ()),
    ("tool", "1.0", ()),
    ("tool", "1.1", ("base",)),
    ("toolbox", "1.0", ()),
)


@dataclass(frozen=True, kw_only=True)
class Uv:
    """The real uv, with a cache and a Python of the tests'."""

    environment: Mapping[str, str]

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`uv ARGUMENTS` in a folder."""
        return subprocess.run(
            [find_uv_bin(), *arguments],
            cwd=folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def index(build_wheel: Callable[..., bytes]) -> Iterator[Index]:
    """The index."""
    from tests.inseam.gates.lockfile.index import served

    files: dict[str, dict[str, bytes]] = {}
    for name, version, requires in DISTRIBUTIONS:
        wheel = build_wheel(name, version, requires=requires)
        files.setdefault(name, {})[f"{name}-{version}-py3-none-any.whl"] = wheel
    with served(files) as index:
        yield index


@pytest.fixture(scope="session")
def real_uv(tmp_path_factory: pytest.TempPathFactory) -> Uv:
    """uv as the matrix asks it: no configuration but the projects' own."""
    empty = tmp_path_factory.mktemp("uv")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return Uv(
        environment={
            **kept,
            "UV_PYTHON": sys.executable,
            "UV_CACHE_DIR": str(empty / "cache"),
            "UV_NO_SYSTEM_CONFIG": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_HTTP_RETRIES": "0",
            "XDG_CONFIG_HOME": str(empty),
            "NO_PROXY": "*",
        }
    )


def write(folder: Path, files: Files) -> Path:
    """Writes files and returns their folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    return folder


@pytest.fixture(scope="session")
def locked(
    index: Index, real_uv: Uv, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Files], dict[str, str]]:
    """Locks a project with uv, and gives its files with the lock."""
    done: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}

    def lock(files: Files) -> dict[str, str]:
        stated = {name: text.replace("@INDEX@", index.url) for name, text in files.items()}
        key = tuple(sorted(stated.items()))
        if key not in done:
            folder = write(tmp_path_factory.mktemp("locked"), stated)
            result = real_uv.run(folder, "lock")
            assert result.returncode == 0, result.stderr
            done[key] = {**stated, "uv.lock": (folder / "uv.lock").read_text(encoding="utf-8")}
        return dict(done[key])

    return lock


class Gate(Protocol):
    """What the fixture `gate` gives."""

    def __call__(
        self,
        tree: Path,
        *,
        settings: Mapping[str, Any] | None = None,
        base: Path | None = None,
        as_of: datetime.date | None = None,
        environment: Mapping[str, str] | None = None,
        time_limit: float = 60.0,
        **facts: Any,
    ) -> FindingsDocument:
        """What the gate says of the service `shop` in `tree`.

        Args:
            tree: the workspace.
            settings: the service's.
            base: the merge base's workspace.
            as_of: the day.
            environment: variables in place of PATH and HOME.
            time_limit: seconds.
            **facts: of the service; by default it has a `uv.lock` and a `pyproject.toml`.
        """


@pytest.fixture
def gate(tmp_path_factory: pytest.TempPathFactory, index: Index) -> Gate:
    """Runs the gate; the tests' index is allowed."""

    def run(
        tree: Path,
        *,
        settings: Mapping[str, Any] | None = None,
        base: Path | None = None,
        as_of: datetime.date | None = None,
        environment: Mapping[str, str] | None = None,
        time_limit: float = 60.0,
        **facts: Any,
    ) -> FindingsDocument:
        stated = {"name": "shop", "root": ".", "pyproject": "pyproject.toml", **facts}
        if "lock" not in facts:
            stated |= {"lock": "uv.lock", "lock_kind": "uv"}
        unit = UnitDocument(
            gate="lockfile",
            time_limit=time_limit,
            services=(
                UnitService(
                    facts=ServiceFacts(**stated),
                    settings={"indexes": ["default", index.url], **(settings or {})},
                ),
            ),
            as_of=as_of,
        )
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(Path.home()),
            "NO_PROXY": "*",
            "UV_HTTP_RETRIES": "0",  # on 127.0.0.1, who does not answer at once never does
        }
        return execute(
            unit,
            root=tree,
            cache=tmp_path_factory.mktemp("cache"),
            environment=environment if environment is not None else variables,
            base=base,
        )

    return run


def errors(document: FindingsDocument) -> list[str]:
    """The rules of findings that fail, without the gate."""
    return [f.rule.partition("/")[2] for f in document.findings if f.severity == "error"]


def failed(document: FindingsDocument) -> list[str]:
    """The codes of failures, without the gate."""
    return [failure.code.partition("/")[2] for failure in document.failures]
