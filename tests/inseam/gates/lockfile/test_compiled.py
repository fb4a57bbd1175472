"""Hashed requirements: what their header or annotations name decides."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.inseam.gates.lockfile.conftest import errors, failed, write
from tests.inseam.gates.lockfile.matrix import PROJECT as MATRIX

if TYPE_CHECKING:
    from tests.inseam.gates.lockfile.conftest import Gate, Uv
    from tests.inseam.gates.lockfile.index import Index

PROJECT = """\
[project]
name = "shop"
version = "1"
requires-python = ">=3.11"
dependencies = [
    "tool>=1",
    "idle>=1 ; sys_platform == 'win32'",
]

[project.optional-dependencies]
dev = ["checker>=1"]

[dependency-groups]
docs = ["frames>=1"]
"""

COMPILE = (
    *("pip", "compile", "--universal", "--generate-hashes", "--python-version=3.11"),
    *("--extra=dev", "--output-file=requirements.lock", "pyproject.toml"),
)
SHOP: dict[str, Any] = {"lock": "requirements.lock", "lock_kind": "requirements"}


@pytest.fixture
def compiled(real_uv: Uv, index: Index, tmp_path: Path) -> dict[str, str]:
    """The project and its lock, as uv makes it."""
    folder = write(tmp_path / "compiled", {"pyproject.toml": PROJECT})
    environment = {**real_uv.environment, "UV_DEFAULT_INDEX": index.url}
    done = type(real_uv)(environment=environment).run(folder, *COMPILE)
    assert done.returncode == 0, done.stderr
    text = (folder / "requirements.lock").read_text(encoding="utf-8")
    return {"pyproject.toml": PROJECT, "requirements.lock": text}


EDITS = [
    ("nothing", "", "", None),
    ("order and spaces", '"tool>=1"', '"Tool >= 1.0"', None),
    ("marker by another name", "sys_platform == 'win32'", "platform_system == 'Windows'", None),
    ("added", '"tool>=1"', '"tool>=1", "frames"', "`frames` is declared and not in the lock"),
    ("removed", '    "tool>=1",\n', "", "`tool` is not declared any more"),
    ("raised", '"tool>=1"', '"tool>=1.2"', "`tool>=1.2` is declared, the lock pins `tool==1.1`"),
    ("excluded", '"tool>=1"', '"tool>=1,!=1.1"', "`tool>=1,!=1.1` is declared, the lock pins"),
    ("still fits", '"tool>=1"', '"tool>=1,<2"', None),
    ("marker widened", " ; sys_platform == 'win32'", "", "`idle>=1` is declared, the lock pins it"),
    ("of an extra", '"checker>=1"', '"checker>=9"', "`checker>=9` is declared, the lock pins"),
    ("of an extra, removed", '["checker>=1"]', "[]", "`checker` is not declared any more"),
    ("of a group that is not asked for", "frames>=1", "frames>=9", None),
    ("older Python", '">=3.11"', '">=3.10"', "`requires-python` is `>=3.10`"),
    ("newer Python", '">=3.11"', '">=3.12"', None),
    ("never", '"tool>=1"', '"tool>=1", "frames ; python_version < \'3\'"', None),
    ("URL", '"tool>=1"', '"tool @ https://files.example/tool-1.1.zip"', "`tool @ https"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), EDITS, ids=[edit[0] for edit in EDITS])
def test_edits(
    name: str,
    old: str,
    new: str,
    said: str | None,
    compiled: dict[str, str],
    gate: Gate,
    tmp_path: Path,
) -> None:
    assert old in PROJECT
    root = write(tmp_path / name, {**compiled, "pyproject.toml": PROJECT.replace(old, new)})
    document = gate(root, **SHOP)
    assert failed(document) == []
    stale = [f.message for f in document.findings if f.rule == "lockfile/stale"]
    if said is None:
        assert errors(document) == []
    else:
        assert any(message.startswith(said) for message in stale), stale
        fixes = {f.fix for f in document.findings if f.rule == "lockfile/stale"}
        assert fixes == {f"run `uv {' '.join(COMPILE)}` and commit the lock"}


def test_extras_are_asked_of_uv(
    compiled: dict[str, str], gate: Gate, index: Index, tmp_path: Path
) -> None:
    """What an extra adds only the index knows; the lock's pins are kept where they fit."""
    project = PROJECT.replace('"tool>=1"', '"tool>=1", "httpkit[http2]"')
    pin = compiled["requirements.lock"]
    pin += f"httpkit==1.0 --hash=sha256:{'0' * 64}\n    # via shop (pyproject.toml)\n"
    root = write(tmp_path / "extras", {"pyproject.toml": project, "requirements.lock": pin})
    reached = {"PATH": os.environ["PATH"], "NO_PROXY": "*", "UV_DEFAULT_INDEX": index.url}

    # httpkit 1.0 has no such extra, so the lock is what uv would make.
    assert errors(gate(root, environment=reached, **SHOP)) == []

    newer = pin.replace("httpkit==1.0", "httpkit==2.0")
    write(root, {"requirements.lock": newer})
    (stale,) = gate(root, environment=reached, **SHOP).findings[-1:]
    assert stale.message == "made again, the lock pins 2.0 of `frames`, it has none"

    nowhere = {**reached, "UV_OFFLINE": "1"}
    assert failed(gate(root, environment=nowhere, **SHOP)) == ["undecided"]
    assert failed(gate(root, settings={"ask_uv": False}, environment=reached, **SHOP)) == [
        "undecided"
    ]


