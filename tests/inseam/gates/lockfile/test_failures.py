"""Nothing fails open: what is missing, broken or hangs is a failure; odd names are no reason."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.inseam.gates.lockfile import matrix
from tests.inseam.gates.lockfile.conftest import errors, failed, write

if TYPE_CHECKING:
    from tests.inseam.gates.lockfile.conftest import Files, Gate, Uv

DYNAMIC = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\n'
METADATA = """
[[tool.uv.dependency-metadata]]
name = "tool"
version = "1.1"
requires-dist = ["base>=1", "idle ; python_version < '3.0'"]
"""
"""uv writes it otherwise into the lock, so that only uv tells whether it is the same."""

ASKING = matrix.PROJECT + METADATA


def tool(folder: Path, script: str) -> Mapping[str, str]:
    """An environment whose uv is a script."""
    folder.mkdir()
    path = folder / "uv"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}:{os.defpath}", "HOME": str(folder)}


@pytest.fixture
def asking(locked: Callable[[Files], dict[str, str]], tmp_path: Path) -> Path:
    """A fresh lock of which only uv can tell that it is."""
    return write(tmp_path / "asking", locked({"pyproject.toml": ASKING}))


@pytest.fixture
def no_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes away the uv that is installed with the engine."""

    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr("inseam.gates.environment.uv.find_uv_bin", missing)


def test_uv_is_asked_where_files_do_not_tell(asking: Path, gate: Gate) -> None:
    said = gate(asking)
    assert (errors(said), failed(said)) == ([], [])
    off = gate(asking, settings={"ask_uv": False})
    assert failed(off) == ["undecided"]


def test_uv_says_that_it_is_stale(asking: Path, gate: Gate) -> None:
    path = asking / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"base>=1", "idle', '"frames", "idle'), encoding="utf-8")
    (stale,) = [f for f in gate(asking).findings if f.rule == "lockfile/stale"]
    assert stale.message.startswith("uv would make the lock again: mismatched static metadata")


def test_the_user_s_configuration_has_no_part_in_it(
    asking: Path, gate: Gate, tmp_path: Path
) -> None:
    """astral-sh/uv#18553: an index that only this machine has makes uv want another lock."""
    home = write(tmp_path / "home", {".config/uv/uv.toml": 'index-url = "https://own.example/"\n'})
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "UV_DEFAULT_INDEX": "https://own.example/simple",
        "UV_EXCLUDE_NEWER": "2020-01-01",
    }
    said = gate(asking, environment=environment)
    assert (errors(said), failed(said)) == ([], [])


@pytest.mark.usefixtures("no_uv")
def test_uv_is_missing(asking: Path, gate: Gate, tmp_path: Path) -> None:
    assert failed(gate(asking, environment={"PATH": str(tmp_path)})) == ["tool-missing"]


@pytest.mark.usefixtures("no_uv")
@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("kill -SEGV $$", "tool-crashed"),
        ("exit 0", "undecided"),  # it says nothing of the lock
        ("exit 1", "undecided"),
        ("echo garbage >&2; exit 1", "undecided"),
        ("exit 101", "undecided"),
        ("sleep 60", "tool-timeout"),
    ],
)
def test_uv_misbehaves(script: str, code: str, asking: Path, gate: Gate, tmp_path: Path) -> None:
    environment = tool(tmp_path / "bin", script)
    assert failed(gate(asking, environment=environment, time_limit=2.0)) == [code]


def test_no_interpreter_fits(
    locked: Callable[[Files], dict[str, str]], gate: Gate, tmp_path: Path
) -> None:
    files = locked({"pyproject.toml": ASKING})
    newest = {
        name: text.replace('requires-python = ">=3.11"', 'requires-python = ">=3.58"')
        for name, text in files.items()
    }
    root = write(tmp_path / "newest", newest)
    assert failed(gate(root, environment={"PATH": str(tmp_path)})) == ["no-interpreter"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"uv.lock": "version = "}, "lock-unreadable"),
        ({"uv.lock": "<<<<<<< HEAD\nversion = 1\n"}, "lock-unreadable"),
        ({"uv.lock": "version = 2\nrevision = 0\n"}, "lock-schema"),
        ({"uv.lock": 'version = 1\n[[package]]\nname = "x"\n'}, "lock-unreadable"),
        ({"uv.lock": 'version = 1\nmanifest = "x"\n'}, "lock-unreadable"),
        ({"pyproject.toml": "[project"}, "pyproject-unreadable"),
        ({"pyproject.toml": "[project]\ndependencies = 3\n"}, "unreadable"),
        ({"pyproject.toml": DYNAMIC + 'dynamic = ["dependencies"]\n'}, "undecided"),
        ({"pyproject.toml": "[tool.uv.workspace]\nmembers = ['../*']\n"}, "workspace-outside"),
        ({"uv.toml": "index = "}, "pyproject-unreadable"),
    ],
)
def test_what_cannot_be_checked(
    files: dict[str, str],
    code: str,
    locked: Callable[[Files], dict[str, str]],
    gate: Gate,
    tmp_path: Path,
) -> None:
    fresh = locked({"pyproject.toml": DYNAMIC})
    root = write(tmp_path / "broken", {**fresh, **files})
    document = gate(root)
    assert failed(document) == [code]
    assert all(failure.fix for failure in document.failures)


