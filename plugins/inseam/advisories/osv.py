"""One OSV record: read strictly, and compiled to what it says of each package.

https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)

from inseam.advisories.advisory import Advisory
from inseam.advisories.intervals import Event, Interval, RangeError, compile_events, in_any, parsed
from inseam.advisories.severity import SeverityError, rate

ECOSYSTEM = "PyPI"
MALICIOUS = "MAL-"
"""How the ids of packages begin that are malware as a whole, which nobody rates."""
_SUMMARY = 160
"""Characters of a summary that are kept."""
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]00:?00)?$")
_NULLS = ("", "null", "~")
"""What YAML's null is when every scalar is read as text."""


def _listed(value: Any) -> Any:
    return () if value is None or value in _NULLS else value


def _optional(value: Any) -> Any:
    return None if value in _NULLS else value


def _trimmed(value: Any) -> Any:
    """Aliases with the comma that some hand left behind them."""
    return value.strip(" ,;") if isinstance(value, str) else value


def _moment(value: Any) -> datetime.datetime:
    if not isinstance(value, str) or not _TIME.match(value):
        raise ValueError("it is no time in UTC such as 2026-11-20T10:00:00Z")
    stated = datetime.datetime.fromisoformat(value.upper().replace("Z", "+00:00"))
    return stated if stated.tzinfo is not None else stated.replace(tzinfo=datetime.UTC)


Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.:+-]{0,99}$")]
Alias = Annotated[Identifier, BeforeValidator(_trimmed)]
Moment = Annotated[datetime.datetime, BeforeValidator(_moment)]
Optional = BeforeValidator(_optional)
Listed = BeforeValidator(_listed)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True, extra="ignore", strict=False)


class _Event(_Model):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None

    def parts(self) -> Iterator[Event]:
        if self.introduced is not None:
            yield "introduced", self.introduced
        if self.fixed is not None:
            yield "fixed", self.fixed
        if self.last_affected is not None:
            yield "last_affected", self.last_affected
        if self.limit is not None:
            yield "limit", self.limit


class _Range(_Model):
    type: str
    events: Annotated[tuple[_Event, ...], Listed] = ()


class _Package(_Model):
    ecosystem: str
    name: str


class _Severity(_Model):
    type: str
    score: str


class _Affected(_Model):
    package: Annotated[_Package | None, Optional] = None
    ranges: Annotated[tuple[_Range, ...], Listed] = ()
    versions: Annotated[tuple[str, ...], Listed] = ()
    severity: Annotated[tuple[_Severity, ...], Listed] = ()
    database_specific: Any = None


class _Reference(_Model):
    type: str = "WEB"
    url: str


class _Record(_Model):
    schema_version: Annotated[str | None, Optional] = None
    id: Identifier
    modified: Moment
    published: Annotated[Moment | None, Optional] = None
    withdrawn: Annotated[Moment | None, Optional] = None
    aliases: Annotated[tuple[Alias, ...], Listed] = ()
    summary: Annotated[str | None, Optional] = None
    details: Annotated[str | None, Optional] = None
    affected: Annotated[tuple[_Affected, ...], Listed] = ()
    references: Annotated[tuple[_Reference, ...], Listed] = ()
    severity: Annotated[tuple[_Severity, ...], Listed] = ()
    database_specific: Any = None


