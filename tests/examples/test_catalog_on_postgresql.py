"""The catalog example's own tests, in its locked environment and on a real PostgreSQL.

Pants runs the other examples' tests by itself; it cannot install from a `poetry.lock`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

CATALOG = Path(__file__).resolve().parents[2] / "examples" / "services" / "catalog"
MIGRATED = "::test_migrations_build_the_models_and_can_be_undone PASSED"
DATABASE = "catalog_of_its_own_tests"


@pytest.fixture
def database(server: Any) -> Iterator[str]:
    """The URL of an empty database."""
    server.create(DATABASE, lock_timeout=10_000)
    yield f"postgresql+asyncpg://{server.user}@/{DATABASE}?host={server.host}"
    server.drop(DATABASE)


def test_the_catalogs_tests_pass(
    python: Path, database: str, variables: Mapping[str, str], tmp_path: Path
) -> None:
    """All of them, and the one on PostgreSQL is not skipped."""
    copy = shutil.copytree(CATALOG, tmp_path / "catalog")
    done = subprocess.run(
        [str(python), "-B", "-m", "pytest", "-v", "-p", "no:cacheprovider", "tests"],
        check=False,
        cwd=copy,
        env={
            **variables,
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
