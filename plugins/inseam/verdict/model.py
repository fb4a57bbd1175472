"""`inseam.verdict/1`: what was decided, and everything that a report needs to show why."""

from __future__ import annotations

import datetime
import enum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from inseam.findings.model import Failure, Finding
from inseam.planning.model import PlannedService, Step
from inseam.policy.messages import PolicyMessage
from inseam.policy.modes import ModeLabel


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid", populate_by_name=True)


class Outcome(enum.StrEnum):
    """A verdict; `exit_code` orders them by precedence: could-not-run hides a violation."""

    PASS = "pass"
    VIOLATION = "violation"
    COULD_NOT_RUN = "could-not-run"

    @property
    def exit_code(self) -> int:
        """0, 1 or 2."""
        return list(Outcome).index(self)


class Disposition(enum.StrEnum):
    """What a finding does under its gate's mode, its baseline and the waivers."""

    FAILS = "fails"
    SHOWN = "shown"
    """Under `warn`, or a warning."""
    RECORDED = "recorded"
    """Under `audit`, or informational."""
    TOLERATED = "tolerated"
    """In the ratchet's baseline."""
    WAIVED = "waived"


class JudgedFinding(_Document):
    """A finding and what it does."""

    finding: Finding
    disposition: Disposition
    waiver: str | None = None
    """The waiver's id, when waived."""


class StaleEntry(_Document):
    """A baseline's entry that matches nothing any more."""

    fingerprint: str
    rule: str
    file: str
    count: int
    """How many of them are gone."""


class Cell(_Document):
    """One service under one gate: a cell of the scorecard."""

    service: str
    gate: str
    applies: bool
    reason: str | None = None
    mode: ModeLabel
    """The mode in force, after waivers."""
    waived_from: ModeLabel | None = None
    """The mode without the waiver, when one made it milder."""
    waiver: str | None = None
    next: Step | None = None
    outcome: Outcome
    counts: dict[Disposition, int] = Field(default_factory=dict)
    """How many findings of each disposition; those with none are left out."""
    baseline: str | None = None
    """The baseline's file, where the mode asks for one."""
    baseline_size: int = 0
    """How many findings the file lists, whether they are still there or not."""
    stale: tuple[StaleEntry, ...] = ()
    """Those that are no longer there: fixed but not pruned."""
    violations: tuple[PolicyMessage, ...] = ()
    """What violates policy itself here, such as an unused waiver: each is in `Verdict.errors`
    too."""


class Verdict(_Document):
    """`inseam.verdict/1`."""

    schema_: Literal["inseam.verdict/1"] = Field("inseam.verdict/1", alias="schema")
    as_of: datetime.date
    outcome: Outcome
    exit_code: int
    services: tuple[PlannedService, ...]
    cells: tuple[Cell, ...]
    findings: tuple[JudgedFinding, ...]
    failures: tuple[Failure, ...]
    errors: tuple[PolicyMessage, ...]
    """Policy errors (could-not-run) and violations of policy itself, such as an unused waiver.
    The latter, and only they, are in a cell's `violations` too."""
    notices: tuple[PolicyMessage, ...]
