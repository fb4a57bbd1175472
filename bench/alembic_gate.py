"""(f) The gate alembic on a service of 100 revisions against bare `alembic upgrade head` and
`alembic check` on a server that runs already; services side by side; the static stage alone; and
which kinds of drift `alembic check` and the gate find.

Run as `PYTHONPATH=plugins python bench/alembic_gate.py`. What each stage takes on a service of
yours says `inseam gate alembic --verbose`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from measure import command, heading, paired
from uv import find_uv_bin

from inseam.cli.environment import tool_environment
from inseam.gates.alembic.chain.stage import judge_chain
from inseam.gates.alembic.drift.compare import compare
from inseam.gates.alembic.migrate.process import CATALOGUE
from inseam.gates.alembic.migrate.report import read_catalogue
from inseam.gates.alembic.server.connection import Server
from inseam.gates.alembic.server.embedded import Embedded
from inseam.gates.alembic.server.programs import wheel_programs
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.contract import Service, ServiceFacts
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.settings import EnvironmentSettings
from inseam.gates.environment.workshop import Workshop

TESTS = Path(__file__).resolve().parents[1] / "tests" / "inseam" / "gates" / "alembic"
PARTS = ("alembic", "static", "drift", "services")
INI = "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = %(here)s\n"
PYPROJECT = '[project]\nname = "svc"\nrequires-python = ">=3.11"\n'
ENV = """
import os
from alembic import context
from sqlalchemy import create_engine
from svc_models import Base

url = os.environ.get("DATABASE_URL", "postgresql+psycopg://")
with create_engine(url).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
TABLE = """
class T{n}(Base):
    __tablename__ = "t{n}"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), index=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
"""
REVISION = '''
"""Table {n}."""
import sqlalchemy as sa
from alembic import op

revision = "r{n:04}"
down_revision = {down!r}

def upgrade():
    op.create_table(
        "t{n}",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_t{n}_name", "t{n}", ["name"])

def downgrade():
    op.drop_table("t{n}")
'''


def write_service(root: Path, revisions: int, lock: str) -> None:
    """A service with a table for each revision."""
    versions = root / "migrations" / "versions"
    versions.mkdir(parents=True)
    models = "from datetime import datetime\nfrom sqlalchemy import String, func\n"
    models += "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n"
    models += "class Base(DeclarativeBase):\n    pass\n"
    for number in range(revisions):
        down = f"r{number - 1:04}" if number else None
        (versions / f"r{number:04}.py").write_text(REVISION.format(n=number, down=down))
        models += TABLE.format(n=number)
    (root / "svc_models.py").write_text(models)
    (root / "migrations" / "env.py").write_text(ENV)
    (root / "alembic.ini").write_text(INI)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "requirements.lock").write_text(lock)


def lock_of_services(folder: Path) -> str:
    """A lock of Alembic and a driver."""
    (folder / "in").write_text("alembic\nsqlalchemy>=2\npsycopg[binary]\n")
    words = "pip compile --quiet --universal --generate-hashes --python-version 3.11"
    argv = [find_uv_bin(), *words.split(), "--no-header", "in", "-o", "out"]
    subprocess.run(argv, cwd=folder, check=True)
    return (folder / "out").read_text()


def facts(name: str, root: str) -> ServiceFacts:
    """Of a service that `write_service` made."""
    return ServiceFacts(
        name=name,
        root=root,
        pyproject=f"{root}/pyproject.toml",
        lock=f"{root}/requirements.lock",
        lock_kind="requirements",
        source_roots=(root,),
    )


