"""Every edit of the matrix: the gate says what is true, and uv what the matrix says of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.inseam.gates.lockfile.conftest import Files, Gate, Uv
    from tests.inseam.gates.lockfile.matrix import Edit

from tests.inseam.gates.lockfile import matrix
from tests.inseam.gates.lockfile.conftest import errors, failed, write


@pytest.fixture(params=matrix.EDITS, ids=lambda edit: edit.name)
def edit(request: pytest.FixtureRequest) -> Edit:
    """One edit."""
    edit: Edit = request.param
    return edit


@pytest.fixture
def trees(
    edit: Edit, locked: Callable[[Files], dict[str, str]], tmp_path: Path
) -> tuple[Path, Path]:
    """The tree before the edit and after it."""
    files = locked(matrix.BASES[edit.base])
    before = write(tmp_path / "before", files)
    edit.change(files)
    return before, write(tmp_path / "after", files)


def test_the_gate_is_right(edit: Edit, trees: tuple[Path, Path], gate: Gate) -> None:
    before, after = trees
    said = gate(after, base=before)
    assert failed(said) == []
    found = set(errors(said))
    if edit.truth == "fresh":
        assert found == set()
    elif edit.truth == "stale":
        assert "stale" in found
    else:
        assert found == edit.rules


def test_what_uv_says(edit: Edit, trees: tuple[Path, Path], real_uv: Uv) -> None:
    done = real_uv.run(trees[1], "lock", "--check")
    verdict = {0: "fresh", 1: "stale"}.get(done.returncode, "error")
    assert verdict == (edit.uv or edit.truth), done.stderr


def test_there_are_enough_edits() -> None:
    names = [edit.name for edit in matrix.EDITS]
    assert len(set(names)) == len(names) >= 60
