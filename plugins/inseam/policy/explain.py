"""Where every effective value came from: `explain(effective) -> Explanation`.

Replays the join layer by layer and notes each value whenever a layer changes it, so that what is
explained is what was computed. `explain_text.render_explanation` makes plain text of it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from inseam.policy.canonical import canonical
from inseam.policy.documents import OrgDocument
from inseam.policy.explanation import (
    ExplainedGate,
    ExplainedLayer,
    ExplainedStep,
    ExplainedValue,
    ExplainedWaiver,
    Explanation,
    Source,
    StatedValue,
    WaiverLimits,
)
from inseam.policy.joining import JoinedGate, defaults, orders, with_layer, with_org
from inseam.policy.layers import AnyLayer, stated_days
from inseam.policy.messages import Place
from inseam.policy.modes import Mode
from inseam.policy.resolve import EffectiveGate, EffectivePolicy
from inseam.policy.rollout import NEVER
from inseam.policy.waivers import EffectiveWaiver

_DEFAULT = Source(layer="default")
_NOTHING = object()
"""Differs from every value."""


def explain(effective: EffectivePolicy, only: Collection[str] | None = None) -> Explanation:
    """Every effective value of a service with its source and what it overrode.

    Args:
        effective: what `inseam.policy.resolve.resolve` gave.
        only: ids of the gates to explain; None for all.
    """
    return Explanation(
        service=effective.service,
        owner=effective.owner,
        as_of=effective.as_of,
        layers=tuple(
            ExplainedLayer(layer=layer.label, file=layer.file) for layer in effective.layers
        ),
        has_base=effective.base_layers is not None,
        gates=tuple(
            _gate(effective, gate)
            for gate in effective.gates.values()
            if only is None or gate.gate in only
        ),
    )


def _gate(effective: EffectivePolicy, gate: EffectiveGate) -> ExplainedGate:
    rollout = gate.joined.rollout
    day = rollout.day(gate.mode)
    return ExplainedGate(
        gate=gate.gate,
        applies=gate.applies,
        reason=gate.joined.reason,
        mode=gate.mode.label,
        since=day if day <= effective.as_of else None,
        by_cohort=gate.cohort == gate.mode and day > effective.as_of and gate.mode > Mode.AUDIT,
        steps=tuple(_steps(gate, effective.as_of)),
        values=tuple(_values(effective, gate)),
        waiver_limits=_waiver_limits(effective.layers, gate.gate),
        waivers=tuple(_waiver(effective.service, waiver) for waiver in gate.waivers),
    )


def _steps(gate: EffectiveGate, as_of: datetime.date) -> Iterator[ExplainedStep]:
    mode, day = gate.mode, as_of
    while (step := gate.joined.rollout.next_after(day, mode)) is not None:
        mode, day = step
        yield ExplainedStep(mode=mode.label, date=day)


@dataclass(frozen=True, kw_only=True)
class _Stage:
    """What held once `layer` had spoken."""

    layer: AnyLayer | None
    """None: before any layer."""
    joined: JoinedGate


@dataclass(frozen=True, kw_only=True)
class _Aspect:
    """One value of a gate's policy, and where a layer states it."""

    name: str
    of: Callable[[JoinedGate], Any]
    path: Callable[[AnyLayer, Any], Sequence[str]]
    """Given the layer that changed it and the value then."""
    order: str | None = None
    optional: bool = False
    """Whether None means that no layer has said anything yet."""


def _values(effective: EffectivePolicy, gate: EffectiveGate) -> Iterator[ExplainedValue]:
    head = _stages(gate, effective.layers)
    base = None if effective.base_layers is None else _stages(gate, effective.base_layers)
    for aspect in _aspects(gate):
        value = canonical(aspect.of(gate.joined))
        trail = _trail(gate.gate, aspect, head)
        if base is not None and trail[0].value != value:
            # The head is milder here; the base's demand stands until that is merged.
            held = _trail(gate.gate, aspect, base)[0].source
            trail.insert(0, StatedValue(value=value, source=held.model_copy(update={"base": True})))
        yield ExplainedValue(
            name=aspect.name,
            value=value,
            source=trail[0].source,
            overrode=tuple(trail[1:]),
            order=aspect.order,
        )
    yield _baseline(effective, gate)


def _stages(gate: EffectiveGate, layers: Sequence[AnyLayer]) -> list[_Stage]:
    joined = defaults(gate.joined.model)
    stages = [_Stage(layer=None, joined=joined)]
    for layer in layers:
        stated = layer.gates.get(gate.gate)
        if stated is None:
            continue
        if isinstance(layer.document, OrgDocument):
            joined = with_org(joined.model, stated)
        else:
            joined = with_layer(joined, stated)
        stages.append(_Stage(layer=layer, joined=joined))
    return stages


