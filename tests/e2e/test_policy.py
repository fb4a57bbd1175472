"""`./pants policy` on the examples: as committed it passes, every edit that breaks a rule fails."""

from __future__ import annotations

import pytest
from conftest import Workspace

SERVICES = "examples/services"
APP = {
    "orders": f"{SERVICES}/orders/src/orders/app.py",
    "billing": f"{SERVICES}/billing/src/billing/app.py",
    "catalog": f"{SERVICES}/catalog/src/catalog/app.py",
    "legacy_admin": f"{SERVICES}/legacy_admin/src/legacy_admin/app.py",
    "acme_common": "examples/libs/common/src/acme_common/money.py",
}


def test_as_committed_it_passes_and_teaches(workspace: Workspace) -> None:
    ended = workspace.pants("policy", "examples::")
    assert ended.code == 0, ended
    for said in ("billing", "tolerated", "ratchet", "enforce", "W-0051", "verdict: pass"):
        assert said in ended.out, said
    assert {cell["service"] for cell in workspace.report()["cells"]} == set(APP)
    written = {path.name for path in workspace.path("dist/inseam").iterdir()}
    assert written >= {
        "report.json",
        "report.sarif",
        "report.junit.xml",
        "summary.md",
        "index.html",
    }


# What breaks a rule of each gate; every service is edited at once, and each cell is looked at.
EDITS = {
    "ruff": "\n\nimport os\n",
    "mypy": "\n\ndef unannotated(value):\n    return value\n",
    "suppressions": "\n\nVALUE: int = 3  # noqa: E501\n",
}
FAILING = {
    "ruff": {"orders", "billing", "catalog", "acme_common"},
    "mypy": {"orders", "billing", "catalog", "acme_common"},
    "suppressions": {"orders", "acme_common"},
}
"""In the other services the gate is in a mode in which nothing fails, or does not apply."""


@pytest.mark.parametrize("gate", EDITS)
def test_one_edit_fails_where_the_mode_says_so(workspace: Workspace, gate: str) -> None:
    for path in APP.values():
        workspace.append(path, EDITS[gate])
    ended = workspace.pants("policy", "examples::")
    assert ended.code == 1, ended
    violated = {
        cell["service"]
        for cell in workspace.report()["cells"]
        if cell["gate"] == gate and cell["outcome"] == "violation"
    }
    assert violated == FAILING[gate]
    for service in FAILING[gate]:
        assert APP[service] in ended.out
    assert "fix:" in ended.out


@pytest.mark.parametrize("service", ["orders", "billing", "catalog", "acme_common"])
def test_one_edit_fails_one_service(workspace: Workspace, service: str) -> None:
    workspace.append(APP[service], EDITS["ruff"])
    ended = workspace.pants("policy", "examples::")
    assert ended.code == 1, ended
    failing = {c["service"] for c in workspace.report()["cells"] if c["outcome"] != "pass"}
    assert failing == {service}


def test_fixing_a_tolerated_finding_asks_for_pruning(workspace: Workspace) -> None:
    baseline = "policies/baselines/billing/ruff.json"
    path = f"{SERVICES}/billing/src/billing/config.py"
    before = workspace.path(baseline).read_text()
    assert path in before, "the example is expected to have old findings there"
    workspace.path(path).write_text('"""Nothing is left to find here."""\n')
    ended = workspace.pants("--inseam-gates=ruff", "policy", f"{SERVICES}/billing::")
    assert ended.code == 1, ended
    assert "./pants policy-baseline" in ended.out
    pruned = workspace.pants("--inseam-gates=ruff", "policy-baseline", f"{SERVICES}/billing::")
    assert pruned.code == 0, pruned
    assert len(workspace.path(baseline).read_text()) < len(before)
    again = workspace.pants("--inseam-gates=ruff", "policy", f"{SERVICES}/billing::")
    assert again.code == 0, again


def test_explain_names_the_line_that_decides(workspace: Workspace) -> None:
    ended = workspace.pants("policy-explain", f"{SERVICES}/orders")
    assert ended.code == 0, ended
    assert "line_length" in ended.out
    assert "policies/services/orders.yaml:" in ended.out
    assert "policies/org.yaml:" in ended.out


def test_lint_and_check_run_the_same_gates(workspace: Workspace) -> None:
    orders = f"{SERVICES}/orders::"
    assert workspace.pants("lint", "check", orders).code == 0
    workspace.append(APP["orders"], EDITS["ruff"])
    lint = workspace.pants("lint", orders)
    assert lint.code == 1, lint
    assert APP["orders"] in lint.out + lint.err
    workspace.restore()
    workspace.append(APP["orders"], EDITS["mypy"])
    check = workspace.pants("check", orders)
    assert check.code == 1, check
    assert "mypy/no-untyped-def" in check.out + check.err


def test_a_changed_library_selects_the_services_that_import_it(workspace: Workspace) -> None:
    changed = ("--changed-since=main", "--changed-dependents=transitive")
    nothing = workspace.pants(*changed, "policy")
    assert nothing.code == 0, nothing
    library = workspace.path(APP["acme_common"])
    library.write_text(f"# A remark.\n{library.read_text()}")
    ended = workspace.pants(*changed, "policy")
    assert ended.code == 0, ended
    judged = {cell["service"] for cell in workspace.report()["cells"]}
    assert {"orders", "billing", "acme_common"} <= judged
    assert "legacy_admin" not in judged


def test_a_library_s_types_reach_the_services_that_import_it(workspace: Workspace) -> None:
    text = workspace.path(APP["acme_common"]).read_text()
    assert "class Money" in text
    workspace.path(APP["acme_common"]).write_text(text.replace("class Money", "class Coins"))
    ended = workspace.pants("--inseam-gates=mypy", "policy", f"{SERVICES}/orders::")
    assert ended.code in (1, 2), ended
    assert "Money" in ended.out


def test_no_change_can_loosen_the_gate_that_judges_it(workspace: Workspace) -> None:
    """Policy from the base branch holds until the loosening is merged."""
    workspace.edit("policies/services/orders.yaml", "[C4, N, PT, SIM]", "[C4, PT, SIM]")
    workspace.append(APP["orders"], "\n\ndef Shout() -> int:\n    return 1\n")
    alone = workspace.pants("--inseam-gates=ruff", "policy", f"{SERVICES}/orders::")
    assert alone.code == 0, alone
    against = workspace.pants(
        "--inseam-gates=ruff", "--inseam-base=main", "policy", f"{SERVICES}/orders::"
    )
    assert against.code == 1, against
    assert "ruff/N802" in against.out


def test_a_base_that_does_not_exist_is_no_pass(workspace: Workspace) -> None:
    ended = workspace.pants("--inseam-base=nowhere", "policy", f"{SERVICES}/orders::")
    assert ended.code == 2, ended
    assert "nowhere" in ended.out + ended.err


def test_nothing_named_is_said_and_no_verdict(workspace: Workspace) -> None:
    ended = workspace.pants(
        "policy", "bench::" if workspace.path("bench").is_dir() else "3rdparty::"
    )
    assert ended.code == 2, ended
    assert "python_service" in ended.out + ended.err


def test_annotations_are_printed_for_github(workspace: Workspace) -> None:
    workspace.append(APP["orders"], EDITS["ruff"])
    ended = workspace.pants(
        "--inseam-gates=ruff", "policy", f"{SERVICES}/orders::", GITHUB_ACTIONS="true"
    )
    assert ended.code == 1, ended
    assert f"::error file={APP['orders']}" in ended.out + ended.err
