"""Annotations: within GitHub's limits, the urgent first, and no command but ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from inseam.findings.model import Severity
from inseam.report.github import render
from inseam.report.plain import visible
from inseam.verdict.judge import judge
from inseam.verdict.model import Verdict

if TYPE_CHECKING:
    from tests.inseam.conftest import Make

COMMAND = re.compile(r"::(error|warning|notice) ((?:[A-Za-z]+=[^,:\r\n]*,?)+)::([^\r\n]*)")


def commands(verdict: Verdict) -> list[tuple[str, dict[str, str], str]]:
    """Level, properties and text of each line, unescaped as the runner does it."""

    def unescape(text: str, *, prop: bool = False) -> str:
        for code, char in (("%3A", ":"), ("%2C", ",")) if prop else ():
            text = text.replace(code, char)
        return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")

    found = []
    for line in render(verdict).splitlines():
        match = COMMAND.fullmatch(line)
        assert match, line
        pairs = (part.split("=", 1) for part in match[2].split(","))
        properties = {name: unescape(value, prop=True) for name, value in pairs}
        found.append((match[1], properties, unescape(match[3])))
    return found


def test_a_finding_marks_its_line(violation: Verdict) -> None:
    assert commands(violation) == [
        (
            "error",
            {
                "file": "services/billing/app.py",
                "line": "88",
                "col": "1",
                "title": "mypy/no-untyped-def (billing)",
            },
            (
                "function is missing a type annotation\n"
                "fix: annotate its parameters and its return value"
            ),
        ),
        (
            "warning",
            {
                "file": "services/billing/src/billing/client.py",
                "line": "41",
                "col": "12",
                "title": "async-blocking/blocking-call (billing)",
            },
            "requests.get blocks the event loop of pay()\nfix: use httpx.AsyncClient",
        ),
        (
            "notice",
            {
                "file": "policies/services/billing.yaml",
                "line": "4",
                "col": "1",
                "title": "policy/waiver-expiring",
            },
            "W-7 expires in 9 days\nfix: prolong it, or fix",
        ),
    ]


def test_a_clean_run_says_nothing(clean: Verdict) -> None:
    assert render(clean) == ""


def test_failures_come_before_findings(could_not_run: Verdict) -> None:
    titles = [properties["title"] for level, properties, _ in commands(could_not_run)]
    assert titles[:2] == ["mypy/timeout: could not run", "mypy/no-untyped-def (billing)"]


def test_policy_errors_are_errors(broken_policy: Verdict) -> None:
    ((level, properties, _),) = commands(broken_policy)
    assert (level, properties["line"], properties["col"]) == ("error", "9", "5")


@pytest.mark.parametrize(("number", "lines"), [(10, 10), (11, 10), (300, 10)])
def test_ten_of_each_level_and_the_tenth_counts_the_rest(
    make: type[Make], number: int, lines: int
) -> None:
    errors = [make.finding(key=str(n)) for n in range(number)]
    warnings = [make.finding("ruff/W1", str(n), severity=Severity.WARNING) for n in range(number)]
    notices = tuple(make.message(line=n + 1) for n in range(number))
    plan = make.plan(make.gate(), notices=notices)
    found = commands(judge(plan, [make.document(findings=[*errors, *warnings])], {}))
    assert [level for level, _, _ in found] == [
        *["error"] * lines,
        *["warning"] * lines,
        *["notice"] * lines,
    ]
    last = found[lines - 1][2]
    assert last.startswith(f"{number - 9} more errors in the step's summary") is (number > 10)


def test_the_most_certain_come_first(make: type[Make]) -> None:
    findings = [
        make.finding(key="low", line=1, confidence="low"),
        make.finding(key="high", line=2, confidence="high"),
        make.finding(key="medium", line=3, confidence="medium"),
    ]
    found = commands(judge(make.plan(make.gate()), [make.document(findings=findings)], {}))
    assert [properties["line"] for _, properties, _ in found] == ["2", "3", "1"]


def test_nothing_of_other_peoples_text_is_a_command(hostile: Verdict, evil: str) -> None:
    found = commands(hostile)
    assert {level for level, _, _ in found} == {"error", "warning", "notice"}
    file = next(p["file"] for _, p, _ in found if p["title"].startswith("ruff/"))
    assert file == visible(f"a b/{evil}.py")
    for line in render(hostile).splitlines():
        assert line.startswith("::")
        assert not re.search(r"[\x00-\x1f\x7f]", line)


def test_an_odd_path_is_itself_after_unescaping(make: type[Make]) -> None:
    finding = make.finding(file="a  b/50%,c:d%3A.py")
    ((_, properties, _),) = commands(
        judge(make.plan(make.gate()), [make.document(findings=[finding])], {})
    )
    assert properties["file"] == finding.file
