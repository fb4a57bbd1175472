"""What is known of a service's migrations without running them."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Body(enum.Enum):
    """What a revision's `upgrade` or `downgrade` does."""

    MISSING = "missing"
    EMPTY = "empty"
    """Nothing but a docstring, `pass`, `...` or `return`."""
    RAISES = "raises"
    """Nothing but `raise`: it refuses."""
    WORKS = "works"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in a file that is worth a word."""

    line: int
    what: str
    """What stands there, for the message."""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A revision's file as it can be read."""

    file: str
    """Posix path relative to the workspace's root."""
    line: int
    """Where `revision` is assigned."""
    id: str
    down: tuple[str, ...]
    """Ids of the revisions before it; none for a first one."""
    down_line: int
    depends_on: tuple[str, ...]
    """Ids and branch labels."""
    labels: tuple[str, ...]
    upgrade: Body
    downgrade: Body
    downgrade_line: int
    imports: tuple[Place, ...] = ()
    """Modules that it imports, by their dotted names."""
    offline_unsafe: tuple[Place, ...] = ()
    """What needs a connection, which `alembic upgrade --sql` has none of."""

    @property
    def is_merge(self) -> bool:
        """Whether it only joins branches."""
        return len(self.down) > 1


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """A file among the revisions whose place in the chain cannot be told without running it."""

    file: str
    line: int
    name: str
    """The variable: `revision`, `down_revision`, `branch_labels` or `depends_on`."""
    reason: str
    missing: bool = False
    """Whether it is not there at all."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Where a service's migrations are. Paths are posix and relative to the workspace's root."""

    file: str
    """The ini, or the `pyproject.toml` with `[tool.alembic]`."""
    section: str
    working_directory: str
    script_location: str
    """The folder of `env.py`."""
    versions: tuple[str, ...]
    """The folders of revisions."""
    recursive: bool
    apart: bool = False
    """Whether `env.py` chooses the folders: what lies beside them is another chain's."""

    @property
    def env_py(self) -> str:
        """The script that runs the migrations."""
        return f"{self.script_location}/env.py"
