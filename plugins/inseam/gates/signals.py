"""Putting off the signals that would end this process while it has children to clear away."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def delayed_signals() -> Iterator[list[int]]:
    """Collect the signals that would end this process, and deliver them on leaving.

    Yields a list that signals are added to as they arrive; the body is expected to look at it and
    come to an end. On leaving, the former handlers are back and each signal acts as if it had
    arrived then: SIGINT raises KeyboardInterrupt, SIGTERM ends the process with its own status.

    Signals that the process ignores stay ignored. Only the main thread may handle signals; in any
    other the list stays empty.
    """
    arrived: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield arrived
        return

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    caught = [n for n, handler in handlers.items() if handler not in (signal.SIG_IGN, None)]
    for number in caught:
        signal.signal(number, note)
    try:
        yield arrived
    finally:
        for number in caught:
            signal.signal(number, handlers[number])
        for late in arrived:
            signal.raise_signal(late)
