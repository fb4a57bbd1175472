"""Waivers: what the organisation allows them to do, and whether they hold on a day."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from inseam.policy.documents import WaiverBounds, WaiverStatement, WaiverTarget
from inseam.policy.layers import OrgLayer, ServiceLayer
from inseam.policy.messages import Code, Place, PolicyMessage, message_at
from inseam.policy.modes import Mode
from inseam.policy.orders import Settings
from inseam.policy.reader import shown
from inseam.policy.validation import did_you_mean

NOTICE_DAYS = 14
"""A waiver that expires within so many days is announced."""

WaiverState = Literal["active", "expired", "pending"]


@dataclass(frozen=True, kw_only=True)
class EffectiveWaiver:
    """A waiver on a given day."""

    statement: WaiverStatement
    state: WaiverState
    place: Place


def effective_waivers(
    layer: ServiceLayer | None, gate: str, as_of: datetime.date
) -> tuple[EffectiveWaiver, ...]:
    """The waivers of `gate` that `layer` holds, in the order of their ids."""
    if layer is None or not layer.document.waivers:
        return ()
    found = [
        EffectiveWaiver(statement=waiver, state=state_on(waiver, as_of), place=place)
        for waiver, place in zip(layer.document.waivers, layer.waivers_at, strict=True)
        if waiver.gate == gate
    ]
    return tuple(sorted(found, key=lambda waiver: waiver.statement.id))


def state_on(waiver: WaiverStatement, day: datetime.date) -> WaiverState:
    """Whether `waiver` holds on `day`; both its first and its last day count."""
    if day < waiver.created:
        return "pending"
    return "active" if day <= waiver.expires else "expired"


def strictness(target: WaiverTarget) -> int:
    """A target's rank: a mode's own, and below all of them `not-applicable`."""
    return -1 if target == "not-applicable" else Mode.parse(target)


def waiver_errors(
    layer: ServiceLayer, org: OrgLayer | None, gates: Mapping[str, type[Settings]]
) -> Iterator[PolicyMessage]:
    """Every way in which `layer`'s waivers exceed what the organisation allows."""
    for index, waiver in enumerate(layer.document.waivers):
        yield from _shape_errors(layer, index, waiver)
        if waiver.gate not in gates:
            message = f"{waiver.id} names the gate {shown(waiver.gate)}, which does not exist"
            fix = did_you_mean(waiver.gate, gates)
            yield _error(layer, index, "gate", "waiver-unknown-gate", message, fix)
        elif org is not None:
            gate = org.document.gates.get(waiver.gate)
            yield from _bound_errors(
                layer, index, waiver, org, None if gate is None else gate.waivers
            )


def _shape_errors(
    layer: ServiceLayer, index: int, waiver: WaiverStatement
) -> Iterator[PolicyMessage]:
    if (waiver.match is None) == (waiver.to is None):
        how = "neither" if waiver.match is None else "both"
        message = f"{waiver.id} states {how} of `match` and `to`"
        fix = "state `match` to waive findings, or `to` for a milder mode"
        yield _error(layer, index, "to", "waiver-scope", message, fix)
    if waiver.match is not None and set(waiver.match) == {"path"}:
        path = waiver.match["path"]
        if _covers(path, layer.document.path):
            message = f"{waiver.id} waives everything in the service: path {shown(path)}"
            fix = "name the rule, the finding or a narrower path"
            yield _error(layer, index, "match", "waiver-too-broad", message, fix)
    if waiver.expires < waiver.created:
        message = f"{waiver.id} expires {waiver.expires}, before it is created ({waiver.created})"
        yield _error(layer, index, "expires", "waiver-dates", message, "correct the dates")


def _bound_errors(
    layer: ServiceLayer,
    index: int,
    waiver: WaiverStatement,
    org: OrgLayer,
    bounds: WaiverBounds | None,
) -> Iterator[PolicyMessage]:
    if bounds is None:
        message = f"{waiver.id}: the organisation allows no waivers of {waiver.gate} ({org.file})"
        fix = "fix the findings, or ask the policy's owner for `waivers:` bounds"
        yield _error(layer, index, "gate", "waiver-not-allowed", message, fix)
        return

    def bound(key: str) -> Place:
        return org.at("gates", waiver.gate, "waivers", key)

    days = (waiver.expires - waiver.created).days
    if days > bounds.max_days:
        message = (
            f"{waiver.id} lasts {days} days, more than {bounds.max_days} ({bound('max_days')})"
        )
        latest = waiver.created + datetime.timedelta(days=bounds.max_days)
        fix = f"let it expire on {latest} or before"
        yield _error(layer, index, "expires", "waiver-too-long", message, fix)
    if waiver.to is not None and strictness(waiver.to) < strictness(bounds.floor):
        message = f"{waiver.id} to {waiver.to} is below the floor {bounds.floor} ({bound('floor')})"
        fix = f"ask for {bounds.floor} at the mildest"
        yield _error(layer, index, "to", "waiver-below-floor", message, fix)
    if bounds.approvers and waiver.approved_by not in bounds.approvers:
        by = (
            f"is approved by {shown(waiver.approved_by)}"
            if waiver.approved_by
            else "is not approved"
        )
        message = f"{waiver.id} {by}; approvers stand at {bound('approvers')}"
        fix = f"have it approved by one of: {', '.join(bounds.approvers)}"
        yield _error(layer, index, "approved_by", "waiver-not-approved", message, fix)


def waiver_notices(waiver: EffectiveWaiver, as_of: datetime.date) -> Iterator[PolicyMessage]:
    """That it has expired, or soon will."""
    statement = waiver.statement
    who = f"{statement.id} (gate {statement.gate}, owner {statement.owner})"
    left = (statement.expires - as_of).days
    if waiver.state == "expired":
        message = f"{who} expired {statement.expires}: what it waived counts again"
        fix = "fix what it waived and delete it, or have a new one approved"
        yield message_at(waiver.place, "waiver-expired", message, fix)
    elif waiver.state == "active" and left <= NOTICE_DAYS:
        when = "today" if left == 0 else f"in {left} day{'s' if left > 1 else ''}"
        message = f"{who} expires {when}, after {statement.expires}"
        yield message_at(waiver.place, "waiver-expires-soon", message, "fix what it waives before")


_WILDCARDS = re.compile(r"[*?/]|\[[^]]*\]|\.pyi?$")


def _covers(glob: str, root: str) -> bool:
    """Whether `glob` says no more than "any file (or any Python file) of the service"."""
    rest = glob.removeprefix("./")
    if root != ".":
        rest = rest.removeprefix(root)
    return not _WILDCARDS.sub("", rest)


def _error(
    layer: ServiceLayer, index: int, key: str, code: Code, message: str, fix: str
) -> PolicyMessage:
    return message_at(layer.at("waivers", index, key), code, message, fix)
