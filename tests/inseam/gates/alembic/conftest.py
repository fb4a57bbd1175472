"""Services with migrations, made from a few lines each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from inseam.cli.environment import tool_environment
from inseam.gates.alembic.chain.stage import StaticResult, judge_chain
from inseam.gates.alembic.server.connection import Server
from inseam.gates.alembic.server.embedded import Embedded
from inseam.gates.alembic.server.programs import Programs, wheel_programs
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.contract import Service, ServiceFacts
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.interpreters import Wanted, find_interpreter
from inseam.gates.environment.workshop import Workshop

INI = "[alembic]\nscript_location = %(here)s/migrations\n"
WORKS = (
    "def upgrade():\n    op.execute('SELECT 1')\n\ndef downgrade():\n    op.execute('SELECT 2')\n"
)

Files = Mapping[str, str]
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

    def run(files: Files, *, base: Files | None = None, **settings: Any) -> StaticResult:
        root, at_base = tmp_path / "head", tmp_path / "base"
        for place, contents in ((root, files), (at_base, base or {})):
            for name, text in {"alembic.ini": INI, **contents}.items():
                path = place / "svc" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        service = Service(
            facts=ServiceFacts(name="svc", root="svc", source_roots=("svc/src", "svc")),
            settings=AlembicSettings.model_validate(settings),
            files=(),
        )
        return judge_chain(root, service, base=at_base if base is not None else None)

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
