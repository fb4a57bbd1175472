"""The examples' policy says what docs/examples.md says, and their locks name no place."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from inseam.advisories.build import build
from inseam.advisories.snapshot import read
from inseam.gates import GATES
from inseam.policy.load import Policies, load_policies
from inseam.policy.resolve import resolve

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
AS_OF = datetime.date(2026, 11, 22)
NEVER = datetime.date(2030, 1, 1)
PLACE = re.compile(
    r"https?://\S+|^--\S*(?:index-url|find-links)|\[\[tool\.\w+\.(?:index|source)", re.M
)
SCHEMA_LINE = re.compile(r"^# yaml-language-server: \$schema=(\S+)$")


@pytest.fixture(scope="module")
def policies() -> Policies:
    """This repository's policy."""
    files = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in POLICIES.rglob("*")
        if path.is_file()
    }
    loaded = load_policies(files, {gate.id: gate.settings for gate in GATES})
    assert [str(error) for error in loaded.errors] == []
    return loaded


@pytest.mark.parametrize(
    ("service", "ruff", "mypy", "async_blocking", "suppressions"),
    [
        ("acme_common", "enforce", "enforce", "enforce", "enforce"),
        ("billing", "ratchet", "ratchet", "ratchet", "warn"),
        ("catalog", "enforce", "enforce", "ratchet", "warn"),
        ("legacy_admin", "ratchet", "ratchet", "ratchet", "warn"),
        ("orders", "enforce", "enforce", "enforce", "enforce"),
    ],
)
def test_modes_on_the_pinned_day(
    policies: Policies, service: str, ruff: str, mypy: str, async_blocking: str, suppressions: str
) -> None:
    """Before waivers: those of legacy_admin make it milder until they end."""
    gates = resolve(policies, service, AS_OF).gates
    assert gates["ruff"].mode.label == ruff
    assert gates["mypy"].mode.label == mypy
    assert gates["async-blocking"].mode.label == async_blocking
    assert gates["suppressions"].mode.label == suppressions
    assert gates["mypy"].runs is (service != "legacy_admin")


def test_the_snapshot_is_what_its_records_make_and_what_policy_pins(policies: Policies) -> None:
    path = POLICIES / "advisories" / "snapshot.jsonl"
    content = path.read_bytes()
    snapshot = read(content)

    assert (
        build([POLICIES / "advisories" / "records"], as_of=snapshot.header.as_of).content == content
    )
    pin = f"{path.relative_to(ROOT).as_posix()}@sha256:{snapshot.digest}"
    joined = resolve(policies, "billing", AS_OF).gates["pip-audit"].joined
    assert joined.values["snapshots"] == {pin}


def test_everything_is_enforced_in_the_end(policies: Policies) -> None:
    """No service is left behind for ever: waivers end, rollouts arrive, baselines empty."""
    for service in policies.services:
        for gate in resolve(policies, service, NEVER).gates.values():
            assert gate.mode.label == "enforce", (service, gate.gate)
            assert {waiver.state for waiver in gate.waivers} <= {"expired"}, (service, gate.gate)


@pytest.mark.parametrize("path", sorted(POLICIES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_editors_find_the_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    named = SCHEMA_LINE.match(first)
    assert named, first
    assert (path.parent / named[1]).is_file()


@pytest.mark.parametrize(
    "path",
    [*sorted((ROOT / "examples").rglob("*.lock")), *sorted((ROOT / "examples").rglob("*.toml"))],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_no_lock_names_an_index(path: Path) -> None:
    assert not PLACE.findall(path.read_text(encoding="utf-8"))
