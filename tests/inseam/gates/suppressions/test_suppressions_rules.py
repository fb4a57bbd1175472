"""Each rule on its fixtures: what is counted, and what only looks like it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from inseam.findings.model import FindingsDocument
from inseam.gates.suppressions.rules import RULES
from inseam.gates.suppressions.settings import KINDS, Kind, SuppressionsSettings

FIXTURES = Path(__file__).parent / "fixtures"
Judge = Callable[..., FindingsDocument]


def test_each_kind_has_a_rule_and_fixtures() -> None:
    assert [rule.id for rule in RULES] == [f"suppressions/{kind}" for kind in KINDS]
    assert sorted(folder.name for folder in FIXTURES.iterdir()) == sorted(get_args(Kind))


@pytest.mark.parametrize("kind", KINDS)
def test_fixtures(kind: str, judge: Judge) -> None:
    document = judge("suppressions", FIXTURES / kind, settings={"kinds": [kind]})

    found = [f"{f.file}:{f.line}: {f.rule}: {f.message}" for f in document.findings]
    assert found == json.loads((FIXTURES / kind / "expected.json").read_text())
    assert document.failures == ()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_bad_lies_in_bad_files(kind: str) -> None:
    expected = json.loads((FIXTURES / kind / "expected.json").read_text())

    assert expected
    assert all(line.startswith("bad") for line in expected)


def test_only_kinds_of_other_tools_are_left_out_by_default() -> None:
    assert set(KINDS) - SuppressionsSettings().kinds == {"no-cover", "nosec"}
