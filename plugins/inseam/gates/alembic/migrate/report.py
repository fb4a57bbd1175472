"""What the runner said, read and not yet believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from inseam.gates.alembic.drift.model import PUBLIC, Entry
from inseam.gates.contract import GateError

ENTRIES = TypeAdapter(tuple[Entry, ...])


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")


class RunnerError(_Said):
    """An exception in the service's process."""

    type: str
    text: str
    code: str
    """PostgreSQL's own, if it was PostgreSQL that refused."""
    frames: tuple[tuple[str, int | None], ...]
    """Files and lines that it came through, the outermost first."""
    refused: bool
    """Whether it is the runner's own, which explains itself."""


class Refusal(_Said):
    """Something in the models that PostgreSQL did not make."""

    kind: str
    table: str
    name: str
    why: str


class Source(_Said):
    """Where the class of a table is written."""

    table: str
    classes: tuple[tuple[str, str], ...]
    """Its file and qualified name, and those of the classes that it inherits from, in order."""
    attributes: Mapping[str, str]
    """The class's own names for the table's columns."""


class Operation(_Said):
    """What `alembic check` would write."""

    operation: str
    table: str | None
    column: str | None
    text: str


class Way(_Said):
    """How far a revision came on its round trip."""

    revision: str
    number: int
    way: Literal["up", "down", "again", "done", "skipped"]
    """What it failed in, or that it did not."""
    error: RunnerError | None = None


class Line(_Said):
    """One line of the runner's report."""

    step: str
    state: Literal["begun", "done", "failed"]
    seconds: float | None = None
    error: RunnerError | None = None
    sql: Mapping[str, tuple[str, ...]] = {}
    revisions: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    sources: tuple[Source, ...] = ()
    excluded: tuple[tuple[str, str, str | None, str], ...] = ()
    version_table: str = ""
    version_schema: str = ""
    default_schema: str = PUBLIC
    """Where names without a schema are looked up: that of `search_path`."""
    operations: tuple[Operation, ...] = ()
    trips: tuple[Way, ...] = ()


class Report(_Said):
    """All of it."""

    lines: tuple[Line, ...]

    @property
    def ended(self) -> bool:
        """Whether the runner came to its end."""
        return bool(self.lines) and self.lines[-1].step == "end"

    @property
    def last(self) -> str:
        """The step that it was at."""
        return self.lines[-1].step if self.lines else "start"

    def done(self, step: str) -> Line | None:
        """What a step yielded, if it was done."""
        found = [line for line in self.lines if line.step == step and line.state == "done"]
        return found[-1] if found else None

    def failed(self) -> Line | None:
        """The step that failed, if one did."""
        return next((line for line in self.lines if line.state == "failed"), None)


def read_report(path: Path) -> Report:
    """The runner's report; what was cut off in the middle of a line is left out.

    Raises:
        GateError: `runner-output`.
    """
    return Report(lines=tuple(_lines(path)))


def _lines(path: Path) -> Iterator[Line]:
    if not path.exists():
        return
    for text in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if not text.endswith("\n"):
            return
        try:
            yield Line.model_validate_json(text)
        except ValidationError as error:
            raise _unreadable(str(error)) from error


def read_catalogue(path: Path, default_schema: str = PUBLIC) -> tuple[Entry, ...]:
    """What a database held; what lies in the default schema, as if that were `public`, since
    models and operations name it without a schema too.

    Raises:
        GateError: `runner-output`.
    """
    try:
        lines = path.read_bytes().splitlines()
        entries = tuple(e for line in lines if line for e in ENTRIES.validate_json(line))
    except (OSError, ValidationError) as error:
        raise _unreadable(str(error)) from error
    if default_schema == PUBLIC:
        return entries
    return tuple(
        entry.model_copy(update={"schema_": in_default(entry.schema_, default_schema)})
        for entry in entries
    )


def in_default(schema: str, default_schema: str) -> str:
    """A schema's name, if the default one is called `public`; what was is told apart by quotes."""
    if schema == default_schema:
        return PUBLIC
    return f'"{PUBLIC}"' if schema == PUBLIC else schema


def _unreadable(reason: str) -> GateError:
    return GateError(
        "runner-output",
        f"what the service's process said makes no sense: {' '.join(reason.split())[:200]}",
        "look for what in env.py or the models writes to files that are not its own",
    )
