"""The advisory snapshot's whole way: Renovate moves a commit, the workflow builds and pins."""

from __future__ import annotations

import hashlib
import re
import stat
import sys
from pathlib import Path

import yaml
from renovate_run import REPOSITORY, Tools
from workflow_run import Github, copy_workflow

PAGE = REPOSITORY / "docs" / "renovate.md"
RECORDS = REPOSITORY / "policies" / "advisories" / "records"
SNAPSHOT = "policies/advisories/snapshot.jsonl"
CALLER = ".github/workflows/renovate.yml"
BRANCH = "renovate/advisory-snapshot"
PUBLIC = "https://github.com/pypa/advisory-database"


def shown_caller(database: Path, inseam: Path) -> str:
    """The page's caller, with the database in a folder and the engine that is being tested."""
    found = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    shown: str
    (shown,) = [text for text in found if "renovate-regenerate.yml" in text]
    changes = {
        rf"git clone --quiet --filter=blob:none {PUBLIC}": f"git clone --quiet '{database}'",
        r"python -m pip install --quiet inseam==\S+": f'export PATH="{inseam}:$PATH"',
        r"uses: acme/inseam/(\S+)@\S+ # \S+": r"uses: ./\1",
    }
    for old, new in changes.items():
        shown, count = re.subn(old, new, shown)
        assert count == 1, old
    return shown


def policy(commit: str, digest: str) -> str:
    return (
        "gates:\n  pip-audit:\n    settings:\n      snapshots:\n"
        f"        # renovate: datasource=git-refs depName=advisories packageName={PUBLIC} "
        f"branch=main commit={commit}\n"
        f"        - {SNAPSHOT}@sha256:{digest}\n"
    )


def test_a_moved_commit_becomes_a_new_snapshot_and_a_new_pin(tools: Tools, tmp_path: Path) -> None:
    first, *others = sorted(RECORDS.iterdir())
    database = Github(tools=tools, folder=tmp_path / "database")
    database.create({f"vulns/{first.name}": first.read_text()})
    old = database.head("main")
    new = database.commit("main", {f"vulns/{each.name}": each.read_text() for each in others})

    programs = tmp_path / "programs"
    programs.mkdir()
    start = programs / "inseam"
    python = f'PYTHONPATH="{REPOSITORY / "plugins"}" exec "{sys.executable}" -m inseam "$@"'
    start.write_text(f"#!/bin/sh\n{python}\n")
    start.chmod(start.stat().st_mode | stat.S_IXUSR)

    github = Github(tools=tools, folder=tmp_path / "shop")
    copy_workflow("renovate-regenerate.yml", github.clone)
    caller = shown_caller(database.remote, programs)
    assert yaml.safe_load(caller)
    github.create({CALLER: caller, SNAPSHOT: "", "policies/org.yaml": policy(old, "0" * 64)})
    base = github.head("main")
    head = github.commit(BRANCH, {"policies/org.yaml": policy(new, "0" * 64)})

    repository = {"full_name": "acme/shop", "name": "shop", "owner": {"login": "acme"}}
    event = {
        "pull_request": {
            "number": 7,
            "user": {"login": "renovate[bot]"},
            "base": {"sha": base, "ref": "main"},
            "head": {"sha": head, "ref": BRANCH, "repo": {"full_name": "acme/shop"}},
        },
        "repository": repository,
    }
    run = github.run(CALLER, event, {"GITHUB_TOKEN": "a-token"}, {})
    assert run.results == {"regenerate": "success", "push": "success"}, run

    result = tmp_path / "result"
    where = ["--branch", BRANCH, str(github.remote), str(result)]
    github.git("clone", "--quiet", *where, cwd=tmp_path)
    built = (result / SNAPSHOT).read_bytes()
    committed = (REPOSITORY / SNAPSHOT).read_bytes()  # of the same records, on another day
    assert built.splitlines()[1:] == committed.splitlines()[1:]
    pinned = (result / "policies" / "org.yaml").read_text()
    assert pinned == policy(new, hashlib.sha256(built).hexdigest())
