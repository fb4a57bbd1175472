"""An edit costs what depends on it, and never shows in the result of what does not."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from inseam.findings.model import FindingsDocument
from inseam.gates.async_blocking import glances, results, run, sections

FILES = {
    "app.py": "from helper import load\n\n\nasync def handler():\n    load()\n",
    "helper.py": "import time\n\n\ndef load():\n    time.sleep(1)\n",
    "other.py": "import time\n\n\nasync def other():\n    time.sleep(1)\n",
    "model.py": "class Base:\n    def save(self): ...\n\n\n"
    "async def use(base: Base):\n    base.save()\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    for name, content in FILES.items():
        (root / name).write_text(content)
    return root


def only(tree: Path, files: Mapping[str, str]) -> None:
    """Puts other files in place of the tree's."""
    for name in FILES:
        (tree / name).unlink()
    for name, text in files.items():
        (tree / name).write_text(text)


def test_nothing_is_judged_twice(look: Callable[[], FindingsDocument], judged: list[str]) -> None:
    first = look()
    assert judged == ["app.py", "model.py", "other.py"]
    judged.clear()
    second = look()

    assert judged == []
    assert first == second
    assert len(first.findings) == 2


@pytest.mark.parametrize(
    ("file", "content", "again", "findings"),
    [
        ("helper.py", "def load(): ...\n", ["app.py"], 1),
        ("other.py", "async def other(): ...\n", ["other.py"], 1),
        ("helper.py", "def load(:\n", ["app.py"], 1),
        # What others see of a file does not change, though lines move.
        ("helper.py", "import time\n\n\n# why\ndef load():\n    time.sleep(1)\n", [], 2),
        (
            "helper.py",
            "import time\n\n\ndef load():\n    time.sleep(1)\n\n\ndef more(): ...\n",
            [],
            2,
        ),
        ("other.py", "async def other(): ...\n\n\ndef load(): ...\n", ["other.py"], 1),
        # A name of the builtins is another's no longer.
        (
            "helper.py",
            "import time\n\n\ndef load():\n    time.sleep(1)\n\n\ndef open(path): ...\n",
            ["app.py"],
            2,
        ),
        (
            "model.py",
            "class Base:\n    def save(self):\n        import time\n        time.sleep(1)\n\n\n"
            "async def use(base: Base):\n    base.save()\n",
            ["model.py"],
            3,
        ),
        # New files concern everyone.
        (
            "store.py",
            "import time\nfrom model import Base\n\n\nclass Slow(Base):\n"
            "    def save(self):\n        time.sleep(1)\n",
            ["app.py", "model.py", "other.py"],
            3,
        ),
    ],
)
def test_an_edit_costs_what_depends_on_it(
    tree: Path,
    look: Callable[..., FindingsDocument],
    judged: list[str],
    file: str,
    content: str,
    again: list[str],
    findings: int,
) -> None:
    before = look()
    judged.clear()
    (tree / file).write_text(content)

    after = look()

    assert judged == again
    assert len(after.findings) == findings
    assert after == look("another cache")
    if file in FILES:
        (tree / file).write_text(FILES[file])
        assert look() == before


MORE = {
    "base.py": "class Base:\n    def keep(self): ...\n\n    def name(self): ...\n",
    "below.py": "from base import Base\n\n\nclass Below(Base):\n    def name(self): ...\n",
    "uses.py": "from base import Base\n\n\nasync def use(base: Base):\n    base.keep()\n",
    "late.py": "import helper\n\n\nasync def late():\n    helper.later()\n",
    "waits.py": "from typing import Protocol\n\n\nclass Waits(Protocol):\n"
    "    def hold(self): ...\n\n\nasync def wait(one: Waits):\n    one.hold()\n",
    "base_too.py": "class Base:\n    def keep(self): ...\n",
    "near.py": "import time\nfrom base_too import Base\n\n\nclass Near(Base):\n"
    "    def keep(self):\n        time.sleep(1)\n",
    "keyed.py": "from typing import Protocol\n\n\nclass Keyed(Protocol):\n"
    "    def fetch(self, key): ...\n\n\nasync def fetch(one: Keyed):\n    one.fetch('a')\n",
    "named.py": "import time\n\n\nclass Named:\n    def fetch(self, name):\n"
    "        time.sleep(1)\n",
    "leaf.py": "class Leaf:\n    def go(self):\n        self.step()\n\n    def step(self): ...\n"
    "\n\nasync def walk(leaf: Leaf):\n    leaf.go()\n",
}


