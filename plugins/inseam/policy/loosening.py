"""May a layer state what it states? Nothing looser than what earlier layers demand.

Every complaint stands at the loosening value and names the place of the stricter one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inseam.policy.canonical import canonical, inline
from inseam.policy.joining import JoinedGate, orders
from inseam.policy.layers import AnyLayer, GateLayer, stated_days
from inseam.policy.messages import Code, Place, PolicyMessage, message_at
from inseam.policy.modes import Mode
from inseam.policy.orders import Nature, grow, shrink
from inseam.policy.rollout import NEVER
from inseam.policy.tree import Items, Scalar, find

_ASK = "remove it, or ask for a waiver"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One layer's statements about one gate, and all that earlier layers demand."""

    gate: str
    layer: AnyLayer
    stated: GateLayer
    earlier: JoinedGate
    earlier_layers: Sequence[AnyLayer]
    """From the organisation on."""

    def messages(self) -> Iterator[PolicyMessage]:
        """Every way in which the layer is looser."""
        yield from self._applies()
        yield from self._rollout()
        yield from self._cohorts()
        yield from self._settings()
        yield from self._burn_down()

    def _applies(self) -> Iterator[PolicyMessage]:
        if self.stated.statement.applies is False and self.earlier.applies:
            setter = self._stated_by(lambda gate: gate.statement.applies is True, "applies")
            yield self._loosens(
                ("applies",),
                f"false, but the gate applies ({setter})",
                "remove it, or ask for a waiver `to: not-applicable`",
            )

    def _rollout(self) -> Iterator[PolicyMessage]:
        for mode, day in stated_days(self.stated.statement).items():
            limit = self.earlier.rollout.day(mode)
            if day > limit:
                setter = self._dated_by(mode, limit)
                yield self._loosens(
                    ("rollout", mode.label), f"{day} is later than {limit} ({setter})", _ASK
                )

    def _cohorts(self) -> Iterator[PolicyMessage]:
        for mode, cohort in self.stated.cohorts.by_mode.items():
            path = ("cohorts", mode.label, "percent")
            least = self.earlier.cohorts.of(mode).percent
            if cohort.percent < least and self._states_percent(mode):
                setter = self._cohort_by(mode, least)
                yield self._loosens(path, f"{cohort.percent} is less than {least} ({setter})", _ASK)

    def _states_percent(self, mode: Mode) -> bool:
        cohorts = getattr(self.stated.statement, "cohorts", None)
        return cohorts is not None and "percent" in getattr(cohorts, mode.label).model_fields_set

    def _settings(self) -> Iterator[PolicyMessage]:
        for name, value in self.stated.settings.items():
            order = orders(self.earlier.model)[name]
            if order is grow or order.at_least_as_strict(value, self.earlier.values[name]):
                continue
            stricter, setter = self._setting_by(name, value)
            path: tuple[str | int, ...] = ("settings", name)
            if order.nature is Nature.LOCKED:
                message = f"{_shown(value)} differs from {_shown(stricter)} ({setter})"
                yield self._message("locked", path, message, "remove it: the setting is locked")
                continue
            if order is shrink:
                extra = canonical(value - self.earlier.values[name])
                path = (*path, *self._first_item(path, extra))
                message = f"allows {_shown(extra)} beyond {_shown(stricter)} ({setter})"
            else:
                message = f"{_shown(value)} is looser than {_shown(stricter)} ({setter})"
            yield self._loosens(path, f"{message}; the setting {order.hint}", _ASK)

    def _burn_down(self) -> Iterator[PolicyMessage]:
        ratchet = self.stated.statement.ratchet
        limits = ratchet.burn_down if ratchet else None
        for day, limit in (limits or {}).items():
            allowed = self.earlier.burn_down.limit_on(day)
            if allowed is not None and limit > allowed:
                message = f"{limit} is more than the {allowed} that earlier layers allow by then"
                yield self._loosens(("ratchet", "burn_down", day.isoformat()), message, _ASK)

    def _loosens(self, path: Sequence[str | int], message: str, fix: str) -> PolicyMessage:
        return self._message("loosens", path, message, fix)

    def _message(
        self, code: Code, path: Sequence[str | int], message: str, fix: str
    ) -> PolicyMessage:
        place = self.layer.at("gates", self.gate, *path)
        keys = ".".join(str(step) for step in path if isinstance(step, str))
        return message_at(place, code, f"gates.{self.gate}.{keys} {message}", fix)

    def _stated_by(self, states: Any, *path: str) -> str:
        """The place of `path` in the first earlier layer for which `states` holds."""
        for layer in self.earlier_layers:
            gate = layer.gates.get(self.gate)
            if gate is not None and states(gate):
                return str(layer.at("gates", self.gate, *path))
        return "by default"

    def _dated_by(self, mode: Mode, day: Any) -> str:
        for stricter in list(Mode)[mode:]:
            for layer in self.earlier_layers:
                gate = layer.gates.get(self.gate)
                if gate is not None and stated_days(gate.statement).get(stricter) == day != NEVER:
                    return str(layer.at("gates", self.gate, "rollout", stricter.label))
        return "by default"

    def _cohort_by(self, mode: Mode, percent: int) -> str:
        return self._stated_by(
            lambda gate: gate.cohorts.of(mode).percent == percent, "cohorts", mode.label, "percent"
        )

    def _setting_by(self, name: str, value: Any) -> tuple[Any, str]:
        """The nearest earlier value that `value` falls short of, and where it stands."""
        order = orders(self.earlier.model)[name]
        for layer in self.earlier_layers:
            gate = layer.gates.get(self.gate)
            if gate is None or name not in gate.settings:
                continue
            other = gate.settings[name]
            if not order.at_least_as_strict(value, other):
                return other, str(layer.at("gates", self.gate, "settings", name))
        return self.earlier.values[name], "by default"

    def _first_item(self, path: Sequence[str | int], members: Any) -> tuple[int, ...]:
        """The index of the first of `members` in the layer's list, to point at it."""
        node = find(self.layer.tree, ("gates", self.gate, *path))
        if isinstance(node, Items):
            for index, item in enumerate(node.nodes):
                if isinstance(item, Scalar) and item.value in members:
                    return (index,)
        return ()


def conflicts(
    gate: str,
    service: AnyLayer,
    profiles: Sequence[AnyLayer],
    model_orders: Mapping[str, Any],
) -> Iterator[PolicyMessage]:
    """Free settings on which a service's profiles differ while the service is silent."""
    own = service.gates.get(gate)
    for name, order in model_orders.items():
        if order.nature is not Nature.FREE or (own is not None and name in own.settings):
            continue
        stated: list[tuple[Any, Place]] = []
        for layer in profiles:
            statement = layer.gates.get(gate)
            if statement is not None and name in statement.settings:
                value = statement.settings[name]
                stated.append((value, layer.at("gates", gate, "settings", name)))
        for value, place in stated[1:]:
            if value != stated[0][0]:
                yield message_at(
                    service.at("profiles"),
                    "conflict",
                    f"profiles differ on gates.{gate}.settings.{name}: "
                    f"{_shown(stated[0][0])} ({stated[0][1]}) and {_shown(value)} ({place})",
                    "state the setting in this service's layer, or drop a profile",
                )
                break


def _shown(value: Any) -> str:
    text = inline(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
