"""Policies and services to a plan."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import pytest
from pydantic import Field

from inseam.findings.model import Finding
from inseam.gates.contract import Gate, Needs, Request, ServiceFacts
from inseam.planning.build import build_plan
from inseam.planning.model import Plan, ServicesDocument
from inseam.policy.load import Policies, load_policies
from inseam.policy.orders import Settings, at_least, grow

DAY = datetime.date(2026, 11, 20)


class FakeSettings(Settings):
    """Settings of the gates here."""

    select: Annotated[frozenset[str], grow] = Field(frozenset({"E"}), description="Rules.")
    minimum: Annotated[int, at_least] = Field(1, description="A lower bound.")


def nothing(request: Request[FakeSettings]) -> Iterator[Finding]:
    """Plans run nothing."""
    yield from ()


def gate(name: str, needs: Needs) -> Gate[Any]:
    return Gate(
        id=name, summary="A gate.", rules=(), settings=FakeSettings, needs=needs, run=nothing
    )


GATES = (
    gate("lint", Needs.SOURCES),
    gate("types", Needs.ENVIRONMENT),
    gate("lock", Needs.LOCKFILE),
)
ORG = """schema: inseam.policy/1
kind: org
version: "1"
owner: o
gates:
  lint:
    rollout: {ratchet: 2026-11-01, enforce: 2027-03-01}
    ratchet: {burn_down: {2026-11-10: 40, 2027-01-01: 10}}
    settings: {select: [F, B, A]}
  types:
    rollout: {enforce: 2026-10-01}
    waivers: {floor: not-applicable, max_days: 90}
  lock: {applies: false, reason: no locks yet}
"""


def service(name: str, rest: str = "", path: str | None = None) -> str:
    return f"""schema: inseam.policy/1
