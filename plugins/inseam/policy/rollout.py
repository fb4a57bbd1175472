"""Rollouts: from which day on each mode holds, as a lattice.

A rollout is kept *closed*: a mode's date is the earliest of its own and those of all stricter
modes, because a stricter mode includes the milder ones. Earlier is stricter, so that the join
takes the earlier date of each mode.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from inseam.policy.modes import Mode

NEVER = datetime.date.max
"""The date of a mode that no layer has dated."""


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """Each mode's first day, closed; build it with `of`."""

    days: tuple[datetime.date, ...] = (NEVER,) * len(Mode)

    @classmethod
    def of(cls, stated: Mapping[Mode, datetime.date]) -> Rollout:
        """The closure of `stated`."""
        days = []
        earliest = NEVER
        for mode in reversed(Mode):
            earliest = min(earliest, stated.get(mode, NEVER))
            days.append(earliest)
        return cls(days=tuple(reversed(days)))

    def join(self, other: Rollout) -> Rollout:
        """The latest dates that are no later than either's."""
        if self == other:
            return self
        return Rollout(days=tuple(map(min, self.days, other.days)))

    def at_least_as_strict(self, than: Rollout) -> bool:
        """Whether no mode comes later than in `than`."""
        return all(mine <= theirs for mine, theirs in zip(self.days, than.days, strict=True))

    def day(self, mode: Mode) -> datetime.date:
        """The first day on which `mode` or a stricter one holds; `NEVER` if none is dated."""
        return self.days[mode]

    def mode_on(self, day: datetime.date) -> Mode:
        """The strictest mode whose day has come; audit before any."""
        for mode in reversed(Mode):
            if self.days[mode] <= day:
                return mode
        return Mode.AUDIT

    def next_after(self, day: datetime.date, mode: Mode) -> tuple[Mode, datetime.date] | None:
        """The next day after `day` on which something stricter than `mode` holds, and what."""
        later = [date for date in self.days[mode + 1 :] if day < date < NEVER]
        if not later:
            return None
        return self.mode_on(min(later)), min(later)

    @cached_property
    def is_empty(self) -> bool:
        """Whether no mode has a date."""
        return all(date == NEVER for date in self.days)


NO_ROLLOUT = Rollout()
