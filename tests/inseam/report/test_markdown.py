"""The summary: snapshots, the limit, and no markup but ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from inseam.report.markdown import LIMIT, escape, render
from inseam.verdict.judge import judge
from inseam.verdict.model import Verdict

if TYPE_CHECKING:
    from tests.inseam.conftest import Make

OURS = {
    *("h2", "h3", "p", "ul", "li", "strong", "em", "code", "br", "sub", "b", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


class _Page(HTMLParser):
    """The tags and the text of a page, and whether what is opened is closed."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        html = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", ["violation", "could_not_run", "clean", "broken_policy", "many"])
def test_snapshots(
    request: pytest.FixtureRequest, snapshot: Callable[[str, str], None], name: str
) -> None:
    text = render(request.getfixturevalue(name))
    snapshot(f"{name}.md", text)
    page = _Page(text)
    assert page.tags <= OURS
    assert page.open == []


def test_nothing_of_other_peoples_text_is_markup(hostile: Verdict, evil: str) -> None:
    text = render(hostile)
    page = _Page(text)
    assert page.tags <= OURS
    assert page.attributes <= {"open"}
    assert page.open == []
    assert "<script>alert(1)</script> [a](http://evil.example)" in page.text
    assert "@" not in text, "a mention would call people"
    assert "://" not in text, "GitHub makes links of bare addresses"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)
    # Rows have the columns of their tables: no | of theirs is ours.
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        widths = {line.count("|") for line in table.splitlines()}
        assert len(widths) == 1


@given(st.text(max_size=40))
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    page = _Page(f"x {escape(text)} x")
    assert page.tags == {"p"}
    inner = page.text.strip().removeprefix("x").removesuffix("x")
    assert not re.search(r"[\x00-\x08\x0e-\x1f\u202e]", inner)


@given(st.text(alphabet="ab*_`[]()<>|&#!~:@\\.w/-+=\"'", max_size=30))
def test_punctuation_survives(text: str) -> None:
    shown = " ".join(f"x {text} x".split())
    assert _Page(f"x {escape(text)} x".replace("  ", " ")).text.strip() == shown


def test_a_long_message_is_cut(make: type[Make]) -> None:
    finding = make.finding(message="m" * 10_000)
    text = render(judge(make.plan(make.gate()), [make.document(findings=[finding])], {}))
    assert f"{'m' * 500}…" in text
    assert "m" * 501 not in text


def test_where_many_findings_lead_is_said(leading: Verdict) -> None:
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(render(leading))
    assert re.findall(r"<li>(.*end at.*)</li>", page) == [
        "6 of <code>ruff/slow</code> end at <code>src/helper_.py:7</code> `helper` calls `sink7`",
        "5 of <code>ruff/slow</code> end at <code>src/helper_.py:8</code> `helper` calls `sink8`",
    ]


def test_it_ends_before_githubs_limit_and_says_so(make: type[Make]) -> None:
    names = [f"s{n}" for n in range(40)]
    services = [make.service(name, [make.gate()]) for name in names]
    findings = [
        make.finding(service=name, key=str(n), message="what is wrong here " * 10)
        for name in names
        for n in range(20)
    ]
    document = make.document("ruff", names, findings)
    text = render(judge(make.plan(*services), [document], {}), limit=90_000)
    assert 80_000 < len(text.encode()) < 90_000
    assert text.endswith("all of it is in `dist/inseam/report.json`._\n")
    page = _Page(text)
    assert page.open == []
    assert page.tags <= OURS
    assert LIMIT < 1024**2


@pytest.mark.parametrize("limit", [400, 1_000, 3_000, 20_000])
def test_wherever_it_is_cut_it_is_whole(could_not_run: Verdict, limit: int) -> None:
    text = render(could_not_run, limit=limit)
    assert len(text.encode()) < limit
    page = _Page(text)
    assert page.open == []
    assert "inseam: could-not-run" in page.text, "the verdict itself is never left out"
