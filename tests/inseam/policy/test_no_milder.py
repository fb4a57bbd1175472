"""The promise of the whole: no valid layer of a service, and no pull request, makes a verdict
milder. Random organisations, profiles, services and days; only the documents are made up."""

from __future__ import annotations

import datetime
import json
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from inseam.policy.joining import at_least_as_strict, orders
from inseam.policy.load import load_policies
from inseam.policy.modes import MODE_LABELS
from inseam.policy.orders import Nature
from inseam.policy.resolve import EffectiveGate, EffectivePolicy, resolve

_START = datetime.date(2026, 11, 1)
_DAYS = st.integers(0, 8).map(lambda n: _START + datetime.timedelta(days=n))


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Mappings of any of `fields`."""
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def _rollouts(draw: st.DrawFn) -> dict[str, str]:
    """Dates in the modes' order, of some modes."""
    modes = draw(st.lists(st.sampled_from(MODE_LABELS), unique=True))
    days = sorted(draw(st.lists(_DAYS, min_size=len(modes), max_size=len(modes))))
    ordered = sorted(modes, key=MODE_LABELS.index)
    return {mode: day.isoformat() for mode, day in zip(ordered, days, strict=True)}


@st.composite
def _burn_downs(draw: st.DrawFn) -> dict[str, int]:
    days = sorted(draw(st.lists(_DAYS, unique=True, min_size=1, max_size=3)))
    limits = sorted(draw(st.lists(st.integers(0, 9), min_size=len(days), max_size=len(days))))
    return {day.isoformat(): limit for day, limit in zip(days, reversed(limits), strict=True)}


def _settings(minimum: int, maximum: int, members: int) -> st.SearchStrategy[dict[str, Any]]:
    """Settings around these values; an inner layer draws stricter ones, if not always."""
    codes = st.lists(st.sampled_from("DESTX"), unique=True, max_size=members)
    return _some(
        strict=st.booleans(),
        minimum=st.integers(minimum, minimum + 20),
        maximum=st.integers(maximum - 20, maximum),
        select=codes,
        ignore=codes,
        per_path=st.dictionaries(st.sampled_from(["tests/*", "src/*"]), codes, max_size=1),
        index=st.sampled_from(["default", "default", "ours"]),
        style=st.sampled_from(["plain", "fancy"]),
    )


def _statement(settings: st.SearchStrategy[Any], **more: Any) -> st.SearchStrategy[dict[str, Any]]:
    ratchet = _some(burn_down=_burn_downs())
    return _some(rollout=_rollouts(), settings=settings, ratchet=ratchet, **more)


_COHORT = _some(include=st.just(["api"]), percent=st.integers(0, 100))
_COHORTS = _some(warn=_COHORT, ratchet=_COHORT, enforce=_COHORT)
_ORG_GATE = _statement(_settings(10, 120, 5), cohorts=_COHORTS) | st.just(
    {"applies": False, "reason": "r"}
)
_PROFILE_GATE = _statement(_settings(20, 110, 3), cohorts=_COHORTS)
_SERVICE_GATE = _statement(_settings(30, 95, 1), applies=st.just(True))


