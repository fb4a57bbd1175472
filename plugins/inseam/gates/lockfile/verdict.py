"""What comparing a lock with its sources comes to: differences, or what could not be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A line of a file of the workspace."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that the lock and what it is made from disagree on."""

    key: str
    """Tells it from the lock's other differences: `dependency httpx`."""
    message: str
    """What differs, what either side says."""
    declared: Place
    """Where it is declared, or would be."""
    locked: Place | None = None
    """Where the lock says so, if it does."""
    package: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """Something that files alone do not tell."""

    reason: str
    place: Place


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A lock compared with what it is made from. Fresh if it holds neither."""

    differences: tuple[Difference, ...] = ()
    unknown: tuple[Unknown, ...] = ()
