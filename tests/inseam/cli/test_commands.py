"""The command line as the backend and people use it: real files, real ruff, the real exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inseam.cli import COMMANDS, main
from inseam.gates import GATES

ORG = """schema: inseam.policy/1
kind: org
version: "1"
owner: "@acme/platform"
gates:
  ruff:
    rollout: {ratchet: 2026-09-01, enforce: 2027-01-01}
    settings: {select: [F], format: false}
"""
SERVICES = {
    "schema": "inseam.services/1",
    "services": [{"name": "shop", "root": "services/shop"}],
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with one service, in which ruff finds one thing; the current folder."""
    (tmp_path / "policies").mkdir()
    others = "".join(
        f'  {gate.id}: {{applies: false, reason: "not yet"}}\n'
        for gate in GATES
        if gate.id != "ruff"
    )
    (tmp_path / "policies" / "org.yaml").write_text(ORG + others)
    (tmp_path / "services" / "shop").mkdir(parents=True)
    (tmp_path / "services" / "shop" / "app.py").write_text("import os\n")
    (tmp_path / "services.json").write_text(json.dumps(SERVICES))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _plan(as_of: str = "2026-11-22") -> int:
    return main(["plan", "--services=services.json", f"--as-of={as_of}", "--out=plan.json"])


def _run_units(workspace: Path) -> None:
    plan = json.loads((workspace / "plan.json").read_text())
    for unit in plan["units"]:
        (workspace / "unit.json").write_text(json.dumps(unit["document"]))
        out = f"--out=findings/{unit['id']}.json"
        assert main(["run", "--unit=unit.json", "--cache=cache", out]) == 0


def _verdict(*options: str) -> int:
    named = ["--plan=plan.json", "--findings-dir=findings", "--out=reports"]
    return main(["verdict", *named, "--exit-code", *options])


def test_from_policy_to_reports(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _plan() == 0
    _run_units(workspace)
    assert _verdict() == 1
    assert "services/shop/app.py:1:8" in capsys.readouterr().out
    report = json.loads((workspace / "reports" / "report.json").read_text())
    assert report["exit_code"] == 1
    assert {path.name for path in (workspace / "reports").iterdir()} == {
        "annotations.txt",
        "report.json",
        "report.junit.xml",
        "report.sarif",
        "report.txt",
        "summary.md",
        "index.html",
    }


def test_a_baseline_is_recorded_then_tolerated_then_pruned(workspace: Path) -> None:
    named = ["--plan=plan.json", "--findings-dir=findings", "--out=."]
    _plan()
    _run_units(workspace)
    assert main(["baseline", *named]) == 0
    assert _verdict() == 0
    (workspace / "services" / "shop" / "app.py").write_text("import os\nimport re\n")
    _run_units(workspace)
    assert main(["baseline", *named]) == 0
    assert _verdict() == 1, "the new finding must not have been recorded"
    (workspace / "services" / "shop" / "app.py").write_text("")
    _run_units(workspace)
    assert _verdict() == 1, "what is fixed has to be pruned"
    assert main(["baseline", *named]) == 0
    assert _verdict() == 0


def test_a_mode_comes_into_force_on_its_day(workspace: Path) -> None:
    named = ["--plan=plan.json", "--findings-dir=findings", "--out=."]
    _plan()
    _run_units(workspace)
    assert main(["baseline", *named]) == 0
    _plan("2026-12-31")
    assert _verdict() == 0
    _plan("2027-01-01")
    assert _verdict() == 1


def test_missing_findings_are_no_pass(workspace: Path) -> None:
    _plan()
    assert _verdict() == 2


def test_broken_policy_is_in_the_plan_and_no_pass(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace / "policies" / "org.yaml").write_text(ORG.replace("F]", "F"))
    assert _plan() == 0
    assert _verdict() == 2
    assert "policies/org.yaml:" in capsys.readouterr().out


def test_a_unit_with_failures_ends_2_with_its_document(workspace: Path) -> None:
    (workspace / "services" / "shop" / "app.py").write_text("def broken(:\n")
    _plan()
    unit = json.loads((workspace / "plan.json").read_text())["units"][0]
    (workspace / "unit.json").write_text(json.dumps(unit["document"]))
    assert main(["run", "--unit=unit.json", "--cache=cache", "--out=f.json"]) == 2
    failures = json.loads((workspace / "f.json").read_text())["failures"]
    assert [(f["file"], f["line"]) for f in failures] == [("services/shop/app.py", 1)]


def test_explain_names_files_and_lines(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--services=services.json", "--as-of=2026-11-22"]) == 0
    assert "policies/org.yaml:" in capsys.readouterr().out
    arguments = ["explain", "--services=services.json", "--as-of=2026-11-22", "--format=json"]
    assert main([*arguments, "--gates=ruff"]) == 0
    explained = json.loads(capsys.readouterr().out)
    assert [gate["gate"] for gate in explained["gates"]] == ["ruff"]


def test_stale_schemas_are_noticed(workspace: Path) -> None:
    assert main(["schema", "--out=schema", "--check"]) == 1
    assert main(["schema", "--out=schema"]) == 0
    assert main(["schema", "--out=schema", "--check"]) == 0


@pytest.mark.parametrize(
    ("source", "expected"), [("", 0), ("import os\n", 1), ("def broken(:\n", 2)]
)
def test_gate_on_any_tree(workspace: Path, source: str, expected: int) -> None:
    (workspace / "services" / "shop" / "app.py").write_text(source)
    (workspace / "settings.yaml").write_text("select: [F]\nformat: false\n")
    arguments = ["gate", "ruff", "--root=services", "--service=shop", "--settings=settings.yaml"]
    assert main([*arguments, "--cache=cache"]) == expected


def test_gate_prints_the_findings_document(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gate", "ruff", "--root=services/shop", "--format=json", "--cache=cache"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "inseam.findings/1"
    assert [(f["rule"], f["file"], f["line"]) for f in document["findings"]] == [
        ("ruff/F401", "app.py", 1)
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gate", "ruff", "--root=nowhere"], "nowhere: no such folder"),
        (["gate", "ruff", "--settings=none.yaml"], "none.yaml: cannot read"),
        (["gate", "ruff", "--settings=services.json"], "services.json:1:"),
        (["run", "--unit=org.json", "--cache=c", "--out=o"], "org.json: cannot read"),
        (["run", "--unit=services.json", "--cache=c", "--out=o"], "no UnitDocument document"),
        (["plan", "--services=services.json", "--gates=rough", "--out=o"], "no gate rough"),
        (["verdict", "--plan=services.json", "--findings-dir=f", "--out=o"], "no Plan document"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_and_ends_2(
    workspace: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert COMMANDS[command].split(":")[0][1:20] in capsys.readouterr().out


def test_a_bad_date_is_refused(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        _plan("2026-13-01")
    assert ended.value.code == 2
    assert "is no date" in capsys.readouterr().err
