"""What a gate's findings do: the modes and how severe a single finding is."""

from __future__ import annotations

import enum


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
    def label(self) -> str:
        """The mode's name in YAML, JSON and reports."""
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> Mode:
        """The mode called `text` in YAML.

        Raises:
            KeyError: no mode has that name.
        """
        return _MODES[text]


_MODES = {mode.label: mode for mode in Mode}
MODE_LABELS: tuple[str, ...] = tuple(_MODES)
