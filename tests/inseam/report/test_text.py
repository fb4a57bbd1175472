"""The text report: snapshots, and what holds of every report."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from inseam.report.text import render
from inseam.verdict.judge import judge
from inseam.verdict.model import Verdict

if TYPE_CHECKING:
    from tests.inseam.conftest import Make

VERDICTS = ["violation", "could_not_run", "clean", "broken_policy", "many"]

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(params=VERDICTS)
def verdict(request: pytest.FixtureRequest) -> Verdict:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Verdict)
    return found


@pytest.mark.parametrize("name", VERDICTS)
@pytest.mark.parametrize("width", [80, 120])
def test_snapshots(
    request: pytest.FixtureRequest,
    snapshot: Callable[[str, str], None],
    name: str,
    width: int,
) -> None:
    snapshot(f"{name}-{width}.txt", render(request.getfixturevalue(name), width=width))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_lines_fit_but_for_the_last(verdict: Verdict, width: int) -> None:
    lines = render(verdict, width=width).splitlines()
    assert all(len(line) <= width for line in lines[:-1])
    assert lines[-1].startswith("verdict: ")


def test_colour_adds_nothing_but_colour(verdict: Verdict) -> None:
    coloured = render(verdict, width=100, color=True)
    assert "\x1b[" in coloured

    def bare(text: str) -> list[str]:
        return [line.rstrip() for line in _ANSI.sub("", text).splitlines()]

    assert bare(coloured) == bare(render(verdict, width=100))


def test_the_environment_never_shows(verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    before = render(verdict), render(verdict, color=True)
    for name, value in (("NO_COLOR", "1"), ("FORCE_COLOR", "1"), ("COLUMNS", "20")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TERM", "dumb")
    assert (render(verdict), render(verdict, color=True)) == before


def test_a_long_run_stays_readable(many: Verdict) -> None:
    text = render(many, width=120)
    assert len(text.splitlines()) < 260
    assert "154 clean services not listed" in text
    assert "5 more findings in dist/inseam/report.json" in text


def test_where_many_findings_lead_is_said(leading: Verdict) -> None:
    lines = [line.strip() for line in render(leading, width=120).splitlines()]
    ends = [line for line in lines if "of them end" in line]
    assert ends == [
        "6 of them end at src/helper_.py:7 `helper` calls `sink7`",
        "5 of them end at src/helper_.py:8 `helper` calls `sink8`",
    ]
    assert lines[lines.index(ends[0]) - 1] == "2 more findings in dist/inseam/report.json"


def test_the_last_line_says_what_to_do(violation: Verdict) -> None:
    assert render(violation, width=40).splitlines()[-1] == (
        "verdict: violation (exit code 1): 1 finding fails in billing; fix what is said above, "
        "then run `./pants policy services/billing:billing`"
    )


def test_what_is_tolerated_says_until_when(violation: Verdict) -> None:
    text = render(violation, width=200)
    assert (
        "billing mypy: ratchet until 2027-01-15, then enforce; 12 tolerated; "
        "the baseline may hold at most 40, 0 from 2027-01-15 on" in text
    )
    assert "async-blocking: warn until 2027-01-15, then ratchet; 1 shown" in text


def test_a_mode_under_a_waiver_says_until_when(make: type[Make]) -> None:
    gate = make.gate(waivers=(make.waiver(to="warn"),))
    text = render(judge(make.plan(gate), [make.document(findings=[make.finding()])], {}))
    assert "ruff: warn under waiver W-1 until 2026-12-31, otherwise enforce; 1 shown" in text
    assert "W-1 billing ruff: warn instead of enforce; until 2026-12-31" in text


def test_nothing_of_other_peoples_text_gets_through(hostile: Verdict) -> None:
    for width in (40, 80, 400):
        text = render(hostile, width=width)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ufffe]", text)
        assert not re.search(r"^\s*::", text, re.MULTILINE)
        assert "##[" not in text
        coloured = _ANSI.sub("", render(hostile, width=width, color=True))
        assert not re.search(r"^\s*::", coloured, re.MULTILINE)
        assert "##[" not in coloured
        assert "\x1b" not in coloured


def test_no_service_at_all(make: type[Make]) -> None:
    assert "verdict: pass (exit code 0)" in render(judge(make.plan(), [], {}))
