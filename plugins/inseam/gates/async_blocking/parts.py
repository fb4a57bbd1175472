"""Splitting a service into parts that know nothing of each other, a process each.

How the files are split follows from the files alone, not from the number of cores, so that the same
tree gives the same findings everywhere. Each part is a process where processes can be forked.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from inseam.gates.async_blocking.interning import interning
from inseam.gates.async_blocking.judging import Job, Judging, Part
from inseam.gates.async_blocking.loading import Loader
from inseam.gates.async_blocking.room import roomy
from inseam.gates.async_blocking.spool import Spool
from inseam.gates.contract import GateError
from inseam.gates.signals import forking, left_to_parent

_FILES_OF_A_PART = 1_500
"""Files with async code that one process judges, at most about."""
_FEWEST = 200
"""Files from which on it pays to start a second process."""
_OF_A_FILE = 100_000
"""What a file costs besides its own bytes, in bytes: that of what it imports. Measured: with it two
parts of 2 million lines of public code took about the same time."""


def judge(job: Job, paths: Sequence[str], *, meanwhile: Callable[[], None]) -> list[Part]:
    """Judges files.

    Args:
        job: what is the same for all of them.
        paths: the files, in order.
        meanwhile: what this process does while others judge; it is not called if none do.
    """
    parts = split(job, paths)
    if len(parts) < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return [_judge_part(job, part) for part in parts]
    return _in_processes(job, parts, meanwhile)


def split(job: Job, paths: Sequence[str]) -> list[Sequence[str]]:
    """Sorted files in parts of about the same cost; neighbours stay together."""
    number = max(-(-len(paths) // _FILES_OF_A_PART), 2 if len(paths) >= _FEWEST else 1)
    left = sum(job.glances[path].size + _OF_A_FILE for path in paths)
    parts: list[Sequence[str]] = []
    start = size = 0
    for end, path in enumerate(paths, 1):
        size += job.glances[path].size + _OF_A_FILE
        if end == len(paths) or size * (number - len(parts)) >= left:
            parts.append(paths[start:end])
            left -= size
            start, size = end, 0
    return parts


def _in_processes(
    job: Job, parts: Sequence[Sequence[str]], meanwhile: Callable[[], None]
) -> list[Part]:
    context = multiprocessing.get_context("fork")
    spool = _spool(job, len(parts))
    found: dict[int, Part] = {}
    pending = list(range(len(parts)))
    running: dict[int, tuple[Any, Connection]] = {}
    helping: list[Any] = []
    """Processes whose part is done."""

    def start() -> None:
        while pending and len(running) < len(os.sched_getaffinity(0)):
            number = pending.pop(0)
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(
                target=_work, args=(job, parts, number, spool, theirs), daemon=True
            )
            with forking():
                process.start()
                running[number] = (process, ours)
            theirs.close()

    try:
        start()
        meanwhile()
        while running:
            ready = multiprocessing.connection.wait(
                [ours for _, ours in running.values()], timeout=job.deadline.left()
            )
            for number, (process, ours) in list(running.items()):
                if ours in ready:
                    found[number] = _received(ours)
                    helping.append(process)
                    del running[number]
            start()
    finally:
        for process in [*helping, *(process for process, _ in running.values())]:
            process.kill()
            process.join()
        if spool is not None:
            job.packs.add({job.glances[path].digest: entry for path, entry in spool.entries()})
            spool.close()
    return [found[number] for number in sorted(found)]


def _spool(job: Job, parts: int) -> Spool | None:
    try:
        return Spool(list(job.glances), parts)
    except OSError:  # each process parses what it needs
        return None


def _received(connection: Connection) -> Part:
    try:
        answer = connection.recv()
    except EOFError as error:
        raise GateError(
            "killed",
            "a process that judged a part of the service ended early",
            "give it more memory, or split the service",
        ) from error
    if isinstance(answer, BaseException):
        raise answer
    assert isinstance(answer, Part)
    return answer


_unreleased: list[object] = []
"""What a process leaves to the end: taking it apart would cost seconds."""


def _work(
    job: Job, parts: Sequence[Sequence[str]], number: int, spool: Spool | None, theirs: Connection
) -> None:
    left_to_parent()
    gc.disable()  # the process ends soon, and all of it with it
    if spool is not None:
        spool.write_as(number)
    loader = Loader(job.root, job.packs, job.glances, spool)
    try:
        with roomy():
            judging = Judging(job, loader)
            _unreleased.append(judging)
            answer: Part | Exception = judging.part(parts[number])
            gc.freeze()
    except GateError as error:
        answer = _Refused(error.code, error.message, error.fix)
    except Exception as error:  # noqa: BLE001  # it is raised again in the process that waits
        answer = RuntimeError(f"{type(error).__name__}: {error}")
    theirs.send(answer)
    theirs.close()
    if spool is not None and len(parts) <= len(os.sched_getaffinity(0)):
        # Until all are done this core is free: what others need last is parsed for them.
        for other in parts:
            if other is not parts[number]:
                with roomy():
                    loader.prepare(reversed(other))


class _Refused(GateError):
    """A gate's error that crosses from one process to another."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (_Refused, (self.code, self.message, self.fix))


def _judge_part(job: Job, paths: Sequence[str]) -> Part:
    with interning(), roomy():
        return Judging(job, Loader(job.root, job.packs, job.glances)).part(paths)
