"""The readings of comments held against the tools: what ruff and mypy obey is what is counted."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from inseam.gates.ruff.run import find_ruff
from inseam.gates.suppressions.comments import Silencer
from inseam.gates.suppressions.sources import in_module, may_silence

COMMENTS = Path(__file__).parent / "comments"


def comments(name: str) -> list[str]:
    """One comment a line: some obeyed, some that only look like it."""
    return (COMMENTS / f"{name}.txt").read_text().splitlines()


LINE_NOQA = comments("line-noqa")
FILE_NOQA = comments("file-noqa")
FORMAT_END = comments("format-end")
FORMAT_LINE = comments("format-line")
ISORT_END = comments("isort-end")
ISORT_LINE = comments("isort-line")
TYPE_IGNORE = comments("type-ignore")
MYPY_INLINE = comments("mypy-inline")


def written(folder: Path, texts: list[str]) -> list[Path]:
    """One module for each text."""
    paths = [folder / f"module_{number}.py" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return paths


def ruff(folder: Path, *arguments: str) -> str:
    """What ruff writes to standard output, one problem a line."""
    command = [
        find_ruff(os.environ),
        *arguments,
        "--isolated",
        "--no-cache",
        "--output-format=concise",
    ]
    done = subprocess.run([*command, "."], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def counted(text: str) -> list[Silencer]:
    """What the gate counts in a module."""
    found = [place.silencer for place in in_module(text)]
    assert not found or may_silence(text.encode())
    return found


def differences(said: str, paths: list[Path], texts: list[str]) -> dict[str, str]:
    """Comments of which the tool and the gate think differently."""
    different: dict[str, str] = {}
    for path, comment in zip(paths, texts, strict=True):
        silenced = path.name not in said
        if silenced != bool(counted(path.read_text())):
            different[comment] = "obeyed, not counted" if silenced else "counted, not obeyed"
    return different


def test_noqa_at_the_end_of_a_line(tmp_path: Path) -> None:
    paths = written(tmp_path, [f"import os  {comment}\n" for comment in LINE_NOQA])

    assert differences(ruff(tmp_path, "check", "--select=F401"), paths, LINE_NOQA) == {}


def test_noqa_for_a_file(tmp_path: Path) -> None:
    """The import stands two statements below, out of reach of comments about the next one."""
    paths = written(tmp_path, [f"{comment}\nX = 1\nimport os\n" for comment in FILE_NOQA])
    # These silence nothing here, as there is nothing for them to silence where they stand.
    about_their_line = {"# noqa", "# ruff: ignore[F401]"}

    found = differences(ruff(tmp_path, "check", "--select=F401"), paths, FILE_NOQA)

    assert found == dict.fromkeys(about_their_line, "counted, not obeyed")


def formatted(folder: Path, paths: list[Path]) -> str:
    """The names of the files in which ruff formats the statement `X = [1,2]`.

    That the formatter rewrites a file is not the question: it also puts blanks into comments.
    """
    command = [find_ruff(os.environ), "format", "--isolated", "--no-cache", "."]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return "\n".join(path.name for path in paths if "[1,2]" not in path.read_text())


@pytest.mark.parametrize(
    ("template", "comments"),
    [("X = [1,2]  {}\n", FORMAT_END), ("{}\nX = [1,2]\n", FORMAT_LINE)],
    ids=["at the end of a line", "from a line on"],
)
def test_format(template: str, comments: list[str], tmp_path: Path) -> None:
    texts = [template.format(comment) for comment in comments]
    paths = written(tmp_path, texts)

    said = formatted(tmp_path, paths)

    written(tmp_path, texts)
    assert differences(said, paths, comments) == {}


def test_isort(tmp_path: Path) -> None:
    paths = written(tmp_path, [f"{comment}\nimport sys\nimport os\n" for comment in ISORT_LINE])

    found = differences(ruff(tmp_path, "check", "--select=I001"), paths, ISORT_LINE)

    assert found == {}


def test_isort_at_the_end_of_a_line(tmp_path: Path) -> None:
    texts = [f"import sys  {comment}\nimport os\n" for comment in ISORT_END]
    paths = written(tmp_path, texts)

    assert differences(ruff(tmp_path, "check", "--select=I001"), paths, ISORT_END) == {}


def mypy(folder: Path) -> str:
    """What mypy writes, one problem a line."""
    command = [sys.executable, "-m", "mypy", "--cache-dir=/dev/null", "--no-error-summary"]
    done = subprocess.run([*command, "."], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1, 2}, done.stderr
    return done.stdout


def test_type_ignore_at_the_end_of_a_line(tmp_path: Path) -> None:
    paths = written(tmp_path, [f'X: int = ""  {comment}\n' for comment in TYPE_IGNORE])

    assert differences(mypy(tmp_path), paths, TYPE_IGNORE) == {}


def test_mypy_for_a_file(tmp_path: Path) -> None:
    paths = written(
        tmp_path, [f'{comment}\n"""A module."""\nX: int = ""\n' for comment in MYPY_INLINE]
    )

    assert differences(mypy(tmp_path), paths, MYPY_INLINE) == {}


def test_mypy_inline_only_at_the_beginning_of_a_line(tmp_path: Path) -> None:
    wrong = 'X: int = ""\n'
    texts = {
        "in a text": f'"""\n# mypy: ignore-errors\n"""\n{wrong}',
        "indented": f"if __name__:\n    # mypy: ignore-errors\n    print(1)\n{wrong}",
        "behind code": f"print(1)  # mypy: ignore-errors\n{wrong}",
        "within brackets": f"print(\n# mypy: ignore-errors\n)\n{wrong}",
        "at the end": f"{wrong}# mypy: ignore-errors\n",
    }
    paths = written(tmp_path, list(texts.values()))

    assert differences(mypy(tmp_path), paths, list(texts)) == {}


def test_mypy_refuses_codes_above_all_code(tmp_path: Path) -> None:
    comment = "# type: ignore[assignment]"
    paths = written(tmp_path, [f'{comment}\n"""A module."""\nX: int = ""\n'])

    assert differences(mypy(tmp_path), paths, [comment]) == {}


@pytest.mark.parametrize("comment", LINE_NOQA + FILE_NOQA + TYPE_IGNORE)
def test_nothing_in_a_string_counts(comment: str) -> None:
    text = f'X = "{comment}"\nY = """\n{comment}\n"""\n'

    assert list(tokenize.generate_tokens(io.StringIO(text).readline))
    assert counted(text) == []
