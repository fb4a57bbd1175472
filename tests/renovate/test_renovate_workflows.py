"""The workflows, and the examples in the documentation, by all validators."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from renovate_run import REPOSITORY, Tools
from workflow_run import WORKFLOWS, steps, used_actions

PAGE = REPOSITORY / "docs" / "renovate.md"
OURS = sorted(path.name for path in WORKFLOWS.glob("renovate*.yml"))
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PINNED = re.compile(r"^\s*(?:- )?uses: [\w./-]+@[0-9a-f]{40} # v?\d+\.\d+\.\d+$")


def blocks(language: str) -> list[str]:
    """The page's blocks of a language."""
    return [text for found, text in FENCE.findall(PAGE.read_text()) if found == language]


@pytest.fixture(scope="module")
def workflows(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Ours, and the callers that the documentation shows."""
    folder = tmp_path_factory.mktemp("repository") / ".github" / "workflows"
    folder.mkdir(parents=True)
    shown = [text for text in blocks("yaml") if "jobs:" in text]
    assert shown
    files = []
    for name, text in [
        *((name, (WORKFLOWS / name).read_text()) for name in OURS),
        *((f"shown-{number}.yml", text) for number, text in enumerate(shown)),
    ]:
        files.append(folder / name)
        files[-1].write_text(text)
    return files


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_zizmor_finds_nothing(tools: Tools, workflows: list[Path]) -> None:
    command = ["--offline", "--persona=auditor", "--no-progress", "--no-config"]
    done = run(tools.programs / "zizmor", *command, *workflows)
    assert done.returncode == 0, done.stdout
    for path in workflows:
        assert f"completed {path}" in done.stderr, "what was not audited is not clean"


@pytest.mark.parametrize(
    "schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"]
)
def test_workflows_fit_the_schema(tools: Tools, workflows: list[Path], schema: str) -> None:
    done = run(tools.programs / "check-jsonschema", "--builtin-schema", schema, *workflows)
    assert done.returncode == 0, done.stdout


def test_dependabot_fits_the_schema(tools: Tools, tmp_path: Path) -> None:
    (shown,) = [text for text in blocks("yaml") if "package-ecosystem" in text]
    file = tmp_path / "dependabot.yml"
    check, schema = tools.programs / "check-jsonschema", "vendor.dependabot"
    file.write_text(shown)
    done = run(check, "--builtin-schema", schema, file)
    assert done.returncode == 0, done.stdout
    file.write_text(shown.replace("interval: weekly", "interval: now and then"))
    assert run(check, "--builtin-schema", schema, file).returncode == 1


def test_configurations_on_the_page_are_valid(tools: Tools, tmp_path: Path) -> None:
    shown = blocks("json")
    files = [tmp_path / f"{number}.json" for number, _ in enumerate(shown)]
    for file, text in zip(files, shown, strict=True):
        file.write_text(text)
    done = subprocess.run(
        [*tools.script("config-validator.js"), "--strict", "--no-global", *files],
        env=tools.environment(tmp_path, LOG_LEVEL="info"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"validated successfully against {len(shown)} file(s)" in done.stdout


def test_actions_are_pinned_by_commit_with_their_version() -> None:
    lines = [
        line
        for name in OURS
        for line in (WORKFLOWS / name).read_text().splitlines()
        if re.match(r"\s*(?:- )?uses:", line) and " $/" not in line
    ]
    assert len(used_actions()) >= 5
    assert [line for line in lines if not PINNED.match(line)] == []


@dataclass(frozen=True, kw_only=True)
class Call:
    """A job that calls one of our workflows."""

    where: str
    workflow: str
    job: dict[str, Any]


def calls(workflows: list[Path]) -> Iterator[Call]:
    for path in workflows:
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            found = re.search(r"/\.github/workflows/(renovate[\w-]*\.yml)", job.get("uses", ""))
            if found:
                yield Call(where=f"{path.name}: {name}", workflow=found[1], job=job)


def misfits(call: Call) -> list[str]:
    """What a call gives and the workflow does not take, or needs and is not given."""
    # YAML 1.1 reads the key `on` as true.
    declared = yaml.safe_load((WORKFLOWS / call.workflow).read_text())[True]["workflow_call"]
    types = {"string": str, "number": int, "boolean": bool}
    found = []
    for key, takes in (("with", declared["inputs"]), ("secrets", declared["secrets"])):
        given = call.job.get(key, {})
        found += [f"{key}: {name} is unknown" for name in given if name not in takes]
        found += [
            f"{key}: {name} is missing"
            for name, about in takes.items()
            if about.get("required") and name not in given
        ]
        found += [
            f"{key}: {name} is no {takes[name]['type']}"
            for name, value in given.items()
            if name in takes and "type" in takes[name] and "${{" not in str(value)
            if not isinstance(value, types[takes[name]["type"]])
        ]
    return found


def test_callers_give_what_the_workflow_takes(workflows: list[Path]) -> None:
    """Neither the schema nor the runner looks at that."""
    found = list(calls(workflows))
    assert {call.where for call in found} >= {"renovate.yml: regenerate", "shown-0.yml: regenerate"}
    assert {call.where: misfits(call) for call in found if misfits(call)} == {}


def test_a_caller_that_does_not_fit_is_noticed() -> None:
    job = {"with": {"commands": "x", "paths": 1}, "secrets": {"token": "x"}}
    call = Call(where="", workflow="renovate-regenerate.yml", job=job)
    assert misfits(call) == [
        "with: commands is unknown",
        "with: command is missing",
        "with: paths is no string",
        "secrets: token is unknown",
    ]


def test_inputs_are_typed_described_and_documented() -> None:
    declared = yaml.safe_load((WORKFLOWS / "renovate-regenerate.yml").read_text())[True]
    page = PAGE.read_text()
    for name, about in declared["workflow_call"]["inputs"].items():
        assert about["type"] in {"string", "number", "boolean"}, name
        assert about["description"], name
        assert about.get("required") or "default" in about, name
        assert f"`{name}`" in page, name
    for name in declared["workflow_call"]["outputs"]:
        assert f"`{name}`" in page, name


def scripts(workflows: list[Path]) -> Iterator[str]:
    yield from (step["run"] for step in steps() if "run" in step)
    yield from (call.job["with"]["command"] for call in calls(workflows))


def test_scripts_are_bash(workflows: list[Path], tmp_path: Path) -> None:
    found = list(scripts(workflows))
    assert len(found) >= 6
    for text in found:
        (tmp_path / "script").write_text(text)
        done = run("bash", "-n", tmp_path / "script")
        assert (done.returncode, done.stderr) == (0, "")


def test_expressions_stay_out_of_scripts() -> None:
    """A branch's name in a script would be run; zizmor looks as well, this does for all of them."""
    assert [step["run"] for step in steps() if "${{" in step.get("run", "")] == []


def test_the_presets_know_the_author_of_the_workflow() -> None:
    author = yaml.safe_load((WORKFLOWS / "renovate-regenerate.yml").read_text())["env"]
    default = json.loads((REPOSITORY / "renovate" / "default.json").read_text())
    assert default["gitIgnoredAuthors"] == [author["AUTHOR_EMAIL"]]
