"""The snapshot: advisories of one day as one file, indexed by package.

A line of JSON that describes it, then a line of JSON for each package in the order of their names.
Plain text, so that its bytes depend on nobody's compression library, a change of it can be read in
a pull request, and git keeps the difference only.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from packaging.version import Version
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inseam.advisories.advisory import Advisory

SCHEMA = "inseam.advisories/1"


class SnapshotError(Exception):
    """A file that is no snapshot, or a damaged one."""


class Header(BaseModel):
    """What a snapshot says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal["inseam.advisories/1"] = Field("inseam.advisories/1", alias="schema")
    as_of: datetime.date
    """The day on which its sources were as they are in it."""
    packages: Annotated[int, Field(ge=0)]
    advisories: Annotated[int, Field(ge=0)]
    """Records that name affected versions of some package of the index."""
    withdrawn: Annotated[int, Field(ge=0)] = 0
    """Records that were left out as they are withdrawn."""
    other_ecosystems: Annotated[int, Field(ge=0)] = 0
    """Records that were left out as they are about no package of the index."""
    legacy_versions: Annotated[int, Field(ge=0)] = 0
    """Affected versions that were left out as PEP 440 does not know them."""
    only_commits: tuple[str, ...] = ()
    """Ids of records that name only commits of some package."""
    unrated: tuple[str, ...] = ()
    """Ids of records that state a severity which CVSS does not know; they count as unrated."""
    skipped: tuple[str, ...] = ()
    """Ids of malformed records that whoever built it left out by name."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A snapshot that was read."""

    header: Header
    digest: str
    """Its SHA-256 in hex."""
    _lines: Mapping[str, bytes]
    _read: dict[str, tuple[Advisory, ...]] = field(default_factory=dict, compare=False)

    @property
    def packages(self) -> Iterable[str]:
        """The names of all packages that there are advisories of, sorted."""
        return self._lines.keys()

    def about(self, package: str) -> tuple[Advisory, ...]:
        """All advisories about a package, by its normalised name.

        Raises:
            SnapshotError: the package's line is damaged.
        """
        if package not in self._read:
            line = self._lines.get(package)
            self._read[package] = () if line is None else _advisories(package, line)
        return self._read[package]

    def affecting(self, package: str, version: Version) -> list[Advisory]:
        """The advisories that are about one version of a package.

        Raises:
            SnapshotError: the package's line is damaged.
        """
        return [advisory for advisory in self.about(package) if advisory.affects(version)]


def write(header: Header, packages: Mapping[str, Sequence[Advisory]]) -> bytes:
    """The snapshot's bytes, the same for the same advisories."""
    lines = [_dump(header.model_dump(mode="json", by_alias=True, exclude_defaults=False))]
    for name in sorted(packages):
        ordered = sorted(packages[name], key=lambda advisory: advisory.id)
        lines.append(_dump([name, [advisory.compact() for advisory in ordered]]))
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def read(content: bytes) -> Snapshot:
    """The snapshot in `content`. Packages' lines are looked into when somebody asks for them.

    Raises:
        SnapshotError: it is none, or its parts do not fit together.
    """
    first, _, rest = content.partition(b"\n")
    try:
        header = Header.model_validate_json(first)
    except ValidationError as error:
        raise SnapshotError(
            f"line 1 does not say that it is a snapshot of advisories ({SCHEMA})"
        ) from error
    lines: dict[str, bytes] = {}
    for number, line in enumerate(rest.splitlines(), 2):
        start, quote, _ = line.removeprefix(b'["').partition(b'"')
        if not line.startswith(b'["') or not quote:
            raise SnapshotError(f"line {number} is no package's")
        lines[start.decode("ascii", "replace")] = line
    if len(lines) != header.packages or not content.endswith(b"\n"):
        raise SnapshotError(
            f"it has {len(lines)} packages, and should have {header.packages}: a part is missing"
        )
    return Snapshot(header=header, digest=hashlib.sha256(content).hexdigest(), _lines=lines)


def _advisories(package: str, line: bytes) -> tuple[Advisory, ...]:
    try:
        name, listed = json.loads(line)
        if name != package:
            raise ValueError("the line is another package's")
        return tuple(Advisory.of(item) for item in listed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotError(f"the line of {package} is damaged: {error}") from error


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
