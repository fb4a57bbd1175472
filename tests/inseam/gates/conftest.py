"""Running a gate on a small tree, as the command line and Pants do: through `execute`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

from inseam.findings.model import FindingsDocument
from inseam.gates.contract import ServiceFacts
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService


class Judge(Protocol):
    """What the fixture `judge` gives."""

    def __call__(
        self,
        gate: str,
        root: Path,
        *,
        services: Mapping[str, Mapping[str, Any]] | None = None,
        settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        time_limit: float = 60.0,
    ) -> FindingsDocument:
        """What `gate` says of `root`.

        Args:
            gate: the gate.
            root: the workspace.
            services: settings by folder, each folder a service; None makes the workspace one.
            settings: settings of that one service.
            environment: variables besides PATH and HOME.
            time_limit: seconds.
        """


@pytest.fixture
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Runs a gate on a tree."""

    def run(
        gate: str,
        root: Path,
        *,
        services: Mapping[str, Mapping[str, Any]] | None = None,
        settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        time_limit: float = 60.0,
    ) -> FindingsDocument:
        by_root = services if services is not None else {".": settings or {}}
        unit = UnitDocument(
            gate=gate,
            time_limit=time_limit,
            services=tuple(
                UnitService(
                    facts=ServiceFacts(name=Path(folder).name or "all", root=folder),
                    settings=dict(stated),
                )
                for folder, stated in by_root.items()
            ),
        )
        variables = {"PATH": os.environ["PATH"], "HOME": str(Path.home()), **(environment or {})}
        cache = tmp_path_factory.mktemp("cache")
        return execute(unit, root=root, cache=cache, environment=variables)

    return run


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files below a fresh workspace and returns the workspace."""

    def files(contents: Mapping[str, str | bytes]) -> Path:
        for name, content in contents.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return files


class Write(Protocol):
    """What the fixture `write` gives."""

    def __call__(self, contents: Mapping[str, str | bytes]) -> Path:
        """Write the files and return the workspace that they are in."""
