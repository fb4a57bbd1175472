"""(a) Policy: load and resolve 1,000 and 10,000 services under 10 gates.

The anchor is PyYAML's C parser composing the same files, which nothing that reads YAML with
positions can beat. Run as `PYTHONPATH=plugins python bench/resolve.py`.
"""

from __future__ import annotations

import datetime
import gc
import time
from collections.abc import Iterator
from typing import Annotated, Any

import yaml
from measure import heading
from pydantic import Field

from inseam.findings.model import Finding
from inseam.gates.contract import Gate, Needs, Request, ServiceFacts
from inseam.planning.build import build_plan
from inseam.planning.model import ServicesDocument
from inseam.policy.load import load_policies
from inseam.policy.orders import Settings, at_least, at_most, flag, free, grow, shrink

AS_OF = datetime.date(2026, 11, 22)
GATES = 10


class BenchSettings(Settings):
    """One setting of each common order."""

    strict: Annotated[bool, flag] = Field(default=False, description="A flag.")
    minimum: Annotated[int, at_least] = Field(default=10, description="A lower bound.")
    maximum: Annotated[int, at_most] = Field(default=120, description="An upper bound.")
    select: Annotated[frozenset[str], grow] = Field(default=frozenset(), description="Rules.")
    ignore: Annotated[frozenset[str], shrink] = Field(default=frozenset(), description="Rules.")
    note: Annotated[str, free] = Field(default="", description="Anything.")


def nothing(request: Request[BenchSettings]) -> Iterator[Finding]:
    """A gate that is never run here."""
    yield from ()


def gates() -> tuple[Gate[Any], ...]:
    """Ten gates with the same settings."""
    return tuple(
        Gate(
            id=f"gate-{number}",
            summary="A gate of the benchmark.",
            rules=(),
            settings=BenchSettings,
            needs=Needs.SOURCES,
            run=nothing,
        )
        for number in range(GATES)
    )


def organisation() -> bytes:
    """The organisation's layer: a rollout, a cohort and settings for every gate."""
    lines = [
        "schema: inseam.policy/1",
        "kind: org",
        'version: "2026.11.0"',
        'owner: "@acme/platform"',
        "gates:",
    ]
    for number in range(GATES):
        lines += [
            f"  gate-{number}:",
            (
                "    rollout: {audit: 2026-09-01, warn: 2026-10-01, ratchet: 2026-11-01, "
                "enforce: 2027-03-01}"
            ),
            "    cohorts: {enforce: {percent: 25}}",
            "    settings: {minimum: 20, maximum: 110, select: [E, F], ignore: [E501, D100]}",
            '    waivers: {floor: warn, max_days: 90, approvers: ["@acme/platform"]}',
        ]
    return "\n".join(lines).encode()


def service(number: int) -> bytes:
    """A service that tightens three gates and waives one finding."""
    return f"""schema: inseam.policy/1
kind: service
name: service-{number}
owner: "@acme/team-{number % 40}"
path: services/service-{number}
profiles: [web-api]
gates:
  gate-{number % GATES}:
    rollout: {{enforce: 2027-01-15}}
    settings: {{minimum: {20 + number % 50}, select: [B{number % 7}]}}
  gate-{(number + 3) % GATES}:
    settings: {{strict: true, ignore: [E501]}}
    ratchet: {{burn_down: {{2026-12-15: 40, 2027-01-15: 0}}}}
waivers:
  - id: W-{number}
    gate: gate-{number % GATES}
    match: {{rule: gate-{number % GATES}/x, path: "app/**"}}
    reason: "No fixed release; the path is not reachable."
    owner: "@acme/team-{number % 40}"
    ticket: SEC-{number}
    approved_by: "@acme/platform"
    created: 2026-11-20
    expires: 2026-12-03
""".encode()


PROFILE = b"""schema: inseam.policy/1
kind: profile
name: web-api
gates:
  gate-1: {settings: {select: [FAST]}}
"""


def measure(count: int) -> tuple[float, float]:
    """Load and resolve `count` services; prints and returns seconds of both."""
    files = {
        "policies/org.yaml": organisation(),
        "policies/profiles/web-api.yaml": PROFILE,
        **{f"policies/services/service-{n}.yaml": service(n) for n in range(count)},
    }
    start = time.perf_counter()
    for content in files.values():
        yaml.compose(content, Loader=yaml.CSafeLoader)
    anchor = time.perf_counter() - start

    ten = gates()
    start = time.perf_counter()
    policies = load_policies(files, {gate.id: gate.settings for gate in ten})
    loaded = time.perf_counter() - start
    facts = tuple(
        ServiceFacts(name=f"service-{n}", root=f"services/service-{n}") for n in range(count)
    )
    services = ServicesDocument(services=facts)
    start = time.perf_counter()
    plan = build_plan(policies, services, AS_OF, gates=ten)
    resolved = time.perf_counter() - start
    assert not plan.errors, plan.errors[:3]
    assert len(plan.services) == count
    assert all(len(service.gates) == GATES for service in plan.services)
    print(
        f"{count:6d} services x {GATES} gates: load {loaded:.2f} s "
        f"({loaded / anchor:.1f}x of composing the YAML alone, {anchor:.2f} s), "
        f"resolve and plan {resolved:.2f} s"
    )
    return loaded, resolved


def main() -> None:
    """Print times and growth."""
    heading("resolve")
    gc.disable()  # as `inseam plan` does
    small = measure(1_000)
    large = measure(10_000)
    print(
        f"growth for 10x the services: load {large[0] / small[0]:.1f}x, "
        f"resolve {large[1] / small[1]:.1f}x (linear is 10x)"
    )
    met = "met" if small[1] < 1 else "MISSED"
    print(f"resolve of 1,000 services: {small[1]:.2f} s (target < 1 s: {met})")


if __name__ == "__main__":
    main()
