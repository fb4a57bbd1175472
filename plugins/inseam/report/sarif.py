"""SARIF 2.1.0, for code scanning and editors.

Specification: OASIS "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". Limits are
those of GitHub code scanning, which takes 25,000 results a run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from inseam.findings.model import Failure, Finding, Severity
from inseam.gates.contract import Rule
from inseam.policy.messages import PolicyMessage
from inseam.report.plain import count, visible
from inseam.report.view import DETAILS, View
from inseam.verdict.model import Disposition, JudgedFinding, Outcome, Verdict

MOST_RESULTS = 25_000

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT = "%SRCROOT%"
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+\Z")

_URGENCY = (
    Disposition.FAILS,
    Disposition.SHOWN,
    Disposition.RECORDED,
    Disposition.TOLERATED,
    Disposition.WAIVED,
)
"""What is kept first when there are too many."""

_LEVELS: dict[Disposition, str] = {
    Disposition.FAILS: "error",
    Disposition.SHOWN: "warning",
    Disposition.RECORDED: "note",
    # Code scanning shows suppressed results like others: they must not look like failures there.
    Disposition.TOLERATED: "note",
    Disposition.WAIVED: "note",
}

_DEFAULT_LEVELS: dict[Severity, str] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}

Json = dict[str, Any]


def render(verdict: Verdict, rules: Mapping[str, Rule] | None = None) -> str:
    """The verdict as SARIF.

    Args:
        verdict: what to report.
        rules: what the gates declare, by id, for titles and help. A rule that is missing is
            described by its id alone.
    """
    view = View(verdict)
    ordered = sorted(verdict.findings, key=lambda judged: _URGENCY.index(judged.disposition))
    violations = view.violations()
    kept = ordered[: max(0, MOST_RESULTS - len(violations))]
    descriptors = _descriptors(kept, violations, rules or {})
    places = {descriptor["id"]: place for place, descriptor in enumerate(descriptors)}
    results = [*map(_policy_result, violations), *_results(view, kept)][:MOST_RESULTS]
    for result in results:
        result["ruleIndex"] = places[result["ruleId"]]
    run: Json = {
        "tool": {"driver": {"name": "inseam", "rules": descriptors}},
        "automationDetails": {"id": "inseam/"},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The workspace's root."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(view, left_out=len(ordered) - len(kept))],
        "results": results,
        "properties": {"asOf": verdict.as_of.isoformat(), "verdict": verdict.outcome.value},
    }
    # Compact: indenting would leave json's fast encoder, for a file that people do not read.
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _descriptors(
    kept: Iterable[JudgedFinding], violations: Iterable[PolicyMessage], rules: Mapping[str, Rule]
) -> list[Json]:
    """Every rule that the gates declare or a result names, sorted."""
    urls = {judged.finding.rule: judged.finding.help_url for judged in kept}
    names = {*rules, *urls, *(message.code for message in violations)}
    return [_descriptor(name, rules.get(name), urls.get(name)) for name in sorted(names)]


def _descriptor(name: str, rule: Rule | None, url: str | None) -> Json:
    described: Json = {"id": name}
    if rule is None:
        described |= {
            "shortDescription": {"text": visible(name)},
            "fullDescription": {"text": visible(name)},
            "help": {"text": "See the result's message."},
        }
    else:
        described |= {
            "shortDescription": {"text": rule.summary},
            "fullDescription": {"text": rule.why},
            "help": {
                "text": f"{rule.why}\n\nHow to fix it: {rule.fix}",
                "markdown": f"{rule.why}\n\n**How to fix it:** {rule.fix}",
            },
            "defaultConfiguration": {"level": _DEFAULT_LEVELS[rule.severity]},
        }
    if url is not None and _URL.match(url):
        described["helpUri"] = url
    return described


def _results(view: View, kept: Iterable[JudgedFinding]) -> Iterator[Json]:
    seen: Counter[str] = Counter()
    for judged in kept:
        finding = judged.finding
        seen[finding.fingerprint] += 1
        result: Json = {
            "ruleId": finding.rule,
            "kind": "fail",
            "level": _LEVELS[judged.disposition],
            "message": _message(finding.message, finding.fix),
            "locations": [_location(finding.file, finding.line, finding.column, finding.end_line)],
            # The place among equals keeps two of the same apart.
            "partialFingerprints": {
                "inseam/v1": f"{finding.fingerprint}:{seen[finding.fingerprint]}"
            },
            "properties": _properties(view, judged),
        }
        if finding.related:
            result["relatedLocations"] = [
                {"id": place, **_location(related.file, related.line, message=related.message)}
                for place, related in enumerate(finding.related, start=1)
            ]
        if justification := _justification(view, judged):
            result["suppressions"] = [
                {"kind": "external", "status": "accepted", "justification": justification}
            ]
        yield result


def _properties(view: View, judged: JudgedFinding) -> Json:
    finding: Finding = judged.finding
    properties: Json = {
        "service": finding.service,
        "gate": finding.gate,
        "mode": view.cells[finding.service, finding.gate].mode,
        "disposition": judged.disposition.value,
        "confidence": finding.confidence,
    }
    if judged.waiver is not None:
        properties["waiver"] = judged.waiver
    return properties


def _justification(view: View, judged: JudgedFinding) -> str | None:
    """Why a finding is suppressed; None when it is not."""
    finding = judged.finding
    if judged.disposition is Disposition.TOLERATED:
        cell = view.cells[finding.service, finding.gate]
        return f"in the baseline {visible(cell.baseline or '')}; {view.phrase(cell)}"
    if judged.disposition is Disposition.WAIVED:
        waiver = view.waiver(finding.service, finding.gate, judged.waiver)
        if waiver is None:
            return f"waiver {visible(judged.waiver or '')}"
        return (
            f"waiver {visible(waiver.id)} until {waiver.expires}: {visible(waiver.reason)} "
            f"(owner {visible(waiver.owner)})"
        )
    return None


def _policy_result(message: PolicyMessage) -> Json:
    identity = f"{message.code}\0{message.file}\0{message.message}"
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return {
        "ruleId": message.code,
        "kind": "fail",
        "level": "error",
        "message": _message(message.message, message.fix),
        "locations": [_location(message.file, message.line, message.column)],
        "partialFingerprints": {"inseam/v1": f"{fingerprint}:1"},
    }


def _invocation(view: View, left_out: int) -> Json:
    verdict = view.verdict
    execution = [_failure(failure) for failure in verdict.failures]
    if left_out:
        text = f"{count(left_out, 'more result')} in {DETAILS}: a run holds {MOST_RESULTS}"
        execution.append({"level": "warning", "message": {"text": text}})
    return {
        "executionSuccessful": verdict.outcome is not Outcome.COULD_NOT_RUN,
        "exitCode": verdict.exit_code,
        "exitCodeDescription": verdict.outcome.value,
        "toolExecutionNotifications": execution,
        "toolConfigurationNotifications": [
            *(_notification(error, "error") for error in view.blocking_errors()),
            *(_notification(notice, "note") for notice in verdict.notices),
        ],
    }


def _failure(failure: Failure) -> Json:
    whose = f"{failure.gate} in {failure.service or 'all services of the unit'}"
    notification: Json = {
        "level": "error",
        "descriptor": {"id": failure.code},
        "message": _message(f"{whose}: {failure.message}", failure.fix),
    }
    if failure.file is not None:
        notification["locations"] = [_location(failure.file, failure.line, failure.column)]
    return notification


def _notification(message: PolicyMessage, level: str) -> Json:
    return {
        "level": level,
        "descriptor": {"id": message.code},
        "message": _message(message.message, message.fix),
        "locations": [_location(message.file, message.line, message.column)],
    }


def _message(message: str, fix: str) -> Json:
    text = f"{visible(message)}\nFix: {visible(fix)}"
    # `[text](target)` in a plain message is a link (3.11.6); none of ours is meant as one.
    return {"text": text.replace("](", "] (")}


def _location(
    file: str,
    line: int | None,
    column: int | None = None,
    end_line: int | None = None,
    message: str | None = None,
) -> Json:
    physical: Json = {"artifactLocation": {"uri": quote(file, safe="/"), "uriBaseId": _ROOT}}
    if line is not None:
        region: Json = {"startLine": line}
        if column is not None:
            region["startColumn"] = column
        if end_line is not None and end_line >= line:
            region["endLine"] = end_line
        physical["region"] = region
    location: Json = {"physicalLocation": physical}
    if message is not None:
        location["message"] = {"text": visible(message).replace("](", "] (")}
    return location
