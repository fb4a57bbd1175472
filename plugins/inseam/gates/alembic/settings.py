"""What policy can say about migrations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from inseam.gates.environment.settings import EnvironmentSettings
from inseam.policy.orders import at_most, flag, free

Flag = Annotated[bool, flag]
Path = Annotated[str, StringConstraints(pattern=r"^[^/\x00-\x1f][^\x00-\x1f]*$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")]
Extension = Annotated[str, StringConstraints(pattern=r"^[a-z][\w-]*$")]
RevisionId = Annotated[str, StringConstraints(min_length=1)]


class ChainSettings(EnvironmentSettings):
    """Where the migrations are, and what their chain has to be like."""

    ini: Annotated[Path | None, free] = Field(
        None,
        description="Alembic's configuration below the service's folder. Default: the target's "
        "fact `alembic_ini`, or else `alembic.ini` or a `pyproject.toml` with `[tool.alembic]`.",
    )
    section: Annotated[str, free] = Field(
        "alembic", min_length=1, description="The ini's section: what `alembic --name` takes."
    )
    working_directory: Annotated[Path | None, free] = Field(
        None,
        description="The folder below the service's that `alembic` is run in. Default: the ini's.",
    )
    max_heads: Annotated[int, at_most] = Field(
        1, ge=1, description="How many heads there may be; more than one with labelled branches."
    )
    require_downgrade: Flag = Field(
        False, description="Reject a `downgrade` that is missing, empty or only raises."
    )
    require_offline: Flag = Field(
        False, description="Reject what `alembic upgrade --sql` cannot print."
    )
    squashed: Annotated[frozenset[RevisionId], free] = Field(
        frozenset(),
        description="Ids of merged revisions that a squash removed or rewrote on purpose.",
    )


class ServerSettings(ChainSettings):
    """The PostgreSQL that migrations run on, and what they find there."""

    server_url: Annotated[str | None, free] = Field(
        None,
        pattern=r"^postgres(ql)?://",
        description="A server to use instead of one of the gate's own, such as CI's. "
        "The variable `INSEAM_POSTGRESQL_URL` comes before it.",
    )
    postgresql_version: Annotated[int | None, free] = Field(
        None,
        ge=10,
        le=99,
        description="Major version of PostgreSQL, such as 16. Default: the wheel's newest, or what "
        "the system has if the wheel lacks an extension.",
    )
    extensions: Annotated[frozenset[Extension], free] = Field(
        frozenset(),
        description="Extensions that the database has before the first migration. Those that "
        "migrations create are found by themselves.",
    )
    variables: Annotated[Mapping[Variable, str], free] = Field(
        {}, description="Environment variables that `env.py` and the models want; no secrets."
    )
    dummy_files: Annotated[Mapping[Path, str], free] = Field(
        {},
        description="Files below the service's folder that `env.py` or the models want, and their "
        "text; those that exist are left alone.",
    )


class AlembicSettings(ServerSettings):
    """What policy can say about migrations."""

    defaults: Flag = Field(
        True, description="Differences of server defaults are errors, not only warnings."
    )
    names: Flag = Field(
        False, description="Differences of names alone are errors, not only warnings."
    )
    undeclared: Flag = Field(
        True,
        description="What only the migrations make and models cannot declare by themselves, such "
        "as functions and triggers, is an error, not only a warning.",
    )
    migration_seconds: Annotated[float, at_most] = Field(
        300.0, gt=0, description="Seconds that all of a service's migrations may take."
    )
    lock_seconds: Annotated[float, at_most] = Field(
        10.0, gt=0, description="Seconds that one statement may wait for a lock."
    )
