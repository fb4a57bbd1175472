"""A tree that is looked at again and again: each test module says what is in it, as `tree`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inseam.findings.model import FindingsDocument
from inseam.gates.async_blocking import judging, parts, renewal
from inseam.gates.contract import ServiceFacts
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files judged in the run before."""
    seen: list[str] = []

    def recording(
        job: judging.Job, paths: list[str], *, meanwhile: Callable[[], None]
    ) -> list[judging.Part]:
        seen[:] = paths
        return parts.judge(job, paths, meanwhile=meanwhile)

    monkeypatch.setattr(renewal, "judge", recording)
    return seen


@pytest.fixture
def look(tree: Path, tmp_path: Path) -> Callable[..., FindingsDocument]:
    """Looks at the module's `tree`, or where that has been moved to, with a cache folder's name."""

    def once(cache: str = "cache", root: Path = tree) -> FindingsDocument:
        facts = ServiceFacts(name="tree", root=".", source_roots=(".",))
        unit = UnitDocument(
            gate="async-blocking",
            time_limit=60.0,
            services=(UnitService(facts=facts, settings={}),),
        )
        return execute(unit, root=root, cache=tmp_path / cache, environment={})

    return once
