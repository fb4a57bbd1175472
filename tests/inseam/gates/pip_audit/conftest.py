"""Services to audit, through `execute`, by the real pip-audit, on snapshots that tests make."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from inseam.advisories.build import build
from inseam.cli.environment import tool_environment
from inseam.findings.model import Finding, FindingsDocument
from inseam.gates.contract import LockKind, ServiceFacts
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService

SNAPSHOT = "policies/advisories/snapshot.jsonl"
DAY = datetime.date(2026, 11, 20)
_LOCKS: Mapping[LockKind, str] = {
    "uv": "uv.lock",
    "poetry": "poetry.lock",
    "requirements": "requirements.lock",
    "pex": "resolve.lock",
}


@dataclass
class Workspace:
    """A workspace of services with locks."""

    root: Path
    cache: Path
    kinds: dict[str, LockKind] = field(default_factory=dict)

    def lock(
        self,
        text: str,
        *,
        service: str = "shop",
        kind: LockKind = "requirements",
        project: str = "",
    ) -> None:
        """Give a service a lock, and a `pyproject.toml` with these lines of `[project]`."""
        folder = self.root / service
        folder.mkdir(parents=True, exist_ok=True)
        header = f'[project]\nname = "{service}"\nversion = "1"\n'
        (folder / "pyproject.toml").write_text(header + project)
        (folder / _LOCKS[kind]).write_text(text)
        self.kinds[service] = kind

    def pin(self, *pins: str, service: str = "shop") -> None:
        """Give a service a lock of requirements, `NAME==VERSION` each."""
        self.lock(self.requirements(*pins), service=service)

    def snapshot(
        self, *records: Mapping[str, Any], path: str = SNAPSHOT, as_of: datetime.date = DAY
    ) -> str:
        """Write a snapshot of these records; returns how policy pins it."""
        folder = self.root / "records"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for given in records or (self.record("PYSEC-0-0", "nobody"),):
            (folder / f"{given['id']}.json").write_text(json.dumps(given))
        content = build([folder], as_of=as_of).content
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(content)
        return f"{path}@sha256:{hashlib.sha256(content).hexdigest()}"

    def audit(
        self,
        *snapshots: str,
        as_of: datetime.date | None = DAY,
        live: bool = False,
        base: Path | None = None,
        time_limit: float = 120.0,
        environment: Mapping[str, str] | None = None,
        each: Mapping[str, Mapping[str, Any]] | None = None,
        **settings: Any,
    ) -> FindingsDocument:
        """What the gate says of all services.

        Args:
            snapshots: those that policy pins; none for a new one of nothing much.
            as_of: the day.
            live: whether to ask `live_url` instead.
            base: what stands for the workspace at the merge base.
            time_limit: seconds.
            environment: variables besides the machine's.
            each: settings by service.
            settings: of all services.
        """
        pins = sorted(snapshots) or ([] if live else [self.snapshot()])
        services = tuple(
            UnitService(
                facts=ServiceFacts(
                    name=name,
                    root=name,
                    pyproject=f"{name}/pyproject.toml",
                    lock=f"{name}/{_LOCKS[kind]}",
                    lock_kind=kind,
                ),
                settings={"snapshots": pins, **settings, **(each or {}).get(name, {})},
            )
            for name, kind in self.kinds.items()
        )
        return execute(
            UnitDocument(
                gate="pip-audit", time_limit=time_limit, services=services, as_of=as_of, live=live
            ),
            root=self.root,
            cache=self.cache,
            environment={**tool_environment(os.environ), **(environment or {})},
            base=base,
        )

    @staticmethod
    def record(
        identifier: str,
        package: str,
        *events: Mapping[str, str],
        aliases: Sequence[str] = (),
        severity: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """An advisory; without events, that all versions are affected."""
        affected = {
            "package": {"ecosystem": "PyPI", "name": package},
            "ranges": [{"type": "ECOSYSTEM", "events": list(events or ({"introduced": "0"},))}],
        }
        rated = {} if severity is None else {"database_specific": {"severity": severity}}
        return {
            "id": identifier,
            "modified": "2026-11-01T10:00:00Z",
            "aliases": list(aliases),
            "affected": [affected],
            **rated,
            **more,
        }

    @staticmethod
    def below(version: str) -> tuple[dict[str, str], dict[str, str]]:
        """The events of what a version fixes."""
        return {"introduced": "0"}, {"fixed": version}

    @staticmethod
    def requirements(*pins: str) -> str:
        """A lock of hashed requirements."""
        return "".join(f"{pin} \\\n    --hash=sha256:{'0' * 64}\n" for pin in pins)

    @staticmethod
    def told(document: FindingsDocument) -> list[str]:
        """The findings as `SERVICE PACKAGE VERSION ADVISORY`."""
        assert document.failures == ()
        return [Workspace.describe(finding) for finding in document.findings]

    @staticmethod
    def describe(finding: Finding) -> str:
        """A finding as `SERVICE PACKAGE VERSION ADVISORY`."""
        properties = finding.properties
        said = (properties["package"], properties["version"], properties.get("advisory", "-"))
        return " ".join((finding.service, *said))

    @staticmethod
    def codes(document: FindingsDocument) -> list[str]:
        """The failures' codes, without the gate."""
        assert document.findings == ()
        return [failure.code.partition("/")[2] for failure in document.failures]


@pytest.fixture
def workspace(tmp_path: Path, shared_cache: Path) -> Workspace:
    """An empty workspace; pip-audit is installed once for all."""
    (tmp_path / "workspace").mkdir()
    return Workspace(root=tmp_path / "workspace", cache=shared_cache)
