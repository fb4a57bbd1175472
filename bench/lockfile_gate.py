"""The gate `lockfile`: edits against `uv lock --check`, and 100 services against 100 calls.

python bench/lockfile_gate.py [--edits-only] [--services 100]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from measure import ENGINE, heading, paired
from uv import find_uv_bin

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.inseam.gates.conftest import wheel  # noqa: E402
from tests.inseam.gates.lockfile import matrix  # noqa: E402
from tests.inseam.gates.lockfile.conftest import DISTRIBUTIONS, write  # noqa: E402
from tests.inseam.gates.lockfile.index import served  # noqa: E402

from inseam.gates.contract import ServiceFacts  # noqa: E402
from inseam.planning.execute import execute  # noqa: E402
from inseam.planning.model import UnitDocument, UnitService  # noqa: E402
from inseam.planning.units import SHARD_SIZE  # noqa: E402

PACKAGES = 120
"""On the synthetic index."""
DIRECT = 12
"""What each service asks for directly."""


def wheels() -> dict[str, dict[str, bytes]]:
    """The tests' distributions, and a synthetic ecosystem in which later ones need earlier ones."""
    files: dict[str, dict[str, bytes]] = {}
    chance = random.Random(2026)
    stated = list(DISTRIBUTIONS)
    for number in range(PACKAGES):
        needs = sorted(chance.sample(range(number), min(number, chance.randint(0, 3))))
        requires = tuple(f"lib-{need}>=1" for need in needs)
        stated.append((f"lib-{number}", "1.0", requires))
    for name, version, requires in stated:
        module = name.replace("-", "_")
        content = wheel(name, version, requires=requires)
        files.setdefault(name, {})[f"{module}-{version}-py3-none-any.whl"] = content
    return files


class Uv:
    """The real uv without the user's configuration."""

    def __init__(self, cache: Path, *, python: str | None) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("UV_")}
        given = {} if python is None else {"UV_PYTHON": python}
        isolated = {"XDG_CONFIG_HOME": str(cache), "UV_NO_SYSTEM_CONFIG": "1", "NO_PROXY": "*"}
        self.environment = {**kept, **isolated, "UV_CACHE_DIR": str(cache / "uv"), **given}

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`uv ARGUMENTS` in a folder."""
        return subprocess.run(
            [find_uv_bin(), *arguments],
            cwd=folder,
            env={**self.environment, "UV_HTTP_RETRIES": "0", "UV_PYTHON_DOWNLOADS": "never"},
            capture_output=True,
            text=True,
            check=False,
        )


def judged(root: Path, base: Path, index: str) -> set[str]:
    """The gate's verdicts on a tree: of `stale` and `tampered` there may be both."""
    facts = ServiceFacts(
        name="shop", root=".", pyproject="pyproject.toml", lock="uv.lock", lock_kind="uv"
    )
    settings = {"indexes": ["default", index]}
    unit = UnitDocument(
        gate="lockfile", time_limit=60, services=(UnitService(facts=facts, settings=settings),)
    )
    environment = {"PATH": os.environ["PATH"], "NO_PROXY": "*"}
    said = execute(unit, root=root, cache=root / ".cache", environment=environment, base=base)
    if said.failures:
        return {"not checked"}
    rules = {f.rule.partition("/")[2] for f in said.findings if f.severity == "error"}
    if not rules:
        return {"fresh"}
    return ({"stale"} & rules) | ({"tampered"} if rules - {"stale"} else set())


def edits(scratch: Path, index: str) -> None:
    """The table: verdict by verdict, and who is right where they differ."""
    uv = Uv(scratch, python=sys.executable)
    bases: dict[str, dict[str, str]] = {}
    for base_name, stated in matrix.BASES.items():
        files = {name: text.replace("@INDEX@", index) for name, text in stated.items()}
        folder = write(scratch / f"base-{base_name}", files)
        done = uv.run(folder, "lock")
        if done.returncode:
            sys.exit(f"uv could not lock the base:\n{done.stderr}")
        bases[base_name] = {**files, "uv.lock": (folder / "uv.lock").read_text(encoding="utf-8")}
    right: Counter[str] = Counter()
    print(f"{'edit':45} {'truth':9} {'gate':15} {'uv lock --check':15} where they differ")
    for number, edit in enumerate(matrix.EDITS):
        files = dict(bases[edit.base])
        edit.change(files)
        root = write(scratch / f"edit-{number}", files)
        base = scratch / f"base-{edit.base}"
        write(base, {"uv.lock": bases[edit.base]["uv.lock"]})
        code = uv.run(root, "lock", "--check").returncode
        theirs = {0: "fresh", 1: "stale"}.get(code, "error")
        ours = judged(root, base, index)
        right["gate"] += edit.truth in ours
        right["uv"] += theirs == edit.truth
        note = "" if edit.truth in ours else "the gate is WRONG"
        if edit.truth in ours and theirs != edit.truth:
            note = f"the gate is right: {edit.why}"
        shown = "+".join(sorted(ours))
        print(f"{edit.name:45} {edit.truth:9} {shown:15} {theirs:15} {note}")
    total = len(matrix.EDITS)
    print(
        f"\nright: the gate {right['gate']} of {total}, `uv lock --check` {right['uv']} of {total}"
    )


