"""Builders of the wire's documents: each takes what a test is about and fills in the rest."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from inseam.findings.baseline import Baseline, record, render
from inseam.findings.model import Failure, Finding, FindingsDocument
from inseam.gates.contract import ServiceFacts
from inseam.planning.model import Plan, PlannedGate, PlannedService, PlannedWaiver
from inseam.policy.messages import PolicyMessage
from inseam.policy.modes import ModeLabel

# A busy machine is no fault of the code: speed is measured in bench/, never asserted.
settings.register_profile("inseam", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("inseam")

AS_OF = datetime.date(2026, 11, 20)


class Make:
    """Documents for tests, on 2026-11-20 and of the service `billing` unless told otherwise."""

    as_of = AS_OF

    @staticmethod
    def finding(rule: str = "ruff/F401", key: str = "import os", **fields: Any) -> Finding:
        """A finding in `services/SERVICE/app.py`."""
        service = fields.setdefault("service", "billing")
        fields.setdefault("file", f"services/{service}/app.py")
        fields.setdefault("message", f"{key} is wrong")
        fields.setdefault("fix", "make it right")
        return Finding(rule=rule, key=key, **fields)

    @staticmethod
    def failure(gate: str = "ruff", **fields: Any) -> Failure:
        """A failure of the whole unit."""
        fields.setdefault("code", f"{gate}/crashed")
        fields.setdefault("message", "the tool crashed")
        fields.setdefault("fix", "look at its output")
        return Failure(gate=gate, **fields)

    @staticmethod
    def message(code: str = "policy/waiver-expiring", **fields: Any) -> PolicyMessage:
        """What the policy engine says of `billing`'s layer."""
        fields.setdefault("file", "policies/services/billing.yaml")
        fields.setdefault("message", "something about policy")
        fields.setdefault("fix", "do something about it")
        return PolicyMessage(code=code, **fields)

    @staticmethod
    def document(
        gate: str = "ruff",
        services: Sequence[str] = ("billing",),
        findings: Iterable[Finding] = (),
        failures: Iterable[Failure] = (),
    ) -> FindingsDocument:
        """What one unit returned."""
        return FindingsDocument(
            gate=gate,
            services=tuple(services),
            findings=tuple(findings),
            failures=tuple(failures),
        )

    @staticmethod
    def waiver(id: str = "W-1", gate: str = "ruff", **fields: Any) -> PlannedWaiver:
        """An active waiver; it matches `ruff/F401` unless `match` or `to` is given."""
        if "to" not in fields:
            fields.setdefault("match", {"rule": "ruff/F401"})
        fields.setdefault("reason", "no other way until the next release")
        fields.setdefault("owner", "@acme/payments")
        fields.setdefault("created", datetime.date(2026, 11, 1))
        fields.setdefault("expires", datetime.date(2026, 12, 31))
        fields.setdefault("state", "active")
        fields.setdefault("file", "policies/services/billing.yaml")
        fields.setdefault("line", 9)
        return PlannedWaiver(id=id, gate=gate, **fields)

    @staticmethod
    def gate(gate: str = "ruff", mode: ModeLabel = "enforce", **fields: Any) -> PlannedGate:
        """A gate's effective policy; `service` moves the default baseline to its service."""
        fields.setdefault("applies", True)
        fields.setdefault("settings", {})
        fields.setdefault("baseline", f"policies/baselines/billing/{gate}.json")
        return PlannedGate(gate=gate, mode=mode, **fields)

    @staticmethod
    def service(
        name: str = "billing", gates: Iterable[PlannedGate] = (), **fields: Any
    ) -> PlannedService:
        """A service in `services/NAME`."""
        root = f"services/{name}"
        fields.setdefault("owner", "@acme/payments")
        fields.setdefault("policy_file", f"policies/services/{name}.yaml")
        fields.setdefault("facts", ServiceFacts(name=name, root=root, address=f"{root}:{name}"))
        own = (
            gate.model_copy(update={"baseline": gate.baseline.replace("/billing/", f"/{name}/")})
            for gate in gates
        )
        return PlannedService(gates=tuple(own), **fields)

    @classmethod
    def plan(cls, *parts: PlannedService | PlannedGate, **fields: Any) -> Plan:
        """A plan of services; bare gates are those of `billing`."""
        gates = [part for part in parts if isinstance(part, PlannedGate)]
        services = [part for part in parts if isinstance(part, PlannedService)]
        if gates:
            services.append(cls.service(gates=gates))
        fields.setdefault("as_of", AS_OF)
        return Plan(services=tuple(services), **fields)

    @staticmethod
    def baseline(
        findings: Iterable[Finding], gate: str = "ruff", service: str = "billing"
    ) -> Baseline:
        """The baseline recorded from `findings`."""
        return record(findings, service=service, gate=gate)

    @classmethod
    def baseline_files(
        cls, findings: Iterable[Finding], gate: str = "ruff", service: str = "billing"
    ) -> dict[str, bytes]:
        """That baseline as the file that a plan names by default."""
        text = render(cls.baseline(findings, gate, service))
        return {f"policies/baselines/{service}/{gate}.json": text.encode()}


@pytest.fixture(scope="session")
def make() -> type[Make]:
    """The builders."""
    return Make
