"""(e) The async-blocking gate on public code: time, memory and growth.

Give it folders of public code, at least 2 million lines together; their Python files are copied
(by hard links where possible) into a tree of its own, a folder each. In one run, in turns:

- cold against `ast.parse` of the same files in one process, and against ruff's rules for async
  code without its cache;
- with nothing changed, and after edits of one file, against the same ruff: leaves of the import
  graph and the files that most others import, three edits of each;
- memory: the largest process, and the sum of all, each with what it has to itself and its share;
- growth: a quarter, a half and the whole;
- flake8-async on a sample, if an interpreter that has it is given.

Run as `PYTHONPATH=plugins python bench/async_blocking.py FOLDER...`, on Linux.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from import_graph import EDITS, hubs, importers, leaves
from measure import command, compared, heading, in_turns
from memory import peak_memory
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
    """Copy, run in turns, print ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path, help="what to look at")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--edited", type=int, default=3, help="files of each kind to edit")
    parser.add_argument("--scratch", type=Path, help="where the copy goes (default: temporary)")
    parser.add_argument("--flake8", type=Path, help="an interpreter that has flake8-async")
    parser.add_argument("--sample", type=int, default=20_000, help="lines for flake8-async")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inseam-bench-", dir=arguments.scratch) as folder:
        root = Path(folder).resolve()
        whole = copied(arguments.folders, root / "whole")
        heading(f"async-blocking: {describe(whole)}; load {os.getloadavg()[0]:.1f}")
        memory(whole, root)
        ruff = ruff_on(whole, root)
        growth(whole, root, cold(whole, root, ruff, arguments.runs))
        edits(whole, root, ruff, arguments)
        if arguments.flake8:
            flake8(whole, root, arguments.flake8, arguments.sample)


def memory(tree: Path, scratch: Path) -> None:
    """The most memory that the gate held, cold: in one process, and in all at a time. See also
    that the gate looks at all of it: a crash would be small and fast."""
    output = scratch / "findings.json"
    with output.open("wb") as file:
        largest, together = peak_memory(gate_arguments(tree, scratch / "warm"), scratch, file)
    document = json.loads(output.read_bytes())
    failures = [failure for failure in document["failures"] if failure["file"] is None]
    if failures:
        sys.exit(f"the gate could not run, so there is nothing to measure: {failures}")
    print(
        f"{len(document['findings']):,} findings; "
        f"{len(document['failures'])} files could not be looked at"
    )
    print(
        f"memory, cold: largest process {largest / 2**20:.0f} MiB, all together "
        f"{together / 2**20:.0f} MiB (target <= 600)",
        flush=True,
    )


def ruff_on(tree: Path, scratch: Path) -> Callable[[], None]:
    """Ruff's rules for async code on a tree, without its cache, as an action."""
    return command(
        [
            *(find_ruff_bin(), "check", "--isolated", "--no-cache", "--exit-zero", "--quiet"),
            *("--select", "ASYNC", tree),
        ],
        cwd=scratch,
    )


def cold(tree: Path, scratch: Path, ruff: Callable[[], None], runs: int) -> float:
    """With nothing in its cache, against both anchors; its median CPU seconds."""
    parse = command([sys.executable, "-c", PARSE, tree], cwd=scratch)
    taken = in_turns({"gate": cold_gate(tree, scratch), "parse": parse, "ruff": ruff}, runs)
    print(compared(taken, "gate", "parse", "cold against ast.parse in one process", 0.8))
    print(
        compared(taken, "gate", "ruff", "cold against ruff --select ASYNC --no-cache", None),
        flush=True,
    )
    return statistics.median(one.cpu for one in taken["gate"])


def edits(
    tree: Path, scratch: Path, ruff: Callable[[], None], arguments: argparse.Namespace
) -> None:
    """With nothing changed, and after edits of one file, against ruff."""
    warm = gate(tree, scratch, scratch / "warm")  # as the first run of all left it
    taken = in_turns({"gate": warm, "ruff": ruff}, arguments.runs)
    print(compared(taken, "gate", "ruff", "nothing changed, against ruff", 1))
    files = python_files(tree)
    count = importers(tree, files)
    chosen = {
        "a leaf": leaves(tree, files, count, arguments.edited),
        "a file that many import": hubs(count, arguments.edited),
    }
    for kind, paths in chosen.items():
        for what, edit in EDITS.items():
            anchors: list[float] = []
            ratios: dict[str, float] = {}
            for path in paths:
                original = path.read_bytes()
                path.unlink()  # a hard link: the original is not ours to write to
                path.write_bytes(edit(original, len(anchors)))
                taken = in_turns({"gate": warm, "ruff": ruff}, 1)
                path.write_bytes(original)
                warm()  # back to where it was, so that each edit counts for itself
                anchors += [one.wall for one in taken["ruff"]]
                name = f"{path.relative_to(tree)} ({count[path]} importers)"
                ratios[name] = taken["gate"][0].wall / taken["ruff"][0].wall
            worst = max(ratios, key=lambda name: ratios[name])
            middle = statistics.median(ratios.values())
            print(
                f"{kind} edited, {what}: {middle:.2f}x of ruff's "
                f"{statistics.median(anchors):.1f} s, worst {ratios[worst]:.2f}x: {worst} "
                f"(target <= 1: {'met' if ratios[worst] <= 1 else 'MISSED'})",
                flush=True,
            )


def flake8(tree: Path, scratch: Path, python: Path, most: int) -> None:
    """flake8-async on a sample of whole files: on all it would take an hour."""
    sample: list[Path] = []
    size = 0
    for path in sorted(python_files(tree), key=lambda path: hashlib.sha256(bytes(path)).digest()):
        size += path.read_bytes().count(b"\n")
        sample.append(path)
        if size >= most:
            break
    act = command(
        [*(python, "-m", "flake8", "--isolated", "--select", "ASYNC", "--exit-zero"), *sample],
        cwd=scratch,
    )
    taken = in_turns({"flake8": act}, 1)["flake8"][0]
    total = lines(tree)
    print(
        f"flake8-async on a sample of {len(sample)} files, {size:,} lines: {taken.wall:.1f} s, "
        f"{size / taken.wall:,.0f} lines a second, so {total / size * taken.wall / 60:.0f} minutes "
        "for the whole",
        flush=True,
    )


def growth(tree: Path, scratch: Path, whole: float) -> None:
    """CPU seconds, cold, of a quarter and a half beside those of the whole."""
    files = sorted(
        (path for package in tree.iterdir() for path in package.iterdir()),
        key=lambda path: hashlib.sha256(bytes(path.relative_to(tree))).digest(),
    )
    sizes = {path: lines(path) if path.is_dir() else 0 for path in files}
    total = sum(sizes.values())
    seconds = []
    for share in (0.25, 0.5):
        part = scratch / f"part-{share}"
        size = 0
        for path in files:
            if size < share * total:
                size += sizes[path]
                copied([path], part / path.parent.name)
        taken = in_turns({"gate": cold_gate(part, scratch)}, 1)["gate"][0]
        seconds.append(taken.cpu / lines(part))
        print(f"cold, {describe(part)}: {1e6 * seconds[-1]:.1f} CPU s a million", flush=True)
    seconds.append(whole / total)
    print(
        f"growth: {1e6 * seconds[-1]:.1f} CPU s a million lines of the whole, "
        f"{seconds[-1] / seconds[0]:.2f} times those of the quarter (linear: 1)",
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
