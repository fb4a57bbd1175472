"""The documents that the backend and the engine exchange, as far as the backend looks into them.

The engine's models define them; here they are plain JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

NEEDS_ENVIRONMENT = "environment"
NEEDS_LOCKFILE = "lockfile"
NEEDS_SOURCES = "sources"

_LAST_LINES = 15


@dataclass(frozen=True)
class FileKind:
    """Files that a unit wants as they are at the base."""

    suffix: str
    containing: str

    def holds(self, path: str, content: bytes) -> bool:
        """Whether a file is one of them."""
        return path.endswith(self.suffix) and self.containing.encode() in content


@dataclass(frozen=True)
class PlannedUnit:
    """One process that has to run."""

    id: str
    gate: str
    needs: str
    services: tuple[str, ...]
    reads_base: bool
    """Whether it wants the services' files at the merge base too."""
    reads_tip: bool
    """Whether it wants them at the tip of the branch that the change goes to as well."""
    base_files: tuple[FileKind, ...]
    """Which files; all if empty."""
    inputs: tuple[str, ...]
    """Files of the workspace that it reads besides the services' own."""
    can_be_live: bool
    """Whether it can ask the network for what policy pins otherwise."""
    document: str
    """`inseam.unit/1`, canonical, so that the same meaning makes the same cache key."""

    @property
    def time_limit(self) -> float:
        """Seconds that the engine gives itself."""
        return float(json.loads(self.document)["time_limit"])

    def adjusted(
        self,
        *,
        time_limit: int | None,
        source_roots: Mapping[str, Iterable[str]],
        live: bool = False,
    ) -> str:
        """The document with what only the backend knows.

        Args:
            time_limit: in place of the gate's own, where an option states one.
            source_roots: by service; the plan is made before any sources are looked at.
            live: whether to ask the network for what policy pins otherwise.
        """
        document = json.loads(self.document)
        if time_limit is not None:
            document["time_limit"] = float(time_limit)
        if live:
            document["live"] = True
        for service in document["services"]:
            facts = service["facts"]
            facts["source_roots"] = list(source_roots.get(facts["name"], facts["source_roots"]))
        return canonical(document)


def canonical(document: Mapping[str, Any]) -> str:
    """A document as JSON: equal documents give equal text."""
    return json.dumps(document, sort_keys=True, indent=1) + "\n"


def services_document(services: Iterable[Mapping[str, Any]]) -> bytes:
    """`inseam.services/1`."""
    return canonical({"schema": "inseam.services/1", "services": list(services)}).encode()


def planned_units(plan: Mapping[str, Any]) -> tuple[PlannedUnit, ...]:
    """What a plan says has to run."""
    return tuple(
        PlannedUnit(
            id=unit["id"],
            gate=unit["gate"],
            needs=unit["needs"],
            services=tuple(unit["services"]),
            reads_base=unit["reads_base"],
            reads_tip=unit["reads_tip"],
            base_files=tuple(
                FileKind(kind["suffix"], kind["containing"]) for kind in unit["base_files"]
            ),
            inputs=tuple(unit["inputs"]),
            can_be_live=unit["can_be_live"],
            document=canonical(unit["document"]),
        )
        for unit in plan["units"]
    )


def baseline_paths(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """The baselines that a plan's verdict reads, whether they exist or not."""
    return tuple(
        sorted({gate["baseline"] for service in plan["services"] for gate in service["gates"]})
    )


def states_outcome(findings: bytes, exit_code: int) -> bool:
    """Whether what a unit left behind and how it ended agree.

    A unit ends 0 when it looked at everything, and 2 when its document says what it could not look
    at. Any other pair is a crash.
    """
    try:
        document = json.loads(findings)
        failures = len(document["failures"])
    except (ValueError, KeyError, TypeError):
        return False
    return document.get("schema") == "inseam.findings/1" and exit_code == (2 if failures else 0)


def failed_unit(unit: PlannedUnit, reason: str, output: str) -> bytes:
    """`inseam.findings/1` for a unit that gave none: could not run, never a pass.

    Args:
        unit: what did not run.
        reason: a part of a sentence: "the process ended -9".
        output: what it had printed.
    """
    lines = [line.rstrip() for line in output.splitlines() if line.strip()][-_LAST_LINES:]
    failure = {
        "gate": unit.gate,
        "code": f"{unit.gate}/could-not-run",
        "message": "\n".join([f"{reason}; it printed:" if lines else reason, *lines]),
        "fix": "see what the gate printed; run it again with `--keep-sandboxes=on_failure` to "
        "look at its files",
    }
    return canonical(
        {
            "schema": "inseam.findings/1",
            "gate": unit.gate,
            "services": sorted(unit.services),
            "findings": [],
            "failures": [failure],
        }
    ).encode()
