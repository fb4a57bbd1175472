"""What a real Renovate would change, with a package index on 127.0.0.1."""

from __future__ import annotations

from pathlib import Path

import pytest
from index_server import package_index
from renovate_run import Job, Report, Tools, preset, replace, run_renovate
from updatable import FILES, make_updatable

FROM_INDEX = {
    "description": ["As in this repository's own renovate.json, so that no other host is asked."],
    "matchPackageNames": ["pantsbuild/pants"],
    "overrideDatasource": "pypi",
    "overridePackageName": "pantsbuild.pants",
    "extractVersion": "^(?<version>.+)$",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_updatable(tmp_path_factory.mktemp("updatable"))


@pytest.fixture(scope="module")
def report(tools: Tools, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    config = preset("pants")
    with package_index() as index:
        config["packageRules"] += [
            FROM_INDEX,
            {"matchDatasources": ["pypi"], "registryUrls": [index]},
        ]
        config["osvVulnerabilityAlerts"] = False  # a database that it would fetch
        home = tmp_path_factory.mktemp("home")
        return run_renovate(tools, root, home, config, "lookup", GITHUB_COM_TOKEN="none")


def test_groups_cooldown_and_majors(report: Report) -> None:
    """1.2.0 is two days old: pending for all but inseam. Locked projects move their lock only."""
    branches = sorted(
        f"{update['branchName'].removeprefix('renovate/')}: {found.file} {found['depName']} "
        f"{'lock' if update.get('isLockfileUpdate') else update['newValue']} {update['newVersion']}"
        for found in report.found()
        for update in found.updates
    )
    assert branches == [
        "inseam: pants.toml inseam-pants ==1.2.0 1.2.0",
        "major-inseam: pants.toml inseam-pants ==2.0.0 2.0.0",
        "major-pants: pants.toml acme-plugin ==2.0.0 2.0.0",
        "major-pants: pants.toml pants 2.0.0 2.0.0",
        "major-python-dev-tools: 3rdparty/BUILD mypy ==2.0.0 2.0.0",
        "major-python-dev-tools: services/compiled/pyproject.toml checker lock 2.0.0",
        "major-python-dev-tools: services/locked/pyproject.toml checker lock 2.0.0",
        "major-python-runtime: 3rdparty/BUILD web ==2.0.0 2.0.0",
        "major-python-runtime: 3rdparty/BUILD web-extras >=2,<3 2.0.0",
        "major-python-runtime: 3rdparty/BUILD web-tools ~=2.0.0 2.0.0",
        # By two managers, which agree: the lock's, and the one that reads any pyproject.toml.
        "major-python-runtime: services/compiled/pyproject.toml web >=2,<3 2.0.0",
        "major-python-runtime: services/compiled/pyproject.toml web >=2,<3 2.0.0",
        "major-python-runtime: services/locked/pyproject.toml web >=2,<3 2.0.0",
        "major-tools-in-policies: policies/org.yaml ruff ==2.0.0 2.0.0",
        "major-tools-in-policies: policies/org.yaml tool-1.0.0 2.0.0 2.0.0",
        "major-tools-in-policies: policies/org.yaml uv 2.0.0 2.0.0",
        "pants: pants.toml acme-plugin ==1.1.0 1.1.0",
        "pants: pants.toml pants 1.1.0 1.1.0",
        "python-dev-tools: 3rdparty/BUILD mypy ==1.1.0 1.1.0",
        "python-dev-tools: services/compiled/pyproject.toml checker lock 1.1.0",
        "python-dev-tools: services/locked/pyproject.toml checker lock 1.1.0",
        "python-runtime: 3rdparty/BUILD web ==1.1.0 1.1.0",
        "python-runtime: 3rdparty/BUILD web-tools ~=1.1.0 1.1.0",
        "python-runtime: services/compiled/pyproject.toml web lock 1.1.0",
        "python-runtime: services/locked/pyproject.toml web lock 1.1.0",
        "tools-in-policies: policies/org.yaml ruff ==1.1.0 1.1.0",
        "tools-in-policies: policies/org.yaml tool-1.0.0 1.1.0 1.1.0",
        "tools-in-policies: policies/org.yaml uv 1.1.0 1.1.0",
    ]


def test_which_python_a_service_runs_on_is_not_updated(report: Report) -> None:
    pythons = [each for each in report.found() if each["depType"] == "requires-python"]
    assert {each.file for each in pythons} == {
        "services/compiled/pyproject.toml",
        "services/locked/pyproject.toml",
    }
    assert {each["skipReason"] for each in pythons} == {"disabled"}


EDITS = {
    ("pants.toml", "minor"): [
        ('pants_version = "1.0.0"', 'pants_version = "1.1.0"'),
        ("inseam-pants==1.0.0", "inseam-pants==1.2.0"),
        ("acme-plugin==1.0.0", "acme-plugin==1.1.0"),
    ],
    ("3rdparty/BUILD", "minor"): [
        ('"web==1.0.0"', '"web==1.1.0"'),
        ("web-tools[full] ~=1.0.0 ;", "web-tools[full] ~=1.1.0 ;"),
        ('"mypy==1.0.0"', '"mypy==1.1.0"'),
    ],
    ("3rdparty/BUILD", "major"): [
        ('"web==1.0.0"', '"web==2.0.0"'),
        ("web-tools[full] ~=1.0.0 ;", "web-tools[full] ~=2.0.0 ;"),
        ("web-extras>=1,<2", "web-extras>=2,<3"),
        ('"mypy==1.0.0"', '"mypy==2.0.0"'),
    ],
    ("policies/org.yaml", "minor"): [
        ('tool_1: "1.0.0"', 'tool_1: "1.1.0"'),
        ("uv_1: 1.0.0 #", "uv_1: 1.1.0 #"),
        ('- "==1.0.0" #', '- "==1.1.0" #'),
    ],
    ("services/locked/pyproject.toml", "minor"): [],
    ("services/locked/pyproject.toml", "major"): [('["web>=1,<2"]', '["web>=2,<3"]')],
    ("services/compiled/pyproject.toml", "minor"): [],
    ("services/compiled/pyproject.toml", "major"): [('["web>=1,<2"]', '["web>=2,<3"]')],
}


@pytest.fixture(scope="module")
def updated(
    tools: Tools, report: Report, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """For a type of updates the folder in which all of them were made, as on one branch."""
    folders = {}
    for kind in ("minor", "major"):
        folders[kind] = make_updatable(tmp_path_factory.mktemp(kind))
        jobs = [
            Job(manager=manager, entry=entry, update_type=kind)
            for manager, entries in report.document["packageFiles"].items()
            for entry in entries
        ]
        replace(tools, folders[kind], tmp_path_factory.mktemp("home"), jobs)
    return folders


@pytest.mark.parametrize(("file", "kind"), sorted(EDITS))
def test_what_is_replaced_and_nothing_else(updated: dict[str, Path], file: str, kind: str) -> None:
    expected = FILES[file]
    for old, new in EDITS[file, kind]:
        assert expected.count(old) == 1, old
        expected = expected.replace(old, new)
    assert (updated[kind] / file).read_text() == expected
