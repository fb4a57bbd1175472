"""Room for a process that looks at much code."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_DEEPEST = 6_000
"""Levels of Python's stack for nested code; deeper code is a failure."""


@contextmanager
def roomy() -> Iterator[None]:
    """Room for deeply nested code, and no garbage collector: syntax trees have no cycles, and
    looking for some takes a third of the time."""
    depth, collecting = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(depth, _DEEPEST))
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(depth)
        if collecting:
            gc.enable()