class RecordError(ValueError):
    """What is wrong with a record, each thing with its place in it."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """What a record comes to."""

    id: str
    modified: datetime.datetime
    withdrawn: bool
    packages: Mapping[str, Advisory]
    """By normalised name; empty for a withdrawn record and one of other ecosystems alone."""
    only_commits: bool = False
    """Whether something of the package index is affected that only commits are named of: nothing
    that is locked by version can be matched with that."""
    legacy_versions: int = 0
    """Affected versions that PEP 440 does not know, so that no lock can pin them."""
    is_unrated: bool = False
    """Whether it states a severity that CVSS does not know, which then counts as not stated."""


def compile_record(raw: object) -> Compiled:
    """What a record says of packages of the index.

    Raises:
        RecordError: it is malformed.
    """
    if not isinstance(raw, dict):
        raise RecordError(["it is no mapping, and so no record of OSV's"])
    try:
        record = _Record.model_validate(raw)
    except ValidationError as error:
        raise RecordError([_said(item["loc"], item["msg"]) for item in error.errors()]) from error
    if record.schema_version is not None and not re.match(r"1\.\d", record.schema_version):
        raise RecordError([f"schema_version: {record.schema_version!r} is not 1"])
    withdrawn = record.withdrawn is not None
    if withdrawn:
        return Compiled(id=record.id, modified=record.modified, withdrawn=True, packages={})
    return _Compiler(record).run()


class _Compiler:
    """One record on its way."""

    def __init__(self, record: _Record) -> None:
        self._record = record
        self._problems: list[str] = []
        self._intervals: dict[str, list[Interval]] = {}
        self._versions: dict[str, set[str]] = {}
        self._severities: dict[str, list[_Severity]] = {}
        self._stated: dict[str, str | None] = {}
        self._only_commits = False
        self._legacy = 0
        self._unrated = False

    def run(self) -> Compiled:
        for index, affected in enumerate(self._record.affected):
            package = affected.package
            if package is not None and package.ecosystem.partition(":")[0] == ECOSYSTEM:
                self._affected(f"affected[{index}]", affected, package.name)
        packages = {name: self._advisory(name) for name in sorted(self._intervals)}
        if self._problems:
            raise RecordError(self._problems)
        return Compiled(
            id=self._record.id,
            modified=self._record.modified,
            withdrawn=False,
            packages={name: made for name, made in packages.items() if made is not None},
            only_commits=self._only_commits,
            legacy_versions=self._legacy,
            is_unrated=self._unrated,
        )

    def _affected(self, place: str, affected: _Affected, stated: str) -> None:
        try:
            name = canonicalize_name(stated, validate=True)
        except InvalidName:
            self._problems.append(f"{place}.package.name: {stated!r} is no package's name")
            return
        intervals = self._intervals.setdefault(name, [])
        versions = self._versions.setdefault(name, set())
        self._severities.setdefault(name, []).extend(affected.severity)
        self._stated.setdefault(name, _stated_severity(affected.database_specific))
        by_version = bool(affected.versions)
        for index, listed in enumerate(affected.ranges):
            if listed.type == "GIT":
                continue
            if listed.type not in ("ECOSYSTEM", "SEMVER"):
                self._problems.append(f"{place}.ranges[{index}].type: {listed.type!r} is unknown")
                continue
            by_version = True
            try:
                intervals += compile_events(
                    part for event in listed.events for part in event.parts()
                )
            except RangeError as error:
                self._problems.append(f"{place}.ranges[{index}].events: {error}")
        for version in affected.versions:
            try:
                versions.add(str(parsed(version)))
            except InvalidVersion:
                self._legacy += 1
        if not by_version and not affected.ranges:
            self._problems.append(f"{place}: it names neither versions nor ranges")
        self._only_commits |= not by_version

    def _advisory(self, name: str) -> Advisory | None:
        record = self._record
        vectors = [(item.type, item.score) for item in (*record.severity, *self._severities[name])]
        stated = self._stated[name] or _stated_severity(record.database_specific)
        try:
            level, score = rate(vectors, stated)
        except SeverityError:
            # Not worth to lose the advisory for: it counts as one that nobody has rated.
            self._unrated = True
            level, score = "unknown", None
        intervals = tuple(dict.fromkeys(self._intervals[name]))
        versions = sorted(
            (text for text in self._versions[name] if not in_any(parsed(text), intervals)),
            key=parsed,
        )
        if not intervals and not versions:
            return None
        if record.id.startswith(MALICIOUS):
            level = "critical"
        return Advisory(
            id=record.id,
            aliases=tuple(sorted(set(record.aliases) - {record.id})),
            summary=_summary(record),
            severity=level,
            score=score,
            published=None if record.published is None else record.published.date().isoformat(),
            url=_url(record.references),
            intervals=intervals,
            versions=tuple(versions),
        )


def _said(location: Sequence[int | str], message: str) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return f"{place.lstrip('.') or 'record'}: {message[:1].lower()}{message[1:]}"


def _stated_severity(specific: object) -> str | None:
    word = specific.get("severity") if isinstance(specific, dict) else None
    return word if isinstance(word, str) else None


def _summary(record: _Record) -> str:
    """One line: the summary, or how the details begin."""
    words = " ".join((record.summary or record.details or "").split())
    plain = "".join(letter for letter in words if letter.isprintable())
    return plain if len(plain) <= _SUMMARY else f"{plain[: _SUMMARY - 1].rstrip()}…"


def _url(references: Sequence[_Reference]) -> str | None:
    """Where to read more: what calls itself the advisory, else the first reference."""
    usable = [item for item in references if re.match(r"https?://[^\s<>\"']+$", item.url)]
    named = [item for item in usable if item.type == "ADVISORY"]
    return next((item.url for item in (*named, *usable)), None)
