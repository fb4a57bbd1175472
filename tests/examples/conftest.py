"""The catalog example, in its locked environment and on a PostgreSQL that all tests share."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from inseam.cli.environment import tool_environment
from inseam.findings.model import FindingsDocument
from inseam.gates.alembic.server.connection import Server
from inseam.gates.alembic.server.embedded import Embedded
from inseam.gates.alembic.server.programs import wheel_programs
from inseam.gates.contract import ServiceFacts
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.interpreters import Wanted, find_interpreter
from inseam.gates.environment.settings import EnvironmentSettings
from inseam.gates.environment.workshop import Workshop
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService

ROOT = Path(__file__).resolve().parents[2]
HOME = "examples/services/catalog"
VARIABLES = {
    name: value
    for name, value in tool_environment(os.environ).items()
    if name != "INSEAM_POSTGRESQL_URL"
}
FACTS = ServiceFacts(
    name="catalog",
    root=HOME,
    pyproject=f"{HOME}/pyproject.toml",
    lock=f"{HOME}/poetry.lock",
    lock_kind="poetry",
    source_roots=(f"{HOME}/src", HOME),
)


@pytest.fixture(scope="session")
def variables() -> Mapping[str, str]:
    """What tools see of the environment."""
    return VARIABLES


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where environments are kept for as long as the tests run."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def workshop(cache: Path) -> Workshop:
    """Makes environments of this repository's services."""
    deadline = Deadline.after(1200)
    return Workshop(root=ROOT, cache=cache, environment=VARIABLES, deadline=deadline)


@pytest.fixture(scope="session")
def python(workshop: Workshop) -> Path:
    """The interpreter of the catalog's locked environment."""
    return workshop.for_service(FACTS, EnvironmentSettings(), at_least=11).environment.python


@pytest.fixture(scope="session")
def server(workshop: Workshop) -> Iterator[Server]:
    """A server that runs for as long as the tests do, so that no run has to start one."""
    interpreter = find_interpreter(
        Wanted(range=None, minor=None, at_least=11, declared_in="the test"),
        environment=VARIABLES,
        cache=workshop.cache,
        deadline=workshop.deadline,
    )
    wheel = workshop.for_tool("postgresql", interpreter).site_packages
    embedded = Embedded(
        programs=next(wheel_programs(wheel, VARIABLES, workshop.deadline)),
        cache=workshop.cache,
        environment=VARIABLES,
        deadline=workshop.deadline,
    )
    with embedded.running() as running:
        yield running


@dataclass
class Catalog:
    """A workspace with a copy of the catalog that a test may break."""

    root: Path
    cache: Path
    home: str = HOME
    """Its folder in the workspace."""
    facts: ServiceFacts = FACTS
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings that all runs have."""

    @classmethod
    def copy(cls, root: Path, cache: Path) -> Catalog:
        """A whole one in the folder `root`."""
        ignored = shutil.ignore_patterns("__pycache__", ".*", "tests", "BUILD")
        shutil.copytree(ROOT / HOME, root / HOME, ignore=ignored)
        return cls(root, cache)

    def below(self, file: str | None) -> str:
        """A file of the workspace as one of the service."""
        assert file is not None
        assert file.startswith(f"{HOME}/")
        return file.removeprefix(f"{HOME}/")

    def path(self, name: str) -> Path:
        """A file of the service."""
        return self.root / HOME / name

    def read(self, name: str) -> str:
        """A file's text."""
        return self.path(name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the one occurrence of `old` in a file."""
        text = self.read(name)
        assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
        self.write(name, text.replace(old, new))

    def line(self, name: str, text: str) -> int:
        """The number of the one line of a file that holds `text`."""
        (number,) = (n for n, line in enumerate(self.read(name).splitlines(), 1) if text in line)
        return number

    def judge(
        self,
        *,
        variables: Mapping[str, str] | None = None,
        time_limit: float = 120.0,
        base: Path | None = None,
        tip: Path | None = None,
        facts: ServiceFacts = FACTS,
        **settings: Any,
    ) -> FindingsDocument:
        """What the gate says of it; `variables` are those of the run."""
        service = UnitService(facts=facts, settings={**self.settings, **settings})
        return execute(
            UnitDocument(gate="alembic", time_limit=time_limit, services=(service,)),
            root=self.root,
            cache=self.cache,
            environment={**VARIABLES, **(variables or {})},
            base=base,
            tip=tip,
        )


@pytest.fixture
def copy_of_catalog(tmp_path: Path, cache: Path) -> Catalog:
    """A copy whose files alone are looked at."""
    return Catalog.copy(tmp_path / "ws", cache)


@pytest.fixture(scope="module")
def catalog_in(
    tmp_path_factory: pytest.TempPathFactory, cache: Path, server: Server
) -> Callable[[str], Catalog]:
    """Makes copies in a workspace each; the gate uses the server that runs already."""
    assert server.is_alive()
    place = tmp_path_factory.mktemp("copies")
    return lambda name: Catalog.copy(place / name.replace(" ", "-"), cache)


@pytest.fixture
def catalog(tmp_path: Path, cache: Path, server: Server) -> Catalog:
    """A copy; the gate uses the server that runs already."""
    assert server.is_alive()
    return Catalog.copy(tmp_path / "ws", cache)


def left_behind(server: Server, process: int) -> list[str]:
    """The databases, folders and processes that runs of the gate in a process left."""
    listed = "SELECT datname FROM pg_database WHERE datname LIKE 'inseam\\_%' ORDER BY 1"
    mark = f"-{process}-"
    places = {Path(server.host).parent, Path("/dev/shm"), Path("/tmp")}
    folders = [
        str(path)
        for place in sorted(places)
        for path in place.glob(f"inseam-run-*{mark}*")
        if str(path) != server.host
    ]
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().decode(errors="replace")
        except OSError:  # it ended meanwhile
            continue
        if "inseam-run-" in command and mark in command and server.host not in command:
            commands.append(command.replace("\0", " "))
    return [*server.query(listed).split(), *folders, *commands]


@pytest.fixture
def left_by(server: Server) -> Callable[[int], list[str]]:
    """What the runs of a process left."""
    return lambda process: left_behind(server, process)


@pytest.fixture
def nothing_is_left(server: Server) -> Iterator[None]:
    """No database, folder, server or other process outlives what the test does."""
    yield
    # A server's keeper removes its folder first; its process takes a moment longer to end.
    limit = time.monotonic() + 60
    while (left := left_behind(server, os.getpid())) and time.monotonic() < limit:
        time.sleep(0.05)
    assert left == []
