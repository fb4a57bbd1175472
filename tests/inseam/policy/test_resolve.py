"""One effective policy per service: layers joined, days, cohorts, and a base branch's policy."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from inseam.policy.burn_down import BurnDownLimits
from inseam.policy.modes import Mode
from inseam.policy.resolve import resolve

DAY = datetime.date(2026, 11, 20)

ORG = """
lint:
  rollout: {warn: 2026-10-01, ratchet: 2026-11-01, enforce: 2027-03-01}
  settings: {select: [E, F], ignore: [D, X], minimum: 20, index: ours, style: plain}
  waivers: {floor: audit, max_days: 90}
types:
  rollout: {enforce: 2027-01-01}
  cohorts: {warn: {percent: 5}, ratchet: {percent: 100}}
  waivers: {floor: not-applicable, max_days: 90}
audit-log: {applies: false, reason: nobody has one yet}
"""


def waiver(gate: str, what: str, *, id: str = "W-1", expires: str = "2026-12-01") -> str:
    return f"""
waivers:
  - {{id: {id}, gate: {gate}, {what}, reason: r, owner: o, created: 2026-11-01, expires: {expires}}}
"""


def test_layers_are_joined(repository: Any) -> None:
    policies = repository.valid(
        ORG,
        profiles={
            "web": "lint: {settings: {select: [W], style: round}, rollout: {enforce: 2027-02-01}}",
            "db": "lint: {settings: {select: [S], ignore: [X], minimum: 30}}",
        },
        services={
            "api": repository.service(
                "api",
                "lint: {settings: {select: [B], maximum: 50}, rollout: {ratchet: 2026-10-15}}",
                profiles="[web, db]",
            )
        },
    )
    effective = resolve(policies, "api", DAY)
    lint = effective.gates["lint"]
    assert dict(lint.settings) == {
        "strict": False,
        "minimum": 30,
        "maximum": 50,
        "select": frozenset("EFWSB"),
        "ignore": frozenset("X"),
        "per_path": {"tests/*": frozenset("ST")},
        "index": "ours",
        "style": "round",
    }
    rollout = {mode.label: lint.joined.rollout.day(mode).isoformat() for mode in Mode}
    assert rollout == {
        "audit": "2026-10-01",
        "warn": "2026-10-01",
        "ratchet": "2026-10-15",
        "enforce": "2027-02-01",
    }
    assert effective.profiles == ("db", "web")
    assert effective.owner == "@acme/api"
    assert [layer.label for layer in effective.layers] == [
        "org",
        "profile db",
        "profile web",
        "service api",
    ]


def test_a_service_without_a_layer_is_under_the_organisations_alone(repository: Any) -> None:
    effective = resolve(repository.valid(ORG), "stray", DAY)
    assert effective.layer is None
    assert effective.owner is None
    assert (
        effective.gates["lint"].settings
        == resolve(repository.valid(ORG, services={"api": ""}), "api", DAY).gates["lint"].settings
    )


@pytest.mark.parametrize(
    ("day", "mode", "then"),
    [
        ("2026-09-30", Mode.AUDIT, (Mode.WARN, "2026-10-01")),
        ("2026-10-01", Mode.WARN, (Mode.RATCHET, "2026-11-01")),
        ("2026-10-31", Mode.WARN, (Mode.RATCHET, "2026-11-01")),
        ("2026-11-01", Mode.RATCHET, (Mode.ENFORCE, "2027-03-01")),
        ("2027-03-01", Mode.ENFORCE, None),
    ],
)
def test_the_mode_on_a_day_is_the_strictest_whose_day_has_come(
    day: str, mode: Mode, then: tuple[Mode, str] | None, repository: Any
) -> None:
    effective = resolve(repository.valid(ORG), "api", datetime.date.fromisoformat(day))
    step = effective.gates["lint"].next
    assert effective.gates["lint"].mode is mode
    assert (step and (step[0], step[1].isoformat())) == then


def test_a_cohort_is_ahead_of_the_rollout(repository: Any) -> None:
    policies = repository.valid(ORG, services={"api": "", "web": ""})
    types = resolve(policies, "api", DAY).gates["types"]
    assert (types.mode, types.cohort) == (Mode.RATCHET, Mode.RATCHET)
    assert types.next == (Mode.ENFORCE, datetime.date(2027, 1, 1))


def test_a_cohort_by_name(repository: Any) -> None:
    org = "lint: {cohorts: {enforce: {include: [api]}}}"
    profiles = {"web": "lint: {cohorts: {enforce: {include: [web]}}}"}
    web = repository.service("web", profiles="[web]")
    services = {"api": "", "web": web, "other": ""}
    policies = repository.valid(org, profiles=profiles, services=services)
    modes = {name: resolve(policies, name, DAY).gates["lint"].mode for name in services}
    assert modes == {"api": Mode.ENFORCE, "web": Mode.ENFORCE, "other": Mode.AUDIT}


def test_no_rollout_audits(repository: Any) -> None:
    gate = resolve(repository.valid("lint: {settings: {strict: true}}"), "a", DAY).gates["lint"]
    assert (gate.mode, gate.next) == (Mode.AUDIT, None)


class TestApplies:
    """Off by the organisation's layer, on again by any other, off again only by a waiver."""

    def test_off_and_on(self, repository: Any) -> None:
        policies = repository.valid(
            ORG,
            profiles={"logs": "audit-log: {applies: true}"},
            services={
                "a": "",
                "b": "audit-log: {applies: true}",
                "c": repository.service("c", profiles="[logs]"),
            },
        )
        gates = {name: resolve(policies, name, DAY).gates["audit-log"] for name in "abc"}
        assert {name: gate.applies for name, gate in gates.items()} == {
            "a": False,
            "b": True,
            "c": True,
        }
        assert gates["a"].joined.reason == "nobody has one yet"
        assert gates["b"].joined.reason is None

    @pytest.mark.parametrize(
        ("org", "profile", "applies"),
        [
            ("", "", False),
            ("", "few: {applies: true}", True),
            ("few: {rollout: {warn: 2026-11-01}}", "", True),
            ("few: {applies: false, reason: later}", "", False),
        ],
    )
    def test_an_opt_in_gate_waits_to_be_named(
        self, org: str, profile: str, applies: bool, repository: Any
    ) -> None:
        service = repository.service("a", profiles="[db]")
        policies = repository.valid(org, profiles={"db": profile}, services={"a": service})
        gate = resolve(policies, "a", DAY).gates["few"]
        assert gate.applies is applies
        assert (gate.joined.reason is None) is applies

    @pytest.mark.parametrize(
        ("day", "runs"), [("2026-10-31", True), ("2026-12-01", False), ("2026-12-02", True)]
    )
    def test_by_waiver(self, day: str, runs: bool, repository: Any) -> None:
        service = repository.service("api", rest=waiver("types", "to: not-applicable"))
        policies = repository.valid(ORG, services={"api": service})
        gate = resolve(policies, "api", datetime.date.fromisoformat(day)).gates["types"]
        assert gate.applies
        assert gate.runs is runs

    def test_a_milder_mode_still_runs(self, repository: Any) -> None:
        service = repository.service("api", rest=waiver("types", "to: audit"))
        policies = repository.valid(ORG, services={"api": service})
        assert resolve(policies, "api", DAY).gates["types"].runs


