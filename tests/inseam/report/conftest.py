"""Verdicts to report: each comes out of `judge`, so that no test reports what cannot happen."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inseam.findings.model import Finding, FindingsDocument, Related, Severity
from inseam.planning.model import BurnDown, PlannedService, Step
from inseam.verdict.judge import judge
from inseam.verdict.model import Verdict

if TYPE_CHECKING:
    from tests.inseam.conftest import Make

EVIL = (
    "`x`|<script>alert(1)</script> [a](http://evil.example) ![i](http://evil.example/i.png) "
    "</details> **b** @everyone\n::error::boom\r\n##[add-mask]y \x1b[31m\x00\u202e\ufffe %0A &amp; ]]>"
)


@pytest.fixture(scope="session")
def evil() -> str:
    """Text that means something in every format that we write."""
    return EVIL


def _billing(make: type[Make]) -> tuple[PlannedService, list[FindingsDocument]]:
    old = [make.finding("mypy/no-untyped-def", key=f"def f{n}", line=n) for n in range(1, 13)]
    enforce = Step(mode="enforce", date=datetime.date(2027, 1, 15))
    service = make.service(
        "billing",
        [
            make.gate("ruff", waivers=(make.waiver(match={"rule": "ruff/S608"}, ticket="PAY-9"),)),
            make.gate(
                "mypy",
                "ratchet",
                next=enforce,
                burn_down=BurnDown(limit=40, next_limit=0, next_date=datetime.date(2027, 1, 15)),
            ),
            make.gate("async-blocking", "warn", next=Step(mode="ratchet", date=enforce.date)),
        ],
    )
    blocking = make.finding(
        "async-blocking/blocking-call",
        key="requests.get",
        file="services/billing/src/billing/client.py",
        line=41,
        column=12,
        message="requests.get blocks the event loop of pay()",
        fix="use httpx.AsyncClient",
        related=(
            Related(file="services/billing/src/billing/app.py", line=17, message="called by pay()"),
        ),
    )
    new = make.finding(
        "mypy/no-untyped-def",
        key="def refund",
        line=88,
        column=1,
        message="function is missing a type annotation",
        fix="annotate its parameters and its return value",
    )
    waived = make.finding("ruff/S608", key="query", line=7, message="SQL built from strings")
    return service, [
        make.document("ruff", findings=[waived]),
        make.document("mypy", findings=[*old, new]),
        make.document("async-blocking", findings=[blocking]),
    ]


def _others(make: type[Make]) -> tuple[list[PlannedService], list[FindingsDocument]]:
    enforce = [make.gate("ruff"), make.gate("mypy"), make.gate("async-blocking")]
    audit = [make.gate("ruff", "audit"), make.gate("mypy", "audit")]
    flask = make.gate("async-blocking", applies=False, reason="Flask: no event loop")
    recorded = [
        make.finding(service="legacy_admin", key=f"import {n}", severity=severity)
        for n, severity in enumerate((Severity.ERROR, Severity.WARNING, Severity.ERROR))
    ]
    timeout = make.failure(
        "mypy",
        code="mypy/timeout",
        service="legacy_admin",
        message="mypy did not end within 300 s",
        fix="raise the time limit, or split the service",
    )
    services = [
        make.service("orders", enforce, owner="@acme/orders"),
        make.service("legacy_admin", [*audit, flask], owner=None),
    ]
    return services, [
        make.document("ruff", ["orders", "legacy_admin"], recorded),
        make.document("mypy", ["orders"]),
        make.document("mypy", ["legacy_admin"], failures=[timeout]),
        make.document("async-blocking", ["orders"]),
    ]


@pytest.fixture(scope="session")
def violation(make: type[Make]) -> Verdict:
    """One service, `billing`: something of every disposition."""
    service, documents = _billing(make)
    old = [finding for finding in documents[1].findings if finding.line < 13]
    files = make.baseline_files(old, gate="mypy")
    notice = make.message(line=4, message="W-7 expires in 9 days", fix="prolong it, or fix")
    return judge(make.plan(service, notices=(notice,)), documents, files)


@pytest.fixture(scope="session")
def could_not_run(make: type[Make]) -> Verdict:
    """Three services, one of which could not be checked by mypy."""
    billing, documents = _billing(make)
    services, more = _others(make)
    plan = make.plan(billing, *services)
    old = [finding for finding in documents[1].findings if finding.line < 13]
    return judge(plan, [*documents, *more], make.baseline_files(old, gate="mypy"))


@pytest.fixture(scope="session")
def clean(make: type[Make]) -> Verdict:
    """Two services without any finding."""
    names = ("billing", "orders")
    services = [make.service(name, [make.gate("ruff"), make.gate("mypy")]) for name in names]
    documents = [make.document(gate, names) for gate in ("ruff", "mypy")]
    return judge(make.plan(*services), documents, {})


@pytest.fixture(scope="session")
def broken_policy(make: type[Make]) -> Verdict:
    """Policy that cannot be used."""
    error = make.message(
        "policy/loosens",
        line=9,
        column=5,
        message="gates.mypy.rollout.enforce 2027-06-01 is later than 2027-03-01 "
        "(policies/org.yaml:7:63)",
        fix="remove the line, or ask for a waiver",
    )
    return judge(make.plan(errors=(error,)), [], {})


@pytest.fixture(scope="session")
def many(make: type[Make]) -> Verdict:
    """200 services under eight gates; every tenth violates, every seventh tolerates."""
    gates = [f"gate-{n}" for n in range(8)]
    services, documents = [], []
    for number in range(200):
        name = f"service-{number:03}"
        step = Step(mode="enforce", date=datetime.date(2027, 1, 15))
        ratchet = make.gate("gate-1", "warn" if number % 7 == 0 else "enforce", next=step)
        services.append(
            make.service(name, [ratchet if g == "gate-1" else make.gate(g) for g in gates])
        )
        for gate in gates:
            found: list[Finding] = []
            if gate == "gate-0" and number % 10 == 0:
                found = [make.finding(f"{gate}/wrong", str(n), service=name) for n in range(15)]
            if gate == "gate-1" and number % 7 == 0:
                found = [make.finding(f"{gate}/poor", service=name)]
            documents.append(make.document(gate, [name], found))
    return judge(make.plan(*services), documents, {})


@pytest.fixture(scope="session")
def leading(make: type[Make]) -> Verdict:
    """Twelve findings of one rule, most of which lead to two places, and nine of another to one."""

    def lead(rule: str, number: int, end: int) -> Finding:
        steps = (
            Related(file="src/app.py", line=number + 1, message="`app` calls `helper`"),
            Related(file="src/helper_.py", line=end, message=f"`helper` calls `sink{end}`"),
        )
        return make.finding(rule, key=str(number), line=number + 1, related=steps)

    ends = [7, 8, 9, 7, 7, 8, 8, 7, 8, 7, 8, 7]
    findings = [lead("ruff/slow", number, end) for number, end in enumerate(ends)]
    findings += [lead("ruff/few", number, 7) for number in range(9)]
    return judge(make.plan(make.gate()), [make.document(findings=findings)], {})


@pytest.fixture(scope="session")
def hostile(make: type[Make], evil: str) -> Verdict:
    """Everything that other people write is hostile."""
    fields = {"message": evil, "fix": evil, "file": f"a b/{evil}.py"}
    gates = [
        make.gate("ruff", waivers=(make.waiver(evil, reason=evil, owner=evil, ticket=evil),)),
        make.gate("mypy", "warn"),
        make.gate("alembic", applies=False, reason=evil),
        make.gate("lockfile"),
    ]
    findings = [
        make.finding(f"ruff/{evil}", **fields),
        make.finding("ruff/F401", help_url=f"https://evil.example/{evil}", **fields),
    ]
    related = (Related(file=evil, line=1, message=evil),)
    documents = [
        make.document(findings=findings),
        make.document("mypy", findings=[make.finding("mypy/misc", related=related, **fields)]),
        make.document("lockfile", failures=[make.failure("lockfile", **{**fields, "code": evil})]),
    ]
    notice = make.message(evil, **fields)
    service = make.service(gates=gates, owner=evil)
    return judge(make.plan(service, notices=(notice,)), documents, {})


@pytest.fixture(scope="session")
def snapshot() -> Callable[[str, str], None]:
    """Compares a text with the file of that name in `snapshots/`.

    `RENEW_SNAPSHOTS=1 pytest tests/inseam/report` writes them anew after a change that is meant.
    """
    folder = Path(__file__).parent / "snapshots"

    def compare(name: str, text: str) -> None:
        file = folder / name
        if os.environ.get("RENEW_SNAPSHOTS"):
            folder.mkdir(exist_ok=True)
            file.write_bytes(text.encode())
        assert text == file.read_bytes().decode()

    return compare
