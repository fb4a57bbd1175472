"""What becomes of the signals that end this process: nothing of it may be left behind.

`delayed_signals` puts them off while there are children to kill; `unwinding_signals` makes an
exception of them, so that everything on the way out clears away what it made.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_DEADLY = (signal.SIGTERM, signal.SIGHUP)
"""Those that Python makes no exception of by itself."""
_SIGNALS = (signal.SIGINT, *_DEADLY)


class Terminated(KeyboardInterrupt):
    """Another signal than the keyboard's asks this process to end."""


@contextmanager
def unwinding_signals() -> Iterator[None]:
    """Leave the block by an exception when a signal asks this process to end; then end by it.

    The exception is `Terminated`, and it does not leave this function: the process ends with the
    signal's own status. A second signal ends it at once. SIGINT is as Python has it. Signals that
    somebody handles or ignores already are left alone, as are all outside the main thread.
    """
    arrived: list[int] = []

    def unwind(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)
        restore()
        raise Terminated(signal.Signals(number).name)

    def restore() -> None:
        for number in caught:
            signal.signal(number, signal.SIG_DFL)

    caught: list[int] = []
    if threading.current_thread() is threading.main_thread():
        caught = [n for n in _DEADLY if signal.getsignal(n) == signal.SIG_DFL]
    for number in caught:
        signal.signal(number, unwind)
    try:
        yield
    finally:
        restore()
        for number in arrived:
            signal.raise_signal(number)


@contextmanager
def forking() -> Iterator[None]:
    """Start a process that calls `left_to_parent`, and note it, before a signal does anything.

    In the middle of a fork Python would drop the exception, or raise it while nobody knows of the
    new process.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def left_to_parent() -> None:
    """In a forked process: what ends all of them is for the parent to see, which kills this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in _DEADLY:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


@contextmanager
def delayed_signals() -> Iterator[list[int]]:
    """Collect the signals that would end this process, and deliver them on leaving.

    Yields a list that signals are added to as they arrive; the body is expected to look at it and
    come to an end. On leaving, the former handlers are back and each signal acts as if it had
    arrived then: SIGINT raises KeyboardInterrupt, SIGTERM does what the process made of it.

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
