"""What is read off a service's folder where no target says it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from inseam.planning.detect import detect_facts

WORKSPACE = '[tool.uv.workspace]\nmembers = ["backend", "services/*"]\nexclude = ["services/old"]\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files: Mapping[str, str] = {
        "pyproject.toml": WORKSPACE,
        "uv.lock": "version = 1\n",
        "backend/pyproject.toml": "",
        "services/new/pyproject.toml": "",
        "services/old/pyproject.toml": "",
        "services/own/pyproject.toml": "",
        "services/own/poetry.lock": "",
        "elsewhere/pyproject.toml": "",
        "services/new/inner/pyproject.toml": "",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


@pytest.mark.parametrize(
    ("service", "lock", "kind"),
    [
        (".", "uv.lock", "uv"),
        ("backend", "uv.lock", "uv"),
        ("services/new", "uv.lock", "uv"),
        ("services/own", "services/own/poetry.lock", "poetry"),
        ("services/old", None, None),
        ("elsewhere", None, None),
        ("services/new/inner", None, None),
    ],
)
def test_a_member_of_a_workspace_has_its_lock(
    tree: Path, service: str, lock: str | None, kind: str | None
) -> None:
    facts = detect_facts(tree, service)

    assert (facts.lock, facts.lock_kind) == (lock, kind)


@pytest.mark.parametrize("content", ["", "[tool", "[tool.uv]\nworkspace = 3\n", "tool = 3\n"])
def test_a_lock_above_alone_makes_no_workspace(tree: Path, content: str) -> None:
    (tree / "pyproject.toml").write_text(content)

    assert detect_facts(tree, "backend").lock is None


@pytest.mark.parametrize(
    ("files", "lock"),
    [
        ({"default.lock": '// made by Pants\n{"pex_version": "2"}'}, "default.lock"),
        ({"requirements.lock": '{"pex_version": "2"}'}, "requirements.lock"),
        ({"a.lock": "{}", "b.lock": "{}"}, None),
        ({"yarn.lock": "# no JSON"}, None),
    ],
)
def test_locks_of_pex(tmp_path: Path, files: dict[str, str], lock: str | None) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    facts = detect_facts(tmp_path, ".")
    assert (facts.lock, facts.lock_kind) == (lock, "pex" if lock else None)
