"""A real workflow runner (act), a repository with a remote, and stubs of GitHub's own actions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from renovate_run import LIMIT, REPOSITORY, Json, Tools

WORKFLOWS = REPOSITORY / ".github" / "workflows"
APP_TOKEN = "token-of-the-app"

# What the stubs do is what the actions do, with a folder for GitHub's storage.
STUBS = {
    "actions/checkout": """
    - shell: bash
      run: |
        find . -mindepth 1 -delete
        git clone --quiet --no-checkout "$REMOTE" .
        git checkout --quiet --detach "${{ inputs.ref }}"
        git remote set-url --push origin "${PUSH_URL:-$REMOTE}"
        test "${{ inputs.persist-credentials }}" = false
""",
    "actions/setup-python": """
    - shell: bash
      run: echo "set up ${{ inputs.python-version }}"
""",
    "actions/upload-artifact": """
    - shell: bash
      run: install -D "${{ inputs.path }}" "$STORAGE/${{ inputs.name }}/regenerated.patch"
""",
    "actions/download-artifact": """
    - shell: bash
      run: |
        mkdir -p "${{ inputs.path }}"
        cp "$STORAGE/${{ inputs.name }}/regenerated.patch" "${{ inputs.path }}"
""",
    "actions/create-github-app-token": f"""
    - id: token
      shell: bash
      run: |
        test "${{{{ inputs.private-key }}}}" = the-key
        echo "token={APP_TOKEN}" >> "$GITHUB_OUTPUT"
""",
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a workflow ended."""

    code: int
    """Of act: 0 if no job failed."""

    results: Mapping[str, str]
    """Job → result; jobs that were skipped are not in it."""

    log: str

    def __str__(self) -> str:
        return f"exit code {self.code}, {dict(self.results)}\n{self.log}"


@dataclass(frozen=True, kw_only=True)
class Github:
    """A repository on a code host that is a folder, and its runner."""

    tools: Tools
    folder: Path

    @property
    def remote(self) -> Path:
        """The bare repository."""
        return self.folder / "a remote.git"

    @property
    def clone(self) -> Path:
        """A developer's clone, in which commits are made."""
        return self.folder / "a clone"

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run git as somebody who is not the workflow; its output."""
        who = ["-c", "user.name=somebody", "-c", "user.email=somebody@localhost"]
        done = subprocess.run(
            ["git", *who, *arguments],
            cwd=cwd or self.clone,
            env=self._environment(),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def create(self, files: Mapping[str, str]) -> None:
        """Make the remote with one commit on `main`."""
        self.clone.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", str(self.remote))
        self.commit("main", files)

    def commit(self, branch: str, files: Mapping[str, str]) -> str:
        """Commit files on a branch and push it; the commit."""
        self.git("checkout", "--quiet", "-B", branch)
        for name, text in files.items():
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"on {branch}")
        self.git("push", "--quiet", "--force", "origin", branch)
        return self.git("rev-parse", "HEAD")

    def head(self, branch: str) -> str:
        """The commit of a branch of the remote."""
        return self.git("rev-parse", f"refs/heads/{branch}", cwd=self.remote)

    def show(self, branch: str, file: str) -> str:
        """A file of a branch of the remote."""
        return self.git("show", f"refs/heads/{branch}:{file}", cwd=self.remote)

    def run(
        self, workflow: str, event: Json, secrets: Mapping[str, str], variables: Mapping[str, str]
    ) -> Run:
        """Run a workflow of the clone's checkout on an event `pull_request`."""
        (self.folder / "event.json").write_text(json.dumps(event))
        done = subprocess.run(
            [
                *(self.tools.programs / "act", "pull_request", "--json"),
                *("--eventpath", self.folder / "event.json"),
                *("--workflows", workflow),
                *("--platform", "ubuntu-24.04=-self-hosted", "--action-offline-mode"),
                *("--artifact-server-addr", "127.0.0.1", "--cache-server-addr", "127.0.0.1"),
                *("--env", f"GITHUB_REPOSITORY={event['repository']['full_name']}"),
                *("--env", f"REMOTE={self.remote}", "--env", f"STORAGE={self.folder / 'storage'}"),
                *(f"--local-repository={name}={path}" for name, path in self._stubs()),
                *(f"--env={name}={value}" for name, value in variables.items()),
                *(f"--secret={name}={value}" for name, value in secrets.items()),
            ],
            cwd=self.clone,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        rows = [json.loads(row) for row in done.stdout.splitlines() if row.startswith("{")]
        results = {
            row["job"].rpartition("/")[2].strip(): row["jobResult"]
            for row in rows
            if "jobResult" in row
        }
        said = "\n".join(str(row.get("msg", "")).rstrip() for row in rows)
        return Run(code=done.returncode, results=results, log=f"{said}\n{done.stderr}")

    def _environment(self) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        passed = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        return {
            **passed,
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "GIT_PAGER": "cat",
        }

    def _stubs(self) -> Iterator[tuple[str, Path]]:
        """Every action that a workflow uses, at the commit that it names, and our stub of it."""
        for used in used_actions():
            name, _, _ = used.partition("@")
            folder = self.folder / "stubs" / name
            folder.mkdir(parents=True, exist_ok=True)
            given = [step["with"] for step in steps() if step.get("uses") == used]
            inputs: Json = {key: {} for each in given for key in each}
            head = yaml.safe_dump({"name": name, "description": "A stub.", "inputs": inputs})
            outputs = "outputs: {token: {value: '${{ steps.token.outputs.token }}'}}\n"
            body = f"runs:\n  using: composite\n  steps:{STUBS[name]}"
            (folder / "action.yml").write_text(head + outputs + body)
            yield used, folder


def steps() -> Iterator[dict[str, Any]]:
    """All steps of this repository's workflows."""
    for file in sorted(WORKFLOWS.glob("*.yml")):
        for job in yaml.safe_load(file.read_text())["jobs"].values():
            yield from job.get("steps", ())


def used_actions() -> list[str]:
    """What the workflows use, as they write it."""
    return sorted({step["uses"] for step in steps() if "uses" in step})


def copy_workflow(name: str, into: Path) -> None:
    """Put one of our workflows into a repository."""
    target = into / ".github" / "workflows" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(WORKFLOWS / name, target)
