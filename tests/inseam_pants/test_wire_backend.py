"""Documents of the wire, as far as the backend makes or reads them."""

from __future__ import annotations

import json

from inseam_pants.wire import (
    FileKind,
    PlannedUnit,
    baseline_paths,
    canonical,
    failed_unit,
    planned_units,
    services_document,
    states_outcome,
)

DOCUMENT = {
    "schema": "inseam.unit/1",
    "gate": "mypy",
    "time_limit": 60.0,
    "services": [{"facts": {"name": "orders", "source_roots": []}, "settings": {}}],
}
UNIT = PlannedUnit(
    id="mypy-orders",
    gate="mypy",
    needs="environment",
    services=("orders",),
    reads_base=False,
    reads_tip=False,
    base_files=(FileKind(".py", "revision"),),
    inputs=("policies/advisories/snapshot.jsonl",),
    can_be_live=False,
    document=canonical(DOCUMENT),
)


def findings(**changed: object) -> bytes:
    document = {"schema": "inseam.findings/1", "findings": [], "failures": [], **changed}
    return json.dumps(document).encode()


def test_equal_documents_have_equal_text() -> None:
    assert canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1})
    assert services_document([{"name": "x", "root": "."}]) == services_document(
        [{"root": ".", "name": "x"}]
    )


def test_a_plan_is_read() -> None:
    plan = {
        "units": [
            {
                "id": "mypy-orders",
                "gate": "mypy",
                "needs": "environment",
                "services": ["orders"],
                "reads_base": False,
                "reads_tip": False,
                "base_files": [{"suffix": ".py", "containing": "revision"}],
                "inputs": ["policies/advisories/snapshot.jsonl"],
                "can_be_live": False,
                "document": DOCUMENT,
            }
        ],
        "services": [{"gates": [{"baseline": "b.json"}, {"baseline": "a.json"}]}],
    }
    assert planned_units(plan) == (UNIT,)
    assert baseline_paths(plan) == ("a.json", "b.json")


def test_the_backend_adds_what_only_it_knows() -> None:
    adjusted = json.loads(UNIT.adjusted(time_limit=5, source_roots={"orders": ("a", "b")}))
    assert adjusted["time_limit"] == 5.0
    assert adjusted["services"][0]["facts"]["source_roots"] == ["a", "b"]


def test_a_live_unit_is_another_one() -> None:
    adjusted = UNIT.adjusted(time_limit=None, source_roots={}, live=True)
    assert json.loads(adjusted) == {**DOCUMENT, "live": True}


def test_nothing_to_add_leaves_a_document_as_it_is() -> None:
    assert UNIT.adjusted(time_limit=None, source_roots={}) == UNIT.document
    assert UNIT.time_limit == 60.0


def test_an_outcome_needs_a_document_and_an_exit_code_that_agree() -> None:
    failed = findings(failures=[{}])
    assert states_outcome(findings(), 0)
    assert states_outcome(failed, 2)
    assert not states_outcome(findings(), 2)
    assert not states_outcome(failed, 0)
    assert not states_outcome(findings(), 1)
    assert not states_outcome(findings(), -9)
    assert not states_outcome(findings(schema="other"), 0)
    for garbage in (b"", b"{}", b"[]", b"null", b"\xff", b'{"failures": 1}'):
        assert not states_outcome(garbage, 0)


def test_a_unit_that_gave_nothing_is_a_failure_that_quotes_its_last_lines() -> None:
    output = "\n".join(f"line {number}" for number in range(100))
    document = json.loads(failed_unit(UNIT, "the process ended -9", output))
    (failure,) = document["failures"]
    assert document["services"] == ["orders"]
    assert failure["code"] == "mypy/could-not-run"
    assert failure["message"].startswith("the process ended -9; it printed:\nline 85\n")
    assert failure["message"].endswith("line 99")
    assert states_outcome(json.dumps(document).encode(), 2)
