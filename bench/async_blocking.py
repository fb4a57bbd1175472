"""(e) The async-blocking gate on public code: time, memory and growth.

Give it folders of installed packages, at least 2 million lines together; what is in them is copied
(by hard links where possible) into a tree of its own, a folder each. Cold against `ast.parse` of
the same files in one process and against `ruff check --select ASYNC --no-cache`; after an edit of
one file against the same ruff; memory as the sum of what the gate's processes have to themselves
and share. Run as `PYTHONPATH=plugins python bench/async_blocking.py FOLDER...`, on Linux.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from measure import ENGINE, command, heading, paired
from ruff import find_ruff_bin  # type: ignore[import-untyped]  # ruff ships no types

PARSE = """
import ast, pathlib, sys, warnings
warnings.simplefilter("ignore")
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    try:
        path.is_file() and ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        pass
"""


def main() -> None:
    """Copy, run in pairs, print ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path, help="what to look at")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scratch", type=Path, help="where the copy goes (default: temporary)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inseam-bench-", dir=arguments.scratch) as folder:
        root = Path(folder)
        whole = copied(arguments.folders, root / "whole")
        heading(f"async-blocking: {describe(whole)}")
        look_once(whole, root)
        time_of_the_whole(whole, root, arguments.runs)
        memory(whole, root)
        growth(whole, root)


def look_once(tree: Path, scratch: Path) -> None:
    """See that the gate looks at all of it: a crash would be fast."""
    with tempfile.TemporaryDirectory(dir=scratch) as cache:
        done = subprocess.run(
            list(map(str, gate_arguments(tree, Path(cache)))),
            env={**os.environ, "PYTHONPATH": str(ENGINE)},
            capture_output=True,
            check=False,
        )
    document = json.loads(done.stdout)
    failures = [failure for failure in document["failures"] if failure["file"] is None]
    if failures:
        sys.exit(f"the gate could not run, so there is nothing to measure: {failures}")
    print(
        f"{len(document['findings']):,} findings; "
        f"{len(document['failures'])} files could not be looked at",
        flush=True,
    )


def time_of_the_whole(tree: Path, scratch: Path, runs: int) -> None:
    """Cold against both anchors, and after an edit."""
    parse = command([sys.executable, "-c", PARSE, tree], cwd=scratch)
    ruff = command(
        [
            *(find_ruff_bin(), "check", "--isolated", "--no-cache", "--exit-zero", "--quiet"),
            *("--select", "ASYNC", tree),
        ],
        cwd=scratch,
    )
    cold = cold_gate(tree, scratch)
    pair = paired(cold, parse, runs=runs)
    print(pair.describe("gate, cold", "ast.parse in one process", 0.8), flush=True)
    pair = paired(cold, ruff, runs=runs, warm_up=0)
    print(pair.describe("gate, cold", "ruff --select ASYNC --no-cache", 15), flush=True)
    warm = gate(tree, scratch, scratch / "warm")
    warm()
    edited = max(
        (path for path in python_files(tree) if b"async def" in path.read_bytes()),
        key=lambda path: path.stat().st_size,
    )
    original = edited.read_bytes()
    edited.unlink()  # a hard link: the original is not ours to write to
    edited.write_bytes(original)
    count = 0

    def after_an_edit() -> None:
        nonlocal count
        count += 1
        addition = f"\n\nasync def added_{count}():\n    open('{count}')\n"
        edited.write_bytes(original + addition.encode())
        warm()

    pair = paired(after_an_edit, ruff, runs=runs)
    print(pair.describe("gate, one file edited", "ruff --select ASYNC --no-cache", 1), flush=True)
    edited.write_bytes(original)


def memory(tree: Path, scratch: Path) -> None:
    """The most memory that the gate's processes held at a time, cold."""
    with tempfile.TemporaryDirectory(dir=scratch) as cache:
        peak = peak_memory(gate_arguments(tree, Path(cache)), cwd=scratch)
    print(f"memory, cold, children included: {peak / 2**20:.0f} MiB (target <= 600)", flush=True)


def growth(tree: Path, scratch: Path) -> None:
    """Cold time of a quarter, a half and the whole."""
    packages = sorted(tree.iterdir(), key=lambda path: hashlib.sha256(path.name.encode()).digest())
    total = sum(map(lines, packages))
    seconds_per_line = []
    for share in (0.25, 0.5, 1.0):
        part = scratch / f"part-{share}"
        chosen: list[Path] = []
        for package in packages:
            if not chosen or sum(map(lines, chosen)) < share * total:
                chosen.append(package)
        copied(chosen, part)
        action = cold_gate(part, scratch)
        start = time.perf_counter()
        action()
        seconds = time.perf_counter() - start
        seconds_per_line.append(seconds / lines(part))
        print(f"{describe(part)}: {seconds:.1f} s, {1e6 * seconds_per_line[-1]:.2f} s a million")
    print(
        f"growth: a line of the whole takes {seconds_per_line[-1] / seconds_per_line[0]:.2f} times "
        "as long as one of the quarter (linear: 1)",
        flush=True,
    )


def gate_arguments(tree: Path, cache: Path) -> list[str | Path]:
    """The gate on a tree."""
    return [
        *(sys.executable, "-m", "inseam", "gate", "async-blocking", "--format", "json"),
        *("--time-limit", "3600", "--root", tree, "--cache", cache),
    ]


def gate(tree: Path, scratch: Path, cache: Path) -> Callable[[], None]:
    """It as an action. It ends 2, since public code has files that do not parse."""
    return command(gate_arguments(tree, cache), cwd=scratch, accept=(0, 1, 2))


def cold_gate(tree: Path, scratch: Path) -> Callable[[], None]:
    """It as an action with nothing in its cache."""

    def act() -> None:
        with tempfile.TemporaryDirectory(dir=scratch) as cache:
            gate(tree, scratch, Path(cache))()

    return act


def peak_memory(arguments: Sequence[str | Path], *, cwd: Path) -> int:
    """Bytes: the largest sum of proportional set sizes of a command and its children."""
    process = subprocess.Popen(
        list(map(str, arguments)),
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ENGINE)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(proportional_set_size, of_session(process.pid))))
        time.sleep(0.05)
    return peak


def of_session(session: int) -> list[Path]:
    """The processes of a session, as folders of /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == session:
                found.append(folder)
        except OSError:  # it has ended
            continue
    return found


def proportional_set_size(process: Path) -> int:
    """Bytes: what a process has to itself, and its share of what it shares with others."""
    try:
        text = (process / "smaps_rollup").read_text()
    except OSError:  # it has ended
        return 0
    kib = next((line.split()[1] for line in text.splitlines() if line.startswith("Pss:")), "0")
    return int(kib) * 1024


def copied(folders: Sequence[Path], target: Path) -> Path:
    """The Python files of folders in a tree, a folder each."""
    for folder in folders:
        for path in python_files(folder):
            copy = target / folder.name / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, copy)
            except OSError:
                shutil.copyfile(path, copy)
    return target


def python_files(tree: Path) -> list[Path]:
    """Python files below a folder."""
    return sorted(path for path in tree.rglob("*.py") if path.is_file())


def lines(tree: Path) -> int:
    """Lines of the Python files below a folder."""
    return sum(path.read_bytes().count(b"\n") for path in python_files(tree))


def describe(tree: Path) -> str:
    """A tree's size."""
    return f"{len(python_files(tree)):,} files, {lines(tree):,} lines"


if __name__ == "__main__":
    main()
