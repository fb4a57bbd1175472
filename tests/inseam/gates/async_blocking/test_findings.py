"""What findings say, and what settings make of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import inseam
from inseam.findings.model import FindingsDocument, Severity

Judge = Callable[..., FindingsDocument]

APP = """\
import os
import time
from helpers import load


async def handler() -> None:
    load()
    os.path.exists("x")
    sorted([], key=lambda item: time.sleep(1))
"""
HELPERS = """\
import requests


def load() -> None:
    fetch()


def fetch() -> None:
    requests.get("https://example.org", timeout=1)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "helpers.py").write_text(HELPERS)
    return tmp_path


def lines(document: FindingsDocument) -> list[tuple[str, int]]:
    return [(finding.rule.partition("/")[2], finding.line) for finding in document.findings]


def test_a_finding_tells_the_chain(tree: Path, judge: Judge) -> None:
    finding = judge("async-blocking", tree).findings[0]

    assert (finding.rule, finding.file, finding.line) == ("async-blocking/network", "app.py", 7)
    assert finding.message == (
        "`load` waits for the network in `handler`: it calls `requests.get` through `fetch`"
    )
    assert [(hop.file, hop.line, hop.message) for hop in finding.related] == [
        ("helpers.py", 5, "`load` calls `fetch`"),
        ("helpers.py", 9, "`fetch` calls `requests.get`"),
    ]
    assert finding.severity is Severity.ERROR
    assert finding.confidence == "high"
    assert finding.properties == {
        "call": "load",
        "function": "handler",
        "sink": "requests.get",
    }
    assert finding.key == "load()"
    assert "to_thread" in finding.fix


def test_metadata_is_a_warning_unless_policy_says_otherwise(tree: Path, judge: Judge) -> None:
    document = judge("async-blocking", tree)
    strict = judge("async-blocking", tree, settings={"error_kinds": ["metadata"]})

    assert lines(document) == [("network", 7), ("metadata", 8), ("sleep", 9)]
    assert document.findings[1].severity is Severity.WARNING
    assert strict.findings[1].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"kinds": ["sleep"]}, [("sleep", 9)]),
        ({"roots": ["callbacks"]}, []),
        ({"exclude": ["app.py"]}, []),
        ({"extra_offloaders": ["helpers.load"]}, [("metadata", 8), ("sleep", 9)]),
        (
            {"extra_sinks": [{"call": "helpers.load", "blocks": "database"}]},
            [("database", 7), ("network", 7), ("metadata", 8), ("sleep", 9)],
        ),
    ],
)
def test_settings(
    tree: Path, judge: Judge, settings: dict[str, Any], expected: list[tuple[str, int]]
) -> None:
    document = judge("async-blocking", tree, settings=settings)

    assert document.failures == ()
    assert sorted(lines(document), key=lambda item: item[1]) == expected


@pytest.mark.parametrize(("roots", "expected"), [([], 0), (["coroutines", "tests"], 1)])
def test_tests_are_roots_of_their_own(
    tmp_path: Path, judge: Judge, roots: list[str], expected: int
) -> None:
    (tmp_path / "test_app.py").write_text("import time\n\n\nasync def test():\n    time.sleep(1)\n")

    document = judge("async-blocking", tmp_path, settings={"roots": roots} if roots else None)

    assert len(document.findings) == expected


def test_commands_are_roots_of_their_own(judge: Judge) -> None:
    folder = Path(__file__).parent / "fixtures" / "commands"

    document = judge(
        "async-blocking", folder, settings={"roots": ["coroutines", "callbacks", "cli"]}
    )

    assert {finding.file for finding in document.findings} == {"bad.py", "good.py", "script.py"}


def test_libraries_of_the_service_are_followed_and_not_judged(tmp_path: Path, judge: Judge) -> None:
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "app.py").write_text(APP)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "helpers.py").write_text(
        f"{HELPERS}\n\nasync def own() -> None:\n    load()\n"
    )
    command = [sys.executable, "-m", "inseam", "gate", "async-blocking", "--format", "json"]
    options = ["--root", str(tmp_path), "--service", "service", "--source-root", "lib"]
    done = subprocess.run(
        [*command, *options, "--cache", str(tmp_path / "cache")],
        env={"PYTHONPATH": str(Path(inseam.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 1, done.stderr
    findings = json.loads(done.stdout)["findings"]
    assert [(finding["file"], finding["line"]) for finding in findings] == [
        ("service/app.py", 7),
        ("service/app.py", 8),
        ("service/app.py", 9),
    ]


def test_a_method_that_is_given_many_things_is_still_told_apart_by_its_class(
    tmp_path: Path, judge: Judge
) -> None:
    many = range(40)
    lines = [
        "import sqlite3",
        *(f"class Order{number}: ..." for number in many),
        "class Repository:",
        "    connection = None",
        "    @classmethod",
        "    def save(cls, what):",
        "        cls.connection.execute('insert')",
        "class Orders(Repository):",
        "    connection = sqlite3.connect('orders')",
        *(f"async def save{number}(): Orders.save(Order{number}())" for number in many),
    ]
    (tmp_path / "orders.py").write_text("\n".join(lines))

    document = judge("async-blocking", tmp_path)

    found = [finding.properties["function"] for finding in document.findings]
    assert found == [f"save{number}" for number in many]
