"""(g) The gate pip-audit on 50 locks with 8,000 pins against bare pip-audit, lock by lock.

Both ask a server of the same snapshot: the gate its own, which is counted; bare pip-audit one that
runs anyway, which is not. The snapshot is of a synthetic database of 20,000 records; building it,
loading it and its size are measured first. The gate runs as Pants cuts it, a process for each unit.

Run as `PYTHONPATH=plugins python bench/pip_audit_gate.py`; in full it takes some minutes, most of
them bare pip-audit.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import hashlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import command, heading

from inseam.advisories.build import build
from inseam.advisories.snapshot import read
from inseam.cli.environment import tool_environment
from inseam.gates import gate_by_id
from inseam.gates.contract import Request, ServiceFacts
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.workshop import Workshop
from inseam.planning.units import Subject, cut_units

DAY = datetime.date(2026, 11, 20)
SNAPSHOT = "snapshot.jsonl"
TARGET = 0.2
HASHES = 20
"""Of each pin; this repository's own locks have 19.9 on average."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What something took."""

    wall: float
    cpu: float
    """User and system seconds of it and its children."""


def cost(action: Callable[[], object]) -> Cost:
    """What an action takes, its processes included."""

    def spent() -> float:
        who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, who))

    before, start = spent(), time.perf_counter()
    action()
    return Cost(wall=time.perf_counter() - start, cpu=spent() - before)