class Bench:
    """What all measurements share."""

    def __init__(self, root: Path, cache: Path, lock: str) -> None:
        self.root, self.cache, self.lock = root, cache, lock
        self.environment = tool_environment(os.environ)
        self.deadline = Deadline.after(3600)

    def unit(self, name: str, **settings: Any) -> Path:
        """The document of a unit over one service."""
        document = {
            "schema": "inseam.unit/1",
            "gate": "alembic",
            "time_limit": 600,
            "services": [
                {"facts": facts(name, name).model_dump(mode="json"), "settings": settings}
            ],
        }
        path = self.root / f"{name}.json"
        path.write_text(json.dumps(document))
        return path

    def gate(self, unit: Path) -> Callable[[], None]:
        """Runs a unit as Pants does."""
        return command(
            [
                *(sys.executable, "-m", "inseam", "run", "--unit", unit, "--root", self.root),
                *("--cache", self.cache, "--out", unit.with_suffix(".out")),
            ],
            cwd=self.root,
        )

    def workshop(self) -> Workshop:
        """For environments."""
        return Workshop(
            root=self.root, cache=self.cache, environment=self.environment, deadline=self.deadline
        )

    def against_alembic(self, server: Server, python: Path, runs: int) -> None:
        """The gate and bare Alembic, each on a database of its own on the same server."""
        name = "inseam_bench"
        url = f"postgresql+psycopg://{server.user}@/{name}?host={server.host}"
        alembic = [str(python), "-m", "alembic"]
        service = self.root / "hundred"
        upgrade = command(
            [*alembic, "upgrade", "head"], cwd=service, environment={"DATABASE_URL": url}
        )
        check = command([*alembic, "check"], cwd=service, environment={"DATABASE_URL": url})

        def bare() -> None:
            server.create(name, lock_timeout=0)
            try:
                upgrade()
                check()
            finally:
                server.drop(name)

        for what, settings in (
            ("the whole gate", {}),
            ("up to completeness", {"round_trip": False, "safety": False}),
        ):
            pair = paired(self.gate(self.unit("hundred", **settings)), bare, runs=runs)
            print(pair.describe(what, "alembic upgrade head, alembic check", 1.5))

    def side_by_side(self, number: int) -> None:
        """Services one by one and at once; the server starts with the first unit."""
        names = [f"small{index}" for index in range(number)]
        for name in names:
            write_service(self.root / name, 10, self.lock)
        gates = [self.gate(self.unit(name)) for name in names]
        gates[0]()  # what all later runs find in the cache
        start = time.perf_counter()
        for gate in gates:
            gate()
        one_by_one = time.perf_counter() - start
        start = time.perf_counter()
        with ThreadPoolExecutor(number) as pool:
            list(pool.map(lambda gate: gate(), gates))
        at_once = time.perf_counter() - start
        print(
            f"{number} services of 10 revisions: {one_by_one:.1f} s one by one, "
            f"{at_once:.1f} s at once"
        )

    def static(self, revisions: int) -> None:
        """The stage that runs nothing."""
        write_service(self.root / "long", revisions, self.lock)
        service = Service(facts=facts("long", "long"), settings=AlembicSettings(), files=())
        start = time.perf_counter()
        result = judge_chain(self.root, service, base=self.root)
        assert not result.findings
        took = time.perf_counter() - start
        print(f"static stage of {revisions} revisions: {took:.2f} s (target 1 s)")

    def drift(self, server: Server, python: Path) -> None:
        """The table of kinds of drift."""
        names = {"migrated": "inseam_bench_a", "declared": "inseam_bench_b"}
        out = self.root / "drift"
        out.mkdir()
        job = {
            **names,
            **{"host": server.host, "port": server.port, "user": server.user, "alembic": True},
            "psql": [str(server.psql), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
            "environment": {"PATH": os.environ["PATH"], **server.variables("postgres")},
            "sql": str(CATALOGUE),
            "out": str(out),
        }
        (out / "job").write_text(json.dumps(job))
        server.create(*names.values(), lock_timeout=0)
        try:
            argv = [str(python), "-I", str(TESTS / "drift_model.py"), str(out / "job")]
            subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)
        finally:
            server.drop(*names.values())
        said = json.loads((out / "said.json").read_text())
        base = read_catalogue(out / "none-migrated.json")
        none = said["none"]
        rows = [
            (
                name,
                said[name]["default"] != none["default"],
                said[name]["best"] != none["best"],
                bool(compare(base, read_catalogue(out / f"{name}.json"), excluded=())),
            )
            for name in sorted(said)
        ]
        for name, *found in rows:
            print(f"  {name:24} {'  '.join('yes' if each else ' - ' for each in found)}")
        real = [row for row in rows if row[0] != "none" and not row[0].startswith("noise-")]
        totals = [sum(row[column] for row in real) for column in (1, 2, 3)]
        noise = sum(row[3] for row in rows if row not in real)
        print(
            f"of {len(real)} kinds: alembic check {totals[0]}, with server defaults and schemas "
            f"{totals[1]}, the gate {totals[2]}; the gate on noise {noise}"
        )


def main() -> None:
    """Make the services, run in pairs, print ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--revisions", type=int, default=100)
    parser.add_argument("--services", type=int, default=10)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=PARTS, nargs="*", default=PARTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inseam-bench-") as folder:
        root, cache = Path(folder, "ws"), Path(folder, "cache")
        root.mkdir()
        bench = Bench(root, cache, lock_of_services(Path(folder)))
        heading(f"alembic: a service of {arguments.revisions} revisions")
        write_service(root / "hundred", arguments.revisions, bench.lock)
        workshop = bench.workshop()
        prepared = workshop.for_service(facts("x", "hundred"), EnvironmentSettings(), at_least=11)
        python = prepared.environment.python
        wheel = workshop.for_tool("postgresql", prepared.interpreter).site_packages
        programs = next(wheel_programs(wheel, bench.environment, bench.deadline))
        embedded = Embedded(
            programs=programs, cache=cache, environment=bench.environment, deadline=bench.deadline
        )
        with embedded.running():
            pass  # the data of all later servers is made once
        start = time.perf_counter()
        with embedded.running() as server:
            print(f"server start: {time.perf_counter() - start:.2f} s")
            if "alembic" in arguments.only:
                bench.against_alembic(server, python, arguments.runs)
            if "static" in arguments.only:
                bench.static(500)
            if "drift" in arguments.only:
                bench.drift(server, python)
        if "services" in arguments.only:
            bench.side_by_side(arguments.services)


if __name__ == "__main__":
    main()
