"""Timing in pairs: a command and its anchor in turn, so that a noisy machine slows both alike."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[1] / "plugins"
"""Where commands find the engine, whatever folder they run in."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Seconds of a subject and of its anchor, run by run."""

    subject: tuple[float, ...]
    anchor: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of the ratios pair by pair."""
        return statistics.median(
            subject / anchor for subject, anchor in zip(self.subject, self.anchor, strict=True)
        )

    def describe(self, subject: str, anchor: str, target: float) -> str:
        """One line: both medians, the ratio, and whether it meets the target."""
        met = "met" if self.ratio <= target else "MISSED"
        return (
            f"{subject}: {statistics.median(self.subject):.3f} s; {anchor}: "
            f"{statistics.median(self.anchor):.3f} s; ratio {self.ratio:.2f} "
            f"(target <= {target:g}: {met})"
        )


def paired(
    subject: Callable[[], None], anchor: Callable[[], None], *, runs: int, warm_up: int = 1
) -> Pair:
    """Run both in turn, `runs` times after `warm_up` uncounted pairs."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(warm_up + runs):
        for action, kept in zip((subject, anchor), times, strict=True):
            start = time.perf_counter()
            action()
            elapsed = time.perf_counter() - start
            if turn >= warm_up:
                kept.append(elapsed)
    return Pair(subject=tuple(times[0]), anchor=tuple(times[1]))


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What one run of an action took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of all its processes, in user and system mode: steadier on a busy machine."""


def in_turns(actions: Mapping[str, Callable[[], None]], runs: int) -> dict[str, list[Taken]]:
    """Run all actions in turn, `runs` times."""
    taken: dict[str, list[Taken]] = {name: [] for name in actions}
    for _ in range(runs):
        for name, action in actions.items():
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            action()
            wall = time.perf_counter() - start
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            taken[name].append(Taken(wall=wall, cpu=cpu))
    return taken


def compared(
    taken: Mapping[str, Sequence[Taken]], subject: str, anchor: str, what: str, target: float | None
) -> str:
    """One line: medians of the ratios turn by turn, in time and in CPU seconds."""
    pairs = list(zip(taken[subject], taken[anchor], strict=True))
    wall = statistics.median(ours.wall / theirs.wall for ours, theirs in pairs)
    cpu = statistics.median(ours.cpu / theirs.cpu for ours, theirs in pairs)
    mine = statistics.median(ours.wall for ours, _ in pairs)
    theirs = statistics.median(theirs.wall for _, theirs in pairs)
    busy = statistics.median(ours.cpu for ours, _ in pairs)
    verdict = ""
    if target is not None:
        verdict = f" (target <= {target:g}: {'met' if wall <= target else 'MISSED'})"
    return (
        f"{what}: {mine:.1f} s to {theirs:.1f} s, {wall:.2f}x{verdict}; "
        f"{busy:.1f} CPU s, {cpu:.2f}x"
    )


def command(
    argv: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    accept: tuple[int, ...] = (0,),
) -> Callable[[], None]:
    """An action that runs `argv` and fails loudly on an exit code that it may not have."""

    def act() -> None:
        done = subprocess.run(
            list(map(str, argv)),
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ENGINE), **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in accept:
            sys.exit(
                f"{argv[0]} ended {done.returncode}, so there is nothing to measure:\n"
                f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )

    return act


def heading(text: str) -> None:
    """Print what is measured next."""
    print(f"\n## {text}", flush=True)
