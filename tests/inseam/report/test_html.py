"""The page: well-formed, all of the verdict on it, and no markup but ours."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from inseam.report.html import MOST_ROWS, render
from inseam.verdict.judge import judge
from inseam.verdict.model import Verdict

if TYPE_CHECKING:
    from tests.inseam.conftest import Make

VOID = {"meta", "br"}
OURS = VOID | {
    *("html", "head", "title", "style", "body", "h1", "h2", "h3", "p", "ul", "li", "div", "span"),
    *("strong", "code", "details", "summary", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "scope", "open", "colspan"),
}


class _Page(HTMLParser):
    """The tags and the text of a page; what is opened has to be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.rows: list[int] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    "name", ["violation", "could_not_run", "clean", "broken_policy", "many", "hostile", "leading"]
)
def test_the_page_is_whole_and_only_ours(request: pytest.FixtureRequest, name: str) -> None:
    verdict: Verdict = request.getfixturevalue(name)
    text = render(verdict)
    page = _Page(text)
    assert page.tags <= OURS
    assert page.attributes <= ATTRIBUTES
    assert f"inseam: {verdict.outcome.value}" in page.text
    assert "default-src 'none'" in text


def test_everything_is_on_it(could_not_run: Verdict) -> None:
    text = _Page(render(could_not_run)).text
    for judged in could_not_run.findings:
        assert f"{judged.finding.file}:{judged.finding.line}" in text
        assert judged.finding.message in text
        assert judged.finding.fix in text
        assert all(step.message in text for step in judged.finding.related)
    for failure in could_not_run.failures:
        assert failure.message in text
    assert "ratchet until 2027-01-15, then enforce; 12 tolerated" in text
    assert "@acme/orders" not in text, "an owner stands beside what is found, and orders is clean"


def test_violations_of_policy_and_broken_policy(broken_policy: Verdict) -> None:
    text = _Page(render(broken_policy)).text
    assert "gates.mypy.rollout.enforce 2027-06-01 is later than" in text
    assert ":9:5" in text


def test_nothing_of_other_peoples_text_is_markup(hostile: Verdict) -> None:
    text = render(hostile)
    page = _Page(text)
    assert "<script>alert(1)</script>" in page.text
    assert "href" not in page.attributes
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", text)


def test_where_many_findings_lead_is_said(leading: Verdict) -> None:
    text = _Page(render(leading)).text
    assert re.findall(r"\d+ of them end at .*", text) == [
        "6 of them end at src/helper_.py:7 `helper` calls `sink7`",
        "5 of them end at src/helper_.py:8 `helper` calls `sink8`",
    ]


def test_long_lists_say_what_they_leave_out(make: type[Make]) -> None:
    findings = [make.finding(key=str(n), line=n + 1) for n in range(MOST_ROWS + 3)]
    text = render(judge(make.plan(make.gate()), [make.document(findings=findings)], {}))
    page = _Page(text)
    assert "3 more rows in dist/inseam/report.json" in page.text
    assert page.rows.count(3) >= MOST_ROWS
