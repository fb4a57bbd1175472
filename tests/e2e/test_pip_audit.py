"""The gate `pip-audit` under Pants: what it is compared with is part of what Pants keeps."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conftest import REPOSITORY, Ended, Workspace

from inseam.advisories.server import Answers, served
from inseam.advisories.snapshot import read

SERVICE = "examples/services/legacy_admin"
SNAPSHOT = "policies/advisories/snapshot.jsonl"
REQUESTS = "policies/advisories/records/GHSA-9hjg-9r4m-mvj7.json"
"""What is shown of the service; the other advisory that it has is waived."""


def _audit(workspace: Workspace, *options: str) -> Ended:
    return workspace.pants("--inseam-gates=pip-audit", *options, "policy", f"{SERVICE}::")


def _shown(workspace: Workspace) -> list[str]:
    return [
        judged["finding"]["properties"]["advisory"]
        for judged in workspace.report()["findings"]
        if judged["disposition"] == "shown"
    ]


def _rebuild(workspace: Workspace) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "inseam", "advisories", "build", "policies/advisories/records"),
            *(f"--out={SNAPSHOT}", "--as-of=2026-11-21", "--repin=policies/org.yaml"),
        ],
        cwd=workspace.root,
        env=workspace.variables(PYTHONPATH=str(workspace.root / "plugins")),
        check=True,
    )


def test_another_file_than_the_pinned_one_is_no_pass(workspace: Workspace) -> None:
    assert _audit(workspace).code == 0
    assert _shown(workspace) == ["CVE-2024-47081"]

    workspace.append(SNAPSHOT, "\n")
    ended = _audit(workspace)

    assert ended.code == 2, ended
    assert "pip-audit/snapshot-digest" in ended.out
    workspace.path(SNAPSHOT).unlink()
    ended = _audit(workspace)
    assert ended.code == 2, ended
    assert "pip-audit/no-snapshot" in ended.out


def test_a_change_that_moves_the_pin_cannot_hide_an_advisory(workspace: Workspace) -> None:
    """Until it is merged, the snapshot of the base counts too, which it has overwritten."""
    workspace.path(REQUESTS).unlink()
    _rebuild(workspace)
    workspace.git("switch", "--quiet", "--create", "hiding")
    workspace.git("commit", "--quiet", "--all", "--message=hide an advisory")
    try:
        ended = _audit(workspace, "--inseam-base=main")
        assert ended.code == 0, ended
        assert _shown(workspace) == ["CVE-2024-47081"]
        assert _audit(workspace).code == 0
        assert _shown(workspace) == []
    finally:
        workspace.git("switch", "--quiet", "--force", "main")
        workspace.git("branch", "--quiet", "-D", "hiding")


@dataclass(kw_only=True)
class _Counted(Answers):
    """Answers that count."""

    queries: int = 0

    def answer(self, body: bytes) -> dict[str, Any]:
        self.queries += 1
        return super().answer(body)


def test_a_live_run_asks_anew_every_time(workspace: Workspace, tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / SNAPSHOT, tmp_path)
    answers = _Counted(snapshots=[read((tmp_path / "snapshot.jsonl").read_bytes())])
    with served(answers) as url:
        workspace.edit("policies/org.yaml", "      max_age_days: 14\n", f"      live_url: {url}\n")
        counts = []
        for _ in range(2):
            ended = _audit(workspace, "--inseam-advisories=live")
            assert ended.code == 0, ended
            assert _shown(workspace) == ["CVE-2024-47081"]
            counts.append(answers.queries)

    assert counts[0] > 0
    assert counts[1] == 2 * counts[0]
