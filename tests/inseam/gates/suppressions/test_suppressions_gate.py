"""The gate as a whole: settings, places, notebooks, and what it cannot read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from inseam.findings.model import FindingsDocument
from inseam.gates.suppressions.settings import KINDS

Judge = Callable[..., FindingsDocument]
Write = Callable[[Mapping[str, str | bytes]], Path]


def rules(document: FindingsDocument) -> list[str]:
    """The rules found, without the gate."""
    return [finding.rule.removeprefix("suppressions/") for finding in document.findings]


def test_one_comment_can_silence_two_tools(judge: Judge, write: Write) -> None:
    root = write({"app.py": "import os  # type: ignore[misc]  # noqa: F401\n"})

    document = judge("suppressions", root)

    assert rules(document) == ["noqa-coded", "type-ignore-coded"]
    assert {finding.column for finding in document.findings} == {12}


def test_the_key_is_the_line_so_that_moving_it_changes_nothing(judge: Judge, write: Write) -> None:
    line = "import os  # noqa: F401\n"
    before = judge("suppressions", write({"app.py": line}))
    after = judge("suppressions", write({"app.py": f'"""A module."""\n\n\n{line}'}))

    assert [f.line for f in before.findings + after.findings] == [1, 4]
    assert before.findings[0].fingerprint == after.findings[0].fingerprint


def test_one_more_code_in_a_list_is_one_more_finding(judge: Judge, write: Write) -> None:
    text = '[lint]\nignore = [\n  "E501",\n]\n'
    before = judge("suppressions", write({"ruff.toml": text}))
    after = judge("suppressions", write({"ruff.toml": text.replace(",\n]", ',\n  "F401",\n]')}))

    assert len(before.findings) == 1
    assert [finding.line for finding in after.findings] == [2, 2]
    assert before.findings[0].fingerprint in {f.fingerprint for f in after.findings}


def test_only_stated_kinds_count(judge: Judge, write: Write) -> None:
    root = write({"app.py": "import os  # noqa\nimport re  # noqa: F401  # pragma: no cover\n"})

    assert rules(judge("suppressions", root)) == ["noqa-bare", "noqa-coded"]
    assert rules(judge("suppressions", root, settings={"kinds": ["no-cover"]})) == ["no-cover"]


def test_allowed_codes(judge: Judge, write: Write) -> None:
    root = write(
        {
            "app.py": (
                "import os  # noqa: F401\n"
                "import re  # noqa: F401, E501\n"
                "import sys  # noqa\n"
                "import abc  # type: ignore[import-untyped]\n"
            ),
            "ruff.toml": 'lint.ignore = ["F401", "F841"]\n',
        }
    )

    document = judge("suppressions", root, settings={"allowed_codes": ["F401", "import-untyped"]})

    assert [(f.file, f.line) for f in document.findings] == [
        ("app.py", 2),
        ("app.py", 3),
        ("ruff.toml", 1),
    ]
    assert document.findings[0].properties == {"codes": "F401,E501"}


def test_stubs_and_windowed_modules_are_read(judge: Judge, write: Write) -> None:
    root = write(dict.fromkeys(["a.py", "b.pyi", "c.pyw", "d.txt"], "import os  # noqa\n"))

    assert [f.file for f in judge("suppressions", root).findings] == ["a.py", "b.pyi", "c.pyw"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str, judge: Judge, write: Write) -> None:
    root = write({"app.py": end.join(["X = 1", "\x0c", "import os  # noqa", ""])})

    finding = judge("suppressions", root).findings[0]

    assert (finding.line, finding.key) == (3, "import os # noqa")


def test_other_encodings_are_read_as_python_reads_them(judge: Judge, write: Write) -> None:
    text = "# -*- coding: latin-1 -*-\nX = 'é'  # noqa\n"

    document = judge("suppressions", write({"app.py": text.encode("latin-1")}))

    assert document.findings[0].key == "X = 'é' # noqa"


def test_a_notebook_counts_cell_by_cell(judge: Judge, write: Write) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# noqa"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import os  # noqa"]},
        {"cell_type": "code", "source": "import re  # noqa: F401"},
    ]

    document = judge("suppressions", write({"look.ipynb": json.dumps({"cells": cells})}))

    assert [(f.line, f.message.partition(": `")[0]) for f in document.findings] == [
        (1, "cell 2, line 2"),
        (1, "cell 3, line 1"),
    ]
    assert document.findings[0].key == "import os # noqa"


UNREADABLE: dict[str, tuple[str, bytes, int]] = {
    "not decodable": ("app.py", b"X = 1\nY = '\xff'  # noqa\n", 2),
    "unknown encoding": ("app.py", b"# coding: klingon\nX = 1  # noqa\n", 1),
    "no text encoding": ("app.py", b"# coding: rot13\nX = 1  # noqa\n", 1),
    "TOML not in UTF-8": ("ruff.toml", b"[lint]\n# \xff\n", 2),
}
# Where Python gives up on an unclosed bracket depends on its version.
NOT_PARSED: dict[str, tuple[str, bytes, int | None]] = {
    "unclosed bracket": ("app.py", b"print(  # noqa\n", None),
    "unclosed text": ("app.py", b'X = 1  # noqa\nY = """\n', None),
    "BUILD file": ("BUILD", b"python_sources(\n  skip_ruff==True=\n)\n", 2),
    "BUILD file with a null byte": ("BUILD", b"python_sources(\0)\n", None),
    "TOML": ("pyproject.toml", b"[tool.ruff]\nlint = = 1\n", 2),
    "ini": ("mypy.ini", b"[mypy]\n  = what\n", None),
    "ini twice": ("setup.cfg", b"[mypy]\n[mypy]\n", 2),
    "notebook": ("look.ipynb", b'{"cells": [{}]}', None),
    "notebook that is no JSON": ("look.ipynb", b"# noqa", None),
}


