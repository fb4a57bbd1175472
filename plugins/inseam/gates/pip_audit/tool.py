"""Running pip-audit, and believing nothing that it does not say in full.

pip-audit ends 0 when every look-up was skipped, and 1 both for findings and for a traceback. So its
exit code alone means nothing: what counts is that each locked package comes back, looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from inseam.advisories.intervals import parsed
from inseam.gates import process
from inseam.gates.contract import GateError
from inseam.gates.environment.deadline import Deadline

Pinned = tuple[str, str]
"""A package's normalised name and version."""

_PASSED_ON = frozenset(
    {
        *("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    }
)
_PASSED_OVER = (b"Unsupported OSV schema version", b"is missing 'affected' list")
"""What it warns of when it leaves an advisory out and goes on as if there were none."""
_SOCKET_LIMIT = 30
"""Seconds that pip-audit waits for one answer."""

Name = Annotated[str, StringConstraints(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Vulnerability(_Model):
    """One of a package's, as pip-audit has merged it over its names."""

    id: Name
    aliases: tuple[str, ...]
    fix_versions: tuple[str, ...]
    description: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Its id and aliases."""
        return frozenset((self.id, *self.aliases))


class _Dependency(_Model):
    name: Name
    version: str | None = None
    skip_reason: str | None = None
    vulns: tuple[Vulnerability, ...] | None = None


class _Report(_Model):
    dependencies: tuple[_Dependency, ...]


Audited = Mapping[Pinned, tuple[Vulnerability, ...]]


@dataclass(frozen=True, kw_only=True)
class PipAudit:
    """pip-audit, ready to run."""

    python: Path
    """The interpreter of its environment."""
    folder: Path
    """A folder for what it reads and writes."""
    environment: Mapping[str, str]
    deadline: Deadline

    def audit(self, pins: Iterable[Pinned], *, url: str | None) -> Audited:
        """What it says of each of `pins`, all of which it looked at.

        Args:
            pins: distinct packages; several versions of one are fine.
            url: where it asks, in OSV's API shape; None for its own default.

        Raises:
            GateError: it did not run, or did not look at all of them.
        """
        wanted = sorted(pins)
        if not wanted:
            return {}
        project = self.folder / "project"
        project.mkdir(exist_ok=True)
        # The one input in which it takes several versions of a package, as several locks have them.
        (project / "pylock.toml").write_text(_pylock(wanted), encoding="utf-8")
        command = process.Command(
            argv=(
                *(str(self.python), "-I", "-m", "pip_audit", "--locked", str(project)),
                *("--format", "json", "--progress-spinner", "off", "--aliases", "on"),
                *("--vulnerability-service", "osv", "--timeout", str(_SOCKET_LIMIT)),
                *(() if url is None else ("--osv-url", url)),
                *("--cache-dir", str(self.folder / "cache")),
            ),
            cwd=self.folder,
            environment=self._variables(is_local=url is not None and "//127.0.0.1:" in url),
        )
        done = process.run(command, time_limit=self.deadline.left())
        return _believed(wanted, _report(done), done)

    def _variables(self, *, is_local: bool) -> dict[str, str]:
        """Nobody's configuration of pip-audit, pip or netrc; proxies for what lies beyond them."""
        passed = {
            name: value
            for name, value in self.environment.items()
            if name.upper() in _PASSED_ON and not is_local
        }
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            **passed,
            "PATH": self.environment.get("PATH", ""),
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            **({"NO_PROXY": "*"} if is_local else {}),
        }


def _pylock(pins: Sequence[Pinned]) -> str:
    """PEP 751's file, as far as pip-audit reads it."""
    packages = (
        f"[[packages]]\nname = {json.dumps(name)}\nversion = {json.dumps(version)}\n"
        for name, version in pins
    )
    return 'lock-version = "1.0"\ncreated-by = "inseam"\n' + "".join(packages)


def _report(done: process.Completed) -> _Report:
    done = done.expect(0, 1)
    if done.returncode and not done.stdout.strip():
        lines = done.stderr.decode("utf-8", "replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        raise GateError(
            "service-failed",
            f"pip-audit ended before it had asked about everything: {said}",
            "see that the advisory service can be reached and answers; then run it again",
        )
    try:
        return _Report.model_validate_json(done.stdout)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise _output_error(
            f"what it printed is no report ({place}: {first['msg']})", done
        ) from error


def _believed(wanted: Sequence[Pinned], report: _Report, done: process.Completed) -> Audited:
    if any(warning in done.stderr for warning in _PASSED_OVER):
        raise _not_audited("it passed over an advisory", done)
    audited: dict[Pinned, tuple[Vulnerability, ...]] = {}
    skipped: list[str] = []
    for found in report.dependencies:
        if found.skip_reason is not None or found.version is None or found.vulns is None:
            skipped.append(f"{found.name} ({found.skip_reason or 'no reason given'})")
            continue
        try:
            pinned = (canonicalize_name(found.name), str(parsed(found.version)))
        except InvalidVersion:
            skipped.append(f"{found.name} (as version {found.version!r})")
            continue
        if pinned in audited:
            raise _output_error(f"it spoke twice of {found.name} {found.version}", done)
        audited[pinned] = found.vulns
    if skipped:
        raise _not_audited(f"it skipped {_some(skipped)}", done)
    missing = [f"{name} {version}" for name, version in wanted if (name, version) not in audited]
    if missing:
        raise _not_audited(f"it said nothing of {_some(missing)}", done)
    if len(audited) > len(wanted):
        more = sorted(f"{name} {version}" for name, version in audited.keys() - set(wanted))
        raise _output_error(f"it spoke of {_some(more)}, which it was not asked about", done)
    has_found = any(audited.values())
    if has_found != (done.returncode == 1):
        said = "something" if has_found else "nothing"
        raise _output_error(f"it found {said}, and ended {done.returncode}", done)
    return audited


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _not_audited(message: str, done: process.Completed) -> GateError:
    return GateError(
        "not-audited",
        f"pip-audit did not look at every locked package: {message}{done.quote()}",
        "see that what it asks can be reached and knows the packages; then run it again",
    )


def _output_error(message: str, done: process.Completed) -> GateError:
    return GateError(
        "tool-output",
        f"pip-audit cannot be believed: {message}{done.quote()}",
        "see that what it asks can be reached and answers in full; use the pip-audit that inseam "
        "locks",
    )
