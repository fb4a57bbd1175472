"""JUnit: well-formed whatever the messages say, and countable."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from inseam.report.junit import render
from inseam.verdict.judge import judge
from inseam.verdict.model import Verdict

if TYPE_CHECKING:
    from tests.inseam.conftest import Make


def kinds(root: ET.Element) -> dict[str, str]:
    """What each case says besides its output: `service gate` -> failure, error, skipped, none."""
    return {
        f"{case.get('classname')} {case.get('name')}": next(
            (child.tag for child in case if child.tag != "system-out"), "none"
        )
        for case in root.iter("testcase")
    }


def test_a_case_for_every_service_and_gate(could_not_run: Verdict) -> None:
    root = ET.fromstring(render(could_not_run))
    assert kinds(root) == {
        "billing ruff": "none",
        "billing mypy": "failure",
        "billing async-blocking": "none",
        "legacy_admin ruff": "none",
        "legacy_admin mypy": "error",
        "legacy_admin async-blocking": "skipped",
        "orders ruff": "none",
        "orders mypy": "none",
        "orders async-blocking": "none",
    }
    assert [(s.get("name"), s.get("tests"), s.get("errors")) for s in root] == [
        ("billing", "3", "0"),
        ("legacy_admin", "3", "1"),
        ("orders", "3", "0"),
    ]
    totals = [root.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert totals == ["9", "1", "1", "1"]


def test_a_failure_says_where_what_and_how_to_fix_it(violation: Verdict) -> None:
    failure = ET.fromstring(render(violation)).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "1 violation in mode ratchet"
    assert failure.text == (
        "services/billing/app.py:88:1: mypy/no-untyped-def: function is missing a type annotation "
        "(fix: annotate its parameters and its return value)"
    )


def test_a_violation_of_policy_is_in_its_case(make: type[Make]) -> None:
    verdict = judge(make.plan(make.gate(waivers=(make.waiver(),))), [make.document()], {})
    failure = ET.fromstring(render(verdict)).find(".//failure")
    assert failure is not None
    assert "policy/waiver-unused" in (failure.text or "")


def test_an_error_says_why(could_not_run: Verdict) -> None:
    error = ET.fromstring(render(could_not_run)).find(".//error")
    assert error is not None
    assert error.get("message") == "mypy could not run"
    assert (error.text or "").startswith("mypy/timeout: mypy did not end within 300 s (fix: ")


def test_policy_errors_have_a_case_of_their_own(broken_policy: Verdict) -> None:
    root = ET.fromstring(render(broken_policy))
    assert kinds(root) == {"inseam policy": "error"}


def test_a_foreign_unit_has_one_too(make: type[Make]) -> None:
    verdict = judge(make.plan(make.gate()), [make.document(services=["billing", "ghost"])], {})
    assert kinds(ET.fromstring(render(verdict))) == {
        "billing ruff": "none",
        "inseam units": "error",
    }


def test_whatever_is_said_it_is_xml(hostile: Verdict) -> None:
    root = ET.fromstring(render(hostile))
    text = " ".join(root.itertext())
    assert "<script>alert(1)</script>" in text, "escaped, not lost"
    assert "\\u001b" in text


@pytest.mark.parametrize(
    ("number", "last"),
    [
        (201, "1 more line in dist/inseam/report.json"),
        (5000, "4800 more lines in dist/inseam/report.json"),
    ],
)
def test_a_case_is_bounded(make: type[Make], number: int, last: str) -> None:
    findings = [make.finding(key=str(n)) for n in range(number)]
    verdict = judge(make.plan(make.gate()), [make.document(findings=findings)], {})
    failure = ET.fromstring(render(verdict)).find(".//failure")
    assert failure is not None
    lines = (failure.text or "").splitlines()
    assert (len(lines), lines[-1]) == (201, last)
