"""The laws of what is no setting: rollouts, cohorts and burn-downs."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inseam.policy.burn_down import BurnDownLimits
from inseam.policy.cohorts import Cohort, Cohorts, bucket
from inseam.policy.modes import Mode
from inseam.policy.rollout import NEVER, Rollout

DAY = datetime.date(2026, 11, 1)
_DAYS = st.integers(0, 6).map(lambda n: DAY + datetime.timedelta(days=n))
_MODES = st.sampled_from(Mode)
_ROLLOUTS = st.dictionaries(_MODES, _DAYS).map(Rollout.of)
_COHORT = st.builds(
    Cohort, include=st.frozensets(st.sampled_from("abc")), percent=st.integers(0, 100)
)
_COHORTS = st.dictionaries(_MODES, _COHORT).map(lambda by_mode: Cohorts(by_mode=by_mode))
_LIMITS = st.dictionaries(_DAYS, st.integers(0, 9)).map(BurnDownLimits.of)


@pytest.mark.parametrize(
    "values", [_ROLLOUTS, _COHORTS, _LIMITS], ids=["rollout", "cohorts", "burn_down"]
)
@given(data=st.data())
@settings(max_examples=100)
def test_join_is_the_least_upper_bound(values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    a, b, c = (data.draw(values) for _ in range(3))
    joined = a.join(b)
    assert joined == b.join(a)
    assert joined.join(c) == a.join(b.join(c))
    assert a.join(a) == a
    assert joined.at_least_as_strict(a)
    assert joined.at_least_as_strict(b)
    if c.at_least_as_strict(a) and c.at_least_as_strict(b):
        assert c.at_least_as_strict(joined)
    if a.at_least_as_strict(b) and b.at_least_as_strict(a):
        assert a == b or isinstance(a, Cohorts)  # an empty cohort and none are alike


@given(_ROLLOUTS, _ROLLOUTS, _DAYS)
@settings(max_examples=100)
def test_a_joined_rollout_is_on_each_day_as_strict_as_both(
    a: Rollout, b: Rollout, day: datetime.date
) -> None:
    assert a.join(b).mode_on(day) == max(a.mode_on(day), b.mode_on(day))
    assert a.at_least_as_strict(a.join(b)) == (a == a.join(b))


@given(_ROLLOUTS, _DAYS)
@settings(max_examples=100)
def test_the_next_step_is_the_next_day_on_which_the_mode_changes(
    rollout: Rollout, day: datetime.date
) -> None:
    mode = rollout.mode_on(day)
    step = rollout.next_after(day, mode)
    later = [day + datetime.timedelta(days=n) for n in range(1, 10)]
    changed = next((d for d in later if rollout.mode_on(d) != mode), None)
    assert step == (None if changed is None else (rollout.mode_on(changed), changed))


def test_a_stricter_mode_includes_the_milder_ones() -> None:
    rollout = Rollout.of({Mode.WARN: DAY, Mode.ENFORCE: DAY - datetime.timedelta(days=9)})
    assert rollout.day(Mode.WARN) == rollout.day(Mode.AUDIT) == rollout.day(Mode.ENFORCE)
    assert Rollout.of({Mode.WARN: DAY}).day(Mode.RATCHET) == NEVER
    assert Rollout.of({}).mode_on(DAY) is Mode.AUDIT


@given(_LIMITS, _LIMITS, _DAYS)
@settings(max_examples=100)
def test_a_joined_burn_down_is_on_each_day_the_lower(
    a: BurnDownLimits, b: BurnDownLimits, day: datetime.date
) -> None:
    limits = [limit for limit in (a.limit_on(day), b.limit_on(day)) if limit is not None]
    assert a.join(b).limit_on(day) == min(limits, default=None)


@given(st.text(max_size=20), st.text(max_size=20), st.integers(0, 100), st.integers(0, 100))
@settings(max_examples=200)
def test_a_smaller_cohort_is_within_a_larger(gate: str, service: str, p: int, q: int) -> None:
    small, large = sorted((p, q))
    if Cohort(percent=small).holds(gate, service):
        assert Cohort(percent=large).holds(gate, service)
    assert Cohort(percent=100).holds(gate, service)
    assert not Cohort(percent=0).holds(gate, service)


def test_a_cohort_of_25_percent_holds_about_that_share() -> None:
    services = [f"service-{n}" for n in range(2000)]
    share = sum(Cohort(percent=25).holds("mypy", name) for name in services) / len(services)
    assert 0.22 < share < 0.28


def test_buckets_are_stable_across_versions_and_machines() -> None:
    # These decide which services go first in every repository that uses percentages: a change
    # here moves them all.
    assert [bucket("mypy", name) for name in ("billing", "orders", "catalog")] == [77, 76, 29]
    assert not Cohort(percent=29).holds("mypy", "catalog")
    assert Cohort(percent=30).holds("mypy", "catalog")
