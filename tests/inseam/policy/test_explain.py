"""Every effective value says where it came from and what it overrode."""

from __future__ import annotations

import datetime
from typing import Any

from inseam.policy.explain import explain
from inseam.policy.explain_text import render_explanation
from inseam.policy.explanation import ExplainedValue, Explanation
from inseam.policy.resolve import resolve

DAY = datetime.date(2026, 11, 20)

ORG = """
lint:
  rollout: {warn: 2026-10-01, ratchet: 2026-11-01, enforce: 2027-03-01}
  cohorts: {warn: {percent: 1}}
  settings: {select: [E, F], minimum: 20}
  ratchet: {burn_down: {2026-12-01: 40}}
  waivers: {floor: warn, max_days: 90, approvers: ["@boss"]}
types: {applies: false, reason: not yet}
"""
PROFILES = {"web": "lint: {settings: {select: [W], minimum: 20}, rollout: {enforce: 2027-02-01}}"}
SERVICE = """
lint:
  rollout: {enforce: 2027-01-15}
  settings: {select: [E], maximum: 50}
  ratchet: {baseline: old/lint.json, burn_down: {2027-01-01: 0}}
"""
WAIVER = """
waivers:
  - id: W-1
    gate: lint
    match: {rule: lint/x, path: "a/**"}
    reason: |
      no fixed
      release
    owner: "@us"
    approved_by: "@boss"
    created: 2026-11-01
    expires: 2026-12-01
"""


def explanation(repository: Any, base: Any = None) -> Explanation:
    service = repository.service("api", SERVICE, profiles="[web]", rest=WAIVER)
    policies = repository.valid(ORG, profiles=PROFILES, services={"api": service})
    return explain(resolve(policies, "api", DAY, base))


def value(explained: Explanation, name: str) -> ExplainedValue:
    (found,) = [each for each in explained.gates[0].values if each.name == name]
    return found


def trail(explained: ExplainedValue) -> list[tuple[Any, str]]:
    before = [(each.value, str(each.source)) for each in explained.overrode]
    return [(explained.value, str(explained.source)), *before]


def test_a_set_that_grew(repository: Any) -> None:
    assert trail(value(explanation(repository), "settings.select")) == [
        (["E", "F", "W"], "policies/profiles/web.yaml:5:21"),
        (["E", "F"], "policies/org.yaml:9:16"),
        (["E"], "default"),
    ]


def test_who_only_repeats_a_value_is_not_its_source(repository: Any) -> None:
    assert trail(value(explanation(repository), "settings.minimum")) == [
        (20, "policies/org.yaml:9:32"),
        (10, "default"),
    ]


def test_the_organisations_value_takes_the_defaults_place(repository: Any) -> None:
    """It stays when a later version has another default."""
    policies = repository.valid("lint: {settings: {maximum: 100}}")
    explained = explain(resolve(policies, "api", DAY))
    assert trail(value(explained, "settings.maximum")) == [(100, "policies/org.yaml:6:21")]


def test_dates_only_of_modes_that_hold_for_a_time_of_their_own(repository: Any) -> None:
    explained = explanation(repository)
    names = [each.name for each in explained.gates[0].values if each.name.startswith("rollout")]
    assert names == ["rollout.enforce", "rollout.ratchet", "rollout.warn"]
    assert trail(value(explained, "rollout.enforce")) == [
        ("2027-01-15", "policies/services/api.yaml:9:15"),
        ("2027-02-01", "policies/profiles/web.yaml:5:58"),
        ("2027-03-01", "policies/org.yaml:7:54"),
    ]


def test_a_date_that_another_mode_brings(repository: Any) -> None:
    policies = repository.valid(
        "lint: {rollout: {warn: 2026-10-01, ratchet: 2027-01-01}}",
        services={"api": "lint: {rollout: {enforce: 2026-12-01}}"},
    )
    explained = explain(resolve(policies, "api", DAY))
    names = [each.name for each in explained.gates[0].values if each.name.startswith("rollout")]
    assert names == ["rollout.enforce", "rollout.warn"]


def test_burn_down_baseline_and_cohorts(repository: Any) -> None:
    explained = explanation(repository)
    assert trail(value(explained, "ratchet.burn_down")) == [
        ({"2026-12-01": 40, "2027-01-01": 0}, "policies/services/api.yaml:11:40"),
        ({"2026-12-01": 40}, "policies/org.yaml:10:15"),
    ]
    assert trail(value(explained, "ratchet.baseline")) == [
        ("old/lint.json", "policies/services/api.yaml:11:15")
    ]
    assert value(explained, "cohorts.warn").value == {"include": [], "percent": 1}


