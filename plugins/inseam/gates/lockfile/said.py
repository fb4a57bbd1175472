"""What is said of one service's lock, before it becomes findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inseam.findings.model import Finding, Related, Severity
from inseam.gates.lockfile.rules import FIXES, GATE, SEVERITIES
from inseam.gates.lockfile.verdict import Difference, Place


@dataclass(frozen=True, kw_only=True)
class Said:
    """One thing that is wrong with a lock."""

    code: str
    """The rule without the gate."""
    message: str
    key: str
    place: Place
    package: str | None = None
    version: str | None = None
    fix: str | None = None
    """In place of the rule's own."""
    severity: Severity | None = None
    related: tuple[tuple[Place, str], ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)

    def finding(self, service: str) -> Finding:
        """It as a finding of the service's."""
        properties = dict(self.properties)
        if self.package is not None:
            properties["package"] = self.package
        if self.version is not None:
            properties["version"] = self.version
        return Finding(
            rule=f"{GATE}/{self.code}",
            service=service,
            file=self.place.file,
            line=self.place.line,
            message=self.message,
            fix=self.fix or FIXES[self.code],
            severity=self.severity or SEVERITIES[self.code],
            key=self.key,
            related=tuple(
                Related(file=place.file, line=place.line, message=message)
                for place, message in self.related
            ),
            properties=properties,
        )


def stale(difference: Difference, command: str) -> Said:
    """A difference between a lock and its sources.

    Args:
        difference: what differs.
        command: what mends it.
    """
    related: tuple[tuple[Place, str], ...] = ()
    if difference.locked is not None:
        related = ((difference.locked, "what the lock says"),)
    return Said(
        code="stale",
        message=difference.message,
        key=difference.key,
        place=difference.declared,
        package=difference.package,
        fix=f"run `{command}` and commit the lock",
        related=related,
    )
