"""Every Python file of a service is checked, however the service is laid out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inseam.gates.contract import ServiceFacts
from inseam.gates.mypy.layout import is_test, layout, selected

UNTYPED = "def same(thing):\n    return thing\n"

FILES = (
    "conftest.py",
    "__init__.py",
    "setup.py",
    "app/__init__.py",
    "app/main.py",
    "app/conftest.py",
    "app/stubbed.py",
    "app/stubbed.pyi",
    "app/deep/er/module.py",
    "tests/conftest.py",
    "tests/test_main.py",
    "tests/unit/conftest.py",
    "tests/unit/test_main.py",
    "tests/integration/test_main.py",
    "alembic/env.py",
    "alembic/versions/1975ea83b712_create_account.py",
    "alembic/versions/2025_02_03_1c7e02d94ab5_articles.py",
    "scripts/do-it.py",
    "my-tools/run.py",
    "other-tools/run.py",
    "src/pkg/__init__.py",
    "src/pkg/main.py",
    "src/namespace/inner/main.py",
)


@pytest.mark.parametrize(
    "roots",
    [(), ("svc/gone", "svc/src", "svc/tests"), (".",)],
    ids=str,
)
def test_no_file_is_skipped(ws: Any, roots: tuple[str, ...]) -> None:
    ws.write({f"svc/{name}": UNTYPED for name in FILES})
    found = {finding.file for finding in ws.findings(roots=roots)}
    assert found == {f"svc/{name}" for name in FILES}


def test_names_that_are_hard_to_pass_on(ws: Any) -> None:
    names = ("svc/-v.py", "svc/@in/file.py", "svc/with space.py", "svc/größe.py", "svc/#x.py")
    ws.write(dict.fromkeys(names, UNTYPED))
    assert {finding.file for finding in ws.findings()} == set(names)


@pytest.mark.parametrize("name", ["@file.py", "a@b.py", "a\nb.py"])
def test_names_that_mypy_cannot_check(ws: Any, name: str) -> None:
    """mypy 2.4 reports nothing of a function in a module with an @ in its name."""
    ws.write({f"svc/{name}": UNTYPED, "svc/fine.py": UNTYPED})
    document = ws.check()
    assert [(found.code, found.file) for found in document.failures] == [
        ("mypy/file-name", f"svc/{name}")
    ]
    assert [finding.file for finding in document.findings] == ["svc/fine.py"]


def test_service_is_the_workspace(ws: Any) -> None:
    """Its folder is ".", and libraries are folders of it."""
    facts = ServiceFacts(name="svc", root=".", source_roots=("plugins",))
    (ws.root / "plugins").mkdir()
    how = layout(ws.root, facts, ["a.py", "plugins/b.py"])
    assert how.bases == ("plugins", ".")
    assert how.batches == (("a.py", "plugins/b.py"),)
    assert [how.from_first_base(file) for file in how.batches[0]] == ["../a.py", "b.py"]
    assert how.from_workspace("../a.py") == "a.py"


def test_modules_of_one_name_go_to_different_batches(tmp_path: Path) -> None:
    facts = ServiceFacts(name="svc", root="svc", source_roots=("svc/src", "svc/tests"))
    for root in facts.source_roots:
        (tmp_path / root).mkdir(parents=True)
    files = ["svc/src/conftest.py", "svc/src/a.py", "svc/src/a.pyi", "svc/tests/conftest.py"]
    assert layout(tmp_path, facts, files).batches == (
        ("svc/src/a.pyi", "svc/src/conftest.py"),
        ("svc/src/a.py", "svc/tests/conftest.py"),
    )


def test_excluded_files_and_tests(ws: Any) -> None:
    ws.write({f"svc/{name}": UNTYPED for name in FILES})
    found = {
        finding.file
        for finding in ws.findings(
            exclude=["alembic/**", "**/run.py", "src", "*.py", "app/main.?y"], tests=False
        )
    }
    assert found == {
        "svc/app/__init__.py",
        "svc/app/stubbed.py",
        "svc/app/stubbed.pyi",
        "svc/app/deep/er/module.py",
        "svc/scripts/do-it.py",
    }


def test_what_is_a_test() -> None:
    tests = ("tests/a.py", "a/test/b.py", "test_a.py", "a/b_test.py", "conftest.py", "a/test_b.pyi")
    others = ("a.py", "contest.py", "testing/a.py", "app/tests.py", "attest_a.py")
    assert all(map(is_test, tests))
    assert not any(map(is_test, others))


def test_selected_globs() -> None:
    files = ["svc/a.py", "svc/b/a.py", "svc/b/c/a.py", "svc/b/c/a.txt", "svc/b.py"]

    def kept(*exclude: str) -> list[str]:
        return selected(files, "svc", exclude=exclude, tests=True)

    assert kept() == ["svc/a.py", "svc/b/a.py", "svc/b/c/a.py", "svc/b.py"]
    assert kept("b") == ["svc/a.py", "svc/b.py"]
    assert kept("b/*.py") == ["svc/a.py", "svc/b/c/a.py", "svc/b.py"]
    assert kept("**/a.py") == ["svc/b.py"]
    assert kept("b/**/a.py") == ["svc/a.py", "svc/b.py"]
    assert kept("b.py", "[ab].py") == ["svc/a.py", "svc/b/a.py", "svc/b/c/a.py"]


def test_service_without_python_files(ws: Any) -> None:
    ws.write({"svc/README.md": "nothing"})
    assert ws.failure() == ("mypy/no-files", "svc", None)
