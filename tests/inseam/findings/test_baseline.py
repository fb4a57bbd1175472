"""The laws of baselines, and their file's form."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inseam.findings.baseline import (
    Baseline,
    Entry,
    intersect,
    partition,
    prune,
    record,
    render,
)
from inseam.findings.baseline_file import load
from inseam.findings.model import Finding, Severity

if TYPE_CHECKING:
    from tests.inseam.conftest import Make

# Few of each, so that fingerprints repeat within a list and between two lists.
FINDINGS = st.lists(
    st.builds(
        Finding,
        rule=st.sampled_from(["ruff/F401", "ruff/E501"]),
        service=st.just("billing"),
        file=st.sampled_from(["app.py", "models.py"]),
        line=st.integers(1, 3),
        message=st.sampled_from(["one", "another", "é\u202e\n"]),
        fix=st.just("mend it"),
        severity=st.sampled_from([Severity.ERROR, Severity.ERROR, Severity.WARNING]),
        key=st.sampled_from(["a", "b"]),
    ),
    max_size=12,
)


def recorded(findings: list[Finding]) -> Baseline:
    return record(findings, service="billing", gate="ruff")


BASELINES = FINDINGS.map(recorded)


@given(FINDINGS)
def test_what_was_just_recorded_is_all_tolerated(findings: list[Finding]) -> None:
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    parts = partition(errors, recorded(findings))
    assert (len(parts.tolerated), parts.new, parts.stale) == (len(errors), (), ())


@given(BASELINES, FINDINGS)
def test_pruning_never_grows(baseline: Baseline, findings: list[Finding]) -> None:
    assert prune(baseline, findings).counts <= baseline.counts


@given(BASELINES, FINDINGS)
def test_pruning_twice_changes_nothing_more(baseline: Baseline, findings: list[Finding]) -> None:
    once = prune(baseline, findings)
    assert prune(once, findings) == once


@given(BASELINES, FINDINGS)
def test_pruning_removes_exactly_what_is_stale(baseline: Baseline, findings: list[Finding]) -> None:
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    stale = Counter({e.fingerprint: e.count for e in partition(errors, baseline).stale})
    assert prune(baseline, findings).counts == baseline.counts - stale


@given(BASELINES, FINDINGS)
def test_pruning_changes_no_verdict_on_the_findings(
    baseline: Baseline, findings: list[Finding]
) -> None:
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    before, after = partition(errors, baseline), partition(errors, prune(baseline, findings))
    assert (before.tolerated, before.new) == (after.tolerated, after.new)


@given(BASELINES, BASELINES)
def test_intersection_is_commutative(left: Baseline, right: Baseline) -> None:
    assert intersect(left, right) == intersect(right, left)


@given(BASELINES, BASELINES, BASELINES)
def test_intersection_is_associative(a: Baseline, b: Baseline, c: Baseline) -> None:
    assert intersect(intersect(a, b), c) == intersect(a, intersect(b, c))


@given(BASELINES, BASELINES)
def test_intersection_is_in_both(left: Baseline, right: Baseline) -> None:
    both = intersect(left, right)
    assert both.counts == left.counts & right.counts
    assert intersect(left, left) == left


@given(FINDINGS, BASELINES)
def test_partition_loses_nothing(findings: list[Finding], baseline: Baseline) -> None:
    parts = partition(findings, baseline)
    assert sorted((*parts.tolerated, *parts.new), key=repr) == sorted(findings, key=repr)
    stale = Counter({entry.fingerprint: entry.count for entry in parts.stale})
    assert Counter(f.fingerprint for f in parts.tolerated) + stale == baseline.counts


@given(BASELINES)
def test_a_file_reads_back_as_what_was_rendered(baseline: Baseline) -> None:
    text = render(baseline)
    assert text.isascii()
    assert text == render(baseline.model_copy())
    read = load(text.encode(), path="b.json", service="billing", gate="ruff", regenerate="x")
    assert read == baseline


@given(FINDINGS)
def test_the_order_of_findings_never_shows(findings: list[Finding]) -> None:
    assert render(recorded(findings)) == render(recorded(findings[::-1]))


def test_only_findings_of_the_gate_and_service_are_recorded(make: type[Make]) -> None:
    others = [make.finding("mypy/misc"), make.finding(service="orders")]
    assert record(others, service="billing", gate="ruff").entries == ()


def test_a_file_has_one_line_for_each_entry(make: type[Make]) -> None:
    baseline = make.baseline([make.finding(), make.finding(), make.finding(key="import re")])
    lines = render(baseline).splitlines()
    assert len(lines) == 1 + 2 + 1
    assert json.loads(lines[1].rstrip(",")) == {
        "file": "services/billing/app.py",
        "rule": "ruff/F401",
        "count": 2,
        "message": "import os is wrong",
        "fingerprint": make.finding().fingerprint,
    }
    assert baseline.size == 3


def test_an_empty_baseline_has_a_file_too() -> None:
    text = render(Baseline(service="billing", gate="ruff"))
    assert json.loads(text)["entries"] == []


def test_a_long_message_is_cut_and_stays_on_its_line(make: type[Make]) -> None:
    (entry,) = make.baseline([make.finding(message="two\nlines " + "x" * 500)]).entries
    assert entry.message.startswith("two lines x")
    assert len(entry.message) == 160


def test_a_fingerprint_stands_once() -> None:
    entry = Entry(file="f", rule="r", count=1, message="m", fingerprint="0" * 16)
    with pytest.raises(ValueError, match="listed twice: 0000000000000000"):
        Baseline(service="s", gate="g", entries=(entry, entry))


def test_baselines_of_different_gates_do_not_intersect() -> None:
    with pytest.raises(ValueError, match="nothing in common"):
        intersect(Baseline(service="s", gate="a"), Baseline(service="s", gate="b"))