kind: service
name: {name}
owner: "@{name}"
path: {path or f"services/{name}"}
{rest}"""


def waiver(expires: str, what: str = "to: not-applicable") -> str:
    return (
        f"waivers:\n  - {{id: W-1, gate: types, {what}, reason: r, owner: o, ticket: T-1,"
        f" created: 2026-11-01, expires: {expires}}}\n"
    )


def policies(org: str = ORG, **services: str) -> Policies:
    files = {f"policies/services/{name}.yaml": text for name, text in services.items()}
    return load(policies_org=org, **files)


def load(policies_org: str | None = ORG, **files: str) -> Policies:
    given = {path: text.encode() for path, text in files.items()}
    if policies_org is not None:
        given["policies/org.yaml"] = policies_org.encode()
    return load_policies(given, {gate.id: gate.settings for gate in GATES})


def document(*names: str, roots: Mapping[str, str] | None = None) -> ServicesDocument:
    facts = [
        ServiceFacts(
            name=name,
            root=root,
            address=f"{root}:{name}",
            pyproject=f"{root}/pyproject.toml",
        )
        for name in names
        for root in ((roots or {}).get(name, f"services/{name}"),)
    ]
    return ServicesDocument(services=tuple(facts))


def plan(head: Policies, *names: str, **options: Any) -> Plan:
    return build_plan(head, document(*names), DAY, gates=GATES, **options)


def test_a_plan() -> None:
    head = policies(b=service("b", waiver("2026-12-31", "match: {rule: types/x}")))
    built = plan(head, "b", "a")
    assert (built.as_of, built.has_base, built.errors) == (DAY, False, ())
    assert [each.facts.name for each in built.services] == ["a", "b"]
    a, b = built.services
    assert (a.owner, a.policy_file) == (None, None)
    assert (b.owner, b.policy_file) == ("@b", "policies/services/b.yaml")
    lint, types, lock = b.gates
    assert (lint.gate, lint.applies, lint.mode) == ("lint", True, "ratchet")
    assert lint.next is not None
    assert (lint.next.mode, lint.next.date) == ("enforce", datetime.date(2027, 3, 1))
    assert lint.settings == {"select": ["A", "B", "F"], "minimum": 1}
    assert lint.baseline == "policies/baselines/b/lint.json"
    assert lint.burn_down.model_dump(mode="json") == {
        "limit": 40,
        "next_limit": 10,
        "next_date": "2027-01-01",
    }
    assert (lint.waivers, lint.base_waivers) == ((), None)
    assert (types.mode, types.next, types.burn_down.limit) == ("enforce", None, None)
    assert types.waivers[0].model_dump(mode="json") == {
        "id": "W-1",
        "gate": "types",
        "reason": "r",
        "owner": "o",
        "ticket": "T-1",
        "approved_by": None,
        "created": "2026-11-01",
        "expires": "2026-12-31",
        "match": {"rule": "types/x"},
        "to": None,
        "state": "active",
        "file": "policies/services/b.yaml",
        "line": 7,
        "column": 5,
    }
    assert (lock.applies, lock.reason) == (False, "no locks yet")


def test_units() -> None:
    built = plan(policies(), "b", "a")
    assert [(unit.id, unit.needs, unit.services) for unit in built.units] == [
        ("lint-shard-0", Needs.SOURCES, ("a", "b")),
        ("types-a", Needs.ENVIRONMENT, ("a",)),
        ("types-b", Needs.ENVIRONMENT, ("b",)),
    ]
    lint, types, _ = built.units
    assert lint.document.gate == "lint"
    assert lint.document.time_limit < types.document.time_limit
    assert [each.facts.name for each in lint.document.services] == ["a", "b"]
    assert lint.document.services[0].settings == {"select": ["A", "B", "F"], "minimum": 1}


def test_a_unit_says_nothing_of_days_modes_and_waivers() -> None:
    """So that its cache entry outlives them."""
    early = build_plan(policies(), document("a"), datetime.date(2026, 1, 1), gates=GATES)
    waived = policies(a=service("a", waiver("2026-12-31", "to: audit")))
    late = build_plan(waived, document("a"), datetime.date(2026, 11, 20), gates=GATES)
    assert early.units == late.units
    assert early.services != late.services


def test_only_some_gates() -> None:
    built = plan(policies(), "a", only={"types", "lock"})
    assert [each.gate for each in built.services[0].gates] == ["types", "lock"]
    assert [unit.id for unit in built.units] == ["types-a"]
    with pytest.raises(ValueError, match="no gate lynt; there are: lint, types, lock"):
        plan(policies(), "a", only={"lynt"})


def test_policies_of_other_gates_are_refused() -> None:
    with pytest.raises(ValueError, match="loaded for other gates"):
        build_plan(policies(), document("a"), DAY, gates=GATES[:1])


def test_a_waived_gate_does_not_run_but_the_verdict_hears_of_it() -> None:
    waived = policies(a=service("a", waiver("2026-11-20")))
    built = plan(waived, "a")
    assert [unit.id for unit in built.units] == ["lint-shard-0"]
    assert built.services[0].gates[1].applies
    assert built.services[0].gates[1].waivers[0].to == "not-applicable"
    unmerged = plan(waived, "a", base=policies())
    assert [unit.id for unit in unmerged.units] == ["lint-shard-0", "types-a"]
    assert unmerged.services[0].gates[1].base_waivers == ()


def test_errors_leave_nothing_else() -> None:
    broken = policies(a=service("a", "gates: {lint: {settings: {minimum: 0}}}\nzzz: 1\n"))
    built = plan(broken, "a")
    assert [error.code for error in built.errors] == ["policy/unknown-key"]
    assert (built.services, built.units, built.notices) == ((), (), ())


class TestBase:
    """A base branch's policy."""

    def test_it_is_joined(self) -> None:
        base = policies(ORG.replace("[F, B, A]", "[Z]"))
        built = plan(policies(), "a", base=base)
        assert built.has_base
        assert built.services[0].gates[0].settings["select"] == ["A", "B", "F", "Z"]
        assert built.services[0].gates[0].base_waivers == ()

    def test_one_that_cannot_be_read_cannot_be_held_against(self) -> None:
        built = plan(policies(), "a", base=policies("nonsense"))
        (error,) = built.errors
        assert (error.file, error.code) == ("policies/org.yaml", "policy/yaml-type")
        assert error.message.startswith("on the base branch: ")

    def test_one_without_policy_demands_nothing(self) -> None:
        built = plan(policies(), "a", base=load(None))
        assert not built.has_base
        assert [notice.code for notice in built.notices] == ["policy/no-base"]
        assert built.services[0].gates[0].base_waivers is None

    def test_one_without_an_organisation_but_with_something_is_broken(self) -> None:
        base = load(None, **{"policies/services/a.yaml": service("a")})
        assert [error.code for error in plan(policies(), "a", base=base).errors] == [
            "policy/no-org"
        ]


