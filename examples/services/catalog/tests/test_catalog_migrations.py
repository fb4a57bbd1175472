"""The migrations: one head, and on a real PostgreSQL, exactly the models.

`CATALOG_TEST_DATABASE_URL` names an empty database; without it, only the chain is read.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

INI = Path(__file__).parent.parent / "alembic.ini"
DATABASE = os.environ.get("CATALOG_TEST_DATABASE_URL")


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Config:
    if DATABASE:
        monkeypatch.setenv("CATALOG_DATABASE_URL", DATABASE)
    return Config(INI)


def test_the_chain_has_one_head(config: Config) -> None:
    chain = ScriptDirectory.from_config(config)
    assert len(chain.get_heads()) == 1
    assert len(list(chain.walk_revisions())) == 10


@pytest.mark.skipif(DATABASE is None, reason="no CATALOG_TEST_DATABASE_URL")
def test_migrations_build_the_models_and_can_be_undone(config: Config) -> None:
    command.upgrade(config, "head")
    command.check(config)
    command.downgrade(config, "base")
    command.upgrade(config, "head")
    command.check(config)
