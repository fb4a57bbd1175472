"""What is known of a locked version: one entry for each vulnerability, by all of its names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from packaging.version import Version

from inseam.advisories.advisory import Advisory
from inseam.advisories.intervals import parsed
from inseam.advisories.severity import Level, worst
from inseam.gates.pip_audit.tool import Vulnerability

T = TypeVar("T")

_SHOWN = ("PYSEC-", "CVE-", "GHSA-")
"""The order in which names are preferred to be shown: as pip-audit does."""
_STABLE = ("CVE-", "PYSEC-", "GHSA-")
"""And to identify by: databases add their own names later, a CVE is there first."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """One vulnerability of one locked version."""

    names: frozenset[str]
    summary: str = ""
    severity: Level = "unknown"
    score: float | None = None
    fixes: tuple[str, ...] = ()
    """Versions above the locked one that fix it, in order."""
    last: str | None = None
    """The last version that is affected, where that is all that is known of a way out."""
    url: str | None = None

    @cached_property
    def shown(self) -> str:
        """The name to call it by."""
        return _first(self.names, _SHOWN)

    @cached_property
    def identity(self) -> str:
        """The name that stays when databases add theirs."""
        return _first(self.names, _STABLE)

    @property
    def aliases(self) -> list[str]:
        """Its other names."""
        return sorted(self.names - {self.shown})


@dataclass(frozen=True, kw_only=True)
class Update:
    """The least version to go to."""

    version: str
    is_checked: bool
    """Whether no known advisory is about it; else it fixes what was found, and no more is known."""


def of_advisories(advisories: Sequence[Advisory], version: Version) -> list[Known]:
    """The vulnerabilities of `version`: records that share a name are one."""
    groups = _groups(advisories, lambda advisory: advisory.names)
    return [_of_group(group, version) for group in groups]


def of_report(vulnerabilities: Sequence[Vulnerability], version: Version) -> list[Known]:
    """Vulnerabilities as pip-audit alone tells of them: nobody has rated them."""
    return [
        Known(
            names=frozenset(name for item in group for name in item.names),
            summary=_printable(group[0].description)[:160],
            fixes=_above(version, (fix for item in group for fix in item.fix_versions)),
        )
        for group in _groups(vulnerabilities, lambda item: item.names)
    ]


def smallest_update(version: Version, advisories: Iterable[Advisory]) -> Update | None:
    """The least version above `version` that some advisory of the package names as a fix and that
    none of them is about; one for testing only where `version` is one too.

    Args:
        version: what is locked.
        advisories: all of the package.
    """
    known = list(advisories)
    fixes = {parsed(fix) for advisory in known for fix in advisory.fixes()}
    above = sorted(fix for fix in fixes if fix > version)
    for stable in (True, False):
        for fix in above:
            if stable and fix.is_prerelease and not version.is_prerelease:
                continue
            if not any(advisory.affects(fix) for advisory in known):
                return Update(version=str(fix), is_checked=True)
    return None


def update_by_report(known: Sequence[Known]) -> Update | None:
    """The least version that fixes each of `known`, as far as their fixes tell; None if one has no
    fix."""
    if not known or not all(item.fixes for item in known):
        return None
    least = max((item.fixes[0] for item in known), key=parsed)
    return Update(version=least, is_checked=False)


def _of_group(group: Sequence[Advisory], version: Version) -> Known:
    best = sorted(group, key=lambda advisory: (advisory.severity == "unknown", advisory.id))
    scores = [advisory.score for advisory in group if advisory.score is not None]
    fixes = _above(version, (fix for advisory in group for fix in advisory.fixes()))
    return Known(
        names=frozenset(name for advisory in group for name in advisory.names),
        summary=next((advisory.summary for advisory in best if advisory.summary), ""),
        severity=worst(advisory.severity for advisory in group),
        score=max(scores, default=None),
        # One database's fix may be in another's range.
        fixes=tuple(fix for fix in fixes if not any(a.affects(parsed(fix)) for a in group)),
        last=_last(group, version),
        url=next((advisory.url for advisory in best if advisory.url), None),
    )


def _last(group: Sequence[Advisory], version: Version) -> str | None:
    """The last affected version of the ranges that `version` is in, if each has one."""
    holding = [
        interval for advisory in group for interval in advisory.intervals if interval.holds(version)
    ]
    lasts = [interval.upper for interval in holding if interval.closed]
    if not holding or len(lasts) < len(holding):
        return None
    return max((last for last in lasts if last is not None), key=parsed, default=None)


def _groups(items: Sequence[T], names: Callable[[T], frozenset[str]]) -> list[list[T]]:
    """Items that share names, also by way of others."""
    groups: list[tuple[set[str], list[T]]] = []
    for item in items:
        mine = {name.casefold() for name in names(item)}
        together = [item]
        for group in [group for group in groups if group[0] & mine]:
            groups.remove(group)
            mine |= group[0]
            together = [*group[1], *together]
        groups.append((mine, together))
    return [group for _, group in groups]


def _printable(text: str) -> str:
    """One line of what somebody of the network says."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _above(version: Version, fixes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({fix for fix in fixes if parsed(fix) > version}, key=parsed))


def _first(names: Iterable[str], order: Sequence[str]) -> str:
    def rank(name: str) -> tuple[int, str]:
        upper = name.upper()
        ranks = (index for index, prefix in enumerate(order) if upper.startswith(prefix))
        return next(ranks, len(order)), name

    return min(names, key=rank)
