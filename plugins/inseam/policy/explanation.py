"""`inseam.explanation/1`: every effective value of a service, its source, what it overrode."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ModeLabel = Literal["audit", "warn", "ratchet", "enforce"]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Source(_Document):
    """Who says so, and where. A built-in default stands in no file."""

    layer: str
    """`default`, `org`, `profile NAME`, `service NAME`."""
    base: bool = False
    """Whether it is the base branch that says so, and the head has it milder."""
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        branch = "base branch, " if self.base else ""
        if self.file is None:
            return f"{branch}{self.layer}"
        return f"{branch}{self.file}:{self.line}:{self.column}"


class StatedValue(_Document):
    """A value that held once some layer had spoken."""

    value: Any
    source: Source


class ExplainedValue(_Document):
    """One effective value."""

    name: str
    """`rollout.enforce`, `settings.select`, …"""
    value: Any
    source: Source
    """The layer that made it what it is."""
    overrode: tuple[StatedValue, ...] = ()
    """What held before, the latest first; the last is the default or the organisation's."""
    order: str | None = None
    """For a setting, which of two values is stricter: `grow`, `at_least`, …"""


class ExplainedStep(_Document):
    """A mode that comes into force on a later day."""

    mode: ModeLabel
    date: datetime.date


class ExplainedWaiver(_Document):
    """A waiver of the service."""

    id: str
    state: Literal["active", "expired", "pending"]
    created: datetime.date
    expires: datetime.date
    match: dict[str, str] | None
    to: str | None
    reason: str
    owner: str
    source: Source


class WaiverLimits(_Document):
    """What waivers of the gate may do."""

    floor: str
    max_days: int
    approvers: tuple[str, ...]
    source: Source


class ExplainedGate(_Document):
    """One gate's effective policy."""

    gate: str
    applies: bool
    reason: str | None
    mode: ModeLabel
    """Before waivers."""
    since: datetime.date | None
    """The mode's first day; None when no date made it so."""
    by_cohort: bool
    """Whether the service is in a cohort that is ahead of the rollout."""
    steps: tuple[ExplainedStep, ...]
    """All stricter modes still to come."""
    values: tuple[ExplainedValue, ...]
    waiver_limits: WaiverLimits | None
    """None when no waiver of the gate is allowed."""
    waivers: tuple[ExplainedWaiver, ...]


class ExplainedLayer(_Document):
    """One of the documents that the policy is made of."""

    layer: str
    file: str


class Explanation(_Document):
    """One service's effective policy, explained."""

    schema_: Literal["inseam.explanation/1"] = Field("inseam.explanation/1", alias="schema")
    service: str
    owner: str | None
    as_of: datetime.date
    layers: tuple[ExplainedLayer, ...]
    """From the organisation to the service."""
    has_base: bool
    gates: tuple[ExplainedGate, ...]