def _trail(gate: str, aspect: _Aspect, stages: Sequence[_Stage]) -> list[StatedValue]:
    """Every value that held, the latest first; nothing where there was none yet."""
    trail: list[StatedValue] = []
    for stage in stages:
        value = aspect.of(stage.joined)
        plain = canonical(value)
        before = trail[0].value if trail else (None if aspect.optional else _NOTHING)
        if before == plain and not _replaces(stage.layer, gate, aspect):
            continue
        source = _DEFAULT
        if stage.layer is not None:
            place = stage.layer.at("gates", gate, *aspect.path(stage.layer, value))
            source = _source(stage.layer, place)
        if before == plain:
            trail.pop(0)
        trail.insert(0, StatedValue(value=plain, source=source))
    return trail


def _replaces(layer: AnyLayer | None, gate: str, aspect: _Aspect) -> bool:
    """Whether the value is `layer`'s even where it repeats what held before: the organisation's
    takes the default's place, and stays when the default changes."""
    if layer is None or not isinstance(layer.document, OrgDocument):
        return False
    return aspect.name.removeprefix("settings.") in layer.gates[gate].settings


def _aspects(gate: EffectiveGate) -> Iterator[_Aspect]:
    """What there is to explain; dates, cohorts and limits only where some layer states them."""
    joined = gate.joined
    yield _Aspect(name="applies", of=lambda j: j.applies, path=lambda *_: ("applies",))
    later = NEVER
    for mode in reversed(Mode):
        # A mode that a stricter one includes from the same day on has nothing of its own to say.
        if joined.rollout.day(mode) < later:
            later = joined.rollout.day(mode)
            yield _rollout_aspect(gate.gate, mode)
    for mode in sorted(joined.cohorts.by_mode):
        yield _cohort_aspect(mode)
    for name, order in orders(joined.model).items():
        yield _setting_aspect(name, order.name)
    if joined.burn_down.steps:
        yield _Aspect(
            name="ratchet.burn_down",
            of=lambda j: dict(j.burn_down.steps) or None,
            path=lambda *_: ("ratchet", "burn_down"),
            optional=True,
        )


def _rollout_aspect(gate: str, mode: Mode) -> _Aspect:
    def day(joined: JoinedGate) -> datetime.date | None:
        date = joined.rollout.day(mode)
        return None if date == NEVER else date

    def path(layer: AnyLayer, date: Any) -> Sequence[str]:
        # The mode's own date, or that of a stricter mode which includes it.
        stated = stated_days(layer.gates[gate].statement)
        by = next(m for m in list(Mode)[mode:] if stated.get(m) == date)
        return ("rollout", by.label)

    return _Aspect(name=f"rollout.{mode.label}", of=day, path=path, optional=True)


def _cohort_aspect(mode: Mode) -> _Aspect:
    def cohort(joined: JoinedGate) -> dict[str, Any] | None:
        found = joined.cohorts.by_mode.get(mode)
        return None if found is None else {"include": found.include, "percent": found.percent}

    path = ("cohorts", mode.label)
    return _Aspect(name=f"cohorts.{mode.label}", of=cohort, path=lambda *_: path, optional=True)


def _setting_aspect(name: str, order: str) -> _Aspect:
    return _Aspect(
        name=f"settings.{name}",
        of=lambda joined: joined.values[name],
        path=lambda *_: ("settings", name),
        order=order,
    )


def _baseline(effective: EffectivePolicy, gate: EffectiveGate) -> ExplainedValue:
    source = _DEFAULT
    layer = effective.layer
    statement = None if layer is None else layer.document.gates.get(gate.gate)
    ratchet = None if statement is None else statement.ratchet
    if layer is not None and ratchet is not None and ratchet.baseline is not None:
        source = _source(layer, layer.at("gates", gate.gate, "ratchet", "baseline"))
    return ExplainedValue(name="ratchet.baseline", value=gate.baseline, source=source)


def _waiver_limits(layers: Sequence[AnyLayer], gate: str) -> WaiverLimits | None:
    for layer in layers:
        stated = layer.document.gates.get(gate) if isinstance(layer.document, OrgDocument) else None
        if stated is not None and stated.waivers is not None:
            return WaiverLimits(
                floor=stated.waivers.floor,
                max_days=stated.waivers.max_days,
                approvers=stated.waivers.approvers,
                source=_source(layer, layer.at("gates", gate, "waivers")),
            )
    return None


def _waiver(service: str, waiver: EffectiveWaiver) -> ExplainedWaiver:
    statement = waiver.statement
    place = waiver.place
    return ExplainedWaiver(
        id=statement.id,
        state=waiver.state,
        created=statement.created,
        expires=statement.expires,
        match=statement.match,
        to=statement.to,
        reason=statement.reason,
        owner=statement.owner,
        source=Source(
            layer=f"service {service}", file=place.file, line=place.line, column=place.column
        ),
    )


def _source(layer: AnyLayer, place: Place) -> Source:
    return Source(layer=layer.label, file=place.file, line=place.line, column=place.column)