IN = "-c limits.txt\n-r more.in\ntool>=1\n"
LOCKED = f"""\
#
# This file is autogenerated by pip-compile with Python 3.11
# by the following command:
#
#    pip-compile --generate-hashes --output-file=requirements.txt requirements.in
#
base==1.0 \\
    --hash=sha256:{"0" * 64}
    # via
    #   -c limits.txt
    #   tool
frames==1.0 \\
    --hash=sha256:{"0" * 64}
    # via -r more.in
tool==1.1 \\
    --hash=sha256:{"0" * 64}
    # via -r requirements.in
"""
PIP_TOOLS: dict[str, Any] = {
    "lock": "srv/requirements.txt",
    "lock_kind": "requirements",
    "root": "srv",
    "pyproject": None,
}


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("requirements.in", IN, None),
        ("requirements.in", IN + "frames<2  # a note\n", None),
        ("requirements.in", IN + "idle\n", "`idle` is declared and not in the lock"),
        ("requirements.in", "-r more.in\n", "`tool` is not declared any more"),
        ("more.in", "frames>=2\n", "`frames>=2` is declared, the lock pins `frames==1.0`"),
        ("limits.txt", "base<1\n", "`base<1` is declared, the lock pins `base==1.0`"),
        ("limits.txt", "absent==3\n", None),
    ],
)
def test_pip_tools(file: str, text: str, said: str | None, gate: Gate, tmp_path: Path) -> None:
    files = {
        "srv/requirements.in": IN,
        "srv/more.in": "frames\n",
        "srv/limits.txt": "base>=1\n",
        "srv/requirements.txt": LOCKED,
        f"srv/{file}": text,
    }
    document = gate(write(tmp_path, files), settings={"require_python": False}, **PIP_TOOLS)
    assert failed(document) == []
    stale = [f.message for f in document.findings if f.rule == "lockfile/stale"]
    assert (stale == []) if said is None else any(m.startswith(said) for m in stale), stale


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, "source-missing"),
        ({"requirements.in": "tool>=1\n-r absent.in\n"}, "source-missing"),
        ({"requirements.in": "tool>>1\n"}, "source-unreadable"),
        ({"requirements.in": "tool>=1\n", "requirements.txt": "tool==1\n"}, "undecided"),
    ],
)
def test_what_cannot_be_checked(
    files: dict[str, str], code: str, gate: Gate, tmp_path: Path
) -> None:
    stated = {f"srv/{name}": text for name, text in {"requirements.txt": LOCKED, **files}.items()}
    document = gate(write(tmp_path, stated), **PIP_TOOLS)
    assert failed(document) == [code]


def test_a_header_from_the_workspace_s_root(gate: Gate, tmp_path: Path) -> None:
    lock = LOCKED.replace("=requirements.txt requirements.in", "=srv/requirements.txt srv/a.in")
    lock = lock.replace("-r requirements.in", "-r srv/a.in").replace("-r more.in", "-r srv/a.in")
    files = {"srv/requirements.txt": lock, "srv/a.in": "tool\n"}
    document = gate(write(tmp_path, files), settings={"require_python": False}, **PIP_TOOLS)
    (stale,) = [f for f in document.findings if f.rule == "lockfile/stale"]
    assert stale.message.startswith("`frames` is not declared any more")
    assert stale.fix.startswith("run `pip-compile --generate-hashes --output-file=srv/")


def test_the_projects_own_requirements_count_too(gate: Gate, tmp_path: Path) -> None:
    files = {
        "srv/requirements.txt": LOCKED,
        "srv/requirements.in": "tool\nframes\n",
        "srv/limits.txt": "",
        "srv/pyproject.toml": PROJECT.replace('"tool>=1"', '"tool>=1", "toolbox"'),
    }
    document = gate(write(tmp_path, files), **{**PIP_TOOLS, "pyproject": "srv/pyproject.toml"})
    messages = [f.message for f in document.findings if f.rule == "lockfile/stale"]
    assert "`toolbox` is declared and not in the lock" in messages


def test_packages_that_a_command_leaves_out_ask_for_others(gate: Gate, tmp_path: Path) -> None:
    lock = LOCKED.replace("--generate-hashes", "--generate-hashes --unsafe-package=tool")
    without = lock[: lock.index("tool==1.1")]
    files = {"srv/requirements.txt": without, "srv/requirements.in": "tool\n", "srv/limits.txt": ""}
    document = gate(write(tmp_path, files), settings={"require_python": False}, **PIP_TOOLS)
    assert "unreachable-package" not in errors(document)
    files["srv/requirements.txt"] = without.replace("--unsafe-package=tool", "")
    document = gate(write(tmp_path, files), settings={"require_python": False}, **PIP_TOOLS)
    assert "unreachable-package" in errors(document)


def test_what_uv_exported(
    locked: Callable[[Mapping[str, str]], dict[str, str]], real_uv: Uv, gate: Gate, tmp_path: Path
) -> None:
    root = write(tmp_path / "export", locked({"pyproject.toml": MATRIX}))
    arguments = ("export", "--no-emit-project", "-o", "requirements.lock")
    assert real_uv.run(root, *arguments).returncode == 0
    assert (errors(said := gate(root, **SHOP)), failed(said)) == ([], [])

    path = root / "requirements.lock"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("tool==1.1", "tool==1.0"), encoding="utf-8")
    (stale,) = [f for f in gate(root, **SHOP).findings if f.rule == "lockfile/stale"]
    assert stale.message == "made again, the lock pins 1.1 of `tool`, it has 1.0"

    write(root, {"pyproject.toml": MATRIX.replace('"tool>=1"', '"frames"')})
    assert failed(gate(root, **SHOP)) == ["undecided"]  # the uv.lock is stale itself
