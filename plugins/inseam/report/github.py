"""GitHub annotations: workflow commands that mark lines of a pull request.

GitHub shows 10 errors, 10 warnings and 10 notices of a step and drops the others silently
(actions/toolkit#734), so the most urgent come first and the tenth counts the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inseam.findings.model import Failure, Finding
from inseam.policy.messages import PolicyMessage
from inseam.report.plain import count, visible
from inseam.report.view import DETAILS, View
from inseam.verdict.model import Disposition, Verdict

MOST_PER_LEVEL = 10

_CONFIDENCE = ("high", "medium", "low")


@dataclass(frozen=True, kw_only=True)
class _Annotation:
    title: str
    message: str
    fix: str
    file: str | None = None
    line: int | None = None
    end_line: int | None = None
    column: int | None = None


def render(verdict: Verdict) -> str:
    """The annotations as lines for a step's standard output; empty when there are none."""
    view = View(verdict)
    errors = [
        *map(_of_message, view.blocking_errors()),
        *map(_of_failure, verdict.failures),
        *map(_of_finding, _most_certain(view, Disposition.FAILS)),
        *map(_of_message, view.violations()),
    ]
    warnings = [*map(_of_finding, _most_certain(view, Disposition.SHOWN))]
    notices = [*map(_of_message, verdict.notices)]
    lines = [*_level("error", errors), *_level("warning", warnings), *_level("notice", notices)]
    return "".join(f"{line}\n" for line in lines)


def _most_certain(view: View, disposition: Disposition) -> list[Finding]:
    found = [each.finding for each in view.verdict.findings if each.disposition is disposition]
    return sorted(found, key=lambda finding: _CONFIDENCE.index(finding.confidence))


def _level(level: str, annotations: Sequence[_Annotation]) -> Iterator[str]:
    shown = annotations
    if len(annotations) > MOST_PER_LEVEL:
        shown = annotations[: MOST_PER_LEVEL - 1]
    for annotation in shown:
        yield _command(level, annotation)
    if rest := len(annotations) - len(shown):
        more = f"{count(rest, f'more {level}')} in the step's summary and in {DETAILS}"
        yield f"::{level} title=inseam::{_data(more)}"


def _command(level: str, annotation: _Annotation) -> str:
    file = annotation.file
    if file is not None and not file.isprintable():
        # No line of the pull request will be marked, and the log stays what it seems.
        file = visible(file)
    properties = {
        "file": file,
        "line": annotation.line,
        "endLine": annotation.end_line,
        "col": annotation.column,
        "title": visible(annotation.title),
    }
    stated = ",".join(
        f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None
    )
    text = f"{visible(annotation.message)}\nfix: {visible(annotation.fix)}"
    return f"::{level} {stated}::{_data(text)}"


def _of_finding(finding: Finding) -> _Annotation:
    return _Annotation(
        title=f"{finding.rule} ({finding.service})",
        message=finding.message,
        fix=finding.fix,
        file=finding.file,
        line=finding.line,
        end_line=finding.end_line,
        column=finding.column,
    )


def _of_failure(failure: Failure) -> _Annotation:
    whose = failure.service or "all services of the unit"
    return _Annotation(
        title=f"{failure.code}: could not run",
        message=f"{failure.gate} in {whose}: {failure.message}",
        fix=failure.fix,
        file=failure.file,
        line=failure.line,
        column=failure.column,
    )


def _of_message(message: PolicyMessage) -> _Annotation:
    return _Annotation(
        title=message.code,
        message=message.message,
        fix=message.fix,
        file=message.file,
        line=message.line,
        column=message.column,
    )


def _data(text: str) -> str:
    """Escaped as the runner unescapes it: actions/toolkit, packages/core/src/command.ts."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
