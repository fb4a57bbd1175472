"""What policy can say about migrations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from inseam.gates.environment.settings import EnvironmentSettings
from inseam.policy.orders import at_most, flag, free, grow, shrink

Flag = Annotated[bool, flag]
Path = Annotated[str, StringConstraints(pattern=r"^[^/\x00-\x1f][^\x00-\x1f]*$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")]
Extension = Annotated[str, StringConstraints(pattern=r"^[a-z][\w-]*$")]
RevisionId = Annotated[str, StringConstraints(min_length=1)]
SquawkRule = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]

STYLE: frozenset[str] = frozenset(
    {
        *("ban-char-field", "prefer-bigint-over-int", "prefer-bigint-over-smallint"),
        *("prefer-identity", "prefer-robust-stmts"),
        *("prefer-text-field", "prefer-timestamptz"),
        *("require-lock-timeout", "require-statement-timeout", "require-timeout-settings"),
    }
)
BREAKING: frozenset[str] = frozenset(
    {
        *(
            "adding-field-with-default",
            "adding-foreign-key-constraint",
            "adding-not-nullable-field",
        ),
        *("adding-required-field", "adding-serial-primary-key-field", "ban-drop-column"),
        *("ban-drop-database", "ban-drop-table", "ban-truncate-cascade", "changing-column-type"),
        *("constraint-missing-not-valid", "disallowed-unique-constraint", "renaming-column"),
        *("renaming-table", "require-concurrent-index-creation"),
        *("require-concurrent-index-deletion", "ban-drop-not-null"),
    }
)


class ChainSettings(EnvironmentSettings):
    """Where the migrations are, and what their chain has to be like."""

    ini: Annotated[Path | None, free] = Field(
        None,
        description="Alembic's configuration below the service's folder. Default: the target's "
        "fact `alembic_ini`, or else `alembic.ini`, a `pyproject.toml` with `[tool.alembic]`, or "
        "the only `alembic.ini` below the folder.",
    )
    section: Annotated[str, free] = Field(
        "alembic", min_length=1, description="The ini's section: what `alembic --name` takes."
    )
    working_directory: Annotated[Path | None, free] = Field(
        None,
        description="The folder below the service's that `alembic` is run in. Default: the ini's.",
    )
    version_locations: Annotated[tuple[Path, ...] | None, free] = Field(
        None,
        description="The folders of revisions below the service's folder, where `env.py` sets them "
        "and the ini does not say them.",
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

    opt_in: ClassVar[bool] = True  # most services have no migrations

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
    round_trip: Flag = Field(
        True, description="New revisions go up, down and up again, and leave what was there before."
    )
    round_trip_all: Flag = Field(
        False, description="All revisions do, not only those that the base lacks."
    )
    oldest_reversible: Annotated[RevisionId | None, free] = Field(
        None, description="The oldest revision whose downgrade is promised."
    )
    seed: Annotated[Path | None, free] = Field(
        None,
        description="SQL below the service's folder that fills the tables before the round trip, "
        "whose rows have to survive it.",
    )
    safety: Flag = Field(True, description="squawk looks at what new revisions execute.")
    safety_off: Annotated[frozenset[SquawkRule], shrink] = Field(
        STYLE, description="squawk's rules that are switched off. Default: those about style."
    )
    safety_errors: Annotated[frozenset[SquawkRule], grow] = Field(
        BREAKING,
        description="squawk's rules whose findings are errors; others are warnings. Default: what "
        "loses data, breaks the code that still runs, or blocks its writes.",
    )
    migration_seconds: Annotated[float, at_most] = Field(
        300.0, gt=0, description="Seconds that all of a service's migrations may take."
    )
    lock_seconds: Annotated[float, at_most] = Field(
        10.0, gt=0, description="Seconds that one statement may wait for a lock."
    )
