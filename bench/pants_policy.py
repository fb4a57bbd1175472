"""(d) `./pants policy ::` on 200 generated services, against `./pants list ::` in the same run.

Warm, with a daemon: nothing changed, and one service edited before every run; the latter is also
held against the bare tools on that service. The first, cold run is timed too, without a target:
mypy looks at 200 services then.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import corpus
from measure import command, heading, paired
from ruff import find_ruff_bin  # type: ignore[import-untyped]  # ruff ships no types

REPOSITORY = Path(__file__).resolve().parents[1]
COPIED = ("pants", "build-support", "3rdparty", "plugins")

_PANTS_TOML = """[GLOBAL]
pants_version = "2.17.1"
pythonpath = ["%(buildroot)s/plugins"]
backend_packages = ["pants.backend.python", "inseam_pants"]
pants_ignore.add = ["/plugins/", "/3rdparty/", "/build-support/"]

[anonymous-telemetry]
enabled = false

[source]
root_patterns = ["/services/*"]

[python]
interpreter_constraints = ["CPython>=3.11,<4"]

[python-infer]
use_rust_parser = true
"""
_ORG = """schema: inseam.policy/1
kind: org
version: "1"
owner: "@acme/platform"
gates:
  ruff: {rollout: {enforce: 2026-01-01}}
  mypy: {rollout: {enforce: 2026-01-01}}
  suppressions: {rollout: {enforce: 2026-01-01}}
"""
_BUILD = 'python_service()\n\npython_sources(name="sources", sources=["**/*.py"])\n'


def make_workspace(root: Path, *, count: int, modules: int, functions: int) -> list[Path]:
    """A repository of generated services; returns their folders."""
    for name in COPIED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, root / name)
    (root / "pants.toml").write_text(_PANTS_TOML)
    (root / "policies").mkdir()
    (root / "policies" / "org.yaml").write_text(_ORG)
    folders = corpus.services(root, count=count, modules=modules, functions=functions)
    for folder in folders:
        (folder / "BUILD").write_text(_BUILD)
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return folders


def main() -> None:
    """Generate, run in pairs, print ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--services", type=int, default=200)
    parser.add_argument("--modules", type=int, default=10)
    parser.add_argument("--functions", type=int, default=8)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inseam-bench-") as folder:
        root = Path(folder)
        services = make_workspace(
            root,
            count=arguments.services,
            modules=arguments.modules,
            functions=arguments.functions,
        )
        try:
            measure(root, services, arguments.runs)
        finally:
            for path in root.glob(".pids/*/pantsd/pid"):
                os.kill(int(path.read_text()), 15)


def measure(root: Path, services: list[Path], runs: int) -> None:
    """Time a workspace; see the module's text."""
    heading(f"pants policy: {len(services)} services")
    policy = command(["./pants", "--no-dynamic-ui", "policy", "::"], cwd=root)
    listing = command(["./pants", "--no-dynamic-ui", "list", "::"], cwd=root)
    start = time.perf_counter()
    policy()
    print(f"cold, Pants' start included: {time.perf_counter() - start:.0f} s")
    pair = paired(policy, listing, runs=runs)
    print(pair.describe("pants policy, nothing changed", "pants list", 2.0))

    edited = services[0] / "app" / "module_0.py"
    source = edited.read_text()
    edits = 0

    def after_an_edit(action: Callable[[], None]) -> Callable[[], None]:
        def act() -> None:
            nonlocal edits
            edits += 1
            edited.write_text(f"{source}\n\nEDIT_{edits} = {edits}\n")
            action()

        return act

    pair = paired(after_an_edit(policy), after_an_edit(bare_tools(services[0])), runs=runs)
    print(pair.describe("pants policy, one edit", "bare ruff and mypy there", float("inf")))
    over = statistics.median(pair.subject) - statistics.median(pair.anchor)
    met = "met" if over <= 1 else "MISSED"
    print(f"pants policy takes {over:.2f} s more than bare tools (target <= 1 s: {met})")
    pair = paired(after_an_edit(policy), listing, runs=runs)
    print(pair.describe("pants policy, one edit", "pants list", 2.0))


def bare_tools(service: Path) -> Callable[[], None]:
    """What a developer would run by hand in the service's folder."""
    options = ["--isolated", "--no-cache", "--line-length", "100"]
    ruff = find_ruff_bin()
    actions = (
        command([ruff, "check", *options, "app"], cwd=service),
        command([ruff, "format", "--check", *options, "app"], cwd=service),
        command([sys.executable, "-m", "mypy", "--strict", "app"], cwd=service),
    )

    def act() -> None:
        for action in actions:
            action()

    return act


if __name__ == "__main__":
    main()
