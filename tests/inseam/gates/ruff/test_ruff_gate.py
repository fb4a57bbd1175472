"""The gate `ruff` with the real ruff: what is judged, under which settings, and what it says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from inseam.findings.model import FindingsDocument

Judge = Callable[..., FindingsDocument]
Write = Callable[[Mapping[str, str | bytes]], Path]

FIXTURES = Path(__file__).parent / "fixtures"
UNUSED = "import os\n"
ONLY_F401 = {"select": ["F401"], "format": False}


def said(document: FindingsDocument) -> list[str]:
    """Findings and failures, one a line."""
    return [f"{f.file}:{f.line}: {f.rule}: {f.message}" for f in document.findings] + [
        f"{f.file}:{f.line}: {f.code}: {f.message}" for f in document.failures
    ]


def found(document: FindingsDocument) -> list[tuple[str, str]]:
    """File and code of each finding."""
    return [(f.file, f.rule.removeprefix("ruff/")) for f in document.findings]


@pytest.mark.parametrize("rule", sorted(folder.name for folder in FIXTURES.iterdir()))
def test_fixtures(rule: str, judge: Judge) -> None:
    document = judge("ruff", FIXTURES / rule)

    expected = json.loads((FIXTURES / rule / "expected.json").read_text())
    assert said(document) == expected
    assert all(line.startswith("bad.py") for line in expected)


def test_a_finding_says_what_to_do(judge: Judge, write: Write) -> None:
    document = judge("ruff", write({"app.py": "import os, sys\nx=sys\n"}))

    by_code = {finding.properties["code"]: finding for finding in document.findings}
    assert by_code["F401"].fix == "remove unused import: `os`"
    assert by_code["F401"].help_url == "https://docs.astral.sh/ruff/rules/unused-import"
    assert (by_code["F401"].column, by_code["F401"].end_line) == (8, 1)
    assert by_code["F401"].key == "import os, sys"
    assert by_code["format"].fix == "run: ruff format --line-length 100 app.py"


def test_findings_outlive_moves_and_drift_is_one_finding_a_file(judge: Judge, write: Write) -> None:
    before = judge("ruff", write({"app.py": UNUSED + "\nx=1\n"}))
    after = judge("ruff", write({"app.py": '"""A module."""\n\n' + UNUSED + "\ny=1\nx=2\n"}))

    assert [f.line for f in before.findings] == [1, 3]
    assert [f.line for f in after.findings] == [3, 5]
    assert [f.fingerprint for f in before.findings] == [f.fingerprint for f in after.findings]


HOSTILE: dict[str, str] = {
    "pyproject.toml": (
        '[project]\nname = "a"\n[tool.ruff]\nexclude = ["*"]\nforce-exclude = true\n'
        'required-version = "==0.0.1"\n[tool.ruff.lint]\nselect = []\nexclude = ["*"]\n'
    ),
    "ruff.toml": 'include = []\n[lint]\nignore = ["F401"]\n',
    ".ruff.toml": '[lint]\nper-file-ignores = { "*" = ["F401"] }\n',
    "deep/er/ruff.toml": 'extend-exclude = ["*.py"]\n',
    "deep/er/est/pyproject.toml": "[tool.ruff.lint]\nselect = []\n",
    "other/.ruff.toml": "lint.select = []\n",
    "broken/ruff.toml": "this is not TOML\n",
    ".gitignore": "*\n",
    ".ignore": "*\n",
}
JUDGED = [
    "app.py",
    "broken/app.py",
    "build/app.py",
    "deep/app.py",
    "deep/er/app.py",
    "deep/er/est/app.py",
    "dist/app.pyi",
    "other/app.py",
    "other/app.pyw",
    "site-packages/app.py",
    "venv/app.py",
]


def test_no_configuration_of_a_service_hides_a_file(judge: Judge, write: Write) -> None:
    files = {**HOSTILE, **dict.fromkeys(JUDGED, UNUSED), ".hidden/app.py": UNUSED}
    root = write({f"services/a/{name}": text for name, text in files.items()} | {"b/x.py": UNUSED})

    services = {"services/a": ONLY_F401, "b": ONLY_F401}
    document = judge("ruff", root, services=services)

    assert document.failures == ()
    expected = [(f"services/a/{name}", "F401") for name in JUDGED]
    assert found(document) == [*expected, ("b/x.py", "F401")]


def test_neither_home_nor_variables_change_the_answer(judge: Judge, write: Write) -> None:
    root = write({"app.py": UNUSED, "home/.config/ruff/ruff.toml": "lint.select = []\n"})
    environment = {
        "HOME": str(root / "home"),
        "XDG_CONFIG_HOME": str(root / "home/.config"),
        "RUFF_OUTPUT_FORMAT": "concise",
        "RUFF_OUTPUT_FILE": str(root / "out"),
        "RUFF_NO_CACHE": "false",
    }

    document = judge("ruff", root, settings=ONLY_F401, environment=environment)

    assert found(document) == [("app.py", "F401")]
    assert not (root / "out").exists()


def test_links(judge: Judge, write: Write) -> None:
    root = write({"real/ruff.toml": "lint.select = []\n", "real/app.py": UNUSED})
    (root / ".kept").mkdir()
    (root / ".kept/app.py").write_text(UNUSED)
    (root / "again").symlink_to("real")
    (root / "loop").symlink_to(".")
    (root / "shown").symlink_to(".kept")

    document = judge("ruff", root, settings=ONLY_F401)

    assert found(document) == [("real/app.py", "F401"), ("shown/app.py", "F401")]


def test_nothing_is_written_into_the_workspace(
    judge: Judge,
    write: Write,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    root = write({**HOSTILE, "app.py": "x=1\n"})

    def state() -> list[tuple[str, bytes, int]]:
        files = [path for path in sorted(root.rglob("*")) if path.is_file()]
        return [(str(path), path.read_bytes(), path.stat().st_mtime_ns) for path in files]

    before = state()
    judge("ruff", root)

    assert state() == before
    assert list(temporary.iterdir()) == []


def test_comments_in_code_still_act(judge: Judge, write: Write) -> None:
    """The gate `suppressions` counts them; a gate that overruled them would count them twice."""
    root = write({"line.py": "import os  # noqa: F401\n", "file.py": "# ruff: noqa\nimport os\n"})

    assert found(judge("ruff", root, settings=ONLY_F401)) == []


def test_each_service_has_its_own_settings(judge: Judge, write: Write) -> None:
    text = "import os\n\nx = 1  # " + "long " * 20 + "\n"
    root = write({"a/app.py": text, "a/sub/app.py": text, "b/app.py": text})
    wide = {"select": ["F", "E501"], "line_length": 200, "format": False}
    services = {"a": {"select": ["E501"], "format": False}, "a/sub": wide, "b": wide}

    document = judge("ruff", root, services=services)

    assert [(f.service, f.file, f.properties["code"]) for f in document.findings] == [
        ("a", "a/app.py", "E501"),
        ("b", "b/app.py", "F401"),
        ("sub", "a/sub/app.py", "F401"),
    ]


def test_ignored_rules(judge: Judge, write: Write) -> None:
    root = write({"app.py": "import os\nl = 1\n"})
    settings = {"select": ["E", "F"], "format": False}

    assert found(judge("ruff", root, settings=settings)) == [("app.py", "F401"), ("app.py", "E741")]
    assert found(judge("ruff", root, settings={**settings, "ignore": ["F401", "E"]})) == []


def test_paths_are_relative_to_the_service(judge: Judge, write: Write) -> None:
    files = ["app.py", "tests/test_a.py", "src/tests/test_b.py", "src/made_pb2.py"]
    root = write({f"{service}/{name}": UNUSED for service in "ab" for name in files})
    patterns = {"tests/**": ["F401"]}
    settings = {**ONLY_F401, "per_path_ignores": patterns, "exclude": ["*_pb2.py"]}

    document = judge("ruff", root, services={"a": settings, "b": ONLY_F401})

    expected = [("a/app.py", "F401"), ("a/src/tests/test_b.py", "F401")]
    assert found(document)[:2] == expected
    assert len(found(document)) == 2 + len(files)


def test_the_target_is_what_the_project_requires(judge: Judge, write: Write) -> None:
    text = "from typing import Optional\n\nx: Optional[int] = None\n"
    project = '[project]\nname = "{0}"\nversion = "1"\nrequires-python = ">={1}"\n'
    root = write(
        {
            "old/app.py": text,
            "old/pyproject.toml": project.format("old", "3.9"),
            "new/app.py": text,
            "new/pyproject.toml": project.format("new", "3.12"),
        }
    )
    settings = {"select": ["UP045"], "format": False}

    document = judge("ruff", root, services={"old": settings, "new": settings})
    stated = judge("ruff", root, services={"old": {**settings, "target_version": "py310"}})

    assert found(document) == [("new/app.py", "UP045")]
    assert found(stated) == [("old/app.py", "UP045")]


def test_first_party_modules_are_the_services_own(judge: Judge, write: Write) -> None:
    """A folder of one service's does not change how another's imports are sorted."""
    sorted_apart = "import alembic\n\nimport app\n"
    root = write(
        {
            "a/main.py": sorted_apart,
            "a/app/__init__.py": "",
            "b/alembic/env.py": "",
            "b/main.py": "import alembic\nimport app\n",
        }
    )
    settings = {"select": ["I"], "format": False}

    both = judge("ruff", root, services={"a": settings, "b": settings})
    named = judge("ruff", root, services={"b": {**settings, "first_party": ["app"]}})

    assert found(both) == [("b/main.py", "I001")]
    assert found(named) == []


def test_format_may_be_left_out(judge: Judge, write: Write) -> None:
    root = write({"a/app.py": "x=1\n", "b/app.py": "x=1\n"})

    document = judge("ruff", root, services={"a": {}, "b": {"format": False}})

    assert found(document) == [("a/app.py", "format")]


def test_preview(judge: Judge, write: Write) -> None:
    root = write({"app.py": "def f():\n    return 1\ndef g():\n    return 2\n"})
    settings = {"select": ["E302", "F"], "format": False}

    without = judge("ruff", root, settings=settings)
    with_it = judge("ruff", root, settings={**settings, "preview": True})

    message = "gates.ruff.settings.select: E302 has no effect without preview"
    assert [(f.code, f.service, f.message) for f in without.failures] == [
        ("ruff/bad-settings", "all", message)
    ]
    assert found(with_it) == [("app.py", "E302")]


def test_notebooks(judge: Judge, write: Write) -> None:
    def code(source: str) -> dict[str, object]:
        fields: dict[str, object] = {"execution_count": None, "metadata": {}, "outputs": []}
        return {"cell_type": "code", "source": source, **fields}

    cells = [{"cell_type": "markdown", "metadata": {}, "source": "#"}, code("x=1\nimport os")]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    root = write({"look.ipynb": json.dumps(notebook), "broken.ipynb": "{}"})

    document = judge("ruff", root, settings={"select": ["F"]})

    assert said(document)[:2] == [
        "look.ipynb:1: ruff/F401: cell 2, line 2: `os` imported but unused",
        "look.ipynb:1: ruff/format: the file is not as ruff formats it",
    ]
    assert document.findings[0].key == "import os"
    assert [(f.file, f.code) for f in document.failures] == [("broken.ipynb", "ruff/syntax-error")]


def test_the_project_file_is_judged(judge: Judge, write: Write) -> None:
    root = write({"pyproject.toml": "[project]\nname = 1\n", "sub/pyproject.toml": "[project]\n"})

    document = judge("ruff", root, settings={"select": ["RUF200"]})

    assert found(document) == [("pyproject.toml", "RUF200")]


def test_strange_names(judge: Judge, write: Write) -> None:
    names = [
        "-x.py",
        "@args.py",
        "a b.py",
        "ä.py",
        "[x].py",
        "{y}.py",
        'q"uote.py',
        "back\\slash.py",
    ]
    root = write(dict.fromkeys(names, UNUSED))

    assert sorted(found(judge("ruff", root, settings=ONLY_F401))) == sorted(
        (name, "F401") for name in names
    )


def test_names_that_cannot_be_told(judge: Judge, write: Write) -> None:
    root = write({"line\nbreak.py": UNUSED, "app.py": UNUSED, "data\nfile.txt": ""})
    with open(os.fsencode(root) + b"/\xff.py", "wb") as file:
        file.write(UNUSED.encode())

    document = judge("ruff", root, settings=ONLY_F401)

    assert found(document) == [("app.py", "F401")]
    assert [(f.file, f.code) for f in document.failures] == [
        ("\\udcff.py", "ruff/file-name"),
        ("line\nbreak.py", "ruff/file-name"),
    ]
    assert document.model_dump_json()


def test_nothing_to_judge(judge: Judge, write: Write) -> None:
    document = judge("ruff", write({"README.md": "# A service\n"}))

    assert (document.findings, document.failures, document.services) == ((), (), ("all",))


def test_the_same_input_gives_the_same_bytes(judge: Judge, write: Write) -> None:
    root = write({f"{name}/app{n}.py": "import os\n\nx=1\n" for name in "abc" for n in range(20)})
    services: dict[str, dict[str, object]] = {"c": {}, "a": {}, "b": {"line_length": 80}}

    first, second = (judge("ruff", root, services=services) for _ in range(2))

    assert len(first.findings) == 120
    assert first.model_dump_json() == second.model_dump_json()
    backwards = judge("ruff", root, services=dict(reversed(services.items())))
    assert backwards.model_dump_json() == first.model_dump_json()
