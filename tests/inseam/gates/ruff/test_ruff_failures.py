"""Whatever keeps ruff from looking is a failure: broken files, settings and ruffs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from inseam.findings.model import FindingsDocument
from inseam.gates.ruff.run import find_ruff
from inseam.gates.ruff.settings import RuffSettings

Judge = Callable[..., FindingsDocument]
Write = Callable[[Mapping[str, str | bytes]], Path]

UNUSED = "import os\n"


@pytest.mark.parametrize("format_too", [True, False])
def test_broken_files_are_located_and_the_rest_is_judged(
    format_too: bool, judge: Judge, write: Write
) -> None:
    root = write(
        {
            "a/syntax.py": "import os\n\ndef f(:\n    pass\n",
            "a/silenced.py": "# ruff: noqa\nx = (\n",
            "a/bytes.py": b"# A name:\nx = '\xff'\n",
            "a/latin.py": b"# coding: latin-1\nx = '\xe9'\n",
            "a/null.py": b"x = 1\n\0\n",
            "a/good.py": UNUSED,
            "b/good.py": UNUSED,
        }
    )
    # Even a selection without E902 must not let undecodable files pass.
    settings = {"select": ["F401"], "format": format_too}

    document = judge("ruff", root, services={"a": settings, "b": settings})

    assert [(f.service, f.file, f.line, f.code) for f in document.failures] == [
        ("a", "a/bytes.py", 2, "ruff/unreadable"),
        ("a", "a/latin.py", 2, "ruff/unreadable"),
        ("a", "a/null.py", 2, "ruff/syntax-error"),
        ("a", "a/silenced.py", 3, "ruff/syntax-error"),
        ("a", "a/syntax.py", 3, "ruff/syntax-error"),
    ]
    assert {"a/good.py", "b/good.py"} <= {finding.file for finding in document.findings}
    assert "ruff reads no other encoding" in document.failures[1].fix


def test_a_file_that_is_gone_when_ruff_looks(
    judge: Judge, write: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = write({"app.py": UNUSED, "gone.py": UNUSED})
    remover = stand_in(tmp_path_factory, f'rm -f "{root}/gone.py"\nexec "$RUFF" "$@"')

    document = judge("ruff", root, environment=remover)

    assert [(f.file, f.code) for f in document.failures] == [("gone.py", "ruff/unreadable")]


@pytest.mark.parametrize(
    "stated",
    [
        {"select": ["f401"]},
        {"select": ["F-401"]},
        {"ignore": ["E902"]},
        {"ignore": ["E9"]},
        {"per_path_ignores": {"!src/**": ["F401"]}},
        {"per_path_ignores": {"a\nb": ["F401"]}},
        {"exclude": [""]},
        {"line_length": 0},
        {"target_version": "py2"},
    ],
)
def test_settings_that_cannot_be_meant(stated: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RuffSettings.model_validate(stated)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (
            {"select": ["ZZZ1"]},
            "gates.ruff.settings.select: ruff knows no rule ZZZ1 (stated for b)",
        ),
        ({"ignore": ["QQ"]}, "gates.ruff.settings.ignore: ruff knows no rule QQ (stated for b)"),
    ],
)
def test_unknown_rules_are_named(
    stated: dict[str, object], message: str, judge: Judge, write: Write
) -> None:
    root = write({"a/app.py": UNUSED, "b/app.py": UNUSED})

    document = judge("ruff", root, services={"a": {}, "b": stated})

    assert [(f.code, f.message) for f in document.failures] == [("ruff/bad-settings", message)]
    assert document.findings == ()


def test_rules_that_ruff_has_given_up(judge: Judge, write: Write) -> None:
    document = judge("ruff", write({"app.py": UNUSED}), settings={"select": ["ANN101"]})

    assert [failure.code for failure in document.failures] == ["ruff/tool-failed"]
    assert "ANN101" in document.failures[0].message


def stand_in(folders: pytest.TempPathFactory, script: str) -> dict[str, str]:
    """The variable that names a ruff made of a shell script, in which $RUFF is the real one."""
    tool = folders.mktemp("tool") / "ruff"
    tool.write_text(f"#!/bin/sh\nRUFF='{find_ruff({})}'\n{script}\n")
    tool.chmod(0o755)
    return {"INSEAM_RUFF": str(tool)}


STAND_INS: dict[str, tuple[str, str]] = {
    "crashes": ("kill -SEGV $$", "ruff/tool-crashed"),
    "fails": ("echo no idea >&2; exit 3", "ruff/tool-failed"),
    "fails like ruff": ("echo 'ruff failed' >&2; exit 2", "ruff/tool-failed"),
    "says nothing": ("exit 0", "ruff/tool-garbage"),
    "finds nothing, whatever there is": ("echo '[]'", "ruff/tool-silent"),
    "prints no JSON": ("echo 'All checks passed!'", "ruff/tool-garbage"),
    "prints other JSON": ("echo '{\"results\": []}'", "ruff/tool-garbage"),
    "prints JSON of another shape": ("echo '[{\"code\": 1}]'", "ruff/tool-garbage"),
    "is cut short": ('"$RUFF" "$@" | head -c 300; exit 1', "ruff/tool-garbage"),
    "formats without looking": (
        'test "$1" = check && exec "$RUFF" "$@"; echo "[]"',
        "ruff/tool-silent",
    ),
    "fails to format": ('test "$1" = check && exec "$RUFF" "$@"; exit 9', "ruff/tool-failed"),
    "hangs": ("sleep 1000 & sleep 1000", "ruff/tool-timeout"),
    "hangs in formatting": (
        'test "$1" = check && exec "$RUFF" "$@"; sleep 1000',
        "ruff/tool-timeout",
    ),
}


@pytest.mark.parametrize("kind", STAND_INS)
def test_a_ruff_that(
    kind: str, judge: Judge, write: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    script, code = STAND_INS[kind]
    root = write({"app.py": UNUSED})
    limit = 1.0 if "hangs" in kind else 60.0

    document = judge("ruff", root, environment=stand_in(tmp_path_factory, script), time_limit=limit)

    assert [(f.code, f.service) for f in document.failures] == [(code, None)]
    assert document.failures[0].fix


def test_findings_survive_a_failing_formatter(
    judge: Judge, write: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    script, _ = STAND_INS["fails to format"]

    document = judge(
        "ruff", write({"app.py": UNUSED}), environment=stand_in(tmp_path_factory, script)
    )

    assert [finding.rule for finding in document.findings] == ["ruff/F401"]


def test_no_ruff(judge: Judge, write: Write) -> None:
    document = judge(
        "ruff", write({"app.py": UNUSED}), environment={"INSEAM_RUFF": "/nowhere/ruff"}
    )

    assert [failure.code for failure in document.failures] == ["ruff/tool-missing"]


def test_which_ruff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "ruff"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)

    assert find_ruff({"INSEAM_RUFF": "this"}) == "this"
    assert find_ruff({"PATH": str(tmp_path)}) != str(other), "the one that came with the engine"
    monkeypatch.setattr("importlib.import_module", _nothing_installed)
    assert find_ruff({"PATH": f"/nowhere{os.pathsep}{tmp_path}"}) == str(other)


def _nothing_installed(name: str) -> None:
    raise ImportError(name)
