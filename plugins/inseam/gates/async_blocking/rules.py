"""The rules: one for each kind of waiting."""

from __future__ import annotations

from inseam.findings.model import Severity
from inseam.gates.async_blocking.catalogue_model import Kind
from inseam.gates.contract import Rule

GATE = "async-blocking"

_LOOP = "The event loop serves nothing else until the call returns: every other request waits."
_THREAD = "or run the blocking part in a thread with `await asyncio.to_thread(...)`"

_TABLE: dict[Kind, tuple[str, str, str]] = {
    Kind.NETWORK: (
        "Async code waits for the network.",
        f"{_LOOP} A slow or dead peer stalls the service for as long as its timeout.",
        f"Use an async client, {_THREAD}.",
    ),
    Kind.DATABASE: (
        "Async code waits for a database.",
        f"{_LOOP} One slow query or a lock held elsewhere stalls the whole service.",
        f"Use the library's async driver or session, {_THREAD}.",
    ),
    Kind.SLEEP: (
        "Async code sleeps without giving up the event loop.",
        _LOOP,
        "Use `await asyncio.sleep(...)`.",
    ),
    Kind.SUBPROCESS: (
        "Async code waits for another process.",
        _LOOP,
        f"Use `asyncio.create_subprocess_exec`, {_THREAD}.",
    ),
    Kind.LOCK: (
        "Async code waits for a thread, a lock or a future of another thread.",
        f"{_LOOP} If what it waits for needs the loop itself, both wait for ever.",
        f"Use asyncio's own lock, queue or future, {_THREAD}.",
    ),
    Kind.INPUT: (
        "Async code waits for a person at a terminal.",
        _LOOP,
        "Read the input in a thread with `await asyncio.to_thread(...)`.",
    ),
    Kind.FILE: (
        "Async code reads or writes files.",
        f"{_LOOP} Disks stall, and a network file system may hang.",
        f"Use an async file library, {_THREAD}.",
    ),
    Kind.METADATA: (
        "Async code looks at a file's metadata.",
        f"{_LOOP} Short on a local disk, long on a network file system.",
        "Look in a thread with `await asyncio.to_thread(...)`, best together with what follows.",
    ),
    Kind.CPU: (
        "Async code computes for long.",
        _LOOP,
        "Compute in a thread with `await asyncio.to_thread(...)`, or in another process.",
    ),
}

RULES: tuple[Rule, ...] = tuple(
    Rule(
        id=f"{GATE}/{kind}",
        summary=summary,
        why=why,
        fix=fix,
        severity=Severity.WARNING if kind in (Kind.METADATA, Kind.CPU) else Severity.ERROR,
    )
    for kind, (summary, why, fix) in _TABLE.items()
)
"""All rules, one for each member of `Kind`."""


def fix_of(kind: Kind) -> str:
    """What to do about a kind where the catalogue names nothing better."""
    fix = _TABLE[kind][2]
    return fix[0].lower() + fix[1:].rstrip(".")
