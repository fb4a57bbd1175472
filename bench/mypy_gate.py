"""(c) The mypy gate on one service, warm, against bare `uv run mypy`.

Warm: the environment is there and mypy's cache is filled; one module is edited before every run,
the same way for both. Run as `PYTHONPATH=plugins python bench/mypy_gate.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import corpus
from measure import command, heading, paired
from uv import find_uv_bin

MYPY = "2.4.1"

_PYPROJECT = f"""[project]
name = "bench"
version = "1.0"
requires-python = ">=3.11,<3.14"
dependencies = ["fastapi>=0.115", "pydantic>=2.9", "sqlalchemy>=2.0"]

[dependency-groups]
dev = ["mypy=={MYPY}"]

[tool.mypy]
strict = true
plugins = ["pydantic.mypy"]
"""


def main() -> None:
    """Generate, run in pairs, print ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--modules", type=int, default=60)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inseam-bench-") as folder:
        root = Path(folder)
        ours, bare = root / "ours", root / "bare"
        corpus.service(ours, seed=1, modules=arguments.modules, functions=12)
        (ours / "pyproject.toml").write_text(_PYPROJECT)
        (ours / "requirements.lock").unlink()
        (ours / "app" / "model.py").write_text(
            '"""A model and its endpoint."""\n\nfrom fastapi import FastAPI\n'
            "from pydantic import BaseModel\nfrom sqlalchemy.orm import DeclarativeBase\n\n"
            "app = FastAPI()\n\n\nclass Base(DeclarativeBase):\n"
            '    """What tables are declared on."""\n\n\nclass Model(BaseModel):\n'
            '    """One field."""\n\n    number: int\n\n\n@app.get("/model")\n'
            'async def model() -> Model:\n    """One."""\n    return Model(number=1)\n'
        )
        uv = find_uv_bin()
        python = {"UV_PYTHON": sys.executable}
        command([uv, "lock"], cwd=ours, environment=python)()
        shutil.copytree(ours, bare)
        unit = {
            "schema": "inseam.unit/1",
            "gate": "mypy",
            "time_limit": 600,
            "services": [
                {
                    "facts": {
                        "name": "bench",
                        "root": "ours",
                        "pyproject": "ours/pyproject.toml",
                        "lock": "ours/uv.lock",
                        "lock_kind": "uv",
                        "source_roots": ["ours"],
                    },
                    "settings": {"plugins": ["pydantic.mypy"]},
                }
            ],
        }
        (root / "unit.json").write_text(json.dumps(unit))
        lines = sum(path.read_bytes().count(b"\n") for path in (ours / "app").glob("*.py"))
        heading(f"mypy: one service, {arguments.modules + 2} modules, {lines} lines")
        gate = command(
            [sys.executable, "-m", "inseam", "run", "--unit", "unit.json", "--root", "."]
            + ["--cache", "cache", "--out", "findings.json"],
            cwd=root,
        )
        mypy = command(
            [uv, "run", "--frozen", "mypy", "app"],
            cwd=bare,
            environment=python,
        )
        edits = 0

        def edited(service: Path, action: Callable[[], None]) -> Callable[[], None]:
            def act() -> None:
                nonlocal edits
                edits += 1
                path = service / "app" / "module_0.py"
                path.write_text(f"{corpus.module(1000, 12)}\nEDIT_{edits} = {edits}\n")
                action()

            return act

        pair = paired(edited(ours, gate), edited(bare, mypy), runs=arguments.runs)
        print(pair.describe("inseam gate, one edit", "uv run mypy, one edit", 1.15))
        pair = paired(gate, mypy, runs=arguments.runs)
        print(pair.describe("inseam gate, unchanged", "uv run mypy, unchanged", 1.15))
        document = json.loads((root / "findings.json").read_text())
        assert document == {**document, "findings": [], "failures": []}, os.linesep.join(
            map(str, document["failures"])
        )


if __name__ == "__main__":
    main()
