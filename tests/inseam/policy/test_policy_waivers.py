"""Waivers: bounded by the organisation, told ahead, never silently ignored."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from inseam.policy.resolve import resolve
from inseam.policy.waivers import waiver_notices

ORG = """
lint: {waivers: {floor: warn, max_days: 90, approvers: ["@boss", "@deputy"]}}
types: {waivers: {floor: not-applicable, max_days: 10}}
"""
GOOD = {
    "id": "W-1",
    "gate": "lint",
    "match": "{rule: lint/x}",
    "reason": "r",
    "owner": "o",
    "approved_by": '"@boss"',
    "created": "2026-11-01",
    "expires": "2026-11-30",
}


def waivers(*each: dict[str, str | None]) -> str:
    """The `waivers:` part; from line 7 on, two lines each."""
    lines = ["waivers:"]
    for changes in each:
        waiver = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
        first, *rest = (f"{key}: {value}" for key, value in waiver.items())
        lines += [f"  - {first}", *(f"    {line}" for line in rest)]
    return "\n".join(lines) + "\n"


def load(repository: Any, *each: dict[str, str | None]) -> Any:
    return repository.load(ORG, services={"api": repository.service("api", rest=waivers(*each))})


WRONG: list[tuple[dict[str, str | None], str]] = [
    ({"gate": "lynt"}, "9:5 waiver-unknown-gate"),
    ({"gate": "audit-log"}, "9:5 waiver-not-allowed"),
    ({"expires": "2027-01-31"}, "15:5 waiver-too-long"),
    ({"expires": "2026-10-31"}, "15:5 waiver-dates"),
    ({"match": None, "to": "audit"}, "15:5 waiver-below-floor"),
    ({"match": None, "to": "not-applicable"}, "15:5 waiver-below-floor"),
    ({"approved_by": '"@me"'}, "13:5 waiver-not-approved"),
    ({"approved_by": None}, "8:5 waiver-not-approved"),
    ({"match": None}, "8:5 waiver-scope"),
    ({"to": "warn"}, "16:5 waiver-scope"),
    ({"match": "{}"}, "10:12 wrong-value"),
    ({"match": "{path: '**'}"}, "10:5 waiver-too-broad"),
    ({"match": "{path: 'services/api/**/*.py'}"}, "10:5 waiver-too-broad"),
    ({"match": "{rule: 17}"}, "10:19 wrong-type"),
    ({"to": "off", "match": None}, "15:9 ambiguous"),
    ({"owner": None}, "8:5 missing-key"),
    ({"reason": "' '"}, "11:13 wrong-value"),
    ({"expires": None}, "8:5 missing-key"),
    ({"expires": "never"}, "15:14 wrong-value"),
    ({"id": "a/b"}, "8:9 wrong-value"),
    ({"expiry": "2026-11-30"}, "16:5 unknown-key"),
]


@pytest.mark.parametrize(("changes", "expected"), WRONG, ids=[str(w[0]) for w in WRONG])
def test_a_wrong_waiver(
    changes: dict[str, str | None], expected: str, repository: Any, codes: Any
) -> None:
    errors = load(repository, changes).errors
    assert codes.of(errors) == [expected]
    assert errors[0].file == "policies/services/api.yaml"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"match": None, "to": "warn"},
        {"match": None, "to": "enforce"},
        {"expires": "2027-01-30"},
        {"created": "2026-11-30"},
        {"match": "{path: 'services/api/generated/**'}"},
        {"match": "{path: '**/*_pb2.py'}"},
        {"match": "{path: '**', rule: lint/x}"},
        {"gate": "types", "expires": "2026-11-11", "approved_by": None},
        {"gate": "types", "expires": "2026-11-11", "match": None, "to": "not-applicable"},
    ],
    ids=str,
)
def test_a_right_waiver(changes: dict[str, str | None], repository: Any) -> None:
    assert not load(repository, changes).errors


def test_bounds_are_named_with_their_place(repository: Any) -> None:
    errors = load(repository, {"expires": "2027-01-31"}).errors
    assert errors[0].message == "W-1 lasts 91 days, more than 90 (policies/org.yaml:6:33)"
    assert errors[0].fix == "let it expire on 2027-01-30 or before"


def test_ids_are_unique_in_the_repository(repository: Any, codes: Any) -> None:
    services = {
        "a": repository.service("a", rest=waivers({}, {"id": "W-2"})),
        "b": repository.service("b", rest=waivers({"id": "W-2"})),
    }
    errors = repository.load(ORG, services=services).errors
    assert codes.of(errors) == ["8:5 duplicate-waiver-id"]
    assert errors[0].file == "policies/services/b.yaml"
    assert "policies/services/a.yaml:16:5" in errors[0].message


def test_only_services_have_waivers(repository: Any, codes: Any) -> None:
    for document in (repository.org(), repository.profile("web")):
        path = "org" if b"kind: org" in document else "profiles/web"
        files = {f"policies/{path}.yaml": document + b"waivers: []\n"}
        policies = repository.load(document if path == "org" else "", **files)
        assert [error.code for error in policies.errors] == ["policy/unknown-key"]


@pytest.mark.parametrize(
    ("day", "state", "notice"),
    [
        ("2026-10-31", "pending", None),
        ("2026-11-01", "active", None),
        ("2026-11-15", "active", None),
        ("2026-11-16", "active", "expires in 14 days, after 2026-11-30"),
        ("2026-11-29", "active", "expires in 1 day, after 2026-11-30"),
        ("2026-11-30", "active", "expires today, after 2026-11-30"),
        ("2026-12-01", "expired", "expired 2026-11-30"),
        ("9999-12-31", "expired", "expired 2026-11-30"),
    ],
)
def test_both_ends_count_and_the_end_is_announced(
    day: str, state: str, notice: str | None, repository: Any
) -> None:
    as_of = datetime.date.fromisoformat(day)
    effective = resolve(load(repository, {}), "api", as_of)
    (waiver,) = effective.gates["lint"].waivers
    assert waiver.state == state
    assert str(waiver.place) == "policies/services/api.yaml:8:5"
    notices = list(waiver_notices(waiver, as_of))
    assert len(notices) == (notice is not None)
    assert all(notice in each.message for each in notices if notice)
    assert effective.gates["types"].waivers == ()
