"""The contract of a gate: what it declares, what it is given, what it yields."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from inseam.findings.model import Failure, Finding, Severity
from inseam.policy.orders import Settings

S = TypeVar("S", bound=Settings)

LockKind = Literal["uv", "poetry", "requirements", "pex"]


class Needs(enum.StrEnum):
    """What a gate has to see, which decides how its work is cut into units."""

    SOURCES = "sources"
    """The services' own files; one process looks at many services."""
    ENVIRONMENT = "environment"
    """A service's files, the first-party libraries that it imports, and its locked environment:
    one process per service."""
    LOCKFILE = "lockfile"
    """A service's `pyproject.toml` and lock; one process looks at many services."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing a gate can say."""

    id: str
    """`gate/what-is-wrong`, kebab case."""
    summary: str
    """What is wrong, in one line."""
    why: str
    """Why it matters, in a sentence or two."""
    fix: str
    """How to fix it."""
    severity: Severity = Severity.ERROR


class ResolveFacts(BaseModel):
    """A Pants resolve that locks a service: what its targets and Pants' options ask for.

    What the backend could not find out is None.
    """

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    name: str
    declared_in: str
    """The file that messages point to: `pants.toml`, or the BUILD file of the requirements."""
    requirements: tuple[str, ...]
    """Of all the resolve's targets, as PEP 508 writes them."""
    interpreters: tuple[str, ...] | None = None
    """Interpreter constraints: any of them."""
    constraints: tuple[str, ...] | None = None
    only_binary: tuple[str, ...] | None = None
    no_binary: tuple[str, ...] | None = None
    excludes: tuple[str, ...] | None = None
    overrides: tuple[str, ...] | None = None


class ServiceFacts(BaseModel):
    """What is known of a service besides policy: the `python_service` target's fields.

    All paths are posix and relative to the workspace's root.
    """

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    name: str
    root: str
    """The service's folder; "." for the workspace itself."""
    address: str | None = None
    """The Pants address, for messages."""
    pyproject: str | None = None
    lock: str | None = None
    lock_kind: LockKind | None = None
    resolve: ResolveFacts | None = None
    """The Pants resolve that the lock is of, if it is one's."""
    source_roots: tuple[str, ...] = ()
    """Folders that imports resolve from: the service's own first, then its libraries'."""
    facts: Mapping[str, str] = Field(default_factory=dict)
    """Further facts that single gates read, such as the Alembic ini's path."""


@dataclass(frozen=True, kw_only=True)
class Service(Generic[S]):
    """One service as a gate sees it."""

    facts: ServiceFacts
    settings: S
    files: tuple[str, ...]
    """The service's files, sorted; posix paths relative to the workspace's root. Files of a
    service nested in this one's folder are not among them."""

    @property
    def name(self) -> str:
        """The service's name in policy."""
        return self.facts.name


@dataclass(frozen=True, kw_only=True)
class Request(Generic[S]):
    """What a gate is asked to look at. Everything it may depend on is here."""

    root: Path
    """The workspace, absolute; every other path is relative to it."""
    services: Sequence[Service[S]]
    cache: Path
    """A folder that outlives the run and is shared by concurrent runs; may be empty."""
    time_limit: float
    """Seconds this unit may take; subprocesses are killed with their children at the limit."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The variables that subprocesses may see: PATH, HOME, the index's and proxies' settings."""
    base: Path | None = None
    """On a pull request, what stands for the workspace at the merge base: a folder laid out alike
    that holds at least the files that gates compare with. None without a base."""
    tip: Path | None = None
    """What stands for the workspace at the tip of the branch that the change goes to, for gates
    whose `Gate.reads_tip` asks for it. None without a base, and where the tip is the merge base."""
    live: bool = False
    """Whether to ask the network for what policy pins otherwise, if `Gate.can_be_live`."""
    as_of: datetime.date | None = None
    """The day to judge by, in UTC, if `Gate.reads_date` asks for it; else None, so that what a gate
    found counts on any other day too."""


@dataclass(frozen=True, kw_only=True)
class Rewrite:
    """A change to a file that takes findings away."""

    file: str
    before: bytes
    after: bytes
    safe: bool
    """Whether it does no more than what the finding asks for. If not, it is a suggestion: somebody
    has to read it first."""


class Rewriter(Protocol):
    """What a gate's findings can be rewritten by."""

    def __call__(
        self, root: Path, findings: Iterable[Finding], *, suggest: bool
    ) -> Iterator[Rewrite | Failure]:
        """The changes, by file; those that are not safe only with `suggest`, and then as a second
        rewrite that starts where the safe one ends."""


def nothing(_settings: Settings) -> tuple[str, ...]:
    """No files but the services' own."""
    return ()


def never(_settings: Settings) -> bool:
    """It does not, whatever the settings."""
    return False


@dataclass(frozen=True, kw_only=True)
class FileKind:
    """Files of a service by what is in them."""

    suffix: str
    """How their names end."""
    containing: str = ""
    """A text that they hold. The fewer files, the less often a change elsewhere concerns them."""


@dataclass(frozen=True, kw_only=True)
class Gate(Generic[S]):
    """A gate's declaration. Schemas, docs, SARIF metadata and Pants requests derive from it."""

    id: str
    summary: str
    """What it checks, in one line."""
    rules: tuple[Rule, ...]
    settings: type[S]
    needs: Needs
    run: Callable[[Request[S]], Iterator[Finding | Failure]]
    """Yields findings and failures in any order. May raise `GateError` when nothing of the unit
    can be looked at; any other exception is a bug, reported as could-not-run."""
    rewrite: Rewriter | None = None
    """Changes files so that findings go away; None if no finding can be mended by machine."""
    reads_base: bool = False
    """Whether it compares services with what they are at the merge base (`Request.base`)."""
    reads_tip: bool = False
    """Whether it judges what comes of merging, and so wants the services at the tip of the branch
    that the change goes to (`Request.tip`) as well as at the merge base."""
    base_files: tuple[FileKind, ...] = ()
    """Which of the services' files it reads there; all if none is stated. A unit runs again when
    one of these changes there."""
    reads_date: Callable[[S], bool] = never
    """Whether it judges by the day (`Request.as_of`) under these settings, such as by a greatest
    age. What it finds is then looked for anew every day."""
    inputs: Callable[[S], Sequence[str]] = nothing
    """Files that it reads besides the services' own under these settings: paths relative to the
    workspace's root. They need not exist. With a base, what they are there is in `Request.base`."""
    can_be_live: bool = False
    """Whether it can ask a service of the network for what is pinned otherwise (`Request.live`)."""
    together: Callable[[S], bool] = never
    """Whether services with these settings have to be in one unit, however many they are: because
    they are compared with each other, or share most of the work."""
    tool_rules: str | None = None
    """For gates that pass on a tool's own codes (`ruff/F401`): where these are documented, with
    `{code}` in it."""


class GateError(Exception):
    """A whole unit could not run.

    `code` is what failed, without the gate: `tool-missing` is reported as `ruff/tool-missing`.
    """

    def __init__(self, code: str, message: str, fix: str, *, file: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix
        self.file = file
