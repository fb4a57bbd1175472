"""The summary of a CI step, in GitHub's Markdown.

GitHub drops a summary whole above 1 MiB: this one ends before 900 kB, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from inseam.findings.model import Failure
from inseam.policy.messages import PolicyMessage
from inseam.report.conclusion import headline, next_step
from inseam.report.plain import count, place, visible
from inseam.report.view import DETAILS, LEGEND, WORDS, ServiceGroup, View
from inseam.verdict.model import Cell, Disposition, Outcome, Verdict

LIMIT = 900_000
"""Bytes."""

_MOST_ROWS = 100
"""Of one table."""
_MOST_CHARACTERS = 500
"""Of one message."""

_SIGNS: dict[Outcome, str] = {
    Outcome.PASS: "✅",
    Outcome.VIOLATION: "❌",
    Outcome.COULD_NOT_RUN: "💥",
}

_ACTIVE = re.compile(
    r"[#$&*<>@\[\\\]`|~]"
    r"|:(?![\s\d]|\Z)"  # addresses and emoji
    r"|(?<=www)\."
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])",
    re.IGNORECASE,
)
"""What means something to GitHub's Markdown in the middle of a line."""


def render(verdict: Verdict, *, limit: int = LIMIT) -> str:
    """The verdict as Markdown of fewer than `limit` bytes."""
    cut = f"\n_Shortened, since GitHub drops what is larger: all of it is in `{DETAILS}`._\n"
    left = limit - len(cut.encode()) - 1
    kept: list[str] = []
    is_cut = False
    # Each block stands by itself: whichever is left out, no table and no <details> stays open.
    for block in _blocks(View(verdict)):
        size = len(block.encode())
        if size <= left:
            left -= size
            kept.append(block)
        else:
            is_cut = True
    return "".join([*kept, cut] if is_cut else kept)


