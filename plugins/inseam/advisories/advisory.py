"""What one advisory says of one package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from inseam.advisories.intervals import BEGINNING, Interval, comparable, in_any, parsed
from inseam.advisories.severity import Level


@dataclass(frozen=True, kw_only=True)
class Advisory:
    """One record, as far as it is about one package."""

    id: str
    aliases: tuple[str, ...] = ()
    """Other databases' names for it, sorted, without its own."""
    summary: str = ""
    severity: Level = "unknown"
    score: float | None = None
    """The highest CVSS base score that is stated."""
    published: str | None = None
    """The day, as ISO 8601 has it."""
    url: str | None = None
    intervals: tuple[Interval, ...] = ()
    versions: tuple[str, ...] = ()
    """Affected versions that are in no interval, normalised and in order."""

    @property
    def names(self) -> frozenset[str]:
        """Its id and aliases."""
        return frozenset((self.id, *self.aliases))

    def affects(self, version: Version) -> bool:
        """Whether `version` is affected."""
        return in_any(version, self.intervals) or any(
            comparable(version, listed) == listed for listed in map(parsed, self.versions)
        )

    def fixes(self) -> Iterator[str]:
        """The versions that are said to fix it."""
        for interval in self.intervals:
            if interval.upper is not None and not interval.closed:
                yield interval.upper

    def lasts(self) -> Iterator[str]:
        """The versions that are said to be the last affected ones."""
        for interval in self.intervals:
            if interval.upper is not None and interval.closed:
                yield interval.upper

    def compact(self) -> dict[str, Any]:
        """It as JSON, without what is not stated."""
        stated: dict[str, Any] = {
            "id": self.id,
            "aliases": list(self.aliases),
            "summary": self.summary,
            "severity": self.severity,
            "score": self.score,
            "published": self.published,
            "url": self.url,
            "ranges": [_compact(interval) for interval in self.intervals],
            "versions": list(self.versions),
        }
        return {name: value for name, value in stated.items() if value not in (None, "", [])}

    @classmethod
    def of(cls, compact: dict[str, Any]) -> Advisory:
        """What `compact` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is not that.
        """
        ranges = compact.get("ranges", [])
        return cls(
            **{
                **{name: value for name, value in compact.items() if name != "ranges"},
                "aliases": tuple(compact.get("aliases", ())),
                "versions": tuple(compact.get("versions", ())),
                "intervals": tuple(_interval(item) for item in ranges),
            }
        )

    def osv(self, package: str) -> dict[str, Any]:
        """It as a record of OSV's about `package`, for tools that ask in OSV's terms."""
        record: dict[str, Any] = {
            "schema_version": "1.6.0",
            "id": self.id,
            "aliases": list(self.aliases),
            "summary": self.summary or self.id,
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": package},
                    "ranges": [
                        {"type": "ECOSYSTEM", "events": list(_events(interval))}
                        for interval in self.intervals
                    ],
                    "versions": list(self.versions),
                }
            ],
            "database_specific": {"severity": self.severity},
        }
        if self.published is not None:
            record["published"] = f"{self.published}T00:00:00Z"
        return record


def _compact(interval: Interval) -> list[str]:
    """`[lower]`, `[lower, "<", upper]` or `[lower, "<=", upper]`."""
    lower = BEGINNING if interval.lower is None else interval.lower
    if interval.upper is None:
        return [lower]
    return [lower, "<=" if interval.closed else "<", interval.upper]


def _interval(compact: Sequence[str]) -> Interval:
    lower, *rest = compact
    if not rest:
        return Interval(lower=None if lower == BEGINNING else lower)
    sign, upper = rest
    if sign not in ("<", "<="):
        raise ValueError(f"{sign!r} is no sign of a range")
    return Interval(lower=None if lower == BEGINNING else lower, upper=upper, closed=sign == "<=")


def _events(interval: Interval) -> Iterator[dict[str, str]]:
    yield {"introduced": BEGINNING if interval.lower is None else interval.lower}
    if interval.upper is not None:
        yield {"last_affected" if interval.closed else "fixed": interval.upper}
