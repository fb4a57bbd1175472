"""Which versions an advisory is about: OSV's ranges, compiled and evaluated by PEP 440.

OSV's algorithm walks a range's events in the order of their versions; compiling it once gives
intervals, which are short to write down and quick to ask.
https://ossf.github.io/osv-schema/#evaluation
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from packaging.version import InvalidVersion, Version

Kind = Literal["introduced", "fixed", "last_affected", "limit"]
Event = tuple[Kind, str]

BEGINNING = "0"
"""What OSV calls the version before all others, which is none: `0.dev1` comes after it."""
NO_LIMIT = "*"
_ANY = Version("0")


class RangeError(ValueError):
    """Events that mean no range."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Versions without a gap. Bounds are spelled as PEP 440 normalises them."""

    lower: str | None = None
    """The first one; None from the beginning on."""
    upper: str | None = None
    """Where it ends; None nowhere."""
    closed: bool = False
    """Whether `upper` itself is one of them."""

    def holds(self, version: Version) -> bool:
        """Whether `version` is in it; see `comparable`."""
        if self.lower is not None:
            lower = parsed(self.lower)
            if comparable(version, lower) < lower:
                return False
        if self.upper is None:
            return True
        upper = parsed(self.upper)
        asked = comparable(version, upper)
        return asked <= upper if self.closed else asked < upper


@lru_cache(maxsize=1 << 16)
def parsed(text: str) -> Version:
    """The version that `text` spells.

    Raises:
        InvalidVersion: none, by PEP 440.
    """
    return Version(text)


def comparable(version: Version, bound: Version) -> Version:
    """`version` as it is compared with `bound`: without its local label, unless that has one too.

    `1.2+cu118` is a build of 1.2: where 1.2 is the last affected version it is affected, though
    PEP 440 orders it behind. Specifiers ignore local labels by the same rule.
    """
    return version if bound.local is not None else public(version)


def public(version: Version) -> Version:
    """`version` without its local label."""
    return version if version.local is None else parsed(version.public)


def compile_events(events: Iterable[Event]) -> tuple[Interval, ...]:
    """The intervals that the events of one range come to.

    What comes first of events at the same version is not OSV's matter. Here, what ends at 2 and is
    introduced at 2 goes on; introduced and last affected at 2 means 2 alone, if nothing before is.

    Raises:
        RangeError: nothing is introduced, or a version is none by PEP 440.
    """
    bounds: list[tuple[Kind, Version | None]] = []
    limits: list[Version | None] = []
    for kind, text in events:
        if kind == "limit":
            limits.append(None if text == NO_LIMIT else _version(kind, text))
        else:
            beginning = kind == "introduced" and text == BEGINNING
            bounds.append((kind, None if beginning else _version(kind, text)))
    if not any(kind == "introduced" for kind, _ in bounds):
        raise RangeError("no event introduces anything")
    limit = None if None in limits else max((v for v in limits if v is not None), default=None)
    return tuple(_walk(bounds, limit))


def _walk(bounds: list[tuple[Kind, Version | None]], limit: Version | None) -> Iterator[Interval]:
    at: dict[Version | None, set[Kind]] = {}
    for kind, version in bounds:
        at.setdefault(version, set()).add(kind)
    lower: Version | None = None
    is_open = False
    for version in sorted(at, key=lambda version: (version is not None, version or _ANY)):
        kinds = at[version]
        ends = not kinds.isdisjoint(("fixed", "last_affected"))
        if "introduced" in kinds and (is_open or not ends):
            # What ends here as well begins here again.
            lower = lower if is_open else version
            is_open = True
        elif "introduced" in kinds:
            # It ends where it begins: one version, or none.
            yield from _interval(version, version, closed="last_affected" in kinds, limit=limit)
        elif is_open:
            yield from _interval(lower, version, closed="fixed" not in kinds, limit=limit)
            is_open = False
    if is_open:
        yield from _interval(lower, None, closed=False, limit=limit)


def _interval(
    lower: Version | None, upper: Version | None, *, closed: bool, limit: Version | None
) -> Iterator[Interval]:
    """One interval as far as it lies below the limit; none if that is empty."""
    if limit is not None and (upper is None or limit <= upper):
        upper, closed = limit, False
    if (
        lower is not None
        and upper is not None
        and (upper < lower or (upper == lower and not closed))
    ):
        return
    yield Interval(
        lower=None if lower is None else str(lower),
        upper=None if upper is None else str(upper),
        closed=closed,
    )


def _version(kind: Kind, text: str) -> Version:
    try:
        return parsed(text)
    except InvalidVersion as error:
        raise RangeError(f"`{kind}: {text}` is no version by PEP 440") from error


def in_any(version: Version, intervals: Sequence[Interval]) -> bool:
    """Whether `version` is in one of the intervals."""
    return any(interval.holds(version) for interval in intervals)
