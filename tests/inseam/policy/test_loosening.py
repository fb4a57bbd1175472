"""A layer may tighten; whatever is looser is an error that names the stricter place."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

ORG = """
lint:
  rollout: {warn: 2026-10-01, enforce: 2027-03-01}
  cohorts: {enforce: {include: [api], percent: 25}}
  settings:
    strict: true
    minimum: 20
    maximum: 80
    select: [E, F]
    ignore: [D, X, Z]
    per_path: {"tests/*": [S, T]}
    index: ours
    style: plain
  ratchet: {burn_down: {2026-12-01: 40, 2027-01-01: 10}}
types: {applies: false, reason: not yet}
"""

LOOSER = [
    ("lint: {rollout: {enforce: 2027-03-02}}", "8:20", "loosens", "2027-03-01 (policies/org.yaml:7:33)"),
    ("lint: {rollout: {warn: 2026-10-02}}", "8:20", "loosens", "2026-10-01 (policies/org.yaml:7:15)"),
    ("lint: {rollout: {audit: 2026-10-02}}", "8:20", "loosens", "2026-10-01 (policies/org.yaml:7:15)"),
    ("lint: {rollout: {ratchet: 2027-03-02}}", "8:20", "loosens", "2027-03-01 (policies/org.yaml:7:33)"),
    ("lint: {settings: {strict: false}}", "8:21", "loosens", "false is looser than true (policies/org.yaml:10:7)"),
    ("lint: {settings: {minimum: 19}}", "8:21", "loosens", "19 is looser than 20 (policies/org.yaml:11:7)"),
    ("lint: {settings: {maximum: 81}}", "8:21", "loosens", "81 is looser than 80 (policies/org.yaml:12:7)"),
    ("lint: {settings: {ignore: [D, Q, P]}}", "8:33", "loosens", "allows [P, Q] beyond [D, X, Z] (policies/org.yaml:14:7)"),
    ('lint: {settings: {per_path: {"tests/*": [S, Q]}}}', "8:21", "loosens", "(policies/org.yaml:15:7)"),
    ('lint: {settings: {per_path: {"src/*": [S]}}}', "8:21", "loosens", "may only shrink, key by key"),
    ("lint: {settings: {index: theirs}}", "8:21", "locked", "theirs differs from ours (policies/org.yaml:16:7)"),
    ("lint: {applies: false}", "8:10", "loosens", "the gate applies (by default)"),
    ("lint: {ratchet: {burn_down: {2026-12-15: 41}}}", "8:32", "loosens", "41 is more than the 40"),
    ("audit-log: {settings: {strict: false}, applies: false}", "8:42", "loosens", "by default"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "place", "code", "message"), LOOSER, ids=[w[0] for w in LOOSER])
def test_a_looser_service(
    body: str, place: str, code: str, message: str, repository: Any, codes: Any
) -> None:
    services = {"api": repository.service("api", body)}
    errors = repository.load(ORG, services=services).errors
    assert codes.of(errors) == [f"{place} {code}"]
    assert message in errors[0].message
    assert errors[0].file == "policies/services/api.yaml"


@pytest.mark.parametrize(("body", "place", "code", "message"), LOOSER, ids=[w[0] for w in LOOSER])
def test_a_looser_profile(
    body: str, place: str, code: str, message: str, repository: Any, codes: Any
) -> None:
    line, column = place.split(":")
    services = {"api": ""}
    errors = repository.load(ORG, profiles={"web": body}, services=services).errors
    assert codes.of(errors) == [f"{int(line) - 3}:{column} {code}"]
    assert message in errors[0].message


@pytest.mark.parametrize(
    "body",
    [
        "lint: {rollout: {audit: 2026-01-01, warn: 2026-10-01, enforce: 2027-03-01}}",
        # The cohort's mode holds since ever, but dates are held against dates.
        "lint: {rollout: {enforce: 2027-01-15}}",
        "lint: {settings: {strict: true, minimum: 20, maximum: 79, select: [B], ignore: [D]}}",
        "lint: {settings: {index: ours, style: fancy, ignore: [], per_path: {}}}",
        'lint: {settings: {per_path: {"tests/*": [T]}}}',
        "lint: {ratchet: {burn_down: {2026-11-30: 99, 2026-12-15: 40, 2027-06-01: 0}}}",
        "types: {applies: true}",
        "types: {applies: false}",
        "audit-log: {settings: {strict: true}, rollout: {audit: 2030-01-01}}",
    ],
)
def test_stricter_or_equal_layers(body: str, repository: Any) -> None:
    services = {"api": repository.service("api", body)}
    repository.valid(ORG, services=services)
    repository.valid(ORG, profiles={"web": body}, services={"api": ""})


def test_cohorts_of_profiles(repository: Any, codes: Any) -> None:
    body = "lint: {cohorts: {enforce: {percent: 24}}}"
    errors = repository.load(ORG, profiles={"web": body}, services={"api": ""}).errors
    assert codes.of(errors) == ["5:30 loosens"]
    assert "24 is less than 25 (policies/org.yaml:8:41)" in errors[0].message
    for body in ("{percent: 25}", "{include: [api]}", "{percent: 99}"):
        profiles = {"web": f"lint: {{cohorts: {{enforce: {body}}}}}"}
        repository.valid(ORG, profiles=profiles, services={"api": ""})


def test_a_service_is_held_against_its_profiles_too(repository: Any, codes: Any) -> None:
    profiles = {
        "fast": "lint: {settings: {minimum: 30, ignore: [D, X]}, rollout: {enforce: 2027-02-01}}",
        "safe": "lint: {settings: {minimum: 40, ignore: [X, Z]}}",
        "other": "lint: {settings: {minimum: 79}}",
    }
    body = "lint: {settings: {minimum: 39, ignore: [D]}, rollout: {enforce: 2027-02-02}}"
    service = repository.service("api", body, profiles="[safe, fast]")
    errors = repository.load(ORG, profiles=profiles, services={"api": service}).errors
    assert codes.of(errors) == ["8:21 loosens", "8:43 loosens", "8:58 loosens"]
    assert "40 (policies/profiles/safe.yaml:5:21)" in errors[0].message
    assert "[X, Z] (policies/profiles/safe.yaml:5:34)" in errors[1].message
    assert "2027-02-01 (policies/profiles/fast.yaml:5:61)" in errors[2].message


class TestFreeSettings:
    """The nearest layer decides; two profiles may not disagree over a silent service's head."""

    profiles: ClassVar = {
        "a": "lint: {settings: {style: round}}",
        "b": "lint: {settings: {style: square}}",
        "c": "lint: {settings: {style: square}}",
    }

    def test_conflict(self, repository: Any, codes: Any) -> None:
        service = repository.service("api", profiles="[a, b]")
        errors = repository.load(ORG, profiles=self.profiles, services={"api": service}).errors
        assert codes.of(errors) == ["6:1 conflict"]
        assert "round (policies/profiles/a.yaml:5:21)" in errors[0].message
        assert "square (policies/profiles/b.yaml:5:21)" in errors[0].message

    @pytest.mark.parametrize(
        ("profiles", "body"),
        [("[b, c]", ""), ("[a]", ""), ("[a, b]", "lint: {settings: {style: oval}}")],
    )
    def test_no_conflict(self, profiles: str, body: str, repository: Any) -> None:
        service = repository.service("api", body, profiles=profiles)
        repository.valid(ORG, profiles=self.profiles, services={"api": service})


