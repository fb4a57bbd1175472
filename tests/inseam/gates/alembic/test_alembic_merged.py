"""The chain as it is once a change is merged into a branch that moved on meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from inseam.cli import main
from inseam.gates import gate_by_id
from inseam.gates.alembic.chain.stage import StaticResult
from inseam.gates.contract import ServiceFacts
from inseam.planning.units import Subject, cut_units

JudgeChain = Callable[..., StaticResult]
Chain = Callable[..., dict[str, str]]
VERSIONS = "migrations/versions"
INI = "[alembic]\nscript_location = %(here)s/migrations\n"

BASE = [("a", None), ("b", "a")]


def told(result: StaticResult) -> list[tuple[str, str, str]]:
    """Rule, file and message of each finding."""
    return [
        (finding.rule.removeprefix("alembic/"), finding.file.rpartition("/")[2], finding.message)
        for finding in result.findings
    ]


def without(files: Mapping[str, str], *ids: str) -> dict[str, str]:
    return {
        name: text
        for name, text in files.items()
        if not name.endswith(tuple(f"/{i}.py" for i in ids))
    }


def test_two_heads_that_only_merging_brings(judge_static: JudgeChain, chain: Chain) -> None:
    """Each branch is whole by itself. The revision to move is the change's first, not its last."""
    head = chain(*BASE, ("c1", "b"), ("c2", "c1"))
    tip = chain(*BASE, ("x1", "b"), ("x2", "x1"))

    assert judge_static(head, base=chain(*BASE)).findings == ()
    result = judge_static(head, base=chain(*BASE), tip=tip)
    assert told(result) == [
        (
            "multiple-heads",
            "c1.py",
            "merged with the target branch, there are 2 heads, 1 allowed: c2, x2; "
            "x2 is the target branch's",
        )
    ]
    (finding,) = result.findings
    assert finding.line == 4
    assert "let c1 follow x2 (its down_revision)" in finding.fix
    assert "alembic merge heads" in finding.fix
    assert [(r.file.rpartition("/")[2], r.message) for r in finding.related] == [
        ("c2.py", "c2"),
        ("x2.py", "x2, the target branch's"),
    ]
    assert result.new == {"c1", "c2"}
    assert result.walkable  # the change's own chain is, so that the other stages say theirs too


@pytest.mark.parametrize(
    ("head", "tip"),
    [
        ([*BASE, ("c", "b")], BASE),
        (BASE, [*BASE, ("x", "b")]),
        ([*BASE, ("x", "b"), ("c", "x")], [*BASE, ("x", "b")]),  # rebased; the base is older
        ([*BASE, ("x", "b"), ("c", "b"), ("m", ("x", "c"))], [*BASE, ("x", "b")]),
    ],
)
def test_what_merges_well(judge_static: JudgeChain, chain: Chain, head: Any, tip: Any) -> None:
    result = judge_static(chain(*head), base=chain(*BASE), tip=chain(*tip))

    assert result.findings == ()


def test_both_added_one_id(
    judge_static: JudgeChain, chain: Chain, revision: Callable[..., str]
) -> None:
    head = {**chain(*BASE), f"{VERSIONS}/z_ours.py": revision("c", "b")}
    tip = {**chain(*BASE), f"{VERSIONS}/a_theirs.py": revision("c", "b")}

    assert told(judge_static(head, base=chain(*BASE), tip=tip)) == [
        (
            "duplicate-revision",
            "z_ours.py",
            f"svc/{VERSIONS}/a_theirs.py, the target branch's, has the revision id c too",
        )
    ]


def test_a_parent_that_the_target_branch_removed(judge_static: JudgeChain, chain: Chain) -> None:
    tip = without(chain(*BASE), "b")

    found = told(judge_static(chain(*BASE, ("c", "b")), base=chain(*BASE), tip=tip))
    assert [(rule, file) for rule, file, _ in found] == [
        ("missing-parent", "c.py"),
        ("multiple-heads", "c.py"),
    ]
    assert "the target branch removed it since" in found[0][2]


def test_a_file_that_the_target_branch_renamed(
    judge_static: JudgeChain, chain: Chain, revision: Callable[..., str]
) -> None:
    tip = {**without(chain(*BASE), "b"), f"{VERSIONS}/0002_b.py": revision("b", "a")}

    assert judge_static(chain(*BASE, ("c", "b")), base=chain(*BASE), tip=tip).findings == ()


