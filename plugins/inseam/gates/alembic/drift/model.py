"""A database's content, and a difference between two."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

PUBLIC = "public"


class Entry(BaseModel):
    """One thing in a database, as `catalogue.sql` tells it."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    kind: str
    schema_: str = Field(alias="schema")
    table: str | None
    name: str
    attributes: Mapping[str, Any]

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What it is recognised by in the other database."""
        return (self.kind, self.schema_, self.table or "", self.name)

    @property
    def full_table(self) -> str:
        """Its table, or itself where it has none, with the schema unless that is the default."""
        return qualified(self.schema_, self.table or self.name)


class Severity(enum.Enum):
    """How a difference weighs."""

    STRUCTURE = "structure"
    DEFAULT = "default"
    NAME = "name"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing in which the migrated database differs from the declared one."""

    severity: Severity
    kind: str
    """`table`, `column`, `constraint`, …"""
    schema: str
    table: str | None
    name: str
    attribute: str | None
    """What of it differs; None if one side lacks it."""
    migrated: Any
    """What the migrations made; None if they made nothing."""
    declared: Any
    """What the models describe; None if they do not."""
    undeclarable: bool = False
    """Whether models cannot state it by themselves, and only the migrations have it."""
    mend: str = ""
    """The `op.` call that makes the migrated database like the declared one."""

    @property
    def full_table(self) -> str:
        """Its table, or itself where it has none."""
        return qualified(self.schema, self.table or self.name)


def qualified(schema: str, name: str) -> str:
    """A name as people write it."""
    return name if schema in (PUBLIC, "") else f"{schema}.{name}"
