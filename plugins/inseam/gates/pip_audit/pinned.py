"""The snapshots that policy pins: found, compared with their digests, and not too old."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path

from inseam.advisories.snapshot import Snapshot, SnapshotError, read
from inseam.gates.contract import GateError
from inseam.gates.pip_audit.settings import Pin

_MOVE = (
    "build a snapshot (`inseam advisories build`), commit it, and pin its digest in the setting "
    "`snapshots` (`--repin` does)"
)


def load(pins: Sequence[Pin], *, root: Path, base: Path | None) -> list[Snapshot]:
    """The pinned snapshots, the newest first.

    Each is looked for in the workspace, then at the merge base: a pull request that moves the pin
    is held to the base's snapshot too, which it may have overwritten.

    Raises:
        GateError: `no-snapshot`, `snapshot-digest` or `snapshot-damaged`, naming the file.
    """
    if not pins:
        raise GateError(
            "no-snapshot",
            "policy pins no snapshot of advisories to compare locks with",
            f"{_MOVE}; or ask the advisory service itself, by a live run",
        )
    loaded = [_load(pin, [root, *([base] if base is not None else [])]) for pin in pins]
    return sorted(loaded, key=lambda snapshot: (snapshot.header.as_of, snapshot.digest))[::-1]


def check_age(snapshots: Sequence[Snapshot], *, as_of: datetime.date, max_days: int) -> None:
    """Refuse snapshots the newest of which is too old.

    Raises:
        GateError: `snapshot-too-old`.
    """
    newest = snapshots[0].header.as_of
    age = (as_of - newest).days
    if age > max_days:
        raise GateError(
            "snapshot-too-old",
            f"the newest snapshot of advisories is of {newest}, {age} days old; policy allows "
            f"{max_days}: what became known since would be missed",
            f"move the pin: {_MOVE}",
        )


def _load(pin: Pin, folders: Sequence[Path]) -> Snapshot:
    seen: list[str] = []
    for folder in folders:
        path = folder / pin.path
        try:
            content = path.read_bytes()
        except OSError:
            continue
        digest = hashlib.sha256(content).hexdigest()
        if digest == pin.digest:
            return _read(pin, content)
        seen.append(digest)
    if not seen:
        raise GateError(
            "no-snapshot",
            "the pinned snapshot of advisories does not exist, or cannot be read",
            _MOVE,
            file=pin.path,
        )
    raise GateError(
        "snapshot-digest",
        f"the snapshot's SHA-256 is {seen[0]}, and policy pins {pin.digest}",
        "restore the file that was pinned, or pin the new one once it has been looked at: "
        "`inseam advisories verify` tells",
        file=pin.path,
    )


def _read(pin: Pin, content: bytes) -> Snapshot:
    try:
        return read(content)
    except SnapshotError as error:
        raise GateError(
            "snapshot-damaged", f"the pinned file is no snapshot: {error}", _MOVE, file=pin.path
        ) from error
