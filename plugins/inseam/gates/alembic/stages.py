"""How long each stage takes, for whoever asks: never part of what a gate says."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The stages of one service."""

    service: str

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.took(name, time.perf_counter() - start)

    def took(self, name: str, seconds: float) -> None:
        """Tell what somebody else timed."""
        _LOG.info("%s: %s: %.2f s", self.service, name, seconds)
