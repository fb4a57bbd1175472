"""Whoever calls a function is not judged anew if its body does what it did, and only then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inseam.findings.model import FindingsDocument
from inseam.gates.async_blocking import renewed, sameness, sections

FILES = {
    "helper.py": "import time\nfrom pathlib import Path\n\n\n"
    "def load(source=None):\n    time.sleep(1)\n    return Path('a')\n\n\n"
    "def untyped(source):\n    source.run()\n\n\n"
    "def closing():\n    path = Path('b')\n\n    def inner():\n        path.read_text()\n\n"
    "    return inner\n\n\n"
    "def two():\n    time.sleep(1); open('a')\n\n\n"
    "class Base:\n    def __init__(self):\n        self.path = Path('c')\n"
    "        self.other = self.path\n\n"
    "    def save(self): ...\n\n\n"
    "def one():\n    return another(1)\n\n\n"
    "def another(number):\n    one()\n    open('a')\n    return Path('d')\n",
    "slow.py": "import time\n\n\nclass Slow:\n    def run(self):\n        time.sleep(1)\n\n"
    "    def stop(self):\n        open('x')\n",
    "load.py": "import helper\n\n\nasync def f():\n    helper.load().read_text()\n",
    "untyped.py": "import helper\nfrom slow import Slow\n\n\n"
    "async def f():\n    helper.untyped(Slow())\n",
    "closing.py": "import helper\n\n\nasync def f():\n    helper.closing()()\n",
    "two.py": "import helper\n\n\nasync def f():\n    helper.two()\n",
    "base.py": "import helper\n\n\nasync def f():\n    helper.Base().other.read_text()\n",
    "below.py": "import time\nimport helper\n\n\nclass Below(helper.Base):\n"
    "    def save(self):\n        time.sleep(1)\n\n\n"
    "async def f(base: helper.Base):\n    base.save()\n",
    "one.py": "import helper\n\n\nasync def f():\n    helper.one().read_text()\n",
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(renewed, "_FEW", -1)
    root = tmp_path / "tree"
    root.mkdir()
    for name, content in FILES.items():
        (root / name).write_text(content)
    return root


@pytest.mark.parametrize(
    ("file", "before", "after", "again"),
    [
        # Nothing that anybody could see, but for lines.
        ("helper.py", "    time.sleep(1)\n", "    repr(1)\n\n    time.sleep(1)\n", []),
        ("helper.py", "    time.sleep(1)\n", "    x = 1\n    if x:\n        time.sleep(x)\n", []),
        ("helper.py", "    source.run()\n", "    other = source\n    other.run()\n", []),
        ("helper.py", "        self.path =", "        repr(1)\n        self.path =", []),
        ("helper.py", "    time.sleep(1); open", "    repr(1)\n    time.sleep(1); open", []),
        ("slow.py", "        time.sleep(1)\n", "        repr(1)\n        time.sleep(1)\n", []),
        # Another value, another call, no call.
        ("helper.py", "Path('a')", "open('a')", ["load.py"]),
        ("helper.py", "    time.sleep(1)\n", "    time.sleep(1)\n    open('a')\n", ["load.py"]),
        ("helper.py", "    time.sleep(1)\n    return", "    return", ["load.py"]),
        # The same as it is called in its own file, not as it is called elsewhere.
        ("helper.py", "    source.run()\n", "    source.stop()\n", ["untyped.py"]),
        # Variables that others see, and those that nobody does.
        ("helper.py", "path = Path('b')", "path = 'b'", ["closing.py"]),
        ("helper.py", "path = Path('b')", "path = Path('b'); other = 1", ["closing.py"]),
        # What it runs concerns those who run it, its attributes whoever may read them.
        ("helper.py", "        self.path", "        time.sleep(1)\n        self.path", ["base.py"]),
        # Attributes, which are among what a file says.
        ("helper.py", "Path('c')", "open('c')", sorted(FILES.keys() - {"helper.py", "slow.py"})),
        # From one line to two: which of the places is meant cannot be told.
        ("helper.py", "sleep(1); open", "sleep(1)\n    open", ["two.py"]),
        # What only stubs are overridden by.
        ("helper.py", "def save(self): ...", "def save(self): self.path", ["below.py"]),
        # Functions that need each other: where one came from decides what the other is.
        ("helper.py", "    return another(1)", "    repr(1)\n    return another(1)", ["one.py"]),
        ("helper.py", "    one()\n", "    repr(1)\n    one()\n", ["one.py"]),
    ],
)
def test_who_is_judged_after_a_body_was_edited(
    tree: Path,
    look: Callable[..., FindingsDocument],
    judged: list[str],
    file: str,
    before: str,
    after: str,
    again: list[str],
) -> None:
    first = look()
    assert len(first.findings) >= 8
    judged.clear()
    assert FILES[file].count(before) >= 1
    (tree / file).write_text(FILES[file].replace(before, after, 1))

    second = look()

    assert judged == again
    assert second == look("another cache")
    (tree / file).write_text(FILES[file])
    assert look() == first
    assert look("another cache") == first


def test_a_body_that_does_the_same_can_need_what_cannot_be_read(
    tree: Path, look: Callable[..., FindingsDocument], judged: list[str]
) -> None:
    (tree / "broken.py").write_text("def broken(:\n")
    first = look()
    assert first.failures == ()
    more = "    import broken\n    repr(broken.value)\n    time.sleep(1)\n"
    (tree / "helper.py").write_text(FILES["helper.py"].replace("    time.sleep(1)\n", more, 1))
    judged.clear()

    second = look()

    assert judged == []
    assert [failure.file for failure in second.failures] == ["broken.py"]
    assert second == look("another cache")


def test_many_bodies_are_not_compared(
    tree: Path,
    look: Callable[..., FindingsDocument],
    judged: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look()
    monkeypatch.setattr(sameness, "_MOST", 1)
    text = FILES["helper.py"].replace("    time.sleep(1)\n", "    repr(1)\n    time.sleep(1)\n", 1)
    text = text.replace("    source.run()\n", "    repr(1)\n    source.run()\n")
    (tree / "helper.py").write_text(text)

    found = look()

    assert judged == ["load.py", "untyped.py"]
    assert found == look("another cache")


def test_a_second_edit_starts_from_the_first(
    tree: Path, look: Callable[..., FindingsDocument], judged: list[str]
) -> None:
    look()
    text = FILES["helper.py"]
    for number in range(20):
        text = text.replace("    time.sleep(1)\n", f"    repr({number})\n    time.sleep(1)\n", 1)
        text = text.replace("    source.run()\n", f"    repr({number})\n    source.run()\n", 1)
        (tree / "helper.py").write_text(text)
        judged.clear()
        found = look()
        assert judged == []
    assert found == look("another cache")
    text = text.replace("source.run()", "source.stop()")
    (tree / "helper.py").write_text(text)
    found = look()
    assert judged == ["untyped.py"]
    assert found == look("yet another cache")


def test_a_callback_moves_with_its_file(
    tree: Path, look: Callable[..., FindingsDocument], judged: list[str]
) -> None:
    (tree / "tick.py").write_text("import time\n\n\ndef tick():\n    time.sleep(1)\n")
    (tree / "calls.py").write_text(
        "import asyncio\nimport tick\n\n\ndef start(loop: asyncio.AbstractEventLoop):\n"
        "    loop.call_soon(tick.tick)\n"
    )
    first = look()
    assert ("tick.py", 5) in {(finding.file, finding.line) for finding in first.findings}
    (tree / "tick.py").write_text("import time\n\n\n# why\ndef tick():\n    time.sleep(1)\n")

    second = look()

    assert judged == ["calls.py"]
    assert ("tick.py", 6) in {(finding.file, finding.line) for finding in second.findings}
    assert second == look("another cache")


SECTIONS = (
    *("seen", "skims", "deriving", "defining", "queries", "problems"),
    *("paths", "judged", "modules", "graph 0", "ways 0"),
)


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.parametrize("edited", [False, True])
def test_a_damaged_section_is_passed_over(
    tree: Path, look: Callable[..., FindingsDocument], tmp_path: Path, name: str, edited: bool
) -> None:
    first = look()
    (kept,) = (tmp_path / "cache" / "async-blocking" / "results").iterdir()
    read = sections.Sections(str(kept))
    content = kept.read_bytes().replace(read.get(name), b"\0" * len(read.get(name)) or b"\0", 1)
    read.close()
    kept.write_bytes(content)
    if edited:
        text = FILES["helper.py"].replace("    time.sleep(1)\n", "    repr(1)\n", 1)
        (tree / "helper.py").write_text(text)

    found = look()

    assert found == look("another cache")
    assert (found == first) is not edited


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        ("    repr(1)\n", "    repr(2)\n    repr(3)\n", []),
        ("Path('x')", "(Path('x'))", []),
        ("Path('x')", "open('x')", ["reads.py"]),
        ("app.state.held =", "app.state.kept =", ["reads.py"]),
    ],
)
def test_a_body_that_sets_something_on_a_bag_of_state_concerns_who_reads_that(
    tree: Path,
    look: Callable[..., FindingsDocument],
    judged: list[str],
    before: str,
    after: str,
    again: list[str],
) -> None:
    text = (
        "from pathlib import Path\n\n\ndef fill(app):\n"
        "    app.state.kept = Path('z')\n\n\n"
        "def set_up(app):\n    repr(1)\n    app.state.held = Path('x')\n"
    )
    (tree / "fills.py").write_text(text)
    (tree / "reads.py").write_text(
        "from fastapi import Request\n\n\nasync def read(request: Request):\n"
        "    request.app.state.held.read_text()\n"
    )
    first = look()
    judged.clear()
    (tree / "fills.py").write_text(text.replace(before, after))

    second = look()

    assert judged == again
    assert len(second.findings) == len(first.findings) - len(again)
    assert second == look("another cache")
    (tree / "fills.py").write_text(text)
    assert look() == first
