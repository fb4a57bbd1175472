"""(b) The ruff gate over 200 generated services against bare `ruff check` on the same tree.

Like with like: the gate without formatting against `ruff check`, and the whole gate against
`ruff check` and `ruff format`. The whole gate against `ruff check` alone is printed too: it does
twice the work.
Run as `PYTHONPATH=plugins python bench/ruff_gate.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import corpus
from measure import command, heading, paired
from ruff import find_ruff_bin  # type: ignore[import-untyped]  # ruff ships no types

SELECT = ["ASYNC", "B", "E", "F", "I", "S", "UP", "W"]


def main() -> None:
    """Generate, run in pairs, print ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--services", type=int, default=200)
    parser.add_argument("--modules", type=int, default=40)
    parser.add_argument("--functions", type=int, default=12)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inseam-bench-") as folder:
        root = Path(folder)
        folders = corpus.services(
            root,
            count=arguments.services,
            modules=arguments.modules,
            functions=arguments.functions,
        )
        unit: dict[str, Any] = {
            "schema": "inseam.unit/1",
            "gate": "ruff",
            "time_limit": 600,
            "services": [
                {
                    "facts": {
                        "name": path.name,
                        "root": path.relative_to(root).as_posix(),
                        "pyproject": f"{path.relative_to(root).as_posix()}/pyproject.toml",
                    },
                    "settings": {"select": SELECT, "line_length": 100},
                }
                for path in folders
            ],
        }
        (root / "unit.json").write_text(json.dumps(unit))
        for service in unit["services"]:
            service["settings"]["format"] = False
        (root / "check.json").write_text(json.dumps(unit))
        files = list(root.rglob("*.py"))
        lines = sum(path.read_bytes().count(b"\n") for path in files)
        heading(f"ruff: {len(folders)} services, {len(files)} files, {lines} lines")
        out = root / "findings.json"
        cache = root / "cache"

        def gate(document: str) -> Callable[[], None]:
            return command(
                [
                    *(sys.executable, "-m", "inseam", "run", "--unit", document),
                    *("--root", root, "--cache", cache, "--out", out),
                ],
                cwd=root,
            )

        options = ["--isolated", "--no-cache", "--line-length", "100"]
        ruff = find_ruff_bin()
        check = command(
            [ruff, "check", *options, "--select", ",".join(SELECT), "services"], cwd=root
        )
        form = command([ruff, "format", "--check", *options, "services"], cwd=root)

        def both() -> None:
            check()
            form()

        pair = paired(gate("check.json"), check, runs=arguments.runs)
        print(pair.describe("inseam gate without format", "ruff check", 1.3))
        pair = paired(gate("unit.json"), both, runs=arguments.runs)
        print(pair.describe("inseam gate", "ruff check, then ruff format --check", 1.3))
        pair = paired(gate("unit.json"), check, runs=arguments.runs)
        print(pair.describe("inseam gate", "ruff check alone", 1.3))
        document = json.loads(out.read_text())
        assert not document["failures"], document["failures"][:3]
        print(f"findings: {len(document['findings'])}")


if __name__ == "__main__":
    main()
