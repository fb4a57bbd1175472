"""Records to a snapshot."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import total_ordering
from pathlib import Path

from inseam.advisories.advisory import Advisory
from inseam.advisories.documents import DocumentError, parse
from inseam.advisories.osv import Compiled, RecordError, compile_record
from inseam.advisories.snapshot import Header, write
from inseam.advisories.sources import RecordFile, SourceError, read_source


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that keeps a snapshot from being built."""

    place: str
    line: int | None = None
    message: str
    fix: str

    def __str__(self) -> str:
        line = "" if self.line is None else f":{self.line}"
        return f"{self.place}{line}: {self.message}\n  fix: {self.fix}"


class BuildError(Exception):
    """All that keeps a snapshot from being built."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class Built:
    """A snapshot's bytes and what they are of."""

    content: bytes
    header: Header


def build(
    sources: Iterable[Path], *, as_of: datetime.date | None = None, skip: Collection[str] = ()
) -> Built:
    """A snapshot of all records in `sources`.

    Of records with one id the one that was modified last counts; of equally new ones, that of the
    source named first, and within it the first by path.

    Args:
        sources: folders and archives.
        as_of: the day on which they were current; by default the newest record's.
        skip: ids of records to leave out where they are malformed; the snapshot lists those that
            were. A record that is sound is never left out.

    Raises:
        BuildError: with every source that cannot be read and every record that is malformed.
    """
    gathered = _Gathering(skip=frozenset(skip))
    for source in sources:
        gathered.add(source)
    problems = gathered.problems
    if not problems and not gathered.records:
        problems = [Problem(place="sources", message="they hold no record", fix="name others")]
    if problems:
        raise BuildError(problems)
    return _built(gathered, as_of)


@total_ordering
@dataclass(frozen=True)
class _Backwards:
    """A text in the opposite order."""

    text: str

    def __lt__(self, other: _Backwards) -> bool:
        return self.text > other.text


@dataclass(kw_only=True)
class _Gathering:
    """What the sources gave so far."""

    skip: frozenset[str]
    records: dict[str, Compiled] = field(default_factory=dict)
    _ranks: dict[str, tuple[datetime.datetime, int, _Backwards]] = field(default_factory=dict)
    """Of each record, what it is preferred by to another one of its id."""
    _sources: int = 0
    skipped: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def add(self, source: Path) -> None:
        self._sources += 1
        try:
            for file in read_source(source):
                if isinstance(file, SourceError):
                    self._refuse(file)
                else:
                    self._record(file)
        except SourceError as error:
            self._refuse(error)

    def _refuse(self, error: SourceError) -> None:
        self.problems.append(Problem(place=error.place, message=error.message, fix=error.fix))

    def _record(self, file: RecordFile) -> None:
        try:
            raw = parse(file.content, is_json=file.place.lower().endswith(".json"))
            compiled = compile_record(raw)
        except DocumentError as error:
            self._malformed(file, [str(error)], error.line)
            return
        except RecordError as error:
            self._malformed(file, error.problems)
            return
        rank = (compiled.modified, -self._sources, _Backwards(file.place))
        if compiled.id not in self._ranks or self._ranks[compiled.id] < rank:
            self.records[compiled.id], self._ranks[compiled.id] = compiled, rank

    def _malformed(self, file: RecordFile, said: Iterable[str], line: int | None = None) -> None:
        """By convention a record's file is called like the record."""
        if file.stem in self.skip:
            self.skipped.add(file.stem)
            return
        fix = f"correct it, or leave it out by name: --skip {file.stem}"
        self.problems += (
            Problem(place=file.place, line=line, message=message, fix=fix) for message in said
        )


def _built(gathered: _Gathering, as_of: datetime.date | None) -> Built:
    packages: dict[str, list[Advisory]] = {}
    records = [gathered.records[name] for name in sorted(gathered.records)]
    for record in records:
        for package, advisory in record.packages.items():
            packages.setdefault(package, []).append(advisory)
    newest = max((record.modified.date() for record in records), default=None)
    header = Header(
        as_of=as_of or newest or datetime.date.min,
        packages=len(packages),
        advisories=sum(1 for record in records if record.packages),
        withdrawn=sum(1 for record in records if record.withdrawn),
        other_ecosystems=sum(
            1
            for record in records
            if not (record.packages or record.withdrawn or record.only_commits)
        ),
        legacy_versions=sum(record.legacy_versions for record in records),
        only_commits=tuple(record.id for record in records if record.only_commits),
        unrated=tuple(record.id for record in records if record.is_unrated),
        skipped=tuple(sorted(gathered.skipped)),
    )
    return Built(content=write(header, packages), header=header)