def database(path: Path, records: int, packages: int) -> None:
    """An archive of records as OSV publishes them: one to some hundred a package, most about a
    range, each with the versions in it."""
    chance = random.Random(20_000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(records):
            # Few packages have most of the records.
            package = f"package-{int(packages * chance.random() ** 3)}"
            major, minor = chance.randrange(6), chance.randrange(1, 30)
            versions = [f"{major}.{n}.{patch}" for n in range(minor) for patch in range(3)]
            record = {
                "schema_version": "1.6.0",
                "id": f"PYSEC-2026-{number}",
                "modified": f"2026-{1 + number % 9:02}-{1 + number % 28:02}T10:00:00Z",
                "published": "2026-01-01T00:00:00Z",
                "aliases": [f"CVE-2026-{number}", f"GHSA-{number:04x}-aaaa-bbbb"],
                "summary": f"Input number {number} is not checked before it is used",
                "details": "What an attacker can do with it, at some length. " * 20,
                "affected": [
                    {
                        "package": {"ecosystem": "PyPI", "name": package},
                        "ranges": [
                            {
                                "type": "ECOSYSTEM",
                                "events": [
                                    {"introduced": f"{major}.0"},
                                    {"fixed": f"{major}.{minor}.0"},
                                ],
                            }
                        ],
                        "versions": versions,
                    }
                ],
                "references": [{"type": "ADVISORY", "url": f"https://example.com/{number}"}],
                "severity": [
                    {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}
                ],
            }
            archive.writestr(f"PYSEC-2026-{number}.json", json.dumps(record))


def locks(root: Path, services: int, pins: int, packages: int, shared: float) -> int:
    """Hashed requirements of so many services; returns how many distinct pins they have.

    A part of each lock is what every service of an organisation has, at one of two versions; the
    rest is drawn from all packages, the popular ones more often, at one of three. One pin in 25 is
    old enough for an advisory to be about it.
    """
    chance = random.Random(8_000)
    distinct = set()
    each = pins // services
    hashes = "".join(f" \\\n    --hash=sha256:{number:064x}" for number in range(HASHES))
    for number in range(services):
        names: dict[str, str] = {}
        while len(names) < each:
            common = len(names) < each * shared
            index = 9 * len(names) if common else int(packages * chance.random() ** 2)
            major = chance.randrange(6) if index % 25 == 7 else 7
            version = f"{major}.{chance.randrange(2 if common else 3)}.1"
            names.setdefault(f"package-{index}", version)
        folder = root / f"service-{number}"
        folder.mkdir()
        (folder / "pyproject.toml").write_text(f'[project]\nname = "s{number}"\nversion = "1"\n')
        (folder / "requirements.lock").write_text(
            "".join(f"{name}=={version}{hashes}\n" for name, version in sorted(names.items()))
        )
        distinct |= set(names.items())
    return len(distinct)


def units(root: Path, pin: str, services: int) -> Iterator[dict[str, Any]]:
    """The work as Pants gets it."""
    settings = {"snapshots": [pin], "max_age_days": 30}
    subjects = [
        Subject(
            facts=ServiceFacts(
                name=f"service-{number}",
                root=f"service-{number}",
                pyproject=f"service-{number}/pyproject.toml",
                lock=f"service-{number}/requirements.lock",
                lock_kind="requirements",
            ),
            settings=settings,
            nested=(),
        )
        for number in range(services)
    ]
    for unit in cut_units(gate_by_id("pip-audit"), subjects, DAY):
        yield unit.document.model_dump(mode="json", by_alias=True)


def pip_audit(root: Path, cache: Path) -> Path:
    """The interpreter of the pip-audit that the gate runs."""
    request: Request[Any] = Request(
        root=root,
        services=(),
        cache=cache,
        time_limit=600,
        environment=tool_environment(os.environ),
    )
    workshop = Workshop.of(request, Deadline.after(600))
    return workshop.for_tool_alone("pip-audit", at_least=11).python


@contextmanager
def server(snapshot: Path) -> Iterator[str]:
    """The snapshot, served by a process of its own."""
    argv = [sys.executable, "-m", "inseam", "advisories", "serve", str(snapshot)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def measure_database(root: Path, records: int) -> str:
    """Build, load, size; returns how policy pins the snapshot."""
    archive = root / "all.zip"
    database(archive, records, records // 4)
    built = build([archive], as_of=DAY)
    building = cost(lambda: build([archive], as_of=DAY))
    loading = cost(lambda: read(built.content))
    heading(f"snapshot of {built.header.advisories} records, {built.header.packages} packages")
    print(f"archive: {archive.stat().st_size / 1e6:.1f} MB")
    print(f"built in {building.cpu:.2f} s CPU, {building.wall:.2f} s")
    print(f"loaded and indexed in {loading.cpu * 1000:.0f} ms CPU")
    compressed = len(gzip.compress(built.content)) / 1e6
    print(f"size: {len(built.content) / 1e6:.2f} MB, {compressed:.2f} MB compressed")
    (root / SNAPSHOT).write_bytes(built.content)
    return f"{SNAPSHOT}@sha256:{hashlib.sha256(built.content).hexdigest()}"


def compare(root: Path, pin: str, arguments: argparse.Namespace, shared: float) -> None:
    """The gate on all locks, and bare pip-audit on each."""
    workspace = root / f"shared-{shared:g}"
    workspace.mkdir()
    (workspace / SNAPSHOT).symlink_to(root / SNAPSHOT)
    packages = arguments.records // 4
    distinct = locks(workspace, arguments.services, arguments.pins, packages, shared)
    heading(f"{arguments.services} locks, {arguments.pins} pins, {distinct} distinct")
    cache = root / "cache"
    python = pip_audit(workspace, cache)
    documents = list(units(workspace, pin, arguments.services))
    runs = []
    for number, document in enumerate(documents):
        (workspace / f"unit-{number}.json").write_text(json.dumps(document))
        argv: Sequence[str | Path] = [
            *(sys.executable, "-m", "inseam", "run", "--unit", f"unit-{number}.json"),
            *("--root", workspace, "--cache", cache, "--out", f"findings-{number}.json"),
        ]
        runs.append(command(argv, cwd=workspace))
    shutil.rmtree(cache / "pip-audit", ignore_errors=True)  # nothing was looked at before
    gate = cost(lambda: [run() for run in runs])
    found = sum(
        len(json.loads((workspace / f"findings-{number}.json").read_text())["findings"])
        for number in range(len(documents))
    )
    print(
        f"gate: {gate.cpu:.1f} s CPU, {gate.wall:.1f} s; {len(documents)} units, {found} findings"
    )
    edited = workspace / "service-0" / "requirements.lock"
    edited.write_text(edited.read_text().replace("==7.", "==8.", 5))
    again = cost(lambda: [run() for run in runs])
    print(f"gate, five pins of one lock edited: {again.cpu:.1f} s CPU, {again.wall:.1f} s")
    with server(root / SNAPSHOT) as url:
        bare = [
            command(
                [
                    *(python, "-I", "-m", "pip_audit", "--disable-pip", "--format", "json"),
                    *("--progress-spinner", "off", "--vulnerability-service", "osv"),
                    *("--osv-url", url, "-r", workspace / f"service-{number}/requirements.lock"),
                ],
                cwd=workspace,
                accept=(0, 1),
            )
            for number in range(arguments.services)
        ]
        alone = cost(lambda: [run() for run in bare])
    print(f"bare pip-audit, lock by lock: {alone.cpu:.1f} s CPU, {alone.wall:.1f} s")
    for what, ratio in (("CPU", gate.cpu / alone.cpu), ("wall", gate.wall / alone.wall)):
        met = "met" if ratio <= TARGET else "MISSED"
        print(f"ratio, {what}: {ratio:.3f} (target <= {TARGET:g}: {met})")


def main() -> None:
    """Generate, measure, print ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--services", type=int, default=50)
    parser.add_argument("--pins", type=int, default=8_000)
    parser.add_argument(
        "--shared",
        type=float,
        nargs="+",
        default=[0.5, 0.0],
        help="which part of a lock all services have in common; each is measured",
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inseam-bench-") as folder:
        root = Path(folder).resolve()
        pin = measure_database(root, arguments.records)
        for shared in arguments.shared:
            compare(root, pin, arguments, shared)


if __name__ == "__main__":
    main()
