"""Records as databases publish them, with what a test is about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

Record = dict[str, Any]
"""A record of OSV's."""


class Osv:
    """Builds records and folders of them."""

    @staticmethod
    def record(
        identifier: str = "PYSEC-2026-1",
        package: str = "acme",
        *,
        events: Sequence[Mapping[str, str]] = ({"introduced": "0"}, {"fixed": "2.0"}),
        **more: Any,
    ) -> Record:
        """A record about one range of a package."""
        affected: Record = {
            "package": {"ecosystem": "PyPI", "name": package},
            "ranges": [{"type": "ECOSYSTEM", "events": [dict(event) for event in events]}],
        }
        record = {"id": identifier, "modified": "2026-11-01T10:00:00Z", "affected": [affected]}
        return {**record, **more}

    @staticmethod
    def write(folder: Path, *records: Record) -> Path:
        """Write records to files as databases name them."""
        folder.mkdir(parents=True, exist_ok=True)
        for record in records:
            (folder / f"{record['id']}.json").write_text(json.dumps(record))
        return folder


@pytest.fixture
def osv() -> Osv:
    """Builds records."""
    return Osv()
