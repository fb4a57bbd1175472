"""Nothing that is missing, repeated or foreign passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inseam.findings.model import FindingsDocument
from inseam.verdict.judge import judge
from inseam.verdict.model import Outcome, Verdict

if TYPE_CHECKING:
    from tests.inseam.conftest import Make


def outcomes(verdict: Verdict) -> dict[str, Outcome]:
    return {f"{cell.service} {cell.gate}": cell.outcome for cell in verdict.cells}


def codes(verdict: Verdict) -> list[str]:
    return [failure.code for failure in verdict.failures]


def test_a_unit_that_found_nothing_passes(make: type[Make]) -> None:
    verdict = judge(make.plan(make.gate()), [make.document()], {})
    assert (verdict.outcome, verdict.exit_code) == (Outcome.PASS, 0)


def test_a_unit_that_is_missing_could_not_run(make: type[Make]) -> None:
    plan = make.plan(make.gate("ruff", "audit"), make.gate("mypy", "audit"))
    verdict = judge(plan, [make.document("mypy")], {})
    assert (verdict.outcome, verdict.exit_code) == (Outcome.COULD_NOT_RUN, 2)
    assert outcomes(verdict) == {"billing ruff": "could-not-run", "billing mypy": "pass"}
    (failure,) = verdict.failures
    assert (failure.code, failure.gate, failure.service) == (
        "inseam/unit-missing",
        "ruff",
        "billing",
    )


def test_one_service_missing_from_a_document_could_not_run(make: type[Make]) -> None:
    plan = make.plan(*(make.service(name, [make.gate()]) for name in ("billing", "orders")))
    verdict = judge(plan, [make.document(services=["orders"])], {})
    assert outcomes(verdict) == {"billing ruff": "could-not-run", "orders ruff": "pass"}


def test_no_documents_at_all_could_not_run(make: type[Make]) -> None:
    assert judge(make.plan(make.gate()), [], {}).outcome is Outcome.COULD_NOT_RUN


def test_nothing_planned_passes(make: type[Make]) -> None:
    assert judge(make.plan(), [], {}).outcome is Outcome.PASS


def test_a_document_for_a_service_that_was_not_planned_is_an_error(make: type[Make]) -> None:
    verdict = judge(make.plan(make.gate()), [make.document(services=["billing", "ghost"])], {})
    assert codes(verdict) == ["inseam/unit-unplanned"]
    assert outcomes(verdict) == {"billing ruff": "pass"}
    assert verdict.outcome is Outcome.COULD_NOT_RUN


def test_a_document_of_a_gate_that_does_not_apply_is_an_error(make: type[Make]) -> None:
    plan = make.plan(make.gate(applies=False, reason="no Python in it"))
    verdict = judge(plan, [make.document()], {})
    assert codes(verdict) == ["inseam/unit-unplanned"]
    assert outcomes(verdict) == {"billing ruff": "could-not-run"}


def test_a_gate_that_does_not_apply_is_not_awaited(make: type[Make]) -> None:
    plan = make.plan(make.gate(applies=False, reason="no Python in it"))
    verdict = judge(plan, [], {})
    assert verdict.outcome is Outcome.PASS
    assert (verdict.cells[0].applies, verdict.cells[0].reason) == (False, "no Python in it")


def test_the_same_pair_in_two_documents_is_an_error(make: type[Make]) -> None:
    verdict = judge(make.plan(make.gate()), [make.document(), make.document()], {})
    assert codes(verdict) == ["inseam/unit-repeated"]
    assert outcomes(verdict) == {"billing ruff": "could-not-run"}


def test_a_finding_of_another_service_or_gate_is_an_error(make: type[Make]) -> None:
    foreign = [make.finding(service="orders"), make.finding("mypy/misc")]
    verdict = judge(make.plan(make.gate()), [make.document(findings=foreign)], {})
    assert codes(verdict) == ["inseam/finding-misplaced"] * 2
    assert verdict.outcome is Outcome.COULD_NOT_RUN


def test_a_failure_without_a_service_concerns_the_whole_unit(make: type[Make]) -> None:
    plan = make.plan(*(make.service(name, [make.gate()]) for name in ("a", "b", "c")))
    documents = [
        make.document(services=["a", "b"], failures=[make.failure()]),
        make.document(services=["c"]),
    ]
    verdict = judge(plan, documents, {})
    assert outcomes(verdict) == {
        "a ruff": "could-not-run",
        "b ruff": "could-not-run",
        "c ruff": "pass",
    }
    assert codes(verdict) == ["ruff/crashed"]


def test_a_failure_of_one_service_leaves_the_others(make: type[Make]) -> None:
    plan = make.plan(*(make.service(name, [make.gate()]) for name in ("a", "b")))
    document = make.document(services=["a", "b"], failures=[make.failure(service="b")])
    verdict = judge(plan, [document], {})
    assert outcomes(verdict) == {"a ruff": "pass", "b ruff": "could-not-run"}


def test_a_failure_of_an_unknown_service_concerns_the_whole_unit(make: type[Make]) -> None:
    document = make.document(failures=[make.failure(service="elsewhere")])
    verdict = judge(make.plan(make.gate()), [document], {})
    assert outcomes(verdict) == {"billing ruff": "could-not-run"}


def test_a_failure_of_a_unit_without_services_still_counts(make: type[Make]) -> None:
    documents = [make.document(), make.document("mypy", [], failures=[make.failure("mypy")])]
    verdict = judge(make.plan(make.gate()), documents, {})
    assert verdict.outcome is Outcome.COULD_NOT_RUN


def test_could_not_run_hides_a_violation_but_shows_its_findings(make: type[Make]) -> None:
    document = make.document(findings=[make.finding()], failures=[make.failure()])
    verdict = judge(make.plan(make.gate()), [document], {})
    assert verdict.outcome is Outcome.COULD_NOT_RUN
    assert len(verdict.findings) == 1


def test_policy_errors_decide_nothing(make: type[Make]) -> None:
    error = make.message("policy/loosens")
    plan = make.plan(make.gate(mode="audit"), errors=(error,))
    verdict = judge(plan, [make.document(findings=[make.finding()])], {})
    assert (verdict.outcome, verdict.errors, verdict.cells) == ("could-not-run", (error,), ())


def test_the_order_of_documents_never_shows(make: type[Make]) -> None:
    plan = make.plan(*(make.service(name, [make.gate()]) for name in ("b", "a")))
    documents: list[FindingsDocument] = [
        make.document(services=[name], findings=[make.finding(service=name, key=k) for k in keys])
        for name, keys in (("a", "xyz"), ("b", "zyx"))
    ]
    turned = [d.model_copy(update={"findings": d.findings[::-1]}) for d in documents[::-1]]
    assert judge(plan, documents, {}).model_dump_json() == judge(plan, turned, {}).model_dump_json()
