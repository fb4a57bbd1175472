"""Running a gate on a small tree, as the command line and Pants do: through `execute`."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from uv import find_uv_bin

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


def wheel(
    name: str,
    version: str,
    *,
    files: Mapping[str, str] | None = None,
    requires: tuple[str, ...] = (),
    tag: str = "any",
) -> bytes:
    """A wheel; unless `files` are given it holds one module, which says its version."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {required}\n" for required in requires)
    content = {
        **(files or {f"{module}/__init__.py": f'VERSION: str = "{version}"\n'}),
        f"{module}/py.typed": "",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-{tag}\n",
    }
    record = "".join(
        f"{path},sha256={_record_hash(text)},{len(text)}\n" for path, text in content.items()
    )
    content[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in content.items():
            archive.writestr(zipfile.ZipInfo(path), text)  # dated 1980: the same bytes every time
    return out.getvalue()


def _record_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@pytest.fixture(scope="session")
def build_wheel() -> Callable[..., bytes]:
    """Makes a distribution to install."""
    return wheel


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A unit's cache. What uv has downloaded on this machine is taken over: it is only faster."""
    cache = tmp_path_factory.mktemp("cache")
    asked = subprocess.run(
        [find_uv_bin(), "cache", "dir"], check=False, capture_output=True, text=True
    )
    if asked.returncode == 0:
        existing = Path(asked.stdout.strip())
        existing.mkdir(parents=True, exist_ok=True)
        (cache / "uv").symlink_to(existing)
    return cache
