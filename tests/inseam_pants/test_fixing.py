"""The goal `fix`, with the real engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pants.core.goals.fix import Fix
from pants.engine.internals.scheduler import ExecutionError

ORG = """\
schema: inseam.policy/1
kind: org
version: "1"
owner: "@acme/platform"
gates:
  async-blocking:
    rollout: {ratchet: 2026-01-01}
"""
BLOCKING = """\
import time


async def wait(seconds):
    time.sleep(seconds)  # a while
"""
FIXED = """\
import asyncio


async def wait(seconds):
    await asyncio.sleep(seconds)  # a while
"""
DAY = "--inseam-as-of=2026-11-22"


@pytest.fixture
def files(workspace: Any) -> dict[str, Path]:
    """A service with a file to fix and one to leave alone."""
    workspace.options()
    files = {
        "policies/org.yaml": ORG,
        "services/slow/BUILD": "python_service(name='service')\npython_sources()\n",
        "services/slow/app.py": BLOCKING,
        "services/slow/other.py": "import time\n\ntime.sleep(1)\n",
    }
    workspace.write(files)
    return {name: Path(workspace.runner.build_root, name) for name in files}


def fix(workspace: Any, *options: str) -> Any:
    return workspace.goal(Fix, "--inseam-gates=async-blocking", DAY, *options, "services/slow::")


def test_off_by_default(workspace: Any, files: dict[str, Path]) -> None:
    assert fix(workspace).exit_code == 0
    assert files["services/slow/app.py"].read_text() == BLOCKING


def test_safe_changes_are_applied_once(workspace: Any, files: dict[str, Path]) -> None:
    other = files["services/slow/other.py"].read_text()
    result = fix(workspace, "--inseam-fix")
    assert "made changes" in result.stderr
    assert files["services/slow/app.py"].read_text() == FIXED
    assert files["services/slow/other.py"].read_text() == other
    assert "made no changes" in fix(workspace, "--inseam-fix").stderr


def test_what_cannot_be_looked_at_is_no_success(workspace: Any, files: dict[str, Path]) -> None:
    workspace.write({"services/slow/other.py": "async def f(:\n"})
    with pytest.raises(ExecutionError, match="async-blocking/syntax-error"):
        fix(workspace, "--inseam-fix")
    assert files["services/slow/app.py"].read_text() == BLOCKING
