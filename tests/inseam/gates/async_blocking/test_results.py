"""An edit costs what depends on it, and never shows in the result of what does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inseam.findings.model import FindingsDocument
from inseam.gates.async_blocking import judging, parts, run
from inseam.gates.contract import ServiceFacts
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService

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


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files judged in the run before."""
    seen: list[str] = []

    def recording(job: judging.Job, paths: list[str]) -> list[judging.Part]:
        seen[:] = paths
        return parts.judge(job, paths)

    monkeypatch.setattr(run, "judge", recording)
    return seen


@pytest.fixture
def look(tree: Path, tmp_path: Path) -> Callable[[], FindingsDocument]:
    def once(cache: str = "cache") -> FindingsDocument:
        facts = ServiceFacts(name="tree", root=".", source_roots=(".",))
        unit = UnitDocument(
            gate="async-blocking",
            time_limit=60.0,
            services=(UnitService(facts=facts, settings={}),),
        )
        return execute(unit, root=tree, cache=tmp_path / cache, environment={})

    return once


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


@pytest.mark.parametrize("damage", [b"", b"\0\0\0\0nothing", b"x" * 400])
def test_damaged_results_are_passed_over(
    look: Callable[[], FindingsDocument], judged: list[str], tmp_path: Path, damage: bytes
) -> None:
    first = look()
    for path in (tmp_path / "cache" / "async-blocking" / "results").iterdir():
        path.write_bytes(damage)

    assert look() == first
    assert judged == ["app.py", "model.py", "other.py"]