@pytest.mark.parametrize(
    ("file", "content", "again"),
    [
        # A class below another overrides a method that it did not override before.
        (
            "below.py",
            "import time\nfrom base import Base\n\n\nclass Below(Base):\n    def name(self): ...\n"
            "\n    def keep(self):\n        time.sleep(1)\n",
            {"uses.py"},
        ),
        # A module gets what others already ask of it.
        ("helper.py", FILES["helper.py"] + "\n\ndef later():\n    load()\n", {"late.py"}),
        # A class comes to have the methods of a protocol.
        (
            "other.py",
            FILES["other.py"] + "\n\nclass Holds:\n    def hold(self):\n        time.sleep(1)\n",
            {"other.py", "waits.py"},
        ),
        # A class comes to be below another of the same name.
        (
            "near.py",
            MORE["near.py"].replace("base_too", "base"),
            {"uses.py"},
        ),
        # A method comes to be called as a protocol's is.
        ("named.py", MORE["named.py"].replace("name)", "key)"), {"keyed.py"}),
        # A class that had none below it comes to have one.
        (
            "other.py",
            FILES["other.py"] + "\n\nfrom leaf import Leaf\n\n\nclass Twig(Leaf):\n"
            "    def step(self):\n        time.sleep(1)\n",
            {"leaf.py", "other.py"},
        ),
    ],
)
def test_an_edit_tells_those_who_asked(
    tree: Path,
    look: Callable[..., FindingsDocument],
    judged: list[str],
    file: str,
    content: str,
    again: set[str],
) -> None:
    for name, text in MORE.items():
        (tree / name).write_text(text)
    before = look()
    (tree / file).write_text(content)

    after = look()

    assert set(judged) == again
    assert len(after.findings) == len(before.findings) + 1
    assert after == look("another cache")


STATE = {
    "main.py": "from fastapi import FastAPI\n\nfrom clients import make\n\n\n"
    "def set_up(app: FastAPI):\n    app.state.client = make()\n",
    "clients.py": "import httpx\n\n\ndef make():\n    return httpx.AsyncClient()\n",
    "asks.py": "from fastapi import Request\n\n\nasync def ask(request: Request):\n"
    "    request.app.state.client.get('https://example.org')\n",
    "reads.py": "from fastapi import Request\n\n\nasync def read(request: Request):\n"
    "    request.app.state.folder.unlink()\n",
}


@pytest.mark.parametrize(
    ("file", "content", "again"),
    [
        # What is set is something else, in the function that sets it or in what it calls.
        (
            "main.py",
            "import requests\nfrom fastapi import FastAPI\n\n\n"
            "def set_up(app: FastAPI):\n    app.state.client = requests.Session()\n",
            {"asks.py"},
        ),
        (
            "main.py",
            STATE["main.py"].replace(
                "    app.state.client = make()",
                "    import requests\n\n    app.state.client = requests.Session()",
            ),
            {"asks.py"},
        ),
        (
            "clients.py",
            "import requests\n\n\ndef make():\n    return requests.Session()\n",
            {"asks.py"},
        ),
        # A file comes to set something; one that only mentioned it does.
        (
            "helper.py",
            FILES["helper.py"] + "\n\nfrom pathlib import Path\n\n\n"
            "def fill(app):\n    app.state.folder = Path('x')\n",
            {"reads.py"},
        ),
        (
            "other.py",
            FILES["other.py"] + "\n\ndef fill(app):\n    from pathlib import Path\n\n"
            "    # not app.state.folder = 1\n    app.state.folder = Path('x')\n",
            {"other.py", "reads.py"},
        ),
        # A module sets it, without a function.
        (
            "clients.py",
            STATE["clients.py"] + "\n\nfrom pathlib import Path\n\nfrom fastapi import FastAPI\n"
            "\napp = FastAPI()\napp.state.folder = Path('x')\n",
            {"reads.py"},
        ),
    ],
)
def test_what_is_set_on_a_bag_of_state_concerns_those_who_read_it(
    tree: Path,
    look: Callable[..., FindingsDocument],
    judged: list[str],
    file: str,
    content: str,
    again: set[str],
) -> None:
    for name, text in STATE.items():
        (tree / name).write_text(text)
    mentioned = FILES["other.py"] + "\n\ndef fill(app):\n    # not app.state.folder = 1\n    pass\n"
    (tree / "other.py").write_text(mentioned)
    before = look()
    was = (tree / file).read_text()
    (tree / file).write_text(content)

    after = look()

    assert set(judged) == again
    assert len(after.findings) == len(before.findings) + 1
    assert after == look("another cache")
    (tree / file).write_text(was)
    assert look() == before


