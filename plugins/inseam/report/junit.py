"""JUnit XML, for CI systems that show tests: a suite per service, a case per gate.

There is no standard; this keeps to what Jenkins, GitLab and pytest's own writer agree on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from inseam.findings.model import Failure
from inseam.policy.messages import PolicyMessage
from inseam.report.plain import count, place, visible
from inseam.report.view import DETAILS, Group, View
from inseam.verdict.model import Cell, Disposition, Outcome, Verdict

_MOST_LINES = 200
"""Of a single case."""


def render(verdict: Verdict) -> str:
    """The verdict as JUnit XML."""
    view = View(verdict)
    root = ET.Element("testsuites", name="inseam")
    failing: dict[tuple[str, str], list[Group]] = {}
    for service in view.groups(Disposition.FAILS):
        for group in service.groups:
            failing.setdefault((service.service, group.gate), []).append(group)
    failed: dict[tuple[str, str | None], list[Failure]] = {}
    for failure in verdict.failures:
        failed.setdefault((failure.gate, failure.service), []).append(failure)
    shown: set[Failure] = set()
    for name in view.services:
        suite = ET.SubElement(root, "testsuite", name=visible(name))
        for cell in filter(None, view.row(name)):
            failures: list[Failure] = []
            if cell.outcome is Outcome.COULD_NOT_RUN:
                for whose in (None, name):
                    failures += failed.get((cell.gate, whose), [])
            shown.update(failures)
            _case(suite, view, cell, failures, failing.get((name, cell.gate), []))
    _remaining(root, view, [failure for failure in verdict.failures if failure not in shown])
    for suite in root:
        _count(suite)
    _count(root)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _case(
    suite: ET.Element,
    view: View,
    cell: Cell,
    failures: Sequence[Failure],
    groups: Sequence[Group],
) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=visible(cell.service), name=visible(cell.gate)
    )
    lines = [*map(_failure_line, failures), *map(_message_line, cell.violations)]
    lines += (line for group in groups for line in _group_lines(group))
    if cell.outcome is Outcome.COULD_NOT_RUN:
        _problem(case, "error", f"{visible(cell.gate)} could not run", lines)
    elif cell.outcome is Outcome.VIOLATION:
        number = cell.counts.get(Disposition.FAILS, 0) + len(cell.violations)
        _problem(case, "failure", f"{count(number, 'violation')} in mode {cell.mode}", lines)
    elif not cell.applies:
        ET.SubElement(case, "skipped", message=view.phrase(cell))
    if cell.applies:
        ET.SubElement(case, "system-out").text = view.phrase(cell)


def _remaining(root: ET.Element, view: View, failures: Sequence[Failure]) -> None:
    """What is no cell's: policy that cannot be used, units that nobody asked for."""
    errors = view.blocking_errors()
    if not errors and not failures:
        return
    suite = ET.SubElement(root, "testsuite", name="inseam")
    if errors:
        case = ET.SubElement(suite, "testcase", classname="inseam", name="policy")
        message = f"policy has {count(len(errors), 'error')}"
        _problem(case, "error", message, list(map(_message_line, errors)))
    if failures:
        case = ET.SubElement(suite, "testcase", classname="inseam", name="units")
        message = count(len(failures), "failure")
        _problem(case, "error", message, list(map(_failure_line, failures)))


def _problem(case: ET.Element, kind: str, message: str, lines: Sequence[str]) -> None:
    shown = list(lines[:_MOST_LINES])
    if len(lines) > len(shown):
        shown.append(f"{count(len(lines) - len(shown), 'more line')} in {DETAILS}")
    type_ = "could-not-run" if kind == "error" else "violation"
    ET.SubElement(case, kind, message=message, type=type_).text = "\n".join(shown)


def _group_lines(group: Group) -> Iterator[str]:
    for finding in group.findings:
        where = place(finding.file, finding.line, finding.column)
        what = f"{visible(finding.rule)}: {visible(finding.message)}"
        yield f"{where}: {what} (fix: {visible(finding.fix)})"


def _message_line(message: PolicyMessage) -> str:
    where = place(message.file, message.line, message.column)
    what = f"{visible(message.code)}: {visible(message.message)}"
    return f"{where}: {what} (fix: {visible(message.fix)})"


def _failure_line(failure: Failure) -> str:
    where = f"{place(failure.file, failure.line, failure.column)}: " if failure.file else ""
    what = f"{visible(failure.code)}: {visible(failure.message)}"
    return f"{where}{what} (fix: {visible(failure.fix)})"


def _count(suite: ET.Element) -> None:
    for name, path in (
        ("tests", ".//testcase"),
        ("failures", ".//failure"),
        ("errors", ".//error"),
        ("skipped", ".//skipped"),
    ):
        suite.set(name, str(len(suite.findall(path))))
