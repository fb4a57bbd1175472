"""Services with migrations, made from a few lines each."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from inseam.cli.environment import tool_environment
from inseam.findings.model import FindingsDocument
from inseam.gates.alembic.chain.stage import StaticResult, judge_chain
from inseam.gates.alembic.server.connection import Server
from inseam.gates.alembic.server.embedded import Embedded
from inseam.gates.alembic.server.programs import Programs, wheel_programs
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.contract import Service, ServiceFacts
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.interpreters import Wanted, find_interpreter
from inseam.gates.environment.settings import EnvironmentSettings
from inseam.gates.environment.workshop import Workshop
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService

INI = "[alembic]\nscript_location = %(here)s/migrations\n"
WORKS = (
    "def upgrade():\n    op.execute('SELECT 1')\n\ndef downgrade():\n    op.execute('SELECT 2')\n"
)

Files = Mapping[str, str | None]
"""By name; None for one that there is not."""
JudgeChain = Callable[..., StaticResult]


def make_revision(id: str, down: str | tuple[str, ...] | None = None, body: str = WORKS) -> str:
    """A revision's text."""
    return f"from alembic import op\n\nrevision = {id!r}\ndown_revision = {down!r}\n\n{body}"


def make_chain(*revisions: tuple[str, str | tuple[str, ...] | None]) -> dict[str, str]:
    """Files of revisions, below the service's folder."""
    return {f"migrations/versions/{id}.py": make_revision(id, down) for id, down in revisions}


@pytest.fixture
def revision() -> Callable[..., str]:
    """Makes a revision's text."""
    return make_revision


@pytest.fixture
def chain() -> Callable[..., dict[str, str]]:
    """Makes the files of a chain."""
    return make_chain


@pytest.fixture
def judge_static(tmp_path: Path) -> JudgeChain:
    """Runs the static stage on the files of one service in the folder `svc`."""

    def run(
        files: Files,
        *,
        base: Files | None = None,
        tip: Files | None = None,
        facts: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> StaticResult:
        root, at_base, at_tip = (tmp_path / name for name in ("head", "base", "tip"))
        for place, contents in ((root, files), (at_base, base or {}), (at_tip, tip or {})):
            shutil.rmtree(place, ignore_errors=True)
            for name, text in {"alembic.ini": INI, **contents}.items():
                if text is None:
                    continue
                path = place / "svc" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        service = Service(
            facts=ServiceFacts(
                name="svc", root="svc", source_roots=("svc/src", "svc"), facts=facts or {}
            ),
            settings=AlembicSettings.model_validate(settings),
            files=tuple(f"svc/{name}" for name, text in files.items() if text is not None),
        )
        return judge_chain(
            root,
            service,
            base=at_base if base is not None else None,
            tip=at_tip if tip is not None else None,
        )

    return run


VARIABLES = {
    name: value
    for name, value in tool_environment(os.environ).items()
    if name != "INSEAM_POSTGRESQL_URL"
}


@pytest.fixture(scope="session")
def programs(shared_cache: Path) -> Programs:
    """The wheel's PostgreSQL."""
    deadline = Deadline.after(300)
    workshop = Workshop(
        root=shared_cache, cache=shared_cache, environment=VARIABLES, deadline=deadline
    )
    wanted = Wanted(range=None, minor=None, at_least=11, declared_in="the test")
    interpreter = find_interpreter(
        wanted, environment=VARIABLES, cache=shared_cache, deadline=deadline
    )
    wheel = workshop.for_tool("postgresql", interpreter).site_packages
    return next(wheel_programs(wheel, VARIABLES, deadline))


@pytest.fixture(scope="session")
def embedded(shared_cache: Path, programs: Programs) -> Embedded:
    """How to come to the server that all tests share."""
    return Embedded(
        programs=programs,
        cache=shared_cache,
        environment=VARIABLES,
        deadline=Deadline.after(1200),
    )


@pytest.fixture(scope="session")
def server(embedded: Embedded) -> Iterator[Server]:
    """A server that runs for as long as the tests do."""
    with embedded.running() as running:
        yield running


@pytest.fixture(scope="session")
def service_lock(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A lock of what services with migrations have, and every driver."""
    folder = tmp_path_factory.mktemp("lock")
    (folder / "in").write_text(
        "alembic\nsqlalchemy[asyncio]>=2\npsycopg[binary]\npsycopg2-binary\nasyncpg\nanyio\n"
    )
    command = "pip compile --quiet --universal --generate-hashes --python-version 3.11"
    subprocess.run(
        [find_uv_bin(), *command.split(), "--no-annotate", "--no-header", "in", "-o", "out"],
        cwd=folder,
        check=True,
    )
    return (folder / "out").read_text()


@pytest.fixture(scope="session")
def service_python(
    service_lock: str, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The interpreter of such a service's environment."""
    root = tmp_path_factory.mktemp("service")
    (root / "requirements.lock").write_text(service_lock)
    workshop = Workshop(
        root=root, cache=shared_cache, environment=VARIABLES, deadline=Deadline.after(300)
    )
    facts = ServiceFacts(name="svc", root=".", lock="requirements.lock", lock_kind="requirements")
    return workshop.for_service(facts, EnvironmentSettings(), at_least=11).environment.python


@dataclass
class Migrated:
    """A workspace whose service lies in `svc`."""

    root: Path
    cache: Path
    server: Server
    lock: str
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings that all runs have."""

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the service."""
        for name, text in {
            "alembic.ini": INI + "prepend_sys_path = src\n",
            "requirements.lock": self.lock,
            "pyproject.toml": '[project]\nname = "svc"\nrequires-python = ">=3.11"\n',
            "src/app/__init__.py": "",
            **files,
        }.items():
            path = self.root / "svc" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def remove(self, name: str) -> None:
        """Remove a file of the service."""
        (self.root / "svc" / name).unlink()

    def judge(
        self,
        *,
        environment: Mapping[str, str] | None = None,
        time_limit: float = 120.0,
        base: Path | None = None,
        **settings: Any,
    ) -> FindingsDocument:
        """What the gate says of the service."""
        facts = ServiceFacts(
            name="svc",
            root="svc",
            pyproject="svc/pyproject.toml",
            lock="svc/requirements.lock",
            lock_kind="requirements",
            source_roots=("svc/src", "svc"),
        )
        return execute(
            UnitDocument(
                gate="alembic",
                time_limit=time_limit,
                services=(UnitService(facts=facts, settings={**self.settings, **settings}),),
            ),
            root=self.root,
            cache=self.cache,
            environment={**VARIABLES, **(environment or {})},
            base=base,
        )

    def databases(self) -> list[str]:
        """The databases of runs that the shared server has."""
        listed = "SELECT datname FROM pg_database WHERE datname LIKE 'inseam\\_%' ORDER BY 1"
        return self.server.query(listed).split()


@pytest.fixture
def migrated(tmp_path: Path, shared_cache: Path, server: Server, service_lock: str) -> Migrated:
    """An empty workspace. All share a server, as the units of a run do."""
    root = tmp_path / "ws"
    root.mkdir()
    return Migrated(root=root, cache=shared_cache, server=server, lock=service_lock)


@pytest.fixture
def server_url(server: Server) -> str:
    """The shared server as somebody's own."""
    return f"postgresql://{server.user}@/postgres?host={server.host}&port={server.port}"