TOLD = {
    "gives.py": "from pathlib import Path\nfrom takes import take\n\n\n"
    "async def give():\n    await take(Path())\n",
    "takes.py": "async def take(one):\n    one.unlink()\n",
}


@pytest.mark.parametrize(
    ("file", "content", "again", "findings"),
    [
        ("gives.py", TOLD["gives.py"].replace("Path()", "None"), ["gives.py"], 0),
        ("takes.py", "async def take(one):\n    one.absolute()\n", ["gives.py", "takes.py"], 0),
        ("takes.py", "# why\n" + TOLD["takes.py"], ["gives.py", "takes.py"], 1),
        ("takes.py", "def take(one):\n    one.unlink()\n", ["gives.py"], 1),
    ],
)
def test_what_an_async_function_is_passed_concerns_what_it_does(
    tree: Path,
    look: Callable[..., FindingsDocument],
    judged: list[str],
    file: str,
    content: str,
    again: list[str],
    findings: int,
) -> None:
    only(tree, TOLD)
    (before,) = look().findings
    assert (before.file, before.line) == ("takes.py", 2)
    judged.clear()
    (tree / file).write_text(content)

    after = look()

    assert judged == again
    assert len(after.findings) == findings
    assert after == look("another cache")


SWITCHED = {
    "calls.py": "from waits import wait\n\n\nasync def call() -> None:\n    wait(False)\n",
    "waits.py": "import time\n\n\ndef wait(long: bool = True) -> None:\n"
    "    if long:\n        time.sleep(1)\n",
}


@pytest.mark.parametrize(
    ("file", "content", "again", "findings"),
    [
        ("calls.py", SWITCHED["calls.py"].replace("False", ""), ["calls.py"], 1),
        ("calls.py", SWITCHED["calls.py"].replace("False", "True"), ["calls.py"], 1),
        ("waits.py", SWITCHED["waits.py"].replace("if long", "if not long"), ["calls.py"], 1),
        # Nothing in the body hangs on the parameter any more.
        ("waits.py", SWITCHED["waits.py"].replace("if long", "if 1 < 2"), ["calls.py"], 1),
        (
            "waits.py",
            SWITCHED["waits.py"].replace("    if", "    long = time.time() > 1\n    if"),
            ["calls.py"],
            1,
        ),
        # More is done in a way in which nobody calls it.
        ("waits.py", SWITCHED["waits.py"] + "        time.sleep(2)\n", ["calls.py"], 0),
    ],
)
def test_a_constant_that_is_passed_concerns_what_a_call_does(
    tree: Path,
    look: Callable[..., FindingsDocument],
    judged: list[str],
    file: str,
    content: str,
    again: list[str],
    findings: int,
) -> None:
    only(tree, SWITCHED)
    assert look().findings == ()
    judged.clear()
    (tree / file).write_text(content)

    after = look()

    assert judged == again
    assert len(after.findings) == findings
    assert after == look("another cache")
    (tree / file).write_text(SWITCHED[file])
    assert look().findings == ()