class TestBase:
    """On a pull request: the stricter of base and head; loosening waits until it is merged."""

    def resolve(self, repository: Any, base: dict[str, Any], head: dict[str, Any]) -> Any:
        return resolve(repository.valid(**head), "api", DAY, repository.valid(**base)).gates

    def test_tightening_works_at_once_and_loosening_does_not(self, repository: Any) -> None:
        base = {"org": "lint: {settings: {minimum: 20, select: [E], ignore: [D, X]}}"}
        head = {"org": "lint: {settings: {minimum: 10, select: [F], ignore: [D]}}"}
        values = self.resolve(repository, base, head)["lint"].settings
        assert (values.minimum, values.select, values.ignore) == (20, {"E", "F"}, {"D"})

    def test_dates_and_cohorts(self, repository: Any) -> None:
        base = {"org": "lint: {rollout: {enforce: 2026-01-01}, cohorts: {warn: {percent: 100}}}"}
        head = {
            "org": "lint: {rollout: {enforce: 2027-01-01}}\ntypes: {rollout: {warn: 2026-01-01}}"
        }
        gates = self.resolve(repository, base, head)
        assert gates["lint"].mode is Mode.ENFORCE
        assert gates["types"].mode is Mode.WARN

    def test_locked_is_the_bases_and_free_the_heads(self, repository: Any) -> None:
        base = {"org": "lint: {settings: {index: ours, style: plain}}"}
        head = {"org": "lint: {settings: {index: evil, style: fancy}}"}
        values = self.resolve(repository, base, head)["lint"].settings
        assert (values.index, values.style) == ("ours", "fancy")

    def test_applies(self, repository: Any) -> None:
        on, off = {"org": ""}, {"org": "lint: {applies: false, reason: r}"}
        assert self.resolve(repository, on, off)["lint"].applies
        assert self.resolve(repository, off, on)["lint"].applies
        both = self.resolve(repository, off, off)["lint"]
        assert (both.applies, both.joined.reason) == (False, "r")

    def test_burn_down(self, repository: Any) -> None:
        base = {"org": "lint: {ratchet: {burn_down: {2026-11-01: 5}}}"}
        head = {"org": "lint: {ratchet: {burn_down: {2026-11-01: 9, 2026-12-01: 3}}}"}
        assert self.resolve(repository, base, head)["lint"].burn_down == BurnDownLimits.of(
            {datetime.date(2026, 11, 1): 5, datetime.date(2026, 12, 1): 3}
        )

    def test_a_dropped_layer_still_counts(self, repository: Any) -> None:
        base = {"services": {"api": "lint: {settings: {strict: true}}"}}
        assert self.resolve(repository, base, {})["lint"].settings.strict

    def test_a_dropped_profile_still_counts(self, repository: Any) -> None:
        profiles = {"web": "lint: {settings: {strict: true}}"}
        service = repository.service("api", profiles="[web]")
        base = {"profiles": profiles, "services": {"api": service}}
        head = {"profiles": profiles, "services": {"api": ""}}
        assert self.resolve(repository, base, head)["lint"].settings.strict

    def test_a_new_service_is_under_the_bases_organisation_and_profiles(
        self, repository: Any
    ) -> None:
        service = repository.service("api", profiles="[web, new]")
        base = {
            "org": "lint: {settings: {minimum: 50}}",
            "profiles": {"web": "types: {settings: {strict: true}}"},
        }
        head = {"profiles": {"web": "", "new": ""}, "services": {"api": service}}
        gates = self.resolve(repository, base, head)
        assert gates["lint"].settings.minimum == 50
        assert gates["types"].settings.strict

    def test_another_name_does_not_rid_a_folder_of_its_policy(self, repository: Any) -> None:
        base = repository.valid(services={"api": "lint: {settings: {strict: true}}"})
        renamed = repository.service("app").replace(b"services/app", b"services/api")
        head = repository.valid(services={"app": renamed})
        assert resolve(head, "app", DAY, base).gates["lint"].joined.values["strict"]
        empty = repository.valid()
        gates = resolve(empty, "app", DAY, base, path="services/api").gates
        assert gates["lint"].joined.values["strict"]

    def test_waivers_of_both_sides_are_kept_apart(self, repository: Any) -> None:
        waived = repository.service("api", rest=waiver("types", "to: not-applicable"))
        with_waiver = {"org": ORG, "services": {"api": waived}}
        without = {"org": ORG, "services": {"api": ""}}
        gate = self.resolve(repository, without, with_waiver)["types"]
        assert (len(gate.waivers), gate.base_waivers, gate.runs) == (1, (), True)
        gate = self.resolve(repository, with_waiver, without)["types"]
        assert (gate.waivers, len(gate.base_waivers), gate.runs) == ((), 1, True)
        assert not self.resolve(repository, with_waiver, with_waiver)["types"].runs
        assert (
            resolve(repository.valid(**with_waiver), "api", DAY).gates["types"].base_waivers is None
        )

    def test_the_baseline_is_the_heads(self, repository: Any) -> None:
        base = {"services": {"api": "lint: {ratchet: {baseline: old.json}}"}}
        head = {"services": {"api": "lint: {ratchet: {baseline: new.json}}"}}
        gates = self.resolve(repository, base, head)
        assert gates["lint"].baseline == "new.json"
        assert gates["types"].baseline == "policies/baselines/api/types.json"


def test_resolving_contradictory_layers_keeps_the_stricter(repository: Any) -> None:
    """Never used for a verdict, but whatever shows it must not fail."""
    services = {"api": "lint: {settings: {index: evil, minimum: 1, ignore: [Q]}, applies: false}"}
    policies = repository.load(ORG, services=services)
    assert policies.errors
    values = resolve(policies, "api", DAY).gates["lint"].joined.values
    assert (values["index"], values["minimum"], values["ignore"]) == ("ours", 20, frozenset())
