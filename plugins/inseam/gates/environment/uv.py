"""Running uv so that nothing but a lock and the service's own `pyproject.toml` decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from inseam.gates import process
from inseam.gates.contract import GateError
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.lock import Lock, LockError

_PASSED = (
    "UV_CONCURRENT_",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_HTTP_",
    "UV_INDEX",
    "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER",
    "UV_NATIVE_TLS",
    "UV_OFFLINE",
    "UV_REQUEST_TIMEOUT",
    "UV_SYSTEM_CERTS",
)
"""Beginnings of uv's variables that say how to reach an index. All others could change what is
installed, so they are dropped."""


@dataclass(frozen=True, kw_only=True)
class Uv:
    """uv, isolated from the user's and the machine's configuration."""

    executable: str
    cache: Path
    """The unit's cache: holds uv's, from which environments are hard-linked."""
    environment: Mapping[str, str]
    """The unit's variables."""
    deadline: Deadline

    @classmethod
    def find(cls, *, cache: Path, environment: Mapping[str, str], deadline: Deadline) -> Uv:
        """The uv that is installed with the engine, or else the one on PATH.

        Raises:
            GateError: `tool-missing`.
        """
        try:
            executable = find_uv_bin()
        except FileNotFoundError:
            executable = process.find_tool("uv", environment)
        return cls(executable=executable, cache=cache, environment=environment, deadline=deadline)

    def run(self, *arguments: str, **variables: str) -> process.Completed:
        """Run `uv ARGUMENTS`, whatever it ends with.

        Raises:
            GateError: uv could not be run to its end.
        """
        nothing = self.cache / "empty"
        nothing.mkdir(parents=True, exist_ok=True)
        passed = {
            name: value
            for name, value in self.environment.items()
            if not name.startswith("UV_") or name.startswith(_PASSED)
        }
        command = process.Command(
            argv=(self.executable, *arguments),
            cwd=nothing,
            environment={
                **passed,
                # Where uv would look for `uv.toml`. `UV_NO_CONFIG` would also switch off
                # `[tool.uv]` of the project, without which its lock may not install.
                "XDG_CONFIG_HOME": str(nothing),
                "XDG_CONFIG_DIRS": str(nothing),
                "UV_NO_SYSTEM_CONFIG": "1",
                "UV_CACHE_DIR": str(self.cache / "uv"),
                "UV_PYTHON_DOWNLOADS": "never",
                "UV_NO_PROGRESS": "1",
                "UV_NO_WRAP": "1",
                "NO_COLOR": "1",
                **variables,
            },
        )
        return process.run(command, time_limit=self.deadline.left())


_CAUSES = (
    # code, what uv or Poetry says, what to do
    (
        "lock-hash-mismatch",
        r"Hash mismatch for",
        "find out whether the index's file or the lock's hash was changed, and by whom; "
        "then {maker}",
    ),
    (
        "lock-unhashed",
        r"all requirements must have",
        "make the lock with hashes: {maker}",
    ),
    (
        "lock-stale",
        r"needs to be updated|changed significantly since",
        "bring the lock up to date: {maker}",
    ),
    (
        "lock-elsewhere",
        r"Unable to find lockfile",
        "name the uv.lock of the project, or of the workspace that it belongs to",
    ),
    (
        "group-unknown",
        r"(?:Group|Extra) `[^`]+` is not defined|Group\(s\) not found"
        r"|Extra \[.*\] is not specified",
        "correct the gate's settings groups and extras",
    ),
    (
        "lock-unreadable",
        r"Failed to parse|Couldn't parse|failed to (?:decode|read)|unsupported schema"
        r"|\(at (line \d|end of)",
        "make the lock anew: {maker}",
    ),
    (
        "package-build",
        r"Failed to build",
        "lock a version that has a wheel for this platform and Python, or correct its build",
    ),
    (
        "no-wheel",
        r"can't be installed because|has no .*wheels?",
        "lock a version that has a wheel for this platform and Python",
    ),
    (
        "package-unavailable",
        r"Failed to download|Failed to fetch|error sending request|no version of|was not found",
        "check that the index is reached from here and still has every locked file",
    ),
)
_PACKAGE = re.compile(
    r"(?:mismatch for|to download|to build|no version of|Because(?! there)|Distribution|for:) "
    r"`?(?P<package>[A-Za-z0-9][\w.-]*?)(?:==|`|\s|$)"
)
_NOISE = ("hint:", "warning:", "Using ", "Creating ", "Resolved ", "Prepared ", "Installed ")
_QUOTED = 4
"""Lines; further causes only say how a socket works."""


def lock_error(lock: Lock, failed: process.Completed) -> LockError:
    """What is wrong with a lock, given that a tool refused to install or read it."""
    said = failed.stderr.decode("utf-8", "backslashreplace")
    for code, pattern, fix in _CAUSES:
        if not re.search(pattern, said):
            continue
        return LockError(
            code,
            f"the locked environment cannot be made: {_first_sentences(said)}",
            fix.format(maker=lock.maker),
            file=lock.file,
            line=_line(lock, said, parsing=code == "lock-unreadable"),
        )
    return LockError(
        "environment",
        f"the locked environment cannot be made: {_first_sentences(said) or 'no reason given'}",
        f"run it by hand to see why: {process.describe(failed.command)}",
        file=lock.file,
    )


def _line(lock: Lock, said: str, *, parsing: bool) -> int | None:
    """The line of the lock that a tool complains of."""
    if parsing:
        named = re.search(r"\bline (\d+)", said)
        return int(named[1]) if named else None
    named = _PACKAGE.search(said)
    return lock.line_of(named["package"]) if named else None


def tool_error(tool: str, failed: process.Completed) -> GateError:
    """The error that a tool of inseam's own could not be installed."""
    said = failed.stderr.decode("utf-8", "backslashreplace")
    return GateError(
        "tool-missing",
        f"{tool} cannot be installed: {_first_sentences(said)}",
        "check that the index is reached from here and has the files of inseam's lock",
    )


def _first_sentences(said: str) -> str:
    """The error and its causes, without hints, drawings of a parser and folders of this machine."""
    spoken = (line for line in said.splitlines() if re.match(r"\S|\s*cause: ", line))
    kept = [line.strip() for line in spoken if not line.startswith(_NOISE)]
    text = "; ".join(re.sub(r"^(?:error|cause): ", "", line) for line in kept[:_QUOTED])
    return re.sub(r"(?<![\w:/.])/(?:[^\s/`']+/)+", "", text)
