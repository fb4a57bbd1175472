"""The goals, with the real engine, the real ruff and a real git repository."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pants.engine.fs import DigestContents
from pants.engine.internals.scheduler import ExecutionError

from inseam_pants.base import BaseCommit, BaseCommitRequest, BaseFiles, BaseFilesRequest
from inseam_pants.goals import PolicyBaselineGoal, PolicyExplainGoal, PolicyGoal
from inseam_pants.wire import FileKind

ORG = """\
schema: inseam.policy/1
kind: org
version: "1"
owner: "@acme/platform"
gates:
  ruff:
    rollout: {RUFF}
    settings: {select: [E, F]}
"""
ENFORCED = ORG.replace("RUFF", "enforce: 2026-01-01")
RATCHETED = ORG.replace("RUFF", "ratchet: 2026-01-01")
ALEMBIC = """\
schema: inseam.policy/1
kind: org
version: "1"
owner: "@acme/platform"
gates:
  alembic:
    applies: true
    rollout: {enforce: 2026-01-01}
"""
AUDITED = ORG.replace("RUFF", "audit: 2026-01-01")

RUFF = "--inseam-gates=ruff"
DAY = "--inseam-as-of=2026-11-22"
CLEAN = '"""A module."""\n'
UNUSED_IMPORT = f"{CLEAN}\nimport os\n"


def git(workspace: Any, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments],
        cwd=workspace.runner.build_root,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module", autouse=True)
def repository(workspace: Any) -> None:
    """Its branch `main` is empty."""
    git(workspace, "init", "--quiet", "--initial-branch=main", ".")
    git(workspace, "commit", "--quiet", "--allow-empty", "-m", "nothing")


@pytest.fixture(autouse=True)
def services(workspace: Any) -> None:
    """Two services, one of them in a folder with a space, one policy, and a session of its own."""
    workspace.options()
    workspace.write(
        {
            "policies/org.yaml": ENFORCED,
            "services/orders/BUILD": 'python_service(name="service")',
            "services/orders/app.py": CLEAN,
            "services/back office/BUILD": 'python_service(name="service", policy="back-office")',
            "services/back office/app.py": CLEAN,
            "empty/BUILD": "",
        }
    )


def report(workspace: Any) -> Any:
    path = Path(workspace.runner.build_root, "dist", "inseam", "report.json")
    return json.loads(path.read_text())


def test_services_that_pass(workspace: Any) -> None:
    result = workspace.goal(PolicyGoal, RUFF, DAY, "services::")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "2 services, 1 gate, as of 2026-11-22" in result.stdout
    assert {cell["service"] for cell in report(workspace)["cells"]} == {"orders", "back-office"}


def test_a_violation(workspace: Any) -> None:
    workspace.write({"services/orders/app.py": UNUSED_IMPORT})
    result = workspace.goal(PolicyGoal, RUFF, DAY, "services::")
    assert result.exit_code == 1
    assert "services/orders/app.py:3:8" in result.stdout
    assert "::error" not in result.stdout
    assert report(workspace)["exit_code"] == 1


def test_a_path_with_a_space(workspace: Any) -> None:
    workspace.write({"services/back office/app.py": UNUSED_IMPORT})
    result = workspace.goal(PolicyGoal, RUFF, DAY, "services::")
    assert result.exit_code == 1
    assert "services/back office/app.py:3:8" in result.stdout


def test_what_could_not_be_looked_at_is_no_pass(workspace: Any) -> None:
    workspace.write({"services/orders/app.py": "def broken(:\n"})
    result = workspace.goal(PolicyGoal, RUFF, DAY, "services::")
    assert result.exit_code == 2
    assert "services/orders/app.py:1" in result.stdout


def test_nothing_to_judge(workspace: Any) -> None:
    result = workspace.goal(PolicyGoal, RUFF, DAY)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "policy ::" in result.stderr
    result = workspace.goal(PolicyGoal, RUFF, DAY, "empty::")
    assert result.exit_code == 2
    assert "no `python_service` target there" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--inseam-policies=nowhere"], "nowhere/org.yaml: there is no such file"),
        (["--inseam-policies=../x"], "is no folder of the workspace"),
        (["--inseam-as-of=tomorrow"], "'tomorrow' is no date"),
        (["--inseam-gates=nope"], "no gate nope"),
        (["--inseam-base=nope"], "there is no commit nope"),
        (["--inseam-base=--version"], "there is no commit --version"),
    ],
)
def test_what_cannot_be_done_is_no_pass(workspace: Any, options: list[str], message: str) -> None:
    result = workspace.goal(PolicyGoal, *options, "services::")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "fix: " in result.stderr


def test_a_broken_build_file_is_located(workspace: Any) -> None:
    workspace.write({"services/orders/BUILD": "python_service(\n"})
    result = workspace.goal(PolicyGoal, RUFF, "services::")
    assert result.exit_code == 2
    assert "services/orders/BUILD:" in result.stderr


def test_policy_errors_are_no_pass(workspace: Any) -> None:
    workspace.write({"policies/org.yaml": "schema: inseam.policy/1\nkind: org\ngate: 1\n"})
    result = workspace.goal(PolicyGoal, RUFF, "services::")
    assert result.exit_code == 2
    assert "policies/org.yaml:3:1" in result.stdout


def test_a_unit_at_its_time_limit_is_no_pass(workspace: Any) -> None:
    limit = "--inseam-time-limits={'ruff': 0.001}"
    result = workspace.goal(PolicyGoal, RUFF, DAY, limit, "services::")
    assert result.exit_code == 2, result


def test_an_explanation(workspace: Any) -> None:
    result = workspace.goal(PolicyExplainGoal, DAY, "services/orders")
    assert result.exit_code == 0
    assert "policies/org.yaml:8" in result.stdout


def test_a_baseline_is_recorded_and_pruned(workspace: Any) -> None:
    baseline = Path(workspace.runner.build_root, "policies/baselines/orders/ruff.json")
    workspace.write({"policies/org.yaml": RATCHETED, "services/orders/app.py": UNUSED_IMPORT})
    assert workspace.goal(PolicyGoal, RUFF, DAY, "services::").exit_code == 1
    recorded = workspace.goal(PolicyBaselineGoal, RUFF, DAY, "services::")
    assert recorded.exit_code == 0, recorded
    assert baseline.is_file()
    workspace.write({str(baseline.relative_to(workspace.runner.build_root)): baseline.read_text()})
    assert workspace.goal(PolicyGoal, RUFF, DAY, "services::").exit_code == 0
    workspace.write({"services/orders/app.py": CLEAN})
    assert workspace.goal(PolicyGoal, RUFF, DAY, "services::").exit_code == 1
    assert workspace.goal(PolicyBaselineGoal, RUFF, DAY, "services::").exit_code == 0
    content = baseline.read_text() if baseline.exists() else ""
    workspace.write({str(baseline.relative_to(workspace.runner.build_root)): content})
    assert workspace.goal(PolicyGoal, RUFF, DAY, "services::").exit_code == 0


def test_a_change_cannot_loosen_the_policy_that_judges_it(workspace: Any) -> None:
    git(workspace, "add", "--force", "policies/org.yaml")
    git(workspace, "commit", "--quiet", "-m", "base")
    git(workspace, "checkout", "--quiet", "-b", "change")
    workspace.write({"policies/org.yaml": AUDITED, "services/orders/app.py": UNUSED_IMPORT})
    assert workspace.goal(PolicyGoal, RUFF, DAY, "services::").exit_code == 0
    against_base = workspace.goal(PolicyGoal, RUFF, DAY, "--inseam-base=main", "services::")
    assert against_base.exit_code == 1, against_base


def test_the_base_is_read_as_git_stores_it(workspace: Any) -> None:
    workspace.write(
        {
            "base/ü b.yaml": "a: 1\r\n",
            "base/empty.yaml": "",
            "base/.gitattributes": "* export-ignore\n",
        }
    )
    git(workspace, "add", "--force", "base")
    git(workspace, "commit", "--quiet", "--allow-empty", "-m", "files")
    commit = workspace.runner.request(BaseCommit, [BaseCommitRequest("HEAD")])
    request = BaseFilesRequest(commit, ("base", "missing.json"), "there")
    files = workspace.runner.request(BaseFiles, [request])
    contents = workspace.runner.request(DigestContents, [files.digest])
    assert {file.path: file.content for file in contents} == {
        "there/base/ü b.yaml": b"a: 1\r\n",
        "there/base/empty.yaml": b"",
        "there/base/.gitattributes": b"* export-ignore\n",
    }
    none = workspace.runner.request(BaseFiles, [BaseFilesRequest(commit, (), "there")])
    assert none.paths == frozenset()


def test_unrelated_histories_have_no_base(workspace: Any) -> None:
    git(workspace, "checkout", "--quiet", "--orphan", "other")
    git(workspace, "commit", "--quiet", "--allow-empty", "-m", "another beginning")
    with pytest.raises(ExecutionError, match="have no common commit here"):
        workspace.runner.request(BaseCommit, [BaseCommitRequest("main")])


def test_a_tree_that_does_not_merge_with_its_target(workspace: Any) -> None:
    """Two heads of migrations that each side has one of; the head of a file that cannot be told
    keeps the gate from building an environment."""
    git(workspace, "checkout", "--quiet", "--orphan", "target")
    versions = "services/orders/migrations/versions"
    workspace.write(
        {
            "policies/org.yaml": ALEMBIC,
            "services/orders/alembic.ini": "[alembic]\nscript_location = migrations\n",
            f"{versions}/a.py": "revision = 'a'\ndown_revision = None\n",
            "services/orders/models.py": "revised = 'no'\n",
        }
    )
    git(workspace, "add", "--force", "services", "policies")
    git(workspace, "commit", "--quiet", "-m", "base")
    git(workspace, "branch", "mine")
    workspace.write({f"{versions}/x.py": "revision = 'x'\ndown_revision = 'a'\n"})
    git(workspace, "add", "--force", "services")
    git(workspace, "commit", "--quiet", "-m", "theirs")
    git(workspace, "checkout", "--quiet", "mine")
    workspace.write(
        {
            f"{versions}/c.py": "revision = 'c'\ndown_revision = 'a'\n",
            f"{versions}/d.py": "import os\nrevision = os.name\n",
        }
    )
    result = workspace.goal(
        PolicyGoal, "--inseam-gates=alembic", DAY, "--inseam-base=target", "services/orders::"
    )
    assert result.exit_code == 1, result
    assert f"{versions}/c.py:2" in result.stdout
    assert "merged with the target branch" in result.stdout.replace("\n", " ")

    commit = workspace.runner.request(BaseCommit, [BaseCommitRequest("target")])
    tip = commit.at_tip()
    assert tip is not None
    assert tip.hash == git(workspace, "rev-parse", "target")
    kinds = (FileKind(".py", "revision"), FileKind(".ini", "script_location"))
    files = workspace.runner.request(
        BaseFiles, [BaseFilesRequest(tip, ("services/orders",), "tip", kinds)]
    )
    assert files.paths == {
        "services/orders/alembic.ini",
        f"{versions}/a.py",
        f"{versions}/x.py",
    }
    assert workspace.runner.request(BaseCommit, [BaseCommitRequest("mine")]).at_tip() is None

    # What the target branch does to anything else is nothing to the unit.
    git(workspace, "stash", "--quiet", "--include-untracked", "--", "services")
    git(workspace, "checkout", "--quiet", "target")
    workspace.write({"services/orders/models.py": "revised = 'yes'\n"})
    git(workspace, "commit", "--quiet", "--all", "-m", "elsewhere")
    workspace.options()
    moved = workspace.runner.request(BaseCommit, [BaseCommitRequest("target")])
    assert moved.hash != tip.hash
    again = workspace.runner.request(
        BaseFiles, [BaseFilesRequest(moved, ("services/orders",), "tip", kinds)]
    )
    assert again.digest == files.digest
