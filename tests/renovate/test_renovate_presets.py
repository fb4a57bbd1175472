"""The presets and our own configuration: Renovate's validator, and what they promise."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from renovate_run import PRESETS, REPOSITORY, Json, Tools, flattened, preset

CONFIGURATIONS = ["renovate.json", *(f"renovate/{name}.json" for name in (*PRESETS, "inseam"))]
COMPILE = "import json, re2, sys; [re2.compile(each) for each in json.load(sys.stdin)]"


BROKEN: dict[str, Json] = {
    "an unknown option": {"minimumReleaseAges": "7 days"},
    "an unknown option of a rule": {
        "packageRules": [{"matchManagers": ["pep621"], "groupNames": "x"}]
    },
    "no schedule": {"lockFileMaintenance": {"schedule": ["now and then"]}},
}


def validate(tools: Tools, home: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*tools.script("config-validator.js"), "--strict", "--no-global", *files],
        env=tools.environment(home, LOG_LEVEL="info"),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_validator_has_nothing_to_say(tools: Tools, tmp_path: Path) -> None:
    """Neither of the presets nor of our own configuration nor of a team's one line."""
    files = [REPOSITORY / name for name in CONFIGURATIONS]
    for name in PRESETS:
        files.append(tmp_path / f"{name}.json")
        reference = f"github>acme/inseam//renovate/{name}#2026.11.0"
        files[-1].write_text(json.dumps({"extends": [reference]}))
    done = validate(tools, tmp_path, *files)
    assert done.returncode == 0, done.stdout
    assert f"Config validated successfully against {len(files)} file(s)" in done.stdout


@pytest.mark.parametrize("what", BROKEN)
def test_the_validator_refuses_what_is_wrong(tools: Tools, what: str, tmp_path: Path) -> None:
    file = tmp_path / "renovate.json"
    file.write_text(json.dumps({**preset("default"), **BROKEN[what]}))
    assert validate(tools, tmp_path, file).returncode == 1


def strings_under(document: Any, key: str) -> Iterator[str]:
    """All strings in lists that stand under a key, at any depth."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name == key and isinstance(value, list):
                yield from value
            else:
                yield from strings_under(value, key)
    elif isinstance(document, list):
        for value in document:
            yield from strings_under(value, key)


def test_patterns_compile_under_re2_which_hosted_renovate_uses(tools: Tools) -> None:
    everything = flattened(json.loads((REPOSITORY / "renovate.json").read_text()))
    patterns = list(strings_under(everything, "matchStrings"))
    patterns += [each.strip("/") for each in strings_under(everything, "managerFilePatterns")]
    assert len(patterns) >= 20
    assert compiled(tools, patterns) == ""
    assert compiled(tools, ["(?=x)"]) != "", "RE2 must refuse what it cannot do"


def compiled(tools: Tools, patterns: list[str]) -> str:
    """What RE2 complains of."""
    done = subprocess.run(
        [tools.programs / "python", "-c", COMPILE],
        # JavaScript's spelling of named groups, which RE2 took up only lately.
        input=json.dumps([each.replace("(?<", "(?P<") for each in patterns]),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_rests_on_one_that_is_there_and_on_no_name_of_a_repository(name: str) -> None:
    for extended in preset(name)["extends"]:
        if extended.startswith("."):
            assert extended.removeprefix("./") in PRESETS, extended
        else:
            assert re.fullmatch(r"(config|helpers):\w[\w-]*", extended), extended


def test_each_preset_contains_the_one_before() -> None:
    for inner, outer in pairwise(PRESETS):
        contained, container = flattened(preset(inner)), flattened(preset(outer))
        for key in ("customManagers", "packageRules"):
            length = len(contained[key])
            assert container[key][:length] == contained[key], f"{key} of {inner} in {outer}"
        assert "config:best-practices" in container["extends"]


def test_nothing_undated_is_held_back_and_fixes_do_not_wait() -> None:
    default = preset("default")
    assert default["minimumReleaseAge"] == "7 days"
    assert default["vulnerabilityAlerts"]["minimumReleaseAge"] is None
    assert default["vulnerabilityAlerts"]["schedule"] == ["at any time"]
    assert default["lockFileMaintenance"]["minimumReleaseAge"] is None
    undated = next(
        rule
        for rule in default["packageRules"]
        if "lockFileMaintenance" in rule.get("matchUpdateTypes", ())
    )
    assert undated["minimumReleaseAge"] is None


def test_our_own_configuration_is_put_together_of_the_presets(tmp_path: Path) -> None:
    for name in ("build-support", "renovate"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    shutil.copy(REPOSITORY / "renovate.json", tmp_path)
    command = [sys.executable, str(tmp_path / "build-support" / "renovate-config")]

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)

    assert check().returncode == 0
    preset_of_all = tmp_path / "renovate" / "default.json"
    preset_of_all.write_text(preset_of_all.read_text().replace('"7 days"', '"8 days"'))
    stale = check()
    assert (stale.returncode, "run build-support/renovate-config" in stale.stderr) == (1, True)
    subprocess.run(command, check=True)
    assert check().returncode == 0
    assert json.loads((tmp_path / "renovate.json").read_text())["minimumReleaseAge"] == "8 days"


def test_our_own_locks_keep_the_same_cooldown() -> None:
    lock = (REPOSITORY / "build-support" / "lock").read_text()
    assert f'COOLDOWN = "{preset("default")["minimumReleaseAge"]}"' in lock


def test_renovate_is_locked_by_hash_and_by_no_registry() -> None:
    folder = REPOSITORY / "3rdparty" / "renovate"
    lock = json.loads((folder / "package-lock.json").read_text())
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert re.fullmatch(r"[\d.]+", wanted["renovate"])
    assert packages["node_modules/renovate"]["version"] == wanted["renovate"]
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
    assert "resolved" not in json.dumps(lock)
    assert "://" not in json.dumps(lock)
