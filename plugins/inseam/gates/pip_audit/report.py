"""From what is known of a service's packages to findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from inseam.findings.model import Finding, Related, Severity
from inseam.gates.lockfile.commands import mending
from inseam.gates.locks.declared import group_requirements
from inseam.gates.locks.shape import ShapeError, table, texts
from inseam.gates.pip_audit.knowledge import Known, Update
from inseam.gates.pip_audit.rules import UNAUDITED, UNFIXED, VULNERABLE
from inseam.gates.pip_audit.subjects import Locked, Subject

_COMPILER = re.compile(
    r"(?:cd [\w@%+=:,./~-]+ && )?(?:uv pip compile|pip-compile)(?: [\w@%+=:,./~\[\]-]+)+$"
)
"""What is taken over of a lock's header: a compiler and its plain arguments, no more."""
_FROM = {"git": "a repository", "url": "a URL", "path": "a file"}


@dataclass(frozen=True, kw_only=True)
class Reporter:
    """Findings about one service."""

    subject: Subject

    def vulnerable(
        self, locked: Locked, known: Sequence[Known], update: Update | None
    ) -> Iterator[Finding]:
        """One finding for each vulnerability of a package.

        Args:
            locked: the package.
            known: its vulnerabilities.
            update: where to go, if that is known.
        """
        for item in known:
            yield self._vulnerable(locked, item, update)

    def unaudited(self, locked: Locked) -> Finding:
        """The finding that a package cannot be audited by its version."""
        package, settings = locked.package, self.subject.service.settings
        source = package.source
        said = "has no version" if locked.version is None else f"calls itself {locked.version}"
        return Finding(
            rule=UNAUDITED,
            service=self.subject.service.name,
            file=self.subject.lock.file,
            line=package.line,
            message=f"{locked.name} comes from {_FROM.get(source.kind, 'elsewhere')}"
            f"{self._location(locked)} and {said}: advisories, which are about an index's "
            "versions, say nothing certain of it",
            fix=f"lock a release of {locked.name} from an index",
            severity=Severity.ERROR if settings.unaudited_fails else Severity.WARNING,
            key=locked.name,
            related=self._chain(locked),
            properties={"package": locked.name, "version": locked.version or ""},
        )

    def _vulnerable(self, locked: Locked, item: Known, update: Update | None) -> Finding:
        fixes, last = item.fixes, item.last
        aliases = f" ({', '.join(item.aliases)})" if item.aliases else ""
        score = "" if item.score is None else f" {item.score:g}"
        summary = f": {item.summary.rstrip('.')}" if item.summary else ""
        return Finding(
            rule=VULNERABLE if fixes or last else UNFIXED,
            service=self.subject.service.name,
            file=self.subject.lock.file,
            line=locked.package.line,
            message=f"{locked.name} {locked.version} has {item.shown}{aliases}, "
            f"{_rating(item)}{score}{summary}; {_fixed(fixes, last)}",
            fix=self._fix(locked, item, update),
            severity=self._severity(item, is_fixed=bool(fixes or last)),
            key=f"{locked.name} {item.identity}",
            related=self._chain(locked),
            properties={
                "package": locked.name,
                "version": locked.version or "",
                "advisory": item.shown,
                "aliases": " ".join(item.aliases),
                "severity": item.severity,
                "fixed": " ".join(fixes),
                "update": "" if update is None else update.version,
            },
            help_url=item.url,
        )

    def _severity(self, item: Known, *, is_fixed: bool) -> Severity:
        settings = self.subject.service.settings
        if item.severity in settings.warn_severities:
            return Severity.WARNING
        return Severity.ERROR if is_fixed or settings.unfixed_fails else Severity.WARNING

    def _fix(self, locked: Locked, item: Known, update: Update | None) -> str:
        if not item.fixes and item.last is not None:
            return f"update {locked.name} to a version after {item.last}"
        if not item.fixes:
            return (
                f"see whether the service is affected, replace {locked.name}, or waive "
                f"{item.shown} until it has a fix"
            )
        if update is None:
            # Each version that fixes this has another vulnerability, or something has no fix.
            return (
                f"update {locked.name} to {item.fixes[0]}, which fixes this; no known version is "
                f"free of all its advisories: {self._command(locked, item.fixes[0])}"
            )
        or_later = "" if update.is_checked else " or later"
        return (
            f"update {locked.name} to {update.version}{or_later}: {self._widen(locked, update)}"
            f"{self._command(locked, update.version)}"
        )

    def _widen(self, locked: Locked, update: Update) -> str:
        """What has to be done first where a requirement forbids the update."""
        forbidding = [
            text for text in self._declared if not _allows(text, locked.name, update.version)
        ]
        if not forbidding:
            return ""
        asked = ", ".join(f"`{text}`" for text in dict.fromkeys(forbidding))
        return f"first widen {asked} in {self.subject.lock.pyproject}, then "

    @cached_property
    def _declared(self) -> tuple[str, ...]:
        return tuple(_declared(self.subject))

    def _command(self, locked: Locked, version: str) -> str:
        """How a lock of the service's kind is brought to a version, from the workspace's root."""
        pin = f"{locked.name}=={version}"
        match self.subject.lock.kind:
            case "uv":
                return f"`{self._mending} --upgrade-package '{pin}'`"
            case "poetry":
                return f"`{self._mending.replace('lock', 'update', 1)} {locked.name}`"
            case "requirements" if _COMPILER.match(self._mending):
                return f"`{self._mending} --upgrade-package '{pin}'`"
            case "requirements":
                return f"`uv pip compile --upgrade-package '{pin}'` with the lock's other arguments"
            case "pex":
                return f"`{self._mending}`, with `{locked.name}>={version}` asked for"

    @cached_property
    def _mending(self) -> str:
        """The command that makes the lock again."""
        subject = self.subject
        return mending(subject.lock, subject.service.facts, subject.lock.root)

    def _chain(self, locked: Locked) -> tuple[Related, ...]:
        """Why the package is there."""
        chain = self.subject.chains.get(locked.package.key)
        if chain is None or not self.subject.pins.knows_edges:
            return ()
        line = chain.packages[0].line
        return (Related(file=self.subject.lock.file, line=line, message=f"asked for by {chain}"),)

    def _location(self, locked: Locked) -> str:
        location = locked.package.source.location
        return "" if location is None else f" ({_without_secrets(location)})"


def _fixed(fixes: Sequence[str], last: str | None) -> str:
    if fixes:
        return f"fixed in {', '.join(fixes)}"
    if last is not None:
        return f"{last} is the last version known to be affected"
    return "no version fixes it"


def _rating(item: Known) -> str:
    return "of unknown severity" if item.severity == "unknown" else f"{item.severity} severity"


def _without_secrets(location: str) -> str:
    """A URL without the user and password that may stand in it."""
    scheme, separator, rest = location.partition("://")
    if not separator:
        return location
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _declared(subject: Subject) -> Iterator[str]:
    """Every direct requirement in PEP 621's and PEP 735's tables; Poetry's own are not PEP 508."""
    project = subject.lock.project
    try:
        own = table(project, "project")
        yield from texts(own, "dependencies")
        extras = table(own, "optional-dependencies")
        for extra in extras:
            yield from texts(extras, extra)
        for group in table(project, "dependency-groups"):
            yield from group_requirements(project, group)
    except ShapeError:
        return  # the gate `lockfile` says what is wrong with it


def _allows(text: str, package: str, version: str) -> bool:
    """Whether a requirement leaves room for a version of a package."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return True
    return canonicalize_name(requirement.name) != package or requirement.specifier.contains(
        version, prereleases=True
    )
