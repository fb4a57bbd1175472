"""What a real Renovate finds: exactly this, and nothing else."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from monorepo import CHECKOUT, DATABASE, INSEAM, locked, make_monorepo
from renovate_run import REPOSITORY, Job, Report, Tools, preset, replace, run_renovate
from uv import find_uv_bin
from workflow_run import used_actions

NEW = "fedcba9876543210fedcba9876543210fedcba98"


@pytest.fixture(scope="module")
def monorepo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_monorepo(tmp_path_factory.mktemp("monorepo"))


@pytest.fixture(scope="module")
def report(tools: Tools, monorepo: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    home = tmp_path_factory.mktemp("home")
    return run_renovate(tools, monorepo, home, preset("pants"), "extract")


def test_what_no_service_owns(report: Report) -> None:
    found = [line for line in report.lines() if " services/" not in line and " libs/" not in line]
    assert found == [
        f"github-actions .github/workflows/ci.yml: acme/inseam 2026.11.0 {INSEAM} (workflow)",
        f"github-actions .github/workflows/ci.yml: actions/checkout v7.0.1 {CHECKOUT} (action)",
        "github-actions .github/workflows/ci.yml: ubuntu 24.04 (github-runner)",
        "regex 3rdparty/python/BUILD: starlette >=0.40,<1 (BUILD)",
        "regex 3rdparty/python/BUILD: types-requests ~=2.32 (BUILD)",
        "regex 3rdparty/python/BUILD: uvicorn ==0.30.6 (BUILD)",
        "regex pants.toml: inseam-pants ==2026.11.0 (pants.toml)",
        "regex pants.toml: pants 2.17.1 (pants_version)",
        "regex policies/org.yaml: poetry >=2.1,<3 (policy)",
        f"regex policies/profiles/pinned.yaml: advisory-database main {DATABASE} (advisories)",
        "regex policies/profiles/pinned.yaml: pex >=2.33 (policy)",
        "regex policies/profiles/pinned.yaml: poetry >=2.1,<3 (policy)",
    ]


def test_a_service_with_uv_lock(report: Report, monorepo: Path) -> None:
    idna, inflection, iniconfig = (
        locked(monorepo, name) for name in ("idna", "inflection", "iniconfig")
    )
    assert report.lines("services/shop/pyproject.toml") == [
        f"pep621 services/shop/pyproject.toml: {line}"
        for line in (
            f"idna >=3.4,<4 locked {idna} (project.dependencies)",
            f"inflection >=0.5 locked {inflection} (project.optional-dependencies)",
            f"iniconfig >=2 locked {iniconfig} (dependency-groups)",
            "python >=3.11 (requires-python)",
        )
    ]


def test_a_service_with_poetry_lock(report: Report) -> None:
    lock = (REPOSITORY / "examples" / "services" / "catalog" / "poetry.lock").read_text()
    assert "Poetry" in lock
    lines = report.lines("services/catalog/pyproject.toml")
    assert [line.partition(" locked ")[0] for line in lines] == [
        f"poetry services/catalog/pyproject.toml: {line}"
        for line in (
            "aiosqlite >=0.21,<1",
            "alembic >=1.18,<2",
            "asyncpg >=0.31,<1",
            "fastapi >=0.115,<1",
            "httpx >=0.28,<1",
            "poetry-core >=2.2 (build-system.requires)",
            "pydantic >=2.11,<3",
            "pydantic-settings >=2.9,<3",
            "pytest >=8.4,<10",
            "sqlalchemy >=2.0.44,<3",
        )
    ]


DIRECT = {
    "libs/common": "pydantic pydantic-settings pytest",
    "services/billing": "fastapi httpx pydantic pydantic-settings pytest requests types-requests "
    "uvicorn",
    "services/legacy_admin": "flask pytest requests",
    "services/orders": "fastapi httpx pydantic pydantic-settings pytest uvicorn",
}


@pytest.mark.parametrize("project", DIRECT)
def test_a_service_with_a_compiled_lock(report: Report, project: str) -> None:
    """Renovate reads the lock's second line: it knows each direct pin, and how to move it."""
    pins = {
        str(each["depName"]): str(each["lockedVersion"])
        for each in report.found()
        if each.manager == "pip-compile" and each.file == f"{project}/pyproject.toml"
        if each["lockedVersion"]
    }
    assert " ".join(sorted(pins)) == DIRECT[project]
    lock = (REPOSITORY / "examples" / project / "requirements.lock").read_text().splitlines()
    for name, version in pins.items():
        assert f"{name}=={version} \\" in lock


