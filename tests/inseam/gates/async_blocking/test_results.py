"""An edit costs what depends on it, and never shows in the result of what does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inseam.findings.model import FindingsDocument
from inseam.gates.async_blocking import judging, run
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
        return judging.judge(job, paths)

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
        # Classes below others, and new files, concern everyone.
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
    (tree / file).write_text(content)

    after = look()

    assert judged == again
    assert len(after.findings) == findings
    assert after == look("another cache")
    if file in FILES:
        (tree / file).write_text(FILES[file])
        assert look() == before


@pytest.mark.parametrize("damage", [b"", b"\0\0\0\0nothing", b"x" * 400])
def test_damaged_results_are_passed_over(
    look: Callable[[], FindingsDocument], judged: list[str], tmp_path: Path, damage: bytes
) -> None:
    first = look()
    for path in (tmp_path / "cache" / "async-blocking" / "results").iterdir():
        path.write_bytes(damage)

    assert look() == first
    assert judged == ["app.py", "model.py", "other.py"]
