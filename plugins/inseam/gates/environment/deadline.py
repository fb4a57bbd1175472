"""How much of a unit's time is left, over everything that the unit runs one after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass

from inseam.gates.contract import GateError


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A moment on the monotonic clock by which a unit has to be done."""

    at: float
    limit: float
    """The seconds that there were in all, for messages."""

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The moment `seconds` from now."""
        return cls(at=time.monotonic() + seconds, limit=seconds)

    def left(self) -> float:
        """Seconds that are left, more than none.

        Raises:
            GateError: `timeout`, there are none.
        """
        left = self.at - time.monotonic()
        if left <= 0:
            raise GateError(
                "timeout",
                f"the {self.limit:g} seconds of the unit are over",
                "run it again: what is in the cache by now need not be done twice; "
                "or raise the unit's time limit",
            )
        return left