def services(scratch: Path, index: str, number: int) -> list[Path]:
    """Services with locks of one ecosystem."""
    chance = random.Random(1)
    uv = Uv(scratch, python=sys.executable)
    folders = []
    for service in range(number):
        direct = sorted(chance.sample(range(PACKAGES), DIRECT))
        needs = "".join(f'    "lib-{need}>=1,<2",\n' for need in direct)
        text = (
            f'[project]\nname = "service-{service}"\nversion = "1"\n'
            f'requires-python = ">=3.11,<3.14"\ndependencies = [\n{needs}]\n\n'
            f'[[tool.uv.index]]\nname = "local"\nurl = "{index}"\ndefault = true\n'
        )
        folder = write(scratch / "tree" / f"service-{service}", {"pyproject.toml": text})
        done = uv.run(folder, "lock")
        if done.returncode:
            sys.exit(f"uv could not lock a service:\n{done.stderr}")
        folders.append(folder)
    return folders


def units(folders: list[Path], index: str) -> list[dict[str, Any]]:
    """As planning cuts them, about."""
    cut = []
    shards = 1
    while len(folders) > shards * SHARD_SIZE:
        shards *= 2
    for shard in range(shards):
        mine = folders[shard::shards]
        stated = [
            {
                "facts": {
                    "name": folder.name,
                    "root": folder.name,
                    "pyproject": f"{folder.name}/pyproject.toml",
                    "lock": f"{folder.name}/uv.lock",
                    "lock_kind": "uv",
                },
                "settings": {"indexes": ["default", index]},
            }
            for folder in mine
        ]
        cut.append(
            {"schema": "inseam.unit/1", "gate": "lockfile", "time_limit": 300, "services": stated}
        )
    return cut


def timed(action: Callable[[], None]) -> Callable[[], None]:
    """An action that also says what its processes' CPU seconds were."""

    def act() -> None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        action()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        SECONDS.setdefault(action.__name__, []).append(used)

    return act


SECONDS: dict[str, list[float]] = {}


def against_calls(scratch: Path, index: str, number: int) -> None:
    """The gate's units, each a process, against a call of uv for each service."""
    folders = services(scratch, index, number)
    lines = sum(len((f / "uv.lock").read_text(encoding="utf-8").splitlines()) for f in folders)
    print(f"{number} services, {lines // number} lines of lock each on average")
    written = []
    for position, unit in enumerate(units(folders, index)):
        path = scratch / f"unit-{position}.json"
        path.write_text(json.dumps(unit), encoding="utf-8")
        written.append(path)
    tree = folders[0].parent

    def gate() -> None:
        for path in written:
            out = path.with_suffix(".findings.json")
            argv = ("run", f"--unit={path}", f"--root={tree}", f"--cache={scratch / 'gate'}")
            done = subprocess.run(
                [sys.executable, "-m", "inseam", *argv, f"--out={out}"],
                env={**os.environ, "PYTHONPATH": str(ENGINE)},
                check=False,
            )
            found = json.loads(out.read_text(encoding="utf-8"))
            if done.returncode or found["findings"] or found["failures"]:
                sys.exit(f"the gate did not find all of it fresh: {found}")

    def calls(environment: Mapping[str, str]) -> None:
        for folder in folders:
            done = subprocess.run(
                [find_uv_bin(), "lock", "--check", "--offline", "--quiet"],
                cwd=folder,
                env=dict(environment),
                capture_output=True,
                check=False,
            )
            if done.returncode:
                sys.exit(f"uv did not find {folder.name} fresh: {done.stderr.decode()}")

    plain, quick = Uv(scratch, python=None), Uv(scratch, python=sys.executable)

    def uv_calls() -> None:
        calls(plain.environment)

    def uv_calls_told_the_python() -> None:
        calls(quick.environment)

    for anchor, what in (
        (uv_calls, f"{number} x `uv lock --check --offline`"),
        (uv_calls_told_the_python, f"{number} x the same with UV_PYTHON"),
    ):
        SECONDS.clear()
        pair = paired(timed(gate), timed(anchor), runs=3)
        print(pair.describe("the gate", what, 0.3))
        ours, theirs = (min(SECONDS[name]) for name in ("gate", anchor.__name__))
        print(f"  CPU: {ours:.2f} s against {theirs:.2f} s; ratio {ours / theirs:.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--edits-only", action="store_true")
    parser.add_argument("--services", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, served(wheels()) as index:
        scratch = Path(name)
        heading(f"{len(matrix.EDITS)} edits")
        edits(scratch, index.url)
        if not arguments.edits_only:
            heading(f"{arguments.services} services")
            against_calls(scratch, index.url, arguments.services)
    return 0


if __name__ == "__main__":
    sys.exit(main())
