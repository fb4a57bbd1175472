"""Joining layers: what the organisation, the profiles and the service together demand of a gate.

Joins are total: they give a value even for layers that contradict each other. Whether a layer
*may* state what it states is `loosening`'s question, asked once when policies are loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from inseam.policy.burn_down import NO_LIMITS, BurnDownLimits
from inseam.policy.canonical import canonical
from inseam.policy.cohorts import NO_COHORTS, Cohorts
from inseam.policy.documents import OrgGate
from inseam.policy.layers import GateLayer
from inseam.policy.orders import Nature, Order, Settings, order_of
from inseam.policy.rollout import NO_ROLLOUT, Rollout


@dataclass(frozen=True, kw_only=True, eq=False)
class JoinedGate:
    """What some layers together demand of one gate."""

    model: type[Settings]
    values: Mapping[str, Any]
    """Every setting of `model`."""
    rollout: Rollout = NO_ROLLOUT
    cohorts: Cohorts = NO_COHORTS
    burn_down: BurnDownLimits = NO_LIMITS
    applies: bool = True
    reason: str | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings as the gate's own model.

        Raises:
            pydantic.ValidationError: each value is valid, but not together with the others.
        """
        return self.model.model_validate(dict(self.values))

    @cached_property
    def canonical_settings(self) -> dict[str, Any]:
        """The settings as JSON. Shared: not to be changed.

        Raises:
            pydantic.ValidationError: as `settings` does.
        """
        plain: dict[str, Any] = canonical(self.settings)
        return plain


@cache
def orders(model: type[Settings]) -> Mapping[str, Order[Any]]:
    """The order of every setting of `model`."""
    return {name: order_of(model, name) for name in model.model_fields}


@cache
def defaults(model: type[Settings]) -> JoinedGate:
    """What holds before any layer says anything."""
    built_in = model()
    return JoinedGate(
        model=model,
        values={name: getattr(built_in, name) for name in model.model_fields},
        applies=not model.opt_in,
        reason="no layer of policy switches it on" if model.opt_in else None,
    )


def with_org(model: type[Settings], org: GateLayer | None) -> JoinedGate:
    """The defaults, replaced value by value by what the organisation states."""
    start = defaults(model)
    if org is None:
        return start
    statement = org.statement
    return replace(
        start,
        values={**start.values, **org.settings},
        rollout=org.rollout,
        cohorts=org.cohorts,
        burn_down=org.burn_down,
        applies=statement.applies is not False,
        reason=statement.reason if isinstance(statement, OrgGate) else None,
    )


def with_profiles(org: JoinedGate, profiles: Sequence[GateLayer]) -> JoinedGate:
    """`org ⊔ profiles`. The profiles' order does not matter where they do not conflict."""
    joined = org
    for profile in profiles:
        joined = with_layer(joined, profile)
    return joined


def with_layer(earlier: JoinedGate, layer: GateLayer) -> JoinedGate:
    """`earlier ⊔ layer`."""
    values = earlier.values
    if layer.settings:
        values = {**values, **joined_values(earlier.model, values, layer.settings)}
    applies = earlier.applies or layer.statement.applies is True
    return replace(
        earlier,
        values=values,
        rollout=earlier.rollout.join(layer.rollout),
        cohorts=earlier.cohorts.join(layer.cohorts) if layer.cohorts.by_mode else earlier.cohorts,
        burn_down=earlier.burn_down.join(layer.burn_down),
        applies=applies,
        reason=None if applies else earlier.reason,
    )


def joined_values(
    model: type[Settings], earlier: Mapping[str, Any], stated: Mapping[str, Any]
) -> dict[str, Any]:
    """`earlier ⊔ stated`, for the settings that `stated` holds. What is locked stays."""
    joined = {}
    for name, value in stated.items():
        order = orders(model)[name]
        is_locked = order.nature is Nature.LOCKED
        joined[name] = earlier[name] if is_locked else order.join(earlier[name], value)
    return joined


def of_both_branches(base: JoinedGate, head: JoinedGate) -> JoinedGate:
    """`base ⊔ head` of a pull request: locked settings are the base's, free ones the head's."""
    if base is head:
        return head
    applies = base.applies or head.applies
    return JoinedGate(
        model=head.model,
        values={**head.values, **joined_values(head.model, base.values, head.values)},
        rollout=base.rollout.join(head.rollout),
        cohorts=base.cohorts.join(head.cohorts),
        burn_down=base.burn_down.join(head.burn_down),
        applies=applies,
        reason=None if applies else head.reason,
    )


def at_least_as_strict(gate: JoinedGate, than: JoinedGate) -> bool:
    """Whether `gate` demands everything that `than` does. Free settings do not count."""
    return (
        (gate.applies or not than.applies)
        and gate.rollout.at_least_as_strict(than.rollout)
        and gate.cohorts.at_least_as_strict(than.cohorts)
        and gate.burn_down.at_least_as_strict(than.burn_down)
        and all(
            order.at_least_as_strict(gate.values[name], than.values[name])
            for name, order in orders(gate.model).items()
        )
    )