@st.composite
def _repositories(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """An organisation, perhaps a profile, and a service that may state anything."""
    profile = draw(st.none() | _PROFILE_GATE)
    return {
        "policies/org.yaml": {
            "kind": "org",
            "version": "v1",
            "owner": "o",
            "gates": {"lint": draw(_ORG_GATE)},
        },
        "policies/profiles/web.yaml": {
            "kind": "profile",
            "name": "web",
            "gates": {"lint": profile or {}},
        },
        "policies/services/api.yaml": {
            "kind": "service",
            "name": "api",
            "owner": "o",
            "path": "services/api",
            "profiles": [] if profile is None else ["web"],
            "gates": {"lint": draw(_SERVICE_GATE)},
        },
    }


def _load(repository: Any, documents: dict[str, dict[str, Any]]) -> Any:
    # JSON is YAML; the loader has no other way in.
    files = {
        path: json.dumps({"schema": "inseam.policy/1", **document}).encode()
        for path, document in documents.items()
    }
    return load_policies(files, repository.gates)


def _without_statements(documents: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    service = documents["policies/services/api.yaml"]
    return {**documents, "policies/services/api.yaml": {**service, "gates": {}}}


def _assert_no_milder(stricter: EffectivePolicy, milder: EffectivePolicy) -> None:
    one, other = stricter.gates["lint"], milder.gates["lint"]
    assert one.mode >= other.mode
    assert one.applies >= other.applies
    _assert_limits(one, other, stricter.as_of)
    for name, order in orders(one.joined.model).items():
        if order.nature is Nature.LATTICE:
            assert order.at_least_as_strict(one.joined.values[name], other.joined.values[name])


def _assert_limits(one: EffectiveGate, other: EffectiveGate, day: datetime.date) -> None:
    limit, before = one.burn_down.limit_on(day), other.burn_down.limit_on(day)
    assert before is None or (limit is not None and limit <= before)


_SETTINGS_OF_TESTS = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@given(_repositories(), _DAYS)
@_SETTINGS_OF_TESTS
def test_no_layer_of_a_service_makes_a_verdict_milder(
    repository: Any, documents: dict[str, dict[str, Any]], day: datetime.date
) -> None:
    policies = _load(repository, documents)
    upstream = _load(repository, _without_statements(documents))
    assume(not upstream.errors)
    stated = policies.services["api"].gates["lint"]
    earlier = policies.upstream("lint", policies.services["api"].document.profiles)
    if not policies.errors:
        effective, without = resolve(policies, "api", day), resolve(upstream, "api", day)
        _assert_no_milder(effective, without)
        assert at_least_as_strict(effective.gates["lint"].joined, earlier)
        # What a valid layer states is what holds: nothing is silently overruled.
        for name, value in stated.settings.items():
            if orders(earlier.model)[name].name != "grow":
                assert effective.gates["lint"].joined.values[name] in (value, _pruned(value))
    else:
        # And it is refused only for something that it states.
        assert {error.file for error in policies.errors} == {"policies/services/api.yaml"}


def _pruned(value: Any) -> Any:
    """A mapping without the entries that allow nothing."""
    if isinstance(value, dict):
        return {key: members for key, members in value.items() if members}
    return value


@given(_repositories(), _repositories(), _DAYS)
@_SETTINGS_OF_TESTS
def test_no_pull_request_is_judged_milder_than_by_its_base_or_head(
    repository: Any,
    base_documents: dict[str, dict[str, Any]],
    head_documents: dict[str, dict[str, Any]],
    day: datetime.date,
) -> None:
    base, head = _load(repository, base_documents), _load(repository, head_documents)
    if base.errors:
        base = _load(repository, _without_statements(base_documents))
    if head.errors:
        head = _load(repository, _without_statements(head_documents))
    assume(not base.errors and not head.errors)
    both = resolve(head, "api", day, base)
    _assert_no_milder(both, resolve(head, "api", day))
    _assert_no_milder(both, resolve(base, "api", day))
    values = both.gates["lint"].joined.values
    base_values = resolve(base, "api", day).gates["lint"].joined.values
    assert values["index"] == base_values["index"]


@given(_repositories(), _DAYS)
@_SETTINGS_OF_TESTS
def test_an_unchanged_policy_is_its_own_base(
    repository: Any, documents: dict[str, dict[str, Any]], day: datetime.date
) -> None:
    policies = _load(repository, documents)
    assume(not policies.errors)
    alone, both = resolve(policies, "api", day), resolve(policies, "api", day, policies)
    assert alone.gates["lint"].mode == both.gates["lint"].mode
    assert alone.gates["lint"].settings == both.gates["lint"].settings
