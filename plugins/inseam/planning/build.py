"""Policies and services to a plan: `build_plan(policies, services, as_of, base=None, ...)`."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from inseam.gates import GATES
from inseam.gates.contract import Gate, ServiceFacts
from inseam.planning.checks import service_errors
from inseam.planning.model import (
    BurnDown,
    Plan,
    PlannedGate,
    PlannedService,
    PlannedWaiver,
    ServicesDocument,
    Step,
)
from inseam.planning.notices import Notices
from inseam.planning.units import Subject, cut_units, nested_folders
from inseam.policy.burn_down import BurnDownLimits
from inseam.policy.messages import PolicyMessage
from inseam.policy.modes import Mode
from inseam.policy.policies import Policies
from inseam.policy.resolve import EffectiveGate, EffectivePolicy, resolve
from inseam.policy.waivers import EffectiveWaiver


def build_plan(
    policies: Policies,
    services: ServicesDocument,
    as_of: datetime.date,
    base: Policies | None = None,
    *,
    gates: Sequence[Gate[Any]] = GATES,
    only: Collection[str] | None = None,
) -> Plan:
    """What has to run to judge `services` by `policies` on the day `as_of`.

    With any error in policy, the head's or the base's, the plan has errors and nothing else.

    Args:
        policies: the workspace's policies; on a pull request, the head's.
        services: the services in question. One without a layer of policy is under the
            organisation's alone.
        as_of: the day, in UTC.
        base: on a pull request the base branch's policies. A base without any document of policy
            demands nothing; it is passed over with a notice, and `Plan.has_base` is false.
        gates: every gate, in the order of reports.
        only: ids of the gates to plan; None for all.

    Raises:
        ValueError: `policies` were loaded for other gates, or `only` names one that is unknown.
    """
    chosen = _chosen(policies, gates, only)
    compared = None if base is None or base.is_empty else base
    errors = [*policies.errors, *_of_base(compared), *service_errors(policies, services)]
    if errors:
        return Plan(as_of=as_of, has_base=compared is not None, errors=_sorted(errors))
    in_order = sorted(services.services, key=lambda facts: facts.name)
    folders = {layer.document.path for layer in policies.services.values()}
    nested = nested_folders(folders.union(facts.root for facts in in_order))
    notices = Notices(gate.id for gate in chosen)
    planned: list[PlannedService] = []
    subjects: dict[str, list[Subject]] = {gate.id: [] for gate in chosen}
    for facts in in_order:
        policy = resolve(policies, facts.name, as_of, compared, path=facts.root)
        notices.add(policy)
        planned.append(_planned_service(facts, policy, chosen))
        for gate in chosen:
            effective = policy.gates[gate.id]
            if effective.runs:
                subjects[gate.id].append(
                    Subject(
                        facts=facts,
                        settings=effective.joined.canonical_settings,
                        nested=nested.get(facts.root, ()),
                    )
                )
    return Plan(
        as_of=as_of,
        has_base=compared is not None,
        notices=_sorted(notices.of(policies, base)),
        services=tuple(planned),
        units=tuple(unit for gate in chosen for unit in cut_units(gate, subjects[gate.id], as_of)),
    )


def _chosen(
    policies: Policies, gates: Sequence[Gate[Any]], only: Collection[str] | None
) -> list[Gate[Any]]:
    known = {gate.id: gate.settings for gate in gates}
    if dict(policies.gates) != known:
        raise ValueError("the policies were loaded for other gates than are planned for")
    unknown = sorted(set(only or ()) - known.keys())
    if unknown:
        raise ValueError(f"no gate {', '.join(unknown)}; there are: {', '.join(known)}")
    return [gate for gate in gates if only is None or gate.id in only]


def _of_base(base: Policies | None) -> Iterator[PolicyMessage]:
    """The base branch's errors. A base that cannot be read cannot be held against the head."""
    for error in base.errors if base is not None else ():
        yield error.model_copy(
            update={
                "message": f"on the base branch: {error.message}",
                "fix": f"{error.fix}; mend the base branch by a change that an admin merges",
            }
        )


def _planned_service(
    facts: ServiceFacts, policy: EffectivePolicy, gates: Iterable[Gate[Any]]
) -> PlannedService:
    layer = policy.layer
    return PlannedService(
        facts=facts,
        owner=policy.owner,
        profiles=policy.profiles,
        policy_file=None if layer is None else layer.file,
        gates=tuple(_planned_gate(policy.gates[gate.id], policy.as_of) for gate in gates),
    )


def _planned_gate(effective: EffectiveGate, as_of: datetime.date) -> PlannedGate:
    waivers, base_waivers = effective.waivers, effective.base_waivers
    return PlannedGate(
        gate=effective.gate,
        applies=effective.applies,
        reason=effective.joined.reason,
        mode=effective.mode.label,
        next=_step(effective.next),
        settings=effective.joined.canonical_settings,
        baseline=effective.baseline,
        burn_down=_burn_down(effective.burn_down, as_of),
        waivers=tuple(map(_planned_waiver, waivers)),
        base_waivers=None if base_waivers is None else tuple(map(_planned_waiver, base_waivers)),
    )


@lru_cache(maxsize=1024)
def _step(step: tuple[Mode, datetime.date] | None) -> Step | None:
    return None if step is None else Step(mode=step[0].label, date=step[1])


@lru_cache(maxsize=1024)
def _burn_down(limits: BurnDownLimits, as_of: datetime.date) -> BurnDown:
    shrinks = limits.next_after(as_of)
    return BurnDown(
        limit=limits.limit_on(as_of),
        next_limit=None if shrinks is None else shrinks[1],
        next_date=None if shrinks is None else shrinks[0],
    )


def _planned_waiver(waiver: EffectiveWaiver) -> PlannedWaiver:
    statement = waiver.statement
    return PlannedWaiver(
        id=statement.id,
        gate=statement.gate,
        reason=statement.reason,
        owner=statement.owner,
        ticket=statement.ticket,
        approved_by=statement.approved_by,
        created=statement.created,
        expires=statement.expires,
        match=statement.match,
        to=statement.to,
        state=waiver.state,
        file=waiver.place.file,
        line=waiver.place.line,
        column=waiver.place.column,
    )


def _sorted(messages: Iterable[PolicyMessage]) -> tuple[PolicyMessage, ...]:
    return tuple(sorted(set(messages), key=PolicyMessage.sort_key))
