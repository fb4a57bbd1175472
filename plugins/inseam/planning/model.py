"""The wire's documents before anything ran: services, plan and units."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from inseam.gates.contract import Needs, ServiceFacts
from inseam.policy.messages import PolicyMessage
from inseam.policy.modes import ModeLabel


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid", populate_by_name=True)


class ServicesDocument(_Document):
    """`inseam.services/1`: the services in question, as their declarations say."""

    schema_: Literal["inseam.services/1"] = Field("inseam.services/1", alias="schema")
    services: tuple[ServiceFacts, ...]


class UnitService(_Document):
    """One service within a unit. Holds nothing that does not change what the gate finds: no
    mode and no waiver, so that a unit's cache entry outlives them all."""

    facts: ServiceFacts
    settings: dict[str, Any]
    nested: tuple[str, ...] = ()
    """Folders within this service's that are other services', whichever unit looks at those."""


class UnitDocument(_Document):
    """`inseam.unit/1`: what one process has to do."""

    schema_: Literal["inseam.unit/1"] = Field("inseam.unit/1", alias="schema")
    gate: str
    time_limit: float
    """Seconds."""
    services: tuple[UnitService, ...]
    as_of: datetime.date | None = None
    """The day, if what the gate finds depends on it."""
    live: bool = False
    """Whether to ask the network for what policy pins otherwise; nothing of that is cached."""


class BaseFileKind(_Document):
    """Files that a unit wants as they are at the merge base."""

    suffix: str
    containing: str


class PlannedUnit(_Document):
    """A unit and what the backend has to know to schedule it."""

    id: str
    """`GATE-SERVICE` or `GATE-SHARD`; safe as a file name."""
    gate: str
    needs: Needs
    services: tuple[str, ...]
    reads_base: bool = False
    """Whether it wants the services' files at the merge base too, if there is one."""
    reads_tip: bool = False
    """Whether it wants them at the tip of the branch that the change goes to as well."""
    base_files: tuple[BaseFileKind, ...] = ()
    """Which files; all if none is stated."""
    inputs: tuple[str, ...] = ()
    """Files of the workspace that it reads besides the services' own, there and at the base."""
    can_be_live: bool = False
    """Whether `UnitDocument.live` means something to its gate."""
    document: UnitDocument


class Step(_Document):
    """A mode that comes into force on a later day."""

    mode: ModeLabel
    date: datetime.date


class BurnDown(_Document):
    """How many findings a baseline may hold."""

    limit: int | None
    """Today's limit; None when none has come into force."""
    next_limit: int | None = None
    next_date: datetime.date | None = None


class PlannedWaiver(_Document):
    """A waiver as the verdict applies it. Exactly one of `match` and `to` is set."""

    id: str
    gate: str
    reason: str
    owner: str
    ticket: str | None = None
    approved_by: str | None = None
    created: datetime.date
    expires: datetime.date
    """The last day on which it holds, in UTC."""
    match: dict[str, str] | None = None
    """Every entry must match: `rule`, `path` (a glob), `finding` (rule, code, advisory or
    fingerprint), or a property that the gate gives its findings, such as `package`."""
    to: ModeLabel | Literal["not-applicable"] | None = None
    state: Literal["active", "expired", "pending"]
    file: str
    line: int
    column: int = 1


class PlannedGate(_Document):
    """One gate's effective policy for one service."""

    gate: str
    applies: bool
    reason: str | None = None
    """Why it does not apply."""
    mode: ModeLabel
    """The mode before waivers."""
    next: Step | None = None
    settings: dict[str, Any]
    baseline: str
    """The baseline's path, relative to the workspace's root; the file need not exist."""
    burn_down: BurnDown = BurnDown(limit=None)
    waivers: tuple[PlannedWaiver, ...] = ()
    base_waivers: tuple[PlannedWaiver, ...] | None = None
    """On a pull request the base's waivers: a finding is waived only if both sides waive it."""


class PlannedService(_Document):
    """One service's effective policy."""

    facts: ServiceFacts
    owner: str | None
    profiles: tuple[str, ...] = ()
    policy_file: str | None
    """None when the service has no layer of its own."""
    gates: tuple[PlannedGate, ...]
    """One for every gate, in the gates' order."""


class Plan(_Document):
    """`inseam.plan/1`."""

    schema_: Literal["inseam.plan/1"] = Field("inseam.plan/1", alias="schema")
    as_of: datetime.date
    has_base: bool = False
    """Whether policy was joined with a base branch's."""
    errors: tuple[PolicyMessage, ...] = ()
    """Policy that cannot be used. With any, there are no units and the verdict is could-not-run."""
    notices: tuple[PolicyMessage, ...] = ()
    """Waivers that expire soon or have expired, gates without a rollout."""
    services: tuple[PlannedService, ...] = ()
    units: tuple[PlannedUnit, ...] = ()
