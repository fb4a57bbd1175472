"""What ruff writes, typed and checked: only the parts that the gate reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from inseam.gates.contract import GateError
from inseam.gates.process import Completed

T = TypeVar("T")

WHICH_RUFF = "see with `ruff --version` which ruff this is; the gate needs 0.15 or later"


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """A place in a file, or in a notebook's cell; both from 1."""

    row: int
    column: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Fix:
    """What ruff would do about it."""

    message: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnostic:
    """One thing that `ruff check --output-format json` says."""

    filename: str
    cell: int | None
    """In a notebook the cell, from 1."""
    code: str | None
    """A rule's code, or a word for what is no rule's: `invalid-syntax`."""
    name: str
    message: str
    location: Position
    end_location: Position
    fix: Fix | None
    url: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Begin:
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Positions:
    begin: _Begin


@dataclass(frozen=True, kw_only=True, slots=True)
class _Location:
    path: str
    positions: _Positions


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """One thing that `ruff format --check --output-format gitlab` says.

    Of ruff's formats this is the one that tells where a file differs and does not quote it whole.
    """

    check_name: str
    """`unformatted`, or a word for what went wrong: `invalid-syntax`, `io`."""
    description: str
    location: _Location


_DIAGNOSTICS = TypeAdapter(list[Diagnostic])
_DRIFTS = TypeAdapter(list[Drift])


def diagnostics(completed: Completed) -> list[Diagnostic]:
    """What `ruff check` found.

    Raises:
        GateError: `tool-garbage`.
    """
    return _parse(_DIAGNOSTICS, completed)


def drifts(completed: Completed) -> list[Drift]:
    """What `ruff format --check` found.

    Raises:
        GateError: `tool-garbage`.
    """
    return _parse(_DRIFTS, completed)


def _parse(adapter: TypeAdapter[T], completed: Completed) -> T:
    try:
        return adapter.validate_json(completed.stdout)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise GateError(
            "tool-garbage",
            f"what ruff wrote cannot be read: {problem}{completed.quote()}",
            WHICH_RUFF,
        ) from error
