"""Which findings a waiver is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inseam.verdict.match import glob_matches, matches

if TYPE_CHECKING:
    from tests.inseam.conftest import Make

PROPERTIES = {"package": "foo", "advisory": "PYSEC-2026-17", "aliases": "CVE-2026-1, GHSA-x-y"}


@pytest.mark.parametrize(
    "match",
    [
        {"rule": "ruff/F401"},
        {"path": "services/billing/**"},
        {"finding": "ruff/F401"},
        {"finding": "F401"},
        {"finding": "PYSEC-2026-17"},
        {"finding": "CVE-2026-1"},
        {"finding": "GHSA-x-y"},
        {"finding": "ghsa-X-Y"},
        {"package": "FOO"},
        {"package": "foo"},
        {"rule": "ruff/F401", "path": "**/app.py", "finding": "PYSEC-2026-17", "package": "foo"},
    ],
)
def test_every_entry_that_holds_matches(make: type[Make], match: dict[str, str]) -> None:
    assert matches(match, make.finding(properties=PROPERTIES))


@pytest.mark.parametrize(
    "match",
    [
        {},
        {"rule": "F401"},
        {"rule": "ruff/*"},
        {"path": "services/orders/**"},
        {"finding": ""},
        {"finding": "ruff"},
        {"finding": "PYSEC-2026-1"},
        {"finding": "f401"},
        {"package": "bar"},
        {"table": "foo"},
        {"rule": "ruff/F401", "package": "bar"},
    ],
)
def test_one_entry_that_does_not_hold_is_enough(make: type[Make], match: dict[str, str]) -> None:
    assert not matches(match, make.finding(properties=PROPERTIES))


def test_a_fingerprint_names_one_finding(make: type[Make]) -> None:
    finding = make.finding()
    assert matches({"finding": finding.fingerprint}, finding)
    assert not matches({"finding": finding.fingerprint}, make.finding(key="import re"))


def test_an_empty_property_is_no_name(make: type[Make]) -> None:
    assert not matches({"finding": ""}, make.finding(properties={"aliases": ""}))


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("a/b.py", "a/b.py", True),
        ("a/b.py", "x/a/b.py", False),
        ("*.py", "a.py", True),
        ("*.py", "a/b.py", False),
        ("a/*", "a/b/c", False),
        ("a/**", "a/b/c", True),
        ("a/**", "b/a/c", False),
        ("**", "a/b/c", True),
        ("**/c", "c", True),
        ("**/c", "a/b/c", True),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/b/d/c", True),
        ("a/**/c", "a/b/d", False),
        ("a/**/**/c", "a/c", True),
        ("a/test_?.py", "a/test_1.py", True),
        ("a/test_?.py", "a/test_12.py", False),
        ("a/[bc].py", "a/c.py", True),
        ("A/b", "a/b", False),
        ("a.py", "aXpy", False),
        ("", "a", False),
    ],
)
def test_globs(pattern: str, path: str, expected: bool) -> None:
    assert glob_matches(pattern, path) is expected


@given(st.lists(st.sampled_from(["a", "b", "cc"]), min_size=1, max_size=6))
def test_a_path_is_a_glob_of_itself(parts: list[str]) -> None:
    path = "/".join(parts)
    assert glob_matches(path, path)
    assert glob_matches(f"**/{parts[-1]}", path)
    assert glob_matches("/".join("*" for _ in parts), path)


def test_a_hostile_pattern_ends() -> None:
    assert not glob_matches("/".join(["**", "*a*a*a*a*a*b"] * 30), "/".join(["a" * 60] * 100))