@pytest.mark.parametrize("project", DIRECT)
def test_the_second_line_of_a_compiled_lock_is_how_it_is_made(project: str, tmp_path: Path) -> None:
    """What Renovate would run, with what is pinned there as it is, gives the same bytes."""
    source = REPOSITORY / "examples" / project
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(source / name, tmp_path)
    made = (source / "requirements.lock").read_text()
    uv, *arguments = shlex.split(made.splitlines()[1].removeprefix("#"))
    assert uv == "uv"
    subprocess.run([find_uv_bin(), *arguments, "--quiet"], cwd=tmp_path, check=True)
    assert (tmp_path / "requirements.lock").read_text().replace(" --quiet", "", 1) == made


def test_it_complains_of_nothing_but_build_requirements_and_its_missing_token(
    report: Report,
) -> None:
    """What builds a package is in no lock of the package's own."""
    assert set(report.warnings()) == {
        "GitHub token is required for some dependencies",
        "pip-compile: dependency not found in lock file",
    }


PINNED = "policies/profiles/pinned.yaml"
GIVEN = {
    ("github-actions", ".github/workflows/ci.yml", "acme/inseam"): (
        f"acme/inseam/.github/workflows/policy.yml@{INSEAM} # 2026.11.0",
        f"acme/inseam/.github/workflows/policy.yml@{NEW} # 2026.12.0",
    ),
    ("github-actions", ".github/workflows/ci.yml", "actions/checkout"): (
        f"actions/checkout@{CHECKOUT} # v7.0.1",
        f"actions/checkout@{NEW} # 2026.12.0",
    ),
    ("regex", "pants.toml", "pants"): ('"2.17.1"', '"2026.12.0"'),
    ("regex", "policies/profiles/pinned.yaml", "advisory-database"): (
        f"commit={DATABASE}",
        f"commit={NEW}",
    ),
}
"""What code hosts release: without a token nothing is looked up there, so the update is given."""


def test_what_code_hosts_release_is_replaced_where_it_stands(
    tools: Tools, monorepo: Path, report: Report, tmp_path: Path
) -> None:
    root, jobs = tmp_path / "root", []
    expected: dict[str, str] = {}
    for (manager, file, name), (old, new) in GIVEN.items():
        entry = next(
            json.loads(json.dumps(entry))
            for entry in report.document["packageFiles"][manager]
            if entry["packageFile"] == file and name in [dep["depName"] for dep in entry["deps"]]
        )
        update = {"updateType": "minor", "newValue": "2026.12.0", "newDigest": NEW}
        for dep in entry["deps"]:
            known = {"newValue": dep.get("currentValue"), "newDigest": dep.get("currentDigest")}
            given = {key: value for key, value in update.items() if known.get(key, True)}
            if name == "advisory-database":
                del given["newValue"]  # a branch stays what it is; only its commit moves
            dep["updates"] = [given] if dep["depName"] == name else []
        jobs.append(Job(manager=manager, entry=entry, update_type="minor"))
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        before = (monorepo / file).read_text()
        (root / file).write_text(before)
        assert before.count(old) == 1
        expected[file] = expected.get(file, before).replace(old, new)
    replace(tools, root, tmp_path, jobs)
    assert {file: (root / file).read_text() for file in expected} == expected


def test_this_repository(tools: Tools, tmp_path: Path) -> None:
    """Renovate can move every lock of ours, but the one that has to agree with two others."""
    root = tmp_path / "own"
    shutil.copytree(REPOSITORY / "3rdparty", root / "3rdparty")
    for lock in REPOSITORY.glob("plugins/**/*.lock"):
        copied = root / lock.relative_to(REPOSITORY)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(lock, copied)
        shutil.copy(lock.with_suffix(".in"), copied.with_suffix(".in"))
    shutil.copy(REPOSITORY / "pants.toml", root)
    for name in ("policies", ".github"):
        shutil.copytree(REPOSITORY / name, root / name)
    own = json.loads((REPOSITORY / "renovate.json").read_text())
    report = run_renovate(tools, root, tmp_path / "home", own, "extract")
    by_lock = {
        lock: entry["packageFile"]
        for entry in report.document["packageFiles"]["pip-compile"]
        for lock in entry["lockFiles"]
    }
    locks = {path.relative_to(root).as_posix() for path in root.rglob("*.lock")}
    assert set(by_lock) == locks - {"3rdparty/pytest.lock"}
    rest = {line.split(" ")[2] for line in report.lines() if not line.startswith("pip-compile ")}
    actions = {used.partition("@")[0] for used in used_actions()}
    assert rest == {"renovate", "pants", "poetry", "python"} | actions
    assert set(report.warnings()) == {
        "GitHub token is required for some dependencies",
        "pip-compile error",  # 3rdparty/pytest.lock, which build-support/lock makes of two others
    }
