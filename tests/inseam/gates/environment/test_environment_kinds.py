"""Each kind of lock, read by its own tool and installed by uv."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from inseam.gates.environment.lock import LockError

ALPHA = {"acme-alpha": "1.0", "acme-beta": "1.0"}


def test_uv_lock_with_default_groups(bench: Any, project: Callable[..., str]) -> None:
    tail = '[dependency-groups]\ndev = ["acme-gamma"]\ndocs = []\n'
    bench.write({"svc/pyproject.toml": project("acme-alpha", tail=tail)})
    bench.uv_lock()

    prepared = bench.prepare("svc/uv.lock", "uv")

    assert bench.installed(prepared) == {**ALPHA, "acme-gamma": "1.0"}
    assert prepared.environment.site_packages.joinpath("acme_alpha/py.typed").is_file()
    assert not (bench.root / "svc/.venv").exists()


def test_uv_groups_and_extras_are_chosen_by_settings(
    bench: Any, project: Callable[..., str]
) -> None:
    tail = (
        '[project.optional-dependencies]\nfast = ["acme-beta"]\n'
        '[dependency-groups]\ntypes = ["acme-gamma"]\n'
    )
    bench.write({"svc/pyproject.toml": project(tail=tail)})
    bench.uv_lock()

    assert bench.installed(bench.prepare("svc/uv.lock", "uv")) == {}
    chosen = bench.prepare("svc/uv.lock", "uv", groups=["types"], extras=["fast"])
    assert bench.installed(chosen) == {"acme-beta": "1.0", "acme-gamma": "1.0"}


def test_uv_workspace_without_its_own_folders(bench: Any, project: Callable[..., str]) -> None:
    bench.write(
        {
            "pyproject.toml": '[project]\nname = "ws"\nversion = "1"\nrequires-python = ">=3.11"\n'
            '[tool.uv.workspace]\nmembers = ["svc", "lib"]\n',
            "svc/pyproject.toml": project(
                "lib", tail="[tool.uv.sources]\nlib = {workspace = true}\n"
            ),
            "lib/pyproject.toml": project("acme-beta").replace('"svc"', '"lib"'),
        }
    )
    bench.uv_lock(".")

    assert bench.installed(bench.prepare("uv.lock", "uv")) == {"acme-beta": "1.0"}

    bench.write({"svc/uv.lock": (bench.root / "uv.lock").read_text()})
    with pytest.raises(LockError, match="shares") as caught:
        bench.prepare("svc/uv.lock", "uv")
    assert (caught.value.code, caught.value.file) == ("lock-elsewhere", "svc/uv.lock")


def test_requirements(bench: Any, project: Callable[..., str]) -> None:
    bench.write(
        {
            "svc/pyproject.toml": project("acme-alpha"),
            "svc/requirements.lock": "# made by uv\n"
            + bench.pin("acme-alpha")
            + bench.pin("acme-beta")
            + bench.pin("acme-windows", tag="win_amd64").replace(
                " --hash", ' ; sys_platform == "win32" --hash'
            ),
        }
    )
    prepared = bench.prepare("svc/requirements.lock", "requirements")
    assert bench.installed(prepared) == ALPHA


def test_requirements_without_packages_or_pyproject(bench: Any) -> None:
    bench.write({"svc/requirements.lock": "# no third-party packages\n"})
    prepared = bench.prepare("svc/requirements.lock", "requirements", pyproject=None)
    assert bench.installed(prepared) == {}
    assert prepared.python_range is None


POETRY = """\
[tool.poetry]
name = "svc"
version = "1"
package-mode = false
[tool.poetry.dependencies]
python = "^3.11"
acme-alpha = "^1.0"
lib = {{path = "../lib", develop = true}}
[tool.poetry.group.types.dependencies]
acme-gamma = "*"
[tool.poetry.group.docs]
optional = true
[tool.poetry.group.docs.dependencies]
acme-delta = "*"
[[tool.poetry.source]]
name = "acme"
url = "{index}"
priority = "primary"
"""


def test_poetry(bench: Any, project: Callable[..., str]) -> None:
    bench.write(
        {
            "svc/pyproject.toml": POETRY.format(index=bench.index.url),
            "lib/pyproject.toml": project("acme-beta").replace('"svc"', '"lib"'),
        }
    )
    bench.poetry_lock()
    written = {path: path.read_bytes() for path in bench.root.rglob("*") if path.is_file()}

    prepared = bench.prepare("svc/poetry.lock", "poetry")
    assert bench.installed(prepared) == {**ALPHA, "acme-gamma": "1.0"}
    assert prepared.python_range.lowest_minor() == 11

    everything = bench.prepare("svc/poetry.lock", "poetry", groups=["docs"])
    assert bench.installed(everything) == {**ALPHA, "acme-gamma": "1.0", "acme-delta": "1.0"}
    assert {path: path.read_bytes() for path in bench.root.rglob("*") if path.is_file()} == written

    with pytest.raises(LockError) as unknown:
        bench.prepare("svc/poetry.lock", "poetry", groups=["nope"])
    assert unknown.value.code == "group-unknown"

    bench.write({"svc/pyproject.toml": POETRY.format(index=bench.index.url).replace("^1", "~1")})
    with pytest.raises(LockError) as stale:
        bench.prepare("svc/poetry.lock", "poetry")
    assert (stale.value.code, stale.value.file) == ("lock-stale", "svc/poetry.lock")
    assert "poetry lock" in stale.value.fix

    bench.write({"svc/poetry.lock": "[metadata]\ncontent-hash =\n"})
    with pytest.raises(LockError) as garbage:
        bench.prepare("svc/poetry.lock", "poetry")
    assert garbage.value.code == "lock-unreadable"


def pants_lock(bench: Any) -> str:
    """A universal lock of a resolve as Pants 2.17 writes it."""

    def locked(name: str, requires: list[str], tag: str = "any") -> dict[str, object]:
        file = f"{name.replace('-', '_')}-1.0-py3-none-{tag}.whl"
        artifact = {
            "algorithm": "sha256",
            "hash": hashlib.sha256(bench.index.files[file]).hexdigest(),
            "url": f"http://127.0.0.1:{bench.index.port}/files/{file}",
        }
        return {
            "artifacts": [artifact],
            "project_name": name,
            "requires_dists": requires,
            "requires_python": None,
            "version": "1.0",
        }

    alpha = ["acme-beta>=1", 'acme-windows; sys_platform == "win32"']
    packages = [
        locked("acme-alpha", alpha),
        locked("acme-beta", []),
        locked("acme-windows", [], "win_amd64"),
    ]
    lock = {
        "allow_builds": True,
        "allow_prereleases": False,
        "allow_wheels": True,
        "build_isolation": True,
        "constraints": [],
        "locked_resolves": [{"locked_requirements": packages, "platform_tag": None}],
        "path_mappings": {},
        "pex_version": "2.1.137",
        "pip_version": "23.1.2",
        "prefer_older_binary": False,
        "requirements": ["acme-alpha"],
        "requires_python": ["<3.14,>=3.12"],
        "resolver_version": "pip-2020-resolver",
        "style": "universal",
        "target_systems": ["linux", "mac"],
        "transitive": True,
        "use_pep517": None,
    }
    header = (
        "// This lockfile was autogenerated by Pants.\n// --- END PANTS LOCKFILE METADATA ---\n"
    )
    return header + json.dumps(lock, indent=2)


def test_pants_resolve(bench: Any) -> None:
    bench.write({"3rdparty/default.lock": pants_lock(bench)})

    prepared = bench.prepare("3rdparty/default.lock", "pex", pyproject=None)

    assert bench.installed(prepared) == ALPHA
    assert prepared.environment.python_version[:2] >= (3, 12)

    bench.write({"3rdparty/default.lock": pants_lock(bench).replace('"locked_resolves"', '"x"')})
    with pytest.raises(LockError) as garbage:
        bench.prepare("3rdparty/default.lock", "pex", pyproject=None)
    assert (garbage.value.code, garbage.value.file) == ("lock-unreadable", "3rdparty/default.lock")