def escape(text: str) -> str:
    """Other people's text as Markdown that shows just that: no markup, link, image or mention."""
    seen = visible(text)
    if len(seen) > _MOST_CHARACTERS:
        seen = f"{seen[:_MOST_CHARACTERS]}…"
    return _ACTIVE.sub(lambda match: f"&#{ord(match[0])};", seen)


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _capped(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    more = len(rows) - _MOST_ROWS
    rest = f"\n{count(more, 'more row')} in `{DETAILS}`.\n" if more > 0 else ""
    return _table(columns, rows[:_MOST_ROWS]) + rest


def _blocks(view: View) -> Iterator[str]:
    verdict = view.verdict
    sign = _SIGNS[verdict.outcome]
    yield f"## {sign} inseam: {verdict.outcome.value}\n\n{escape(headline(view))}. "
    advice, command = next_step(view)
    todo = f"{escape(advice)} {_code(command)}" if command else escape(advice)
    yield f"As of {verdict.as_of}.\n\nNext: {todo}.\n"
    yield _scorecard(view)
    if errors := view.blocking_errors():
        yield f"\n### Policy that cannot be used\n\n{_messages(errors)}"
    if verdict.failures:
        yield f"\n### Could not run\n\n{_failures(verdict.failures)}"
    yield from _section(view, Disposition.FAILS, "Failing", is_open=True)
    yield from _section(view, Disposition.SHOWN, "Shown, not failing today", is_open=False)
    if standing := view.standing():
        lines = [f"- {escape(subject)}: {escape(phrase)}\n" for subject, phrase in standing]
        more = len(lines) - _MOST_ROWS
        lines[_MOST_ROWS:] = [f"- {count(more, 'more line')} in `{DETAILS}`\n"] * (more > 0)
        yield f"\n### What does not fail, and until when\n\n{''.join(lines)}"
    yield _waivers(view)
    if verdict.notices:
        yield f"\n### Notices\n\n{_messages(verdict.notices)}"


def _scorecard(view: View) -> str:
    if not view.gates:
        return ""
    names, clean = view.rows()
    places, same = view.columns()
    rows = []
    for name in names:
        row = view.row(name)
        rows.append([f"**{escape(name)}**", *(_cell(row[place]) for place in places)])
    columns = ["service", *(escape(view.gates[place]) for place in places)]
    text = _capped(columns, rows) if rows and places else ""
    if clean:
        text += f"\n{count(len(clean), 'clean service')} not listed.\n"
    if same:
        text += f"\nEnforced and ok everywhere: {', '.join(map(escape, same))}.\n"
    legend = "".join(f"- **{mode}**: {LEGEND[mode]}\n" for mode in view.modes())
    return f"\n{text}\n{legend}"


def _cell(cell: Cell | None) -> str:
    if cell is None or not cell.applies:
        return "n/a"
    lines = [f"{cell.counts[each]} {WORDS[each]}" for each in WORDS if each in cell.counts]
    if cell.violations:
        lines.append("policy FAIL")
    if cell.outcome is Outcome.COULD_NOT_RUN:
        lines.insert(0, "DID NOT RUN")
    mode = f"{cell.mode}, waived" if cell.waiver else cell.mode
    return f"{_SIGNS[cell.outcome]} {'<br>'.join(lines or ['ok'])}<br><sub>{mode}</sub>"


def _section(view: View, disposition: Disposition, title: str, *, is_open: bool) -> Iterator[str]:
    heading = f"\n### {title}\n"
    for group in view.groups(disposition):
        owner = f", {escape(group.owner)}" if group.owner else ""
        summary = f"<b>{escape(group.service)}</b>: {count(group.size, 'finding')}{owner}"
        start = f"<details{' open' if is_open else ''}><summary>{summary}</summary>"
        body = _capped(["place", "rule", "what", "fix"], list(_rows(group)))
        yield f"{heading}\n{start}\n\n{body}{''.join(_ends(group))}\n</details>\n"
        heading = ""


def _ends(service: ServiceGroup) -> Iterator[str]:
    """Lines of their own paragraph, if there is any."""
    start = "\n"
    for group in service.groups:
        for end, number in group.ends:
            where = f"{_code(place(end.file, end.line))} {escape(end.message)}"
            yield f"{start}- {number} of {_code(group.rule)} end at {where}\n"
            start = ""


def _rows(service: ServiceGroup) -> Iterator[list[str]]:
    for message in service.violations:
        yield _message_row(message)
    for group in service.groups:
        for finding in group.findings:
            where = place(finding.file, finding.line, finding.column)
            what = [finding.message, *(f"{r.file}:{r.line} {r.message}" for r in finding.related)]
            yield [
                _code(where),
                _code(finding.rule),
                "<br>".join(map(escape, what[:_MOST_ROWS])),
                escape(finding.fix),
            ]


def _messages(messages: Sequence[PolicyMessage]) -> str:
    return _capped(["place", "code", "what", "fix"], list(map(_message_row, messages)))


def _message_row(message: PolicyMessage) -> list[str]:
    where = place(message.file, message.line, message.column)
    return [_code(where), _code(message.code), escape(message.message), escape(message.fix)]


def _failures(failures: Sequence[Failure]) -> str:
    rows = [
        [
            escape(failure.service or "all services of the unit"),
            escape(failure.gate),
            _code(place(failure.file, failure.line, failure.column)) if failure.file else "",
            _code(failure.code),
            escape(failure.message),
            escape(failure.fix),
        ]
        for failure in failures
    ]
    return _capped(["service", "gate", "place", "code", "what", "fix"], rows)


def _waivers(view: View) -> str:
    rows = [
        [
            escape(line.waiver.id),
            escape(line.service),
            escape(line.effect),
            str(line.waiver.expires),
            escape(line.waiver.owner),
            escape(line.waiver.ticket or ""),
            escape(line.waiver.reason),
        ]
        for line in view.waivers()
    ]
    if not rows:
        return ""
    columns = ["waiver", "service", "what it does", "until", "owner", "ticket", "reason"]
    return f"\n### Waivers\n\n{_capped(columns, rows)}"
