"""What the three kinds of layer may say, as models: the loader's and the editors' schema alike.

Null never arrives here (the loader refuses it), so `None` always means "not stated".
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from inseam.policy.modes import MODE_LABELS

SCHEMA = "inseam.policy/1"
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
"""Names of services and profiles: safe as file names."""
WaiverTarget = Literal["not-applicable", "audit", "warn", "ratchet", "enforce"]
"""A mode, or below all of them: the gate does not look at the service."""

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _iso_day(value: Any) -> datetime.date:
    """A date; pydantic's own reading would take seconds since 1970, too."""
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        raise ValueError("a date is written YYYY-MM-DD")
    return datetime.date.fromisoformat(value)


def _relative(path: str) -> str:
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or ".." in parts or "" in parts:
        raise ValueError("a path is relative to the workspace's root, with `/` and without `..`")
    if "." in parts and path != ".":
        raise ValueError("a path is written without `.` segments")
    return path


def _baseline(path: str) -> str:
    if not path.endswith(".json"):
        raise ValueError("a baseline's name ends in .json")
    return _relative(path)


Day = Annotated[datetime.date, BeforeValidator(_iso_day)]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Text = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
RelativePath = Annotated[Text, AfterValidator(_relative)]
Percent = Annotated[int, Field(ge=0, le=100)]
Limits = Annotated[dict[Day, Annotated[int, Field(ge=0)]], Field(min_length=1)]


class _Statement(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RolloutStatement(_Statement):
    """From which day on each mode holds. A stricter mode includes the milder ones."""

    audit: Day | None = Field(None, description="Findings are recorded.")
    warn: Day | None = Field(None, description="Findings are shown; none fails.")
    ratchet: Day | None = Field(
        None, description="Findings of the baseline are tolerated; new ones fail."
    )
    enforce: Day | None = Field(None, description="Every finding fails.")


class CohortStatement(_Statement):
    """Services for which a mode holds already, whatever the rollout's dates."""

    include: frozenset[Name] = Field(frozenset(), description="Services by name.")
    percent: Percent = Field(
        0, description="Share of all services, picked by a stable hash: 25 is within 50."
    )


class CohortsStatement(_Statement):
    """Which services are ahead of the rollout, per mode."""

    warn: CohortStatement | None = None
    ratchet: CohortStatement | None = None
    enforce: CohortStatement | None = None


class WaiverBounds(_Statement):
    """What waivers of this gate may do. Without bounds there are no waivers."""

    floor: WaiverTarget = Field(
        description="The mildest mode that a waiver may reach. `enforce`: only single findings "
        "can be waived. `not-applicable`: a waiver may switch the gate off for a service."
    )
    max_days: Annotated[int, Field(ge=1)] = Field(
        description="The most days between `created` and `expires`."
    )
    approvers: tuple[Text, ...] = Field(
        (), description="Who may approve. With any, every waiver names one in `approved_by`."
    )


class RatchetStatement(_Statement):
    """How fast old findings have to go."""

    burn_down: Limits | None = Field(
        None, description="How many findings the baseline may hold from each day on."
    )


class ServiceRatchetStatement(RatchetStatement):
    """Where old findings are recorded, and how fast they have to go."""

    baseline: Annotated[Text, AfterValidator(_baseline)] | None = Field(
        None, description="Default: `policies/baselines/SERVICE/GATE.json`."
    )


class GateStatement(_Statement):
    """What a layer states about one gate."""

    rollout: RolloutStatement | None = None
    settings: dict[str, Any] = Field(
        default_factory=dict, description="The gate's own knobs; each may only be tightened."
    )
    applies: bool | None = Field(
        None, description="Whether the gate looks at the service at all; true is stricter."
    )


class ProfileGate(GateStatement):
    """What a profile states about one gate."""

    cohorts: CohortsStatement | None = None
    ratchet: RatchetStatement | None = None


class OrgGate(ProfileGate):
    """What the organisation states about one gate."""

    waivers: WaiverBounds | None = None
    reason: Text | None = Field(None, description="Why it does not apply.")


class ServiceGate(GateStatement):
    """What a service states about one gate."""

    ratchet: ServiceRatchetStatement | None = None


class WaiverStatement(_Statement):
    """A documented, expiring exception. States exactly one of `match` and `to`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"oneOf": [{"required": ["match"]}, {"required": ["to"]}]},
    )

    id: Annotated[str, StringConstraints(pattern=NAME_PATTERN)] = Field(
        description="Unique in the whole repository."
    )
    gate: Text
    match: Annotated[dict[Text, Text], Field(min_length=1)] | None = Field(
        None,
        description="Which findings are waived: those that every entry matches. `rule`, `path` (a "
        "glob), `finding` (rule, code, advisory or fingerprint), or what the gate offers besides, "
        "such as `package`.",
    )
    to: WaiverTarget | None = Field(None, description="Which mode holds instead.")
    reason: Text = Field(description="Why the finding is acceptable until then.")
    owner: Text = Field(description="Who will remove the reason for it.")
    ticket: Text | None = Field(None, description="Where the work is tracked.")
    approved_by: Text | None = Field(None, description="One of the gate's approvers.")
    created: Day
    expires: Day = Field(description="The last day on which the waiver holds, in UTC.")


class OrgDocument(_Statement):
    """The organisation's baseline: `policies/org.yaml`."""

    schema_: Literal["inseam.policy/1"] = Field(alias="schema")
    kind: Literal["org"]
    version: Text = Field(description="Of this policy; quoted, since 1.10 is a number.")
    owner: Text = Field(description="Who answers for it.")
    gates: dict[str, OrgGate] = Field(default_factory=dict)


class ProfileDocument(_Statement):
    """What services of one sort share: `policies/profiles/NAME.yaml`."""

    schema_: Literal["inseam.policy/1"] = Field(alias="schema")
    kind: Literal["profile"]
    name: Name = Field(description="The file's name without `.yaml`.")
    owner: Text | None = Field(None, description="Who answers for it.")
    gates: dict[str, ProfileGate] = Field(default_factory=dict)


class ServiceDocument(_Statement):
    """One service's own layer: `policies/services/NAME.yaml`."""

    schema_: Literal["inseam.policy/1"] = Field(alias="schema")
    kind: Literal["service"]
    name: Name = Field(description="The file's name without `.yaml`.")
    owner: Text = Field(description="Who answers for the service.")
    path: RelativePath = Field(description="The service's folder.")
    profiles: tuple[Name, ...] = Field((), description="In any order.")
    gates: dict[str, ServiceGate] = Field(default_factory=dict)
    waivers: tuple[WaiverStatement, ...] = ()


LayerDocument = OrgDocument | ProfileDocument | ServiceDocument

assert set(MODE_LABELS) == set(RolloutStatement.model_fields)
