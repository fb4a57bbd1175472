"""What pip-audit looked at already: asked about once per snapshot, and found anew each time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inseam.gates.pip_audit.memory import Memory
from inseam.gates.pip_audit.tool import Audited, Pinned, PipAudit

if TYPE_CHECKING:
    from tests.inseam.gates.pip_audit.conftest import Workspace


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[Pinned]]:
    """What the real pip-audit is asked about, run by run."""
    runs: list[list[Pinned]] = []
    audit = PipAudit.audit

    def spy(self: PipAudit, pins: Iterable[Pinned], *, url: str | None) -> Audited:
        runs.append(sorted(pins))
        return audit(self, runs[-1], url=url)

    monkeypatch.setattr(PipAudit, "audit", spy)
    return runs


def test_only_new_versions_are_asked_about(workspace: Workspace, asked: list[list[Pinned]]) -> None:
    pin = workspace.snapshot(workspace.record("PYSEC-memory", "acme"))
    workspace.pin("acme==1.0", "other==1.0")
    first = workspace.audit(pin)
    assert workspace.audit(pin) == first

    workspace.pin("acme==1.1", "other==1.0")

    assert workspace.told(workspace.audit(pin)) == ["shop acme 1.1 PYSEC-memory"]
    assert asked == [[("acme", "1.0"), ("other", "1.0")], [("acme", "1.1")]]


def test_another_snapshot_is_another_question(
    workspace: Workspace, asked: list[list[Pinned]]
) -> None:
    workspace.pin("acme==1.0")

    for name in ("PYSEC-a", "PYSEC-b"):
        pin = workspace.snapshot(workspace.record(name, "acme"))
        assert workspace.told(workspace.audit(pin)) == [f"shop acme 1.0 {name}"]

    assert asked == [[("acme", "1.0")]] * 2


def test_what_cannot_be_read_is_forgotten(tmp_path: Path) -> None:
    memory = Memory.of(tmp_path, ["d1", "d2"], b"lock")
    memory.add([("acme", "1.0"), ("other", "2")])
    assert memory.recall() == {("acme", "1.0"), ("other", "2")}
    memory.add([("acme", "1.1")])
    assert len(memory.recall()) == 3
    assert Memory.of(tmp_path, ["d2", "d1"], b"lock").recall() == memory.recall()
    assert Memory.of(tmp_path, ["d1"], b"lock").recall() == frozenset()
    assert Memory.of(tmp_path, ["d1", "d2"], b"other").recall() == frozenset()

    memory.path.write_bytes(b"acme 1.0\n\xff")
    assert memory.recall() == frozenset()


def test_where_nothing_can_be_written_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "pip-audit").write_text("in the way")
    memory = Memory.of(tmp_path, ["d"], b"lock")

    memory.add([("acme", "1.0")])

    assert memory.recall() == frozenset()
