"""Burn-down: how many findings a baseline may hold from each day on, as a lattice."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BurnDownLimits:
    """Limits that shrink as days go by; build it with `of`.

    Kept normal: sorted by day, without entries that an earlier, lower limit makes void, so that
    equal limits are equal values.
    """

    steps: tuple[tuple[datetime.date, int], ...] = ()

    @classmethod
    def of(cls, stated: Mapping[datetime.date, int]) -> BurnDownLimits:
        """The normal form of `stated`."""
        steps: list[tuple[datetime.date, int]] = []
        for day, limit in sorted(stated.items()):
            if not steps or limit < steps[-1][1]:
                steps.append((day, limit))
        return cls(steps=tuple(steps))

    def join(self, other: BurnDownLimits) -> BurnDownLimits:
        """The highest limits that are no higher than either's on any day."""
        if self == other or not other.steps:
            return self
        stated = dict(self.steps)
        for day, limit in other.steps:
            stated[day] = min(limit, stated.get(day, limit))
        return BurnDownLimits.of(stated)

    def at_least_as_strict(self, than: BurnDownLimits) -> bool:
        """Whether the limit is no higher than `than`'s on any day."""
        for day, limit in than.steps:
            mine = self.limit_on(day)
            if mine is None or mine > limit:
                return False
        return True

    def limit_on(self, day: datetime.date) -> int | None:
        """The limit in force on `day`; None when none is yet."""
        return min((limit for date, limit in self.steps if date <= day), default=None)

    def next_after(self, day: datetime.date) -> tuple[datetime.date, int] | None:
        """The next day after `day` on which the limit shrinks, and the limit then."""
        return next(((date, limit) for date, limit in self.steps if date > day), None)


NO_LIMITS = BurnDownLimits()
