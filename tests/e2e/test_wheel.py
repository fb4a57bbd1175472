"""The backend as a wheel, in a repository that is not this one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY, Workspace, stop_daemon

SOURCES = ("pyproject.toml", "README.md", "packaging", "plugins")

_PANTS_TOML = """[GLOBAL]
pants_version = "2.17.1"
backend_packages = ["pants.backend.python", "inseam_pants"]
plugins = ["inseam-pants=={version}"]

[anonymous-telemetry]
enabled = false

[python]
interpreter_constraints = ["CPython>=3.11,<4"]

[python-repos]
find_links = ["file://{wheels}"]
"""
_ORG = """schema: inseam.policy/1
kind: org
version: "1"
owner: "@other/platform"
gates:
  ruff:
    rollout: {enforce: 2026-01-01}
  mypy:
    rollout: {enforce: 2026-01-01}
"""
_PYPROJECT = """[project]
name = "shop"
version = "1.0"
requires-python = ">=3.11"
dependencies = []
"""


def _build(project: Path, wheels: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", wheels, project],
        check=True,
        capture_output=True,
    )
    return max(wheels.glob("*.whl"), key=lambda path: path.stat().st_mtime_ns)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheels are built from, in a folder where nothing else is."""
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        source = REPOSITORY / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy2(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory, sources: Path) -> Iterator[Workspace]:
    """Another repository, which has the wheel and nothing else of this one but the launcher."""
    wheels = tmp_path_factory.mktemp("wheels")
    wheel = _build(sources / "packaging" / "inseam-pants", wheels)
    root = tmp_path_factory.mktemp("foreign") / "repository"
    shutil.copytree(REPOSITORY / "build-support", root / "build-support")
    shutil.copy2(REPOSITORY / "pants", root / "pants")
    (root / "3rdparty").mkdir()
    shutil.copy2(REPOSITORY / "3rdparty" / "pants.lock", root / "3rdparty" / "pants.lock")
    (root / "policies").mkdir()
    (root / "policies" / "org.yaml").write_text(_ORG)
    app = root / "shop" / "app"
    app.mkdir(parents=True)
    (app / "__init__.py").write_text("")
    (app / "main.py").write_text("def answer() -> int:\n    return 42\n")
    (root / "shop" / "pyproject.toml").write_text(_PYPROJECT)
    (root / "shop" / "requirements.lock").write_text("# nothing\n")
    version = wheel.name.split("-")[1]
    (root / "pants.toml").write_text(_PANTS_TOML.format(version=version, wheels=wheels))
    (root / ".gitignore").write_text(".pants.d/\n.pids/\n.pants.workdir.*\ndist/\n")
    workspace = Workspace(root=root)
    workspace.git("init", "--quiet", "--initial-branch=main")
    yield workspace
    stop_daemon(workspace)


def test_the_backend_finds_services_and_judges_them(foreign: Workspace) -> None:
    tailored = foreign.pants("tailor", "::")
    assert tailored.code == 0, tailored
    assert "python_service" in foreign.path("shop/BUILD").read_text()
    clean = foreign.pants("policy", "::")
    assert clean.code == 0, clean
    foreign.append("shop/app/main.py", "\n\ndef untyped(x):\n    return x\n")
    broken = foreign.pants("policy", "::")
    assert broken.code == 1, broken
    assert "mypy/no-untyped-def" in broken.out


def test_the_backend_s_wheel_depends_on_nothing(sources: Path, tmp_path: Path) -> None:
    wheel = _build(sources / "packaging" / "inseam-pants", tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith("/METADATA"))
        assert b"Requires-Dist" not in archive.read(metadata)
    shipped = {"inseam/__main__.py", "inseam_pants/register.py", "inseam_pants/engine.lock"}
    assert shipped <= set(names)
    assert not any(name.endswith(".pyc") for name in names)


def test_the_engine_s_wheel_has_the_command(sources: Path, tmp_path: Path) -> None:
    wheel = _build(sources, tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entry_points,) = (name for name in names if name.endswith("/entry_points.txt"))
        assert b"inseam = inseam.__main__:main" in archive.read(entry_points)
    assert not any(name.startswith("inseam_pants/") for name in names)
