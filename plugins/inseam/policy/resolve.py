"""One service's effective policy on a day: `resolve(policies, service, as_of, base=None)`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from inseam.policy.burn_down import BurnDownLimits
from inseam.policy.joining import JoinedGate
from inseam.policy.layers import AnyLayer, ServiceLayer
from inseam.policy.modes import Mode
from inseam.policy.orders import Settings
from inseam.policy.policies import Policies
from inseam.policy.rollout import Rollout
from inseam.policy.waivers import EffectiveWaiver, effective_waivers, strictness


@dataclass(frozen=True, kw_only=True, slots=True)
class EffectiveGate:
    """What holds for one service under one gate on one day."""

    gate: str
    joined: JoinedGate
    """The demands themselves, whatever the day."""
    mode: Mode
    """Before waivers."""
    next: tuple[Mode, datetime.date] | None
    """The next stricter mode that has a date."""
    cohort: Mode
    """The mode that holds by cohort; audit if the service is in none."""
    baseline: str
    """Path of the ratchet's baseline."""
    waivers: tuple[EffectiveWaiver, ...]
    base_waivers: tuple[EffectiveWaiver, ...] | None
    """The base branch's; None without one."""

    @property
    def applies(self) -> bool:
        """Whether the gate looks at the service, before waivers."""
        return self.joined.applies

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        return self.joined.settings

    @property
    def burn_down(self) -> BurnDownLimits:
        """How many findings the baseline may hold."""
        return self.joined.burn_down

    @property
    def runs(self) -> bool:
        """Whether the gate has to look: it applies, and no waiver in force (on a pull request: on
        both branches) says that it does not."""
        return self.applies and not (
            _switched_off(self.waivers)
            and (self.base_waivers is None or _switched_off(self.base_waivers))
        )


@dataclass(frozen=True, kw_only=True)
class EffectivePolicy:
    """What holds for one service on one day, and the layers that say so."""

    service: str
    as_of: datetime.date
    layers: tuple[AnyLayer, ...]
    """From the organisation to the service."""
    base_layers: tuple[AnyLayer, ...] | None
    """The base branch's; None without one."""
    gates: Mapping[str, EffectiveGate]

    @property
    def layer(self) -> ServiceLayer | None:
        """The service's own layer, if it has one."""
        last = self.layers[-1] if self.layers else None
        return last if isinstance(last, ServiceLayer) else None

    @property
    def owner(self) -> str | None:
        """Who answers for the service."""
        return None if self.layer is None else self.layer.document.owner

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles it takes part in, sorted."""
        return () if self.layer is None else tuple(sorted(self.layer.document.profiles))


def resolve(
    policies: Policies,
    service: str,
    as_of: datetime.date,
    base: Policies | None = None,
    *,
    path: str | None = None,
) -> EffectivePolicy:
    """The effective policy of `service` on the day `as_of`.

    A service without a layer is under the organisation's alone. Total, but only meaningful for
    policies without errors.

    Args:
        policies: the workspace's policies; on a pull request, the head's.
        service: its name.
        as_of: the day, in UTC.
        base: on a pull request the base branch's policies. Settings and dates are then
            `base ⊔ head`; a service that the base does not know is held against the base's
            organisation and profiles.
        path: the service's folder, by which the base's layer is found where the name fails.
    """
    layer = policies.services.get(service)
    head_profiles = () if layer is None else _sorted_profiles(layer)
    base_layer = None
    base_profiles = head_profiles
    if base is not None:
        folder = path if layer is None else layer.document.path
        base_layer = base.service_layer(service, folder)
        if base_layer is not None:
            base_profiles = _sorted_profiles(base_layer)
    gates = {}
    for gate in policies.gates:
        joined = policies.joined(gate, head_profiles, layer)
        base_waivers = None
        if base is not None:
            joined = policies.compared(base.joined(gate, base_profiles, base_layer), joined)
            base_waivers = effective_waivers(base_layer, gate, as_of)
        gates[gate] = _effective(
            gate,
            service,
            joined,
            as_of=as_of,
            baseline=_baseline(policies, layer, service, gate),
            waivers=effective_waivers(layer, gate, as_of),
            base_waivers=base_waivers,
        )
    return EffectivePolicy(
        service=service,
        as_of=as_of,
        layers=_layers(policies, head_profiles, layer),
        base_layers=None if base is None else _layers(base, base_profiles, base_layer),
        gates=gates,
    )


def _effective(
    gate: str,
    service: str,
    joined: JoinedGate,
    *,
    as_of: datetime.date,
    baseline: str,
    waivers: tuple[EffectiveWaiver, ...],
    base_waivers: tuple[EffectiveWaiver, ...] | None,
) -> EffectiveGate:
    cohort = joined.cohorts.mode_of(gate, service)
    mode, step = _mode_and_next(joined.rollout, cohort, as_of)
    return EffectiveGate(
        gate=gate,
        joined=joined,
        mode=mode,
        next=step,
        cohort=cohort,
        baseline=baseline,
        waivers=waivers,
        base_waivers=base_waivers,
    )


@lru_cache(maxsize=1024)
def _mode_and_next(
    rollout: Rollout, cohort: Mode, as_of: datetime.date
) -> tuple[Mode, tuple[Mode, datetime.date] | None]:
    mode = max(rollout.mode_on(as_of), cohort)
    return mode, rollout.next_after(as_of, mode)


def _baseline(policies: Policies, layer: ServiceLayer | None, service: str, gate: str) -> str:
    if layer is not None:
        statement = layer.document.gates.get(gate)
        ratchet = None if statement is None else statement.ratchet
        if ratchet is not None and ratchet.baseline is not None:
            return ratchet.baseline
    return f"{policies.root}/baselines/{service}/{gate}.json"


def _layers(
    policies: Policies, profiles: tuple[str, ...], layer: ServiceLayer | None
) -> tuple[AnyLayer, ...]:
    org = () if policies.org is None else (policies.org,)
    own = () if layer is None else (layer,)
    return (*org, *policies.profiles_of(profiles), *own)


def _sorted_profiles(layer: ServiceLayer) -> tuple[str, ...]:
    """The profiles' order carries no meaning: one order for all who share them."""
    return tuple(sorted(layer.document.profiles))


def _switched_off(waivers: tuple[EffectiveWaiver, ...]) -> bool:
    return any(
        waiver.state == "active"
        and waiver.statement.to is not None
        and strictness(waiver.statement.to) < Mode.AUDIT
        for waiver in waivers
    )
