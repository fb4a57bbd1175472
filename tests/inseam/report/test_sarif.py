"""SARIF: valid by its schema, complete, and nothing suppressed without a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from inseam.findings.model import Severity
from inseam.gates.contract import Rule
from inseam.report import sarif
from inseam.report.sarif import render
from inseam.verdict.judge import judge
from inseam.verdict.model import Verdict

if TYPE_CHECKING:
    from tests.inseam.conftest import Make

SCHEMA = Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json"

RULES = {
    rule.id: rule
    for rule in (
        Rule(
            id="mypy/no-untyped-def",
            summary="a function without annotations",
            why="mypy does not look into it.",
            fix="Annotate it.",
        ),
        Rule(id="alembic/heads", summary="s", why="w", fix="f", severity=Severity.WARNING),
    )
}


def run_of(verdict: Verdict, rules: dict[str, Rule] | None = None) -> dict[str, Any]:
    document = json.loads(render(verdict, rules))
    run = document["runs"][0]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize(
    "name", ["violation", "could_not_run", "clean", "broken_policy", "many", "hostile"]
)
@pytest.mark.parametrize("rules", [None, RULES])
def test_it_is_valid(
    request: pytest.FixtureRequest, name: str, rules: dict[str, Rule] | None
) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )
    document = json.loads(render(request.getfixturevalue(name), rules))
    assert [error.message for error in validator.iter_errors(document)] == []


def test_levels_and_suppressions_follow_dispositions(violation: Verdict) -> None:
    results = run_of(violation)["results"]
    found = {
        (result["properties"]["disposition"], result["level"], "suppressions" in result)
        for result in results
    }
    assert found == {
        ("fails", "error", False),
        ("shown", "warning", False),
        ("tolerated", "note", True),
        ("waived", "note", True),
    }
    reasons = {
        result["properties"]["disposition"]: result["suppressions"][0]["justification"]
        for result in results
        if "suppressions" in result
    }
    assert reasons["waived"] == (
        "waiver W-1 until 2026-12-31: no other way until the next release (owner @acme/payments)"
    )
    assert reasons["tolerated"].startswith(
        "in the baseline policies/baselines/billing/mypy.json; ratchet until 2027-01-15"
    )


def test_places_are_exact(violation: Verdict) -> None:
    (result,) = (r for r in run_of(violation)["results"] if r["level"] == "warning")
    physical = result["locations"][0]["physicalLocation"]
    assert physical == {
        "artifactLocation": {
            "uri": "services/billing/src/billing/client.py",
            "uriBaseId": "%SRCROOT%",
        },
        "region": {"startLine": 41, "startColumn": 12},
    }
    (related,) = result["relatedLocations"]
    assert related["id"] == 1
    assert related["message"] == {"text": "called by pay()"}
    assert related["physicalLocation"]["region"] == {"startLine": 17}


def test_rules_are_described(violation: Verdict) -> None:
    run = run_of(violation, RULES)
    rules = run["tool"]["driver"]["rules"]
    names = [rule["id"] for rule in rules]
    assert names == sorted(names)
    assert "alembic/heads" in names, "declared rules are listed though nothing was found"
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    described = rules[names.index("mypy/no-untyped-def")]
    assert described["shortDescription"]["text"] == "a function without annotations"
    assert "Annotate it." in described["help"]["markdown"]


def test_help_is_linked_when_it_is_a_link(make: type[Make]) -> None:
    findings = [
        make.finding("ruff/F401", help_url="https://docs.example/F401"),
        make.finding("ruff/F811", help_url="javascript:alert(1)"),
    ]
    verdict = judge(make.plan(make.gate()), [make.document(findings=findings)], {})
    rules = run_of(verdict)["tool"]["driver"]["rules"]
    assert [rule.get("helpUri") for rule in rules] == ["https://docs.example/F401", None]


def test_equal_findings_stay_apart(make: type[Make]) -> None:
    document = make.document(findings=[make.finding(), make.finding()])
    verdict = judge(make.plan(make.gate()), [document], {})
    prints = [r["partialFingerprints"]["inseam/v1"] for r in run_of(verdict)["results"]]
    assert prints == [f"{make.finding().fingerprint}:{n}" for n in (1, 2)]


def test_a_run_that_failed_says_so(could_not_run: Verdict) -> None:
    (invocation,) = run_of(could_not_run)["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["descriptor"] == {"id": "mypy/timeout"}
    assert notification["message"]["text"].startswith("mypy in legacy_admin: mypy did not end")


def test_policy_errors_are_configuration(broken_policy: Verdict) -> None:
    run = run_of(broken_policy)
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolConfigurationNotifications"]
    assert notification["descriptor"] == {"id": "policy/loosens"}
    assert run["results"] == []


def test_a_violation_of_policy_is_a_result(make: type[Make]) -> None:
    verdict = judge(make.plan(make.gate(waivers=(make.waiver(),))), [make.document()], {})
    run = run_of(verdict)
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("policy/waiver-unused", "error")
    assert run["invocations"][0]["executionSuccessful"] is True


def test_what_does_not_fit_is_counted_and_the_urgent_comes_first(
    make: type[Make], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 3)
    gates = [make.gate("a-tool", "warn"), make.gate("ruff")]
    documents = [
        make.document("a-tool", findings=[make.finding("a-tool/x", str(n)) for n in range(4)]),
        make.document("ruff", findings=[make.finding(key=str(n)) for n in range(2)]),
    ]
    run = run_of(judge(make.plan(*gates), documents, {}))
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning"]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("3 more results in dist/inseam/report.json")


def test_other_peoples_links_are_none(hostile: Verdict) -> None:
    run = run_of(hostile)
    texts = [result["message"]["text"] for result in run["results"]]
    assert all("](" not in text and "\x1b" not in text for text in texts)
