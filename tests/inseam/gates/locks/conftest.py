"""Reading the text of a lock."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest

from inseam.gates.contract import LockKind, ServiceFacts
from inseam.gates.environment.lock import read_lock
from inseam.gates.locks.model import Pins
from inseam.gates.locks.reading import read_pins


class Read(Protocol):
    """What the fixture `read` gives."""

    def __call__(self, kind: LockKind, text: str, pyproject: str | None = None) -> Pins:
        """What the lock `text` pins."""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a lock."""

    def pins(kind: LockKind, text: str, pyproject: str | None = None) -> Pins:
        (tmp_path / "the.lock").write_text(text, encoding="utf-8")
        if pyproject is not None:
            (tmp_path / "pyproject.toml").write_text(pyproject, encoding="utf-8")
        facts = ServiceFacts(
            name="shop",
            root=".",
            lock="the.lock",
            lock_kind=kind,
            pyproject=None if pyproject is None else "pyproject.toml",
        )
        return read_pins(read_lock(tmp_path, facts))

    return pins