def test_a_folder_that_the_target_branch_moved(judge_static: JudgeChain, chain: Chain) -> None:
    tip = {name.replace("migrations", "db"): text for name, text in chain(*BASE).items()}
    tip["alembic.ini"] = "[alembic]\nscript_location = %(here)s/db\n"

    assert judge_static(chain(*BASE, ("c", "b")), base=chain(*BASE), tip=tip).findings == ()


def test_a_cycle_that_merging_closes(judge_static: JudgeChain, chain: Chain) -> None:
    base = chain(*BASE, ("c", "b"))
    head = chain(("a", None), ("b", "d"), ("c", "b"))
    tip = chain(*BASE, ("c", "b"), ("d", "c"))

    ((rule, file, message),) = told(judge_static(head, base=base, tip=tip, squashed=["b"]))
    assert (rule, file, message) == ("cycle", "b.py", "a cycle: b → d → c → b")


def test_heads_of_the_target_branch_alone(judge_static: JudgeChain, chain: Chain) -> None:
    tip = chain(*BASE, ("x", "b"), ("y", "b"))

    ((rule, file, message),) = told(judge_static(chain(*BASE), base=chain(*BASE), tip=tip))
    assert (rule, file) == ("multiple-heads", "y.py")
    assert message == "on the target branch there are 2 heads, 1 allowed: x, y"


def test_what_the_target_branch_mended_since(judge_static: JudgeChain, chain: Chain) -> None:
    """The change's own tree cannot be migrated, and something has to say why."""
    base = chain(*BASE, ("c", "a"))
    tip = chain(*BASE, ("c", "a"), ("m", ("b", "c")))

    result = judge_static(base, base=base, tip=tip)
    assert [rule for rule, _, _ in told(result)] == ["multiple-heads"]
    assert result.findings[0].fix == "merge the target branch, which has mended this since"
    assert not result.walkable


@pytest.mark.parametrize(
    ("text", "rules", "codes"),
    [
        ("import os\nrevision = os.name\ndown_revision = 'b'\n", ["dynamic-revision"], []),
        ("x = 1\n", ["missing-revision"], []),
        ("revision = (\n", [], ["alembic/syntax-error"]),
    ],
)
def test_a_revision_of_the_target_branch_that_cannot_be_told(
    judge_static: JudgeChain, chain: Chain, text: str, rules: list[str], codes: list[str]
) -> None:
    tip = {**chain(*BASE), f"{VERSIONS}/x.py": text}
    result = judge_static(chain(*BASE), base=chain(*BASE), tip=tip)

    assert [rule for rule, _, _ in told(result)] == rules
    assert [failure.code for failure in result.failures] == codes


def test_a_service_that_neither_the_base_nor_the_tip_has(
    judge_static: JudgeChain, chain: Chain
) -> None:
    nothing = {"alembic.ini": None}
    result = judge_static(chain(*BASE), base=nothing, tip=nothing)

    assert result.findings == ()
    assert result.new == {"a", "b"}


def test_the_command_line(
    tmp_path: Path,
    chain: Chain,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file that cannot be told ends the gate before it builds an environment."""
    monkeypatch.chdir(tmp_path)
    unclear = {f"{VERSIONS}/d.py": "import os\nrevision = os.name\n"}
    sides = {
        "head": {**chain(*BASE, ("c", "b")), **unclear},
        "base": chain(*BASE),
        "tip": chain(*BASE, ("x", "b")),
    }
    for side, files in sides.items():
        for name, text in {"alembic.ini": INI, **files}.items():
            path = tmp_path / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    asked = ["gate", "alembic", "--root=head", "--cache=cache", "--format=json"]

    assert main([*asked, "--base=base", "--tip=tip"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(f["rule"], f["file"], f["line"]) for f in found] == [
        ("alembic/multiple-heads", f"{VERSIONS}/c.py", 4),
        ("alembic/dynamic-revision", f"{VERSIONS}/d.py", 2),
    ]
    assert main([*asked, "--tip=tip"]) == 2
    assert "--tip needs --base" in capsys.readouterr().err
    assert main([*asked, "--base=base", "--tip=nowhere"]) == 2
    assert "nowhere: no such folder" in capsys.readouterr().err


def test_the_plan_says_which_files_of_the_tip_count() -> None:
    """A change of the target branch to anything else runs nothing again."""
    facts = ServiceFacts(name="svc", root="svc")
    subject = Subject(facts=facts, settings={}, nested=())
    (unit,) = cut_units(gate_by_id("alembic"), [subject], date(2026, 11, 22))

    assert unit.reads_base
    assert unit.reads_tip
    assert {(kind.suffix, kind.containing) for kind in unit.base_files} == {
        (".py", "revision"),
        (".ini", "script_location"),
        (".toml", "script_location"),
        (".sql", ""),
    }