def test_bytes_that_are_no_text(gate: Gate, tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": DYNAMIC})
    (tmp_path / "uv.lock").write_bytes(b"version = 1\nname = '\xff'\n")
    assert failed(gate(tmp_path)) == ["lock-unreadable"]


@pytest.mark.parametrize("facts", [{"lock": None, "lock_kind": None}, {"lock": "gone.lock"}])
def test_a_missing_lock_is_a_finding(facts: dict[str, Any], gate: Gate, tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": DYNAMIC})
    document = gate(tmp_path, **{"lock_kind": "uv", **facts})
    assert (errors(document), failed(document)) == (["missing"], [])


def test_what_lies_outside_of_the_workspace_is_not_known(
    locked: Callable[[Files], dict[str, str]], gate: Gate, tmp_path: Path
) -> None:
    files = locked({"pyproject.toml": DYNAMIC})
    source = '\n[tool.uv.sources]\ntool = { path = "../../elsewhere/tool" }\n'
    files["pyproject.toml"] = f'{DYNAMIC}dependencies = ["tool"]\n{source}'
    document = gate(write(tmp_path / "outside", files))
    assert errors(document) or failed(document)


@pytest.mark.parametrize("folder", ["with a space", "größe", "данные", "quote's"])
def test_names_of_folders(
    folder: str, locked: Callable[[Files], dict[str, str]], gate: Gate, tmp_path: Path
) -> None:
    files = locked({"pyproject.toml": ASKING})
    write(tmp_path, {f"{folder}/{name}": text for name, text in files.items()})
    facts: dict[str, Any] = {
        "root": folder,
        "pyproject": f"{folder}/pyproject.toml",
        "lock": f"{folder}/uv.lock",
        "lock_kind": "uv",
    }
    said = gate(tmp_path, **facts)
    assert (errors(said), failed(said)) == ([], [])
    edited = files["pyproject.toml"].replace('"tool>=1"', '"tool>=2"')
    write(tmp_path, {f"{folder}/pyproject.toml": edited})
    (stale,) = [f for f in gate(tmp_path, **facts).findings if f.rule == "lockfile/stale"]
    assert "uv lock --project " in stale.fix
    assert stale.file == f"{folder}/pyproject.toml"


def test_no_dependencies_at_all(
    locked: Callable[[Files], dict[str, str]], gate: Gate, tmp_path: Path
) -> None:
    root = write(tmp_path / "empty", locked({"pyproject.toml": DYNAMIC}))
    said = gate(root)
    assert (errors(said), failed(said)) == ([], [])


def test_the_same_twice_in_any_order(
    locked: Callable[[Files], dict[str, str]], gate: Gate, tmp_path: Path
) -> None:
    files = locked({"pyproject.toml": matrix.PROJECT})
    matrix.uv('prerelease = "allow"')(files)
    matrix.sub('"tool>=1"', '"frames"')(files)
    root = write(tmp_path / "twice", files)
    assert gate(root).model_dump_json() == gate(root).model_dump_json()


BACKEND = """\
import pathlib, tomllib


def prepare_metadata_for_build_editable(folder, settings=None):
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    lines = ["Metadata-Version: 2.1", "Name: shop", "Version: 1.0", "Requires-Python: >=3.11"]
    lines += [f"Requires-Dist: {text}" for text in project["dependencies"]]
    for extra, texts in project["optional-dependencies"].items():
        lines.append(f"Provides-Extra: {extra}")
        for text in texts:
            name, _, marker = text.partition(" ; ")
            both = f"({marker}) and " if marker else ""
            lines.append(f"Requires-Dist: {name} ; {both}extra == '{extra}'")
    info = pathlib.Path(folder, "shop-1.0.dist-info")
    info.mkdir()
    (info / "METADATA").write_text("\\n".join(lines) + "\\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    return info.name


prepare_metadata_for_build_wheel = prepare_metadata_for_build_editable


def build_wheel(folder, settings=None, metadata=None):
    raise NotImplementedError


build_editable = build_wheel
"""

OWN_EXTRAS = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "shop"
dynamic = ["version"]
requires-python = ">=3.11"
dependencies = ["tool>=1"]

[project.optional-dependencies]
fast = ["frames>=1 ; sys_platform == 'linux'"]
all = ["shop[fast]", "idle"]

[dependency-groups]
dev = ["checker", {include-group = "docs"}]
docs = ["base"]

[tool.uv.dependency-groups]
docs = { requires-python = ">=3.12" }

[[tool.uv.index]]
url = "@INDEX@"
default = true
"""


@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        ("", "", False),
        ('"shop[fast]", "idle"', '"idle", "shop[fast]"', False),
        ('"shop[fast]", "idle"', '"idle"', True),
        ('"frames>=1 ;', '"frames>=2 ;', True),
        ('">=3.12"', '">=3.13"', True),
        ('docs = { requires-python = ">=3.12" }', "", True),
    ],
)
def test_what_uv_writes_out(
    old: str,
    new: str,
    stale: bool,
    locked: Callable[[Files], dict[str, str]],
    real_uv: Uv,
    gate: Gate,
    tmp_path: Path,
) -> None:
    """Extras of a project's own extras, where its version is dynamic; groups' Pythons."""
    files = locked({"pyproject.toml": OWN_EXTRAS, "backend.py": BACKEND})
    assert 'name = "frames"' in files["uv.lock"].partition("[package.metadata]")[2]
    files["pyproject.toml"] = files["pyproject.toml"].replace(old, new)
    root = write(tmp_path / "own", files)
    said = gate(root)
    assert (errors(said), failed(said)) == (["stale"] * stale * len(errors(said)), [])
    assert bool(errors(said)) is stale
    assert real_uv.run(root, "lock", "--check").returncode == int(stale)