def test_what_organisation_states_replaces_the_default(repository: Any) -> None:
    """Also where that is looser: a default is a proposal."""
    policies = repository.valid("lint: {settings: {select: [A], minimum: 5, ignore: [D, X, Y]}}")
    values = policies.upstream("lint", ()).values
    assert values["select"] == {"A"}
    assert values["minimum"] == 5
    assert values["maximum"] == 100


def test_settings_that_only_clash_once_joined(repository: Any, codes: Any) -> None:
    services = {"api": repository.service("api", "lint: {settings: {minimum: 90}}")}
    errors = repository.load("lint: {settings: {maximum: 80}}", services=services).errors
    assert codes.of(errors) == ["8:10 wrong-settings"]
    assert "the minimum is above the maximum" in errors[0].message


class TestOutOfOrder:
    """Entries that another one of the same layer makes void are slips."""

    def test_rollout(self, repository: Any, codes: Any) -> None:
        errors = repository.load("lint: {rollout: {warn: 2027-01-02, enforce: 2027-01-01}}").errors
        assert codes.of(errors) == ["6:20 out-of-order"]

    def test_burn_down(self, repository: Any, codes: Any) -> None:
        errors = repository.load(
            "lint: {ratchet: {burn_down: {2027-01-02: 5, 2027-01-01: 4}}}"
        ).errors
        assert codes.of(errors) == ["6:32 out-of-order"]

    def test_equal_ones_do_no_harm(self, repository: Any) -> None:
        repository.valid(
            "lint: {rollout: {warn: 2027-01-01, enforce: 2027-01-01},"
            " ratchet: {burn_down: {2027-01-01: 4, 2027-01-02: 4}}}"
        )