def test_a_default_stands_in_no_file(repository: Any) -> None:
    explained = value(explanation(repository), "settings.style")
    assert (explained.value, str(explained.source), explained.order) == (None, "default", "free")


def test_the_next_steps(repository: Any) -> None:
    steps = explanation(repository).gates[0].steps
    assert [(step.mode, step.date.isoformat()) for step in steps] == [("enforce", "2027-01-15")]


def test_only_some_gates(repository: Any) -> None:
    policies = repository.valid(ORG)
    explained = explain(resolve(policies, "api", DAY), only={"types"})
    assert [gate.gate for gate in explained.gates] == ["types"]


def test_what_only_the_base_branch_demands_says_so(repository: Any) -> None:
    base = repository.valid(
        "lint: {settings: {minimum: 60, select: [Z]}, rollout: {enforce: 2026-01-01}}"
    )
    explained = explanation(repository, base)
    assert explained.has_base
    assert trail(value(explained, "settings.minimum"))[0] == (
        60,
        "base branch, policies/org.yaml:6:21",
    )
    assert value(explained, "settings.select").value == ["E", "F", "W", "Z"]
    assert value(explained, "rollout.enforce").source.base
    assert not value(explained, "settings.maximum").source.base
    assert "joined with the base branch's policy" in render_explanation(explained)


def test_a_locked_default_of_the_base(repository: Any) -> None:
    head = repository.valid("lint: {settings: {index: other}}")
    explained = explain(resolve(head, "api", DAY, repository.valid()))
    assert trail(value(explained, "settings.index"))[0] == ("default", "base branch, default")


def test_json_round_trip(repository: Any) -> None:
    explained = explanation(repository)
    text = explained.model_dump_json(by_alias=True)
    assert text.startswith('{"schema":"inseam.explanation/1"')
    assert Explanation.model_validate_json(text) == explained


def test_text(repository: Any) -> None:
    assert (
        render_explanation(explanation(repository)).partition("\naudit-log")[0]
        == """\
api, as of 2026-11-20
  owner: @acme/api
  layers, from the organisation's on:
    policies/org.yaml (org)
    policies/profiles/web.yaml (profile web)
    policies/services/api.yaml (service api)

lint: ratchet (since 2026-11-01), then enforce from 2027-01-15
  applies = true  <- default
  rollout.enforce = 2027-01-15  <- policies/services/api.yaml:9:15
      overrides 2027-02-01  <- policies/profiles/web.yaml:5:58
      overrides 2027-03-01  <- policies/org.yaml:7:54
  rollout.ratchet = 2026-11-01  <- policies/org.yaml:7:33
  rollout.warn = 2026-10-01  <- policies/org.yaml:7:15
  cohorts.warn = {include: [], percent: 1}  <- policies/org.yaml:8:15
  settings.strict = false  <- default
  settings.minimum = 20  <- policies/org.yaml:9:32
      overrides 10  <- default
  settings.maximum = 50  <- policies/services/api.yaml:10:29
      overrides 100  <- default
  settings.select = [E, F, W]  <- policies/profiles/web.yaml:5:21
      overrides [E, F]  <- policies/org.yaml:9:16
      overrides [E]  <- default
  settings.ignore = [D, X]  <- default
  settings.per_path = {tests/*: [S, T]}  <- default
  settings.index = default  <- default
  settings.style = none  <- default
  ratchet.burn_down = {2026-12-01: 40, 2027-01-01: 0}  <- policies/services/api.yaml:11:40
      overrides {2026-12-01: 40}  <- policies/org.yaml:10:15
  ratchet.baseline = old/lint.json  <- policies/services/api.yaml:11:15
  waivers: down to warn, for at most 90 days, approved by @boss  <- policies/org.yaml:11:5
  waiver W-1 (active, 2026-11-01 to 2026-12-01, owner @us): path a/**, rule lint/x  <- policies/services/api.yaml:14:5
      reason: no fixed release

types: does not apply (not yet)
  applies = false  <- policies/org.yaml:12:11
      overrides true  <- default
  settings.strict = false  <- default
  ratchet.baseline = policies/baselines/api/types.json  <- default
  waivers: none allowed
"""
    )


def test_text_without_a_layer(repository: Any) -> None:
    policies = repository.valid("lint: {cohorts: {warn: {percent: 100}}}")
    text = render_explanation(explain(resolve(policies, "stray", DAY)))
    assert "owner: none stated" in text
    assert "lint: warn (by cohort)" in text
    assert "types: audit (no rollout date has come)" in text
