"""The report on a terminal: what fails, what is tolerated until when, and what to do."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import islice

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from inseam.findings.model import Failure, Finding
from inseam.policy.messages import PolicyMessage
from inseam.report.conclusion import headline, next_step
from inseam.report.plain import count, place, visible
from inseam.report.scorecard import STYLES, scorecard
from inseam.report.view import DETAILS, Group, ServiceGroup, View
from inseam.verdict.model import Disposition, Outcome, Verdict

_MOST_PER_RULE = 10
_MOST_PER_SECTION = 100
_MOST_RELATED = 5
_MOST_SHOWN = 20
_MOST_LINES = 40
"""Of what takes a line or two each: what stands, waivers, notices."""

_TRAILING = re.compile(r"[ ]+$", re.MULTILINE)

_COMMAND = re.compile(r"^((?:\x1b\[[0-9;]*m|[ \t])*)::|##\[", re.MULTILINE)


def render(verdict: Verdict, *, width: int = 100, color: bool = False) -> str:
    """The report as text.

    Args:
        verdict: what to report.
        width: columns of the terminal.
        color: whether to use ANSI colours; without them nothing is lost.
    """
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        # Nothing of the caller's terminal may show in the bytes.
        _environ={},
    )
    view = View(verdict)
    for part in _parts(view, width):
        console.print(part)
    # One line, however narrow the terminal: the last thing that is read, and grepped for.
    console.print(_last_line(view), soft_wrap=True)
    return _without_commands(_TRAILING.sub("", stream.getvalue()))


def _without_commands(text: str) -> str:
    """GitHub's runner obeys a line that begins with `::`, and `##[` anywhere; neither is ours."""
    return _COMMAND.sub(lambda m: "##\\[" if m[0] == "##[" else f"{m[1]}\\::", text)


def _parts(view: View, width: int) -> Iterator[RenderableType]:
    size = f"{count(len(view.services), 'service')}, {count(len(view.gates), 'gate')}"
    yield Text(f"inseam: {size}, as of {view.verdict.as_of}\n", style="bold")
    yield from scorecard(view, width)
    yield from _could_not_run(view)
    yield from _findings(view, Disposition.FAILS, _MOST_PER_SECTION, "FAILING", "fix these")
    yield from _findings(view, Disposition.SHOWN, _MOST_SHOWN, "SHOWN", "fails nothing today")
    yield from _standing(view)
    yield from _waivers(view)
    yield from _notices(view)


def _heading(title: str, explanation: str) -> Text:
    return Text.assemble((title, "bold"), (f"  {explanation}", "dim"))


def _line(left: int, *parts: str | tuple[str, str]) -> Padding:
    return Padding(Text.assemble(*parts), (0, 0, 0, left))


def _more(number: int, noun: str, left: int = 2) -> Iterator[RenderableType]:
    if number > 0:
        yield _line(left, (f"{count(number, f'more {noun}')} in {DETAILS}", "dim"))


def _could_not_run(view: View) -> Iterator[RenderableType]:
    failures, errors = view.verdict.failures, view.blocking_errors()
    if not failures and not errors:
        return
    yield _heading("COULD NOT RUN", "nothing is known here, which is never a pass")
    for error in errors[:_MOST_PER_SECTION]:
        yield from _message(error, left=2)
    yield from _more(len(errors) - _MOST_PER_SECTION, "error")
    for failure in failures[:_MOST_PER_SECTION]:
        yield from _failure(failure)
    yield from _more(len(failures) - _MOST_PER_SECTION, "failure")
    yield Text()


def _failure(failure: Failure) -> Iterator[RenderableType]:
    whose = visible(failure.service) if failure.service else "all services of the unit"
    yield _line(2, (f"{whose}: {visible(failure.gate)}", "bold"))
    where = f"{place(failure.file, failure.line, failure.column)} " if failure.file else ""
    what = f"{visible(failure.code)}: {visible(failure.message)}"
    yield _line(4, where, (what, "magenta"))
    yield _line(4, ("fix: ", "bold"), visible(failure.fix))