class TestServices:
    """The services in question and those in policy are the same ones."""

    def codes(self, head: Policies, services: ServicesDocument) -> list[tuple[str, str]]:
        built = build_plan(head, services, DAY, gates=GATES)
        return [(error.file, error.code) for error in built.errors]

    def test_names_are_unique_even_without_case(self) -> None:
        services = document("a", "A", roots={"A": "other/a"})
        assert self.codes(policies(), services) == [("other/a/BUILD", "policy/duplicate-service")]

    def test_names_are_files_names(self) -> None:
        services = document("../a", roots={"../a": "services/a"})
        assert self.codes(policies(), services) == [("services/a/BUILD", "policy/service-name")]

    def test_a_service_cannot_escape_its_policy_by_another_name(self) -> None:
        head = policies(a=service("a"))
        services = document("b", roots={"b": "services/a"})
        assert self.codes(head, services) == [
            ("policies/services/a.yaml", "policy/service-renamed")
        ]

    def test_a_service_that_moved(self) -> None:
        head = policies(a=service("a"))
        services = document("a", roots={"a": "apps/a"})
        assert self.codes(head, services) == [("policies/services/a.yaml", "policy/path-mismatch")]

    def test_no_services_need_nothing(self) -> None:
        built = plan(policies())
        assert (built.errors, built.services, built.units) == ((), (), ())


def test_notices() -> None:
    org = ORG.replace("    rollout: {enforce: 2026-10-01}\n", "")
    head = policies(
        org,
        a=service("a", waiver("2026-11-25")),
        b=service("b", waiver("2026-11-10").replace("W-1", "W-2")),
        c=service("c", waiver("2026-11-10").replace("W-1", "W-3")),
    )
    built = plan(head, "a", "b")
    assert [(n.file, n.line, n.code) for n in built.notices] == [
        ("policies/org.yaml", 10, "policy/no-rollout"),
        ("policies/services/a.yaml", 7, "policy/waiver-expires-soon"),
        ("policies/services/b.yaml", 7, "policy/waiver-expired"),
    ]
    assert built.notices[0].message == "types has no rollout: it only audits 2 services"


def test_a_gate_that_the_organisation_does_not_mention_is_noticed() -> None:
    org = ORG.partition("  lock:")[0]
    (notice,) = plan(policies(org), "a").notices
    assert (notice.file, notice.line, notice.code) == ("policies/org.yaml", 5, "policy/no-rollout")


def test_the_same_input_in_another_order_gives_the_same_bytes() -> None:
    head = policies(**{name: service(name) for name in "abc"})
    one = build_plan(head, document("a", "b", "c"), DAY, gates=GATES)
    other = build_plan(head, document("c", "a", "b"), DAY, gates=GATES)
    assert one.model_dump_json() == other.model_dump_json()


def test_nested_services_are_known_whether_or_not_they_are_in_question() -> None:
    head = policies(
        a=service("a", path="apps/a"),
        inner=service("inner", path="apps/a/inner"),
        ab=service("ab", path="apps/ab"),
    )
    services = document("a", "ab", roots={"a": "apps/a", "ab": "apps/ab"})
    built = build_plan(head, services, DAY, gates=GATES)
    nested = {each.facts.name: each.nested for each in built.units[0].document.services}
    assert nested == {"a": ("apps/a/inner",), "ab": ()}
