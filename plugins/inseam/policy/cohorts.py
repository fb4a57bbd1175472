"""Cohorts: the services for which a mode holds ahead of the rollout's dates, as a lattice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from inseam.policy.modes import Mode


@dataclass(frozen=True, kw_only=True, slots=True)
class Cohort:
    """Services picked by name, and a share of all services picked by hash."""

    include: frozenset[str] = frozenset()
    percent: int = 0

    def join(self, other: Cohort) -> Cohort:
        """The smallest cohort that holds both."""
        return Cohort(
            include=self.include | other.include, percent=max(self.percent, other.percent)
        )

    def at_least_as_strict(self, than: Cohort) -> bool:
        """Whether every service of `than` is in this one."""
        return self.include >= than.include and self.percent >= than.percent

    def holds(self, gate: str, service: str) -> bool:
        """Whether `service` is in it."""
        if service in self.include:
            return True
        return self.percent > 0 and bucket(gate, service) < self.percent


@dataclass(frozen=True, kw_only=True)
class Cohorts:
    """One cohort per mode; a mode without one is left out."""

    by_mode: Mapping[Mode, Cohort] = field(default_factory=dict)

    def join(self, other: Cohorts) -> Cohorts:
        """Mode by mode the smallest cohort that holds both."""
        modes = sorted({*self.by_mode, *other.by_mode})
        return Cohorts(by_mode={mode: self.of(mode).join(other.of(mode)) for mode in modes})

    def at_least_as_strict(self, than: Cohorts) -> bool:
        """Whether every cohort of `than` is within this one's of the same mode."""
        return all(
            self.of(mode).at_least_as_strict(cohort) for mode, cohort in than.by_mode.items()
        )

    def of(self, mode: Mode) -> Cohort:
        """The cohort of `mode`; an empty one if there is none."""
        return self.by_mode.get(mode, _NOBODY)

    def mode_of(self, gate: str, service: str) -> Mode:
        """The strictest mode whose cohort holds `service`; audit if none does."""
        return max(
            (mode for mode, cohort in self.by_mode.items() if cohort.holds(gate, service)),
            default=Mode.AUDIT,
        )


def bucket(gate: str, service: str) -> int:
    """The service's stable place in 0..99 for this gate.

    A cohort of n percent holds the buckets below n, so that 25 % is within 50 %. The gate is part
    of the hash, so that not always the same services go first.
    """
    digest = hashlib.sha256(f"{gate}\0{service}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest, "big") % 100


_NOBODY = Cohort()
NO_COHORTS = Cohorts()
