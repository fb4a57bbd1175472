"""What pip-audit has looked at already: about a version it is asked once per set of advisories.

What is found is worked out anew from the snapshot each time; remembered is only that pip-audit came
to the same, which depends on nothing but the snapshots, its own lock and the version.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from inseam.gates.pip_audit.tool import Pinned

_FORMAT = b"1"
_UNUSED = 30 * 24 * 3600.0
"""Seconds after which what no run has added to is removed."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The versions that were looked at, under some snapshots."""

    path: Path

    @classmethod
    def of(cls, cache: Path, digests: Iterable[str], tool: bytes) -> Memory:
        """That of a unit's cache.

        Args:
            cache: the folder that outlives the run.
            digests: of the snapshots.
            tool: pip-audit's lock.
        """
        key = hashlib.sha256(b"\0".join([_FORMAT, *map(str.encode, sorted(digests)), tool]))
        return cls(path=cache / "pip-audit" / f"{key.hexdigest()[:32]}.txt")

    def recall(self) -> frozenset[Pinned]:
        """What was looked at; nothing if it cannot be read."""
        try:
            text = self.path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return frozenset()
        pairs = (line.split(" ") for line in text.splitlines())
        return frozenset((pair[0], pair[1]) for pair in pairs if len(pair) == 2)

    def add(self, pins: Iterable[Pinned]) -> None:
        """Remember more. Of runs at the same time one may forget what the other adds, which is then
        asked about again; and where nothing can be written, all is."""
        lines = sorted(" ".join(pinned) for pinned in self.recall() | frozenset(pins))
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="ascii", dir=self.path.parent, delete=False
            ) as file:
                file.write("".join(f"{line}\n" for line in lines))
            os.replace(file.name, self.path)
            self._forget_unused()

    def _forget_unused(self) -> None:
        now = self.path.stat().st_mtime
        for other in self.path.parent.iterdir():
            with contextlib.suppress(OSError):
                if now - other.stat().st_mtime > _UNUSED:
                    other.unlink()