def _findings(
    view: View, disposition: Disposition, most: int, title: str, explanation: str
) -> Iterator[RenderableType]:
    groups = list(view.groups(disposition))
    if not groups:
        return
    yield _heading(title, explanation)
    left = most
    for index, group in enumerate(groups):
        if left <= 0:
            rest = groups[index:]
            noun = f"in {count(len(rest), 'more service')}"
            yield _line(0, (f"{sum(g.size for g in rest)} more {noun}: {DETAILS}", "dim"))
            break
        owner = f"  {visible(group.owner)}" if group.owner else ""
        yield _line(0, (visible(group.service), "bold underline"), (owner, "dim"))
        yield from _of_service(group, disposition)
        left -= sum(min(len(each.findings), _MOST_PER_RULE) for each in group.groups) + 1
    yield Text()


def _of_service(service: ServiceGroup, disposition: Disposition) -> Iterator[RenderableType]:
    for message in service.violations:
        yield from _message(message, left=2)
    for group in service.groups:
        number = count(len(group.findings), "finding")
        yield _line(2, (visible(group.rule), STYLES[disposition]), f"  {number} ({group.mode})")
        yield from _of_rule(group)


def _of_rule(group: Group) -> Iterator[RenderableType]:
    shown = group.findings[:_MOST_PER_RULE]
    for finding in shown:
        yield from _finding(finding, with_fix=group.fix is None)
    yield from _more(len(group.findings) - len(shown), "finding", left=4)
    for end, number in group.ends:
        where = (place(end.file, end.line), "blue")
        yield _line(4, (f"{number} of them end at ", "bold"), where, f" {visible(end.message)}")
    if group.fix is not None:
        yield _line(4, ("fix: ", "bold"), visible(group.fix))


def _finding(finding: Finding, *, with_fix: bool) -> Iterator[RenderableType]:
    where = place(finding.file, finding.line, finding.column)
    yield _line(4, (where, "blue"), f" {visible(finding.message)}")
    for related in finding.related[:_MOST_RELATED]:
        yield _line(6, (f"{place(related.file, related.line)} {visible(related.message)}", "dim"))
    yield from _more(len(finding.related) - _MOST_RELATED, "place", left=6)
    if with_fix:
        yield _line(6, ("fix: ", "bold"), visible(finding.fix))


def _message(message: PolicyMessage, left: int) -> Iterator[RenderableType]:
    where = place(message.file, message.line, message.column)
    what = f" {visible(message.code)}: {visible(message.message)}"
    yield _line(left, (where, "blue"), what)
    yield _line(left + 2, ("fix: ", "bold"), visible(message.fix))


def _standing(view: View) -> Iterator[RenderableType]:
    lines = view.standing()
    if not lines:
        return
    yield _heading("NOT FAILING", "what is found but does not fail, and until when")
    for subject, phrase in lines[:_MOST_LINES]:
        yield _line(2, (subject, "bold"), f": {phrase}")
    yield from _more(len(lines) - _MOST_LINES, "such line")
    yield Text()


def _waivers(view: View) -> Iterator[RenderableType]:
    lines = list(view.waivers())
    if not lines:
        return
    yield _heading("WAIVERS", "exceptions, which end by themselves")
    for line in lines[:_MOST_LINES]:
        waiver = line.waiver
        until = f"until {waiver.expires}, owner {visible(waiver.owner)}"
        ticket = f", {visible(waiver.ticket)}" if waiver.ticket else ""
        head = (f"{visible(waiver.id)} {visible(line.service)}", "bold")
        yield _line(2, head, f" {line.effect}; {until}{ticket}")
        yield _line(4, (visible(waiver.reason), "dim"))
    yield from _more(len(lines) - _MOST_LINES, "waiver")
    yield Text()


def _notices(view: View) -> Iterator[RenderableType]:
    notices = view.verdict.notices
    if not notices:
        return
    yield _heading("NOTICES", "these fail nothing today")
    for notice in islice(notices, _MOST_LINES):
        yield from _message(notice, left=2)
    yield from _more(len(notices) - _MOST_LINES, "notice")
    yield Text()


def _last_line(view: View) -> Text:
    styles = {
        Outcome.PASS: "bold green",
        Outcome.VIOLATION: "bold red",
        Outcome.COULD_NOT_RUN: "bold magenta",
    }
    style = styles[view.verdict.outcome]
    advice, command = next_step(view)
    todo = f"; {advice} `{command}`" if command else f"; {advice}"
    return Text.assemble(("verdict: ", "bold"), (headline(view), style), todo)
