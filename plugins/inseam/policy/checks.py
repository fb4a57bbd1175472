"""What only shows when all layers are looked at together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from inseam.policy.joining import JoinedGate, orders
from inseam.policy.layers import AnyLayer, stated_days
from inseam.policy.loosening import Comparison, conflicts
from inseam.policy.messages import Code, PolicyMessage, message_at
from inseam.policy.policies import Policies
from inseam.policy.reader import shown
from inseam.policy.tree import Path
from inseam.policy.validation import did_you_mean
from inseam.policy.waivers import waiver_errors


def cross_checks(policies: Policies, broken: frozenset[str]) -> Iterator[PolicyMessage]:
    """Every error that no single document shows.

    Args:
        policies: the layers that could be read.
        broken: files of layers that could not, so that nothing complains of their absence.
    """
    every: list[AnyLayer] = [*policies.profiles.values(), *policies.services.values()]
    if policies.org is not None:
        every.insert(0, policies.org)
        yield from _org_errors(policies, broken)
    for layer in every:
        yield from _name_errors(layer)
        for gate in layer.gates:
            yield from _order_errors(layer, gate)
    yield from _repeated_names(policies)
    yield from _service_errors(policies, broken)
    if policies.org is not None:
        yield from _loosening_errors(policies)


def _org_errors(policies: Policies, broken: frozenset[str]) -> Iterator[PolicyMessage]:
    org = policies.org
    assert org is not None, "the caller asks only then"
    for gate, statement in org.document.gates.items():
        if statement.applies is False and statement.reason is None:
            message = f"gates.{gate}.applies is false without a reason"
            place = org.at("gates", gate, "applies")
            yield message_at(place, "no-reason", message, "add `reason:`")
        yield from _setting_errors(policies.upstream(gate, ()), org, gate)
    layers: list[AnyLayer] = [org, *policies.profiles.values()]
    for layer in layers:
        for gate, stated in layer.gates.items():
            for mode, cohort in stated.cohorts.by_mode.items():
                for name in sorted(cohort.include - policies.services.keys()):
                    if f"{policies.root}/services/{name}.yaml" in broken:
                        continue
                    yield message_at(
                        layer.at("gates", gate, "cohorts", mode.label, "include"),
                        "unknown-service",
                        f"the cohort includes {shown(name)}, which has no layer in "
                        f"{policies.root}/services",
                        did_you_mean(name, policies.services),
                    )


def _name_errors(layer: AnyLayer) -> Iterator[PolicyMessage]:
    name = getattr(layer.document, "name", None)
    if name is not None and name != layer.stem:
        message = f"name {shown(name)} is not the file's, {shown(layer.stem)}"
        fix = f"write `name: {layer.stem}`, or rename the file"
        yield message_at(layer.at("name"), "name-mismatch", message, fix)


def _order_errors(layer: AnyLayer, gate: str) -> Iterator[PolicyMessage]:
    """Dates that a stricter or an earlier entry of the same layer makes void."""
    statement = layer.gates[gate].statement
    days = stated_days(statement)
    for milder, stricter in itertools.combinations(sorted(days), 2):
        if days[milder] > days[stricter]:
            message = (
                f"gates.{gate}.rollout.{milder.label} {days[milder]} is later than "
                f"{stricter.label} {days[stricter]}, which includes it"
            )
            place = layer.at("gates", gate, "rollout", milder.label)
            yield message_at(place, "out-of-order", message, "correct the dates")
            break
    limits = sorted(((statement.ratchet and statement.ratchet.burn_down) or {}).items())
    for (_, before), (day, limit) in itertools.pairwise(limits):
        if limit > before:
            message = f"gates.{gate}.ratchet.burn_down {day}: {limit} is more than {before} before"
            place = layer.at("gates", gate, "ratchet", "burn_down", day.isoformat())
            yield message_at(place, "out-of-order", message, "a limit may only shrink")


def _repeated_names(policies: Policies) -> Iterator[PolicyMessage]:
    """What two services claim: names that differ in case only, folders, baselines, waiver ids."""
    services = [policies.services[name] for name in sorted(policies.services)]
    named: list[_Claim] = []
    folders: list[_Claim] = []
    baselines: list[_Claim] = []
    waivers: list[_Claim] = []
    for layer in services:
        named.append((layer.stem.casefold(), layer, ("name",)))
        folders.append((layer.document.path, layer, ("path",)))
        for gate, statement in layer.document.gates.items():
            if statement.ratchet is not None and statement.ratchet.baseline is not None:
                path = ("gates", gate, "ratchet", "baseline")
                baselines.append((statement.ratchet.baseline, layer, path))
        for index, waiver in enumerate(layer.document.waivers):
            waivers.append((waiver.id, layer, ("waivers", index, "id")))
    yield from _repeated(
        "name", "duplicate-name", named, "file systems may not tell case apart: choose another"
    )
    yield from _repeated("path", "duplicate-path", folders, "give each service a folder of its own")
    yield from _repeated(
        "baseline", "duplicate-baseline", baselines, "give each service and gate a file of its own"
    )
    yield from _repeated("waiver id", "duplicate-waiver-id", waivers, "choose an id that is free")


_Claim = tuple[str, AnyLayer, Path]
"""What a layer claims for itself, and the path of the claim within it."""


def _repeated(what: str, code: Code, claims: Sequence[_Claim], fix: str) -> Iterator[PolicyMessage]:
    first: dict[str, _Claim] = {}
    for claim in claims:
        value, layer, path = claim
        _, other_layer, other_path = other = first.setdefault(value, claim)
        if other is not claim:
            message = f"{what} {shown(value)} is taken already ({other_layer.at(*other_path)})"
            yield message_at(layer.at(*path), code, message, fix)


def _service_errors(policies: Policies, broken: frozenset[str]) -> Iterator[PolicyMessage]:
    for layer in policies.services.values():
        for index, name in enumerate(layer.document.profiles):
            if name in layer.document.profiles[:index]:
                place = layer.at("profiles", index)
                message = f"profile {shown(name)} stands here twice"
                yield message_at(place, "duplicate-profile", message, "keep one of the two")
            elif (
                name not in policies.profiles
                and f"{policies.root}/profiles/{name}.yaml" not in broken
            ):
                place = layer.at("profiles", index)
                message = f"there is no profile {shown(name)} in {policies.root}/profiles"
                fix = did_you_mean(name, policies.profiles)
                yield message_at(place, "unknown-profile", message, fix)
        yield from waiver_errors(layer, policies.org, policies.gates)


def _loosening_errors(policies: Policies) -> Iterator[PolicyMessage]:
    assert policies.org is not None, "the caller asks only then"
    for profile in policies.profiles.values():
        yield from _layer_errors(policies, profile, [policies.org], ())
    for service in policies.services.values():
        names = service.document.profiles
        profiles = policies.profiles_of(names)
        yield from _layer_errors(policies, service, [policies.org, *profiles], names)
        if len(profiles) > 1:
            for gate in policies.gates:
                yield from conflicts(gate, service, profiles, orders(policies.gates[gate]))


def _layer_errors(
    policies: Policies,
    layer: AnyLayer,
    earlier_layers: Sequence[AnyLayer],
    profiles: tuple[str, ...],
) -> Iterator[PolicyMessage]:
    """`layer` held against what comes before it: the organisation and, for a service, profiles."""
    for gate, stated in layer.gates.items():
        earlier = policies.upstream(gate, profiles)
        comparison = Comparison(
            gate=gate, layer=layer, stated=stated, earlier=earlier, earlier_layers=earlier_layers
        )
        yield from comparison.messages()
        if stated.settings:
            joined = policies.joined(gate, profiles, layer)
            yield from _setting_errors(joined, layer, gate)


def _setting_errors(joined: JoinedGate, layer: AnyLayer, gate: str) -> Iterator[PolicyMessage]:
    """Settings of which each is right but not all of them together."""
    try:
        _ = joined.settings  # validates
    except ValidationError as error:
        place = layer.at("gates", gate, "settings")
        for detail in error.errors(include_url=False, include_input=False):
            message = f"gates.{gate}.settings, joined with earlier layers': {detail['msg']}"
            yield message_at(place, "wrong-settings", message, "change what this layer states")
