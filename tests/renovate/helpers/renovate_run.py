"""A real Renovate, run on folders that tests make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[3]
PRESETS = ("default", "python-service", "pants")
LIMIT = 300
"""Seconds after which one run is given up."""

Json = dict[str, Any]

_JOINED = {"customManagers", "packageRules", "managerFilePatterns"}
"""Options of ours whose lists Renovate joins; all other lists replace what was there."""


class NotInstalled(Exception):
    """The tools cannot be had on this machine."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What build-support/renovate-tools installed."""

    folder: Path

    @property
    def programs(self) -> Path:
        """Node.js, act, zizmor, check-jsonschema and the Python that has google-re2."""
        return self.folder / "python" / "bin"

    def script(self, name: str) -> list[str]:
        """The command that runs a program of the package renovate."""
        scripts = self.folder / "node_modules" / "renovate" / "dist"
        return [str(self.programs / "node"), str(scripts / name)]

    def environment(self, home: Path, **variables: str) -> dict[str, str]:
        """Variables of a machine on which nothing is configured and no token is known."""
        return {
            "HOME": str(home),
            "PATH": f"{self.programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "RENOVATE_BASE_DIR": str(home / "renovate"),
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "warn",
            **variables,
        }


def install() -> Tools:
    """Install the tools, or find them installed."""
    done = subprocess.run(
        [sys.executable, REPOSITORY / "build-support" / "renovate-tools"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotInstalled(done.stderr.strip())
    return Tools(folder=Path(done.stdout.strip()))


@dataclass(frozen=True, kw_only=True)
class Found:
    """A dependency in Renovate's report."""

    manager: str
    file: str
    facts: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.facts.get(name)

    @property
    def updates(self) -> list[Json]:
        """What Renovate would do with it."""
        return list(self["updates"] or ())

    @property
    def line(self) -> str:
        """The dependency on one line: which manager found it where, and what is known of it."""
        parts = [f"{self.manager} {self.file}: {self['depName']}"]
        parts += [str(self[name]) for name in ("currentValue", "currentDigest") if self[name]]
        if self["lockedVersion"]:
            parts.append(f"locked {self['lockedVersion']}")
        if self["depType"]:
            parts.append(f"({self['depType']})")
        return " ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one run found."""

    document: Json
    log: tuple[Json, ...]

    def found(self) -> Iterator[Found]:
        """Dependencies, those aside that are only in a lock."""
        for manager, files in self.document["packageFiles"].items():
            for file in files:
                for facts in file["deps"]:
                    if facts.get("depType") != "indirect":
                        yield Found(manager=manager, file=file["packageFile"], facts=facts)

    def lines(self, file: str = "") -> list[str]:
        """Every dependency on a line, sorted; of one file if it is given."""
        return sorted(each.line for each in self.found() if file in ("", each.file))

    def warnings(self) -> list[str]:
        """What Renovate complained of, without its remark that RE2 is not compiled here."""
        said = [str(row["msg"]) for row in self.log]
        return sorted(each for each in said if "RE2" not in each)


def run_renovate(
    tools: Tools, root: Path, home: Path, config: Json, mode: str, **variables: str
) -> Report:
    """Run Renovate on a folder with a configuration; `mode` is `extract` or `lookup`."""
    (root / "renovate.json").write_text(json.dumps(flattened(config)))
    home.mkdir(parents=True, exist_ok=True)
    report = home / "report.json"
    report.unlink(missing_ok=True)
    done = subprocess.run(
        [
            *tools.script("renovate.js"),
            *("--platform=local", f"--dry-run={mode}"),
            *("--report-type=file", f"--report-path={report}"),
        ],
        cwd=root,
        env=tools.environment(home, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    said = f"{done.stdout}{done.stderr}"
    assert done.returncode == 0, said
    assert report.exists(), said
    log = tuple(json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    return Report(document=json.loads(report.read_text())["repositories"]["local"], log=log)


@dataclass(frozen=True, kw_only=True)
class Job:
    """Updates of one type, to be made in the file of an entry of a report."""

    manager: str
    entry: Json
    update_type: str


def replace(tools: Tools, root: Path, home: Path, jobs: Sequence[Job]) -> None:
    """Make the updates in the files below `root`, one after the other, by Renovate's own code."""
    asked = {
        "dist": str(tools.folder / "node_modules" / "renovate" / "dist"),
        "root": str(root),
        "jobs": [
            {"manager": job.manager, "packageFile": job.entry, "updateType": job.update_type}
            for job in jobs
        ],
    }
    done = subprocess.run(
        [tools.programs / "node", Path(__file__).with_name("replace.mjs")],
        input=json.dumps(asked),
        env=tools.environment(home),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def preset(name: str) -> Json:
    """One of the presets as it is written."""
    document: Json = json.loads((REPOSITORY / "renovate" / f"{name}.json").read_text())
    return document


def flattened(config: Json) -> Json:
    """A configuration with this repository's own presets put in place.

    On a platform Renovate fetches them; `--platform=local` has none to fetch from.
    """
    result: Json = {"extends": []}
    for extended in config.get("extends", ()):
        ours = extended.startswith("./") or "/inseam//renovate/" in extended
        if ours:
            _merge(result, flattened(preset(extended.partition("#")[0].rpartition("/")[2])))
        else:
            result["extends"].append(extended)
    _merge(result, {name: value for name, value in config.items() if name != "extends"})
    return result


def _merge(into: Json, more: Json) -> None:
    for name, value in more.items():
        current = into.get(name)
        if isinstance(value, dict) and isinstance(current, dict):
            _merge(current, value)
        elif isinstance(value, list) and name in _JOINED | {"extends"}:
            into[name] = [*(current or ()), *value]
        else:
            into[name] = value
