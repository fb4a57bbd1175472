"""What a gate's findings do: the modes, from the mildest to the strictest."""

from __future__ import annotations

import enum
from typing import Literal, get_args

ModeLabel = Literal["audit", "warn", "ratchet", "enforce"]
"""A mode's name in YAML, JSON and reports."""

MODE_LABELS: tuple[ModeLabel, ...] = get_args(ModeLabel)


class Mode(enum.IntEnum):
    """Strictness of a gate, ordered: a larger mode is stricter."""

    AUDIT = 0
    """Findings are recorded in the reports, never shown as a problem."""
    WARN = 1
    """Findings are shown; none fails."""
    RATCHET = 2
    """Findings recorded in the baseline are tolerated; new ones fail."""
    ENFORCE = 3
    """Every finding fails."""

    @property
    def label(self) -> ModeLabel:
        """The mode's name in YAML, JSON and reports."""
        return MODE_LABELS[self]

    @classmethod
    def parse(cls, text: str) -> Mode:
        """The mode called `text` in YAML.

        Raises:
            KeyError: no mode has that name.
        """
        return _MODES[text]


_MODES: dict[str, Mode] = {mode.label: mode for mode in Mode}
