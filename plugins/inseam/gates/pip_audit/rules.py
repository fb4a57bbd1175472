"""The rules."""

from __future__ import annotations

from inseam.findings.model import Severity
from inseam.gates.contract import Rule

GATE = "pip-audit"

VULNERABLE = f"{GATE}/vulnerable"
UNFIXED = f"{GATE}/unfixed"
UNAUDITED = f"{GATE}/unaudited-source"

RULES = (
    Rule(
        id=VULNERABLE,
        summary="A locked package has a known vulnerability that a newer version fixes.",
        why="Whoever reads the advisory knows how to attack what runs this version.",
        fix="Update the package in the lock to the version that is named, by the command that is "
        "named; widen the requirement first where it forbids that version.",
    ),
    Rule(
        id=UNFIXED,
        summary="A locked package has a known vulnerability that no known version fixes.",
        why="Whoever reads the advisory knows how to attack what runs this version, and waiting "
        "for an update may take for ever.",
        fix="See in the advisory whether the service is affected and what helps; replace the "
        "package, or waive the advisory until it has a fix.",
    ),
    Rule(
        id=UNAUDITED,
        summary="A locked package comes from a repository, a URL or a file instead of an index.",
        why="Advisories name versions of the index. What a repository or a file holds may call "
        "itself by a version that was never released, and misses fixes that were.",
        fix="Lock a release of the package from an index.",
        severity=Severity.WARNING,
    ),
)
