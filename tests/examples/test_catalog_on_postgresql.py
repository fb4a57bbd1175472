"""The catalog example's own tests, in its locked environment and on a real PostgreSQL.

Pants runs the other examples' tests by itself; it cannot install from a `poetry.lock`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from inseam.gates.contract import ServiceFacts
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.settings import EnvironmentSettings
from inseam.gates.environment.workshop import Workshop

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "examples" / "services" / "catalog"
PASSED_ON = ("PATH", "HOME", "PYENV_ROOT", "SSL_CERT_FILE", "SSL_CERT_DIR")
MIGRATED = "::test_migrations_build_the_models_and_can_be_undone PASSED"


def environment() -> dict[str, str]:
    """What uv and Poetry may see: where programs and certificates are, and which index to use."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in PASSED_ON or name.lower().endswith("_proxy") or name.startswith(("UV_", "PIP_"))
    }


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of the catalog's locked environment."""
    workshop = Workshop(
        root=ROOT,
        cache=tmp_path_factory.mktemp("cache"),
        environment=environment(),
        deadline=Deadline.after(300),
    )
    facts = ServiceFacts(
        name="catalog",
        root="examples/services/catalog",
        pyproject="examples/services/catalog/pyproject.toml",
        lock="examples/services/catalog/poetry.lock",
        lock_kind="poetry",
    )
    return workshop.for_service(facts, EnvironmentSettings(), at_least=11).environment.python


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The URL of an empty database, in a server of its own that listens on a socket only."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    programs = found[-1].parent if found else _on_path("initdb")
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    # Short, as a socket's path may have 107 bytes only.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    nobody = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    if nobody:
        shutil.chown(folder, nobody)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            user=nobody,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            timeout=60,
        )

    data = str(folder / "data")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    try:
        run("initdb", "-D", data, "-U", "catalog", "-A", "trust", "--no-sync")
        run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            run("createdb", "-h", str(folder), "-U", "catalog", "catalog")
            yield f"postgresql+asyncpg://catalog@/catalog?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def _on_path(program: str) -> Path | None:
    found = shutil.which(program)
    return Path(found).parent if found else None


def test_the_catalogs_tests_pass(python: Path, database: str, tmp_path: Path) -> None:
    """All of them, and the one on PostgreSQL is not skipped."""
    copy = shutil.copytree(CATALOG, tmp_path / "catalog")
    done = subprocess.run(
        [str(python), "-B", "-m", "pytest", "-v", "-p", "no:cacheprovider", "tests"],
        check=False,
        cwd=copy,
        env={
            **environment(),
            "PYTHONPATH": str(copy / "src"),
            "CATALOG_TEST_DATABASE_URL": database,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert MIGRATED in done.stdout
    assert "skipped" not in done.stdout