@pytest.mark.parametrize("damage", [b"", b"\0\0\0\0nothing", b"x" * 400])
def test_damaged_results_are_passed_over(
    look: Callable[[], FindingsDocument], judged: list[str], tmp_path: Path, damage: bytes
) -> None:
    first = look()
    for path in (tmp_path / "cache" / "async-blocking" / "results").iterdir():
        path.write_bytes(damage)

    assert look() == first
    assert judged == ["app.py", "model.py", "other.py"]


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the files had been left alone for long, on a file system that keeps times."""
    monkeypatch.setattr(run, "believed", lambda root: True)
    monkeypatch.setattr(glances, "MARGIN", -glances.MARGIN)
    monkeypatch.setattr(results, "_WORTH_WRITING", 1)


@pytest.mark.usefixtures("trusting")
def test_an_edit_that_leaves_size_and_time_is_found(
    tree: Path, look: Callable[..., FindingsDocument], judged: list[str]
) -> None:
    before = look()
    assert look() == before
    judged.clear()
    helper = tree / "helper.py"
    times = helper.stat()
    helper.write_text(FILES["helper.py"].replace("time.sleep(1)", "time.clock(1)"))
    os.utime(helper, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert helper.stat().st_size == times.st_size

    after = look()

    assert judged == ["app.py"]
    assert len(after.findings) == len(before.findings) - 1
    assert after == look("another cache")


@pytest.mark.usefixtures("trusting")
def test_files_that_were_not_touched_are_not_read(
    look: Callable[..., FindingsDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look()

    def refuse(*_: object) -> None:
        raise AssertionError("a file is read")

    monkeypatch.setattr(glances, "_look", refuse)

    assert look() == before


@pytest.mark.usefixtures("trusting")
def test_files_elsewhere_are_read(
    tree: Path, look: Callable[..., FindingsDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look()
    read: list[str] = []
    look_at_file = glances._look

    def recording(path: str, *known: str) -> glances.Look:
        read.append(path)
        return look_at_file(path, *known)

    monkeypatch.setattr(glances, "_look", recording)
    moved = tree.rename(tree.with_name("moved"))  # the files' own stamps stay what they are

    assert look(root=moved) == before
    assert len(read) == len(FILES)


def test_stamps_are_written_when_files_have_become_old(
    look: Callable[..., FindingsDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "believed", lambda root: True)
    monkeypatch.setattr(results, "_WORTH_WRITING", 1)
    before = look()  # the files are young
    monkeypatch.setattr(glances, "MARGIN", -glances.MARGIN)
    assert look() == before
    monkeypatch.setattr(glances, "_look", None)

    assert look() == before


def test_which_of_two_equal_chains_is_told_hangs_on_the_function_alone(
    tree: Path, look: Callable[[], FindingsDocument], judged: list[str]
) -> None:
    """Neither on what else was reached before, nor on whether that was judged in this run."""
    (tree / "pair.py").write_text(
        "import time\n\n\ndef first(): time.sleep(1)\n\n\ndef second(): time.sleep(1)\n\n\n"
        "def both():\n    first()\n    second()\n"
    )
    (tree / "a.py").write_text("from pair import second\n\n\nasync def a():\n    second()\n")
    (tree / "z.py").write_text("from pair import both\n\n\nasync def z():\n    both()\n")
    cold = look()
    (tree / "z.py").write_text("from pair import both\n\n\nasync def z():\n    both()\n    1\n")
    edited = look()

    assert judged == ["z.py"]
    for document in (cold, edited):
        (found,) = (finding for finding in document.findings if finding.file == "z.py")
        assert [(place.file, place.line) for place in found.related] == [
            ("pair.py", 11),
            ("pair.py", 4),
        ]


def test_results_that_were_written_long_ago_are_dropped(
    look: Callable[..., FindingsDocument], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache" / "async-blocking" / "results"
    folder.mkdir(parents=True)
    for age, name in ((3, "oldest"), (2, "old")):
        (folder / name).write_bytes(b"x" * 100_000)
        os.utime(folder / name, (0, -age))
    monkeypatch.setattr(sections, "_LARGEST", 150_000)
    look()

    kept = {path.name for path in folder.iterdir()}
    assert "old" in kept
    assert "oldest" not in kept
    assert len(kept) == 2