@pytest.mark.parametrize("case", [*UNREADABLE, *NOT_PARSED])
def test_what_cannot_be_read_is_a_failure_and_the_rest_is_counted(
    case: str, judge: Judge, write: Write
) -> None:
    name, content, line = {**UNREADABLE, **NOT_PARSED}[case]
    root = write({f"services/a/{name}": content, "services/a/good.py": "import os  # noqa\n"})

    document = judge("suppressions", root, services={"services/a": {}})

    code = "suppressions/unreadable" if case in UNREADABLE else "suppressions/syntax-error"
    assert [(f.code, f.service, f.file) for f in document.failures] == [
        (code, "a", f"services/a/{name}")
    ]
    if line is not None:
        assert document.failures[0].line == line
    assert "services/a/good.py" in {finding.file for finding in document.findings}


def test_unreadable_file(judge: Judge, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write({"app.py": "import os  # noqa\n"})
    # The tests may run as root, whom no mode of a file keeps out.
    refusal = PermissionError(13, "Permission denied")
    monkeypatch.setattr(Path, "read_bytes", lambda _: (_ for _ in ()).throw(refusal))

    document = judge("suppressions", root)

    assert [(f.code, f.file, f.message) for f in document.failures] == [
        ("suppressions/unreadable", "app.py", "the file cannot be read: Permission denied")
    ]


def test_services_keep_their_own_settings(judge: Judge, write: Write) -> None:
    root = write({"a/app.py": "import os  # noqa: F401\n", "b/app.py": "import os  # noqa: F401\n"})

    document = judge("suppressions", root, services={"a": {}, "b": {"allowed_codes": ["F401"]}})

    assert [finding.service for finding in document.findings] == ["a"]
    assert document.services == ("a", "b")


def test_the_same_input_gives_the_same_bytes(judge: Judge) -> None:
    fixtures = Path(__file__).parent / "fixtures"
    settings = {"kinds": list(KINDS)}

    first, second = (judge("suppressions", fixtures, settings=settings) for _ in range(2))

    assert len(first.findings) > 80
    assert first.model_dump_json() == second.model_dump_json()
