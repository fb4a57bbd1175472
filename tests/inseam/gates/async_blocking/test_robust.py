"""What one file does wrong costs that file alone; nothing crashes or hangs the gate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inseam.findings.model import FindingsDocument

Judge = Callable[..., FindingsDocument]

BLOCKING = "import time\n\n\nasync def handler() -> None:\n    time.sleep(1)\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "good.py").write_text(BLOCKING)
    return tmp_path


def found(document: FindingsDocument) -> set[tuple[str, int]]:
    return {(finding.file, finding.line) for finding in document.findings}


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"async def broken(:\n    pass\n", "syntax-error", 1),
        (b"x = 1\nasync def broken():\n  pass\n y = 2\n", "syntax-error", 4),
        (b"async def f():\n    x = '\xff\xfe'\n", "unreadable", 2),
        (b"# -*- coding: nonsense -*-\nasync def f(): pass\n", "unreadable", 1),
        (b"async def f():\n    return 1\n\0\n", "syntax-error", None),
        (b"async def f():\n    return " + b"(" * 5000 + b")" * 5000, None, None),
    ],
)
def test_a_file_that_cannot_be_read_is_a_located_failure(
    tree: Path, judge: Judge, content: bytes, code: str | None, line: int | None
) -> None:
    (tree / "bad.py").write_bytes(content)

    document = judge("async-blocking", tree)

    assert found(document) == {("good.py", 5)}
    assert [failure.file for failure in document.failures] == ["bad.py"]
    if code is not None:
        assert document.failures[0].code == f"async-blocking/{code}"
    if line is not None:
        assert document.failures[0].line == line


def test_a_helper_that_does_not_parse_is_a_failure(tree: Path, judge: Judge) -> None:
    (tree / "helper.py").write_text("def broken(:\n")
    (tree / "uses.py").write_text("from helper import broken\n\n\nasync def f():\n    broken()\n")

    document = judge("async-blocking", tree)

    assert [(failure.file, failure.line) for failure in document.failures] == [("helper.py", 1)]
    assert found(document) == {("good.py", 5)}


def test_a_file_that_no_async_code_reaches_is_not_parsed(tree: Path, judge: Judge) -> None:
    (tree / "unrelated.py").write_text("def broken(:\n")

    assert judge("async-blocking", tree).failures == ()


PATHOLOGICAL: dict[str, str] = {
    "recursion": "async def f(n):\n    g(n)\n\n\ndef g(n):\n    return h(n)\n\n\n"
    "def h(n):\n    return g(h)\n",
    "inheritance": "class A(B):\n    pass\n\n\nclass B(A):\n    async def f(self):\n"
    "        self.x.y()\n        super().z()\n",
    "alias": "A = B\nB = A\n\n\nasync def f(x: A) -> B:\n    x.y()\n",
    "growing": "async def f(x=[]):\n    x = [x]\n    while True:\n"
    "        x = [x, (x, x)]\n        x.y()\n",
    "self-passing": "def g(f, *a):\n    return g(lambda: g(f), f)\n\n\n"
    "async def f():\n    g(g)\n    g(lambda: 1)\n",
    "chain": "async def f(x):\n    return x" + ".y()" * 900 + "\n",
    "long chain": "async def f(x):\n    return x" + ".y()" * 1400 + "\n",
    "sum": "async def f(x):\n    return " + " + ".join(["x"] * 20000) + "\n",
    "elif": "async def f(x):\n    if x == 0:\n        pass\n"
    + "".join(f"    elif x == {n}:\n        x = {n}\n" for n in range(900)),
    "nested": "".join(f"{' ' * n}if x:\n" for n in range(1, 90)).replace(
        " if", "async def f(x):\n if", 1
    )
    + " " * 90
    + "x.y()\n",
    "names": "async def \u00e9t\u00e9(\u540d):\n    \u540d.\u0928\u093e\u092e()\n",
}


@pytest.mark.parametrize("name", sorted(PATHOLOGICAL))
def test_pathological_code_neither_crashes_nor_hangs(tree: Path, judge: Judge, name: str) -> None:
    (tree / "odd.py").write_text(PATHOLOGICAL[name], encoding="utf-8")

    document = judge("async-blocking", tree, time_limit=60.0)

    assert ("good.py", 5) in found(document)
    assert {failure.code for failure in document.failures} <= {"async-blocking/too-complex"}


def test_a_large_generated_file(tree: Path, judge: Judge) -> None:
    lines = ["import time", "DATA = {"]
    lines += [f"    'key{n}': ({n}, 'value', [{n}, {n}])," for n in range(30_000)]
    lines += ["}", ""]
    for n in range(4_000):
        lines += [f"def f{n}(x):", f"    return f{(n * 7 + 1) % 4_000}(DATA['key{n}'])", ""]
    lines += ["async def handler():", "    f0(1)", "    time.sleep(1)", ""]
    (tree / "generated.py").write_text("\n".join(lines))

    document = judge("async-blocking", tree)

    assert ("generated.py", len(lines) - 1) in found(document)
    assert document.failures == ()


def test_a_class_attribute_named_like_its_type(tree: Path, judge: Judge) -> None:
    """In a class body its annotation names itself, and the module's or builtin's only then."""
    (tree / "shadow.py").write_text(
        "from pathlib import Path\n\n\n"
        "class Record:\n"
        '    type: type["Record"]\n'
        "    list: list[str]\n"
        "    Path: Path\n\n"
        "    async def load(self) -> None:\n"
        "        self.type, self.list\n"
        "        self.Path.read_text()\n"
    )
    document = judge("async-blocking", tree)
    assert document.failures == ()
    assert ("shadow.py", 11) in found(document)


def test_a_long_dictionary_that_takes_in_others(tree: Path, judge: Judge) -> None:
    entries = ", ".join(f"'k{number}': {number}" for number in range(100))
    (tree / "long.py").write_text(
        f"import time\n\n\ndef other(): time.sleep(1)\n\n\n"
        f"async def f():\n    return {{{entries}, **other(), 'x': 1}}\n"
    )

    document = judge("async-blocking", tree)

    assert document.failures == ()
    assert found(document) == {("good.py", 5), ("long.py", 8)}


def test_names_that_a_module_binds_under_any_statement(tree: Path, judge: Judge) -> None:
    waiting = "def wait{0}(): time.sleep(1)"
    (tree / "branches.py").write_text(
        "import time\n"
        f"try:\n    {waiting.format(0)}\nexcept* ValueError:\n    {waiting.format(1)}\n"
        f"for _ in (1, 2):\n    {waiting.format(2)}\n"
        f"while True:\n    {waiting.format(3)}\n    break\n"
        f"with open('x'):\n    {waiting.format(4)}\n"
        f"if time:\n    {waiting.format(5)}\nelse:\n    {waiting.format(6)}\n"
        "async def f():\n" + "".join(f"    wait{number}()\n" for number in range(7))
    )

    document = judge("async-blocking", tree)

    assert document.failures == ()
    assert found(document) == {("good.py", 5), *(("branches.py", line) for line in range(18, 25))}
