"""What gates produce: findings, and failures to look.

A leaf: gates import it, it imports nothing of the engine.
"""

from __future__ import annotations

import enum
import hashlib
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    computed_field,
    model_validator,
)


class Severity(enum.StrEnum):
    """How much one finding weighs within its gate's mode."""

    ERROR = "error"
    """Fails where the mode says so."""
    WARNING = "warning"
    """Shown, never fails, whatever the mode."""
    INFO = "info"
    """Recorded in the reports only."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")


class Related(_Model):
    """A further place that explains a finding, such as one link of a chain of calls."""

    file: str
    line: int = Field(ge=1)
    message: str


class Finding(_Model):
    """One violation of a rule at a place."""

    rule: str
    """`gate/what-is-wrong`; rules taken over from a tool keep the tool's code: `ruff/F401`."""
    service: str
    file: str
    """Posix path relative to the workspace's root."""
    line: Annotated[int, Field(ge=1)] = 1
    column: Annotated[int, Field(ge=1)] | None = None
    end_line: Annotated[int, Field(ge=1)] | None = None
    message: str
    """What is wrong here, in one lower-case sentence."""
    fix: str
    """What to do about it, in the imperative."""
    severity: Severity = Severity.ERROR
    confidence: Literal["high", "medium", "low"] = "high"
    key: str
    """What identifies the finding within its rule and file when lines move: the offending
    line's text, a package's name, a table's column. Never a line number."""
    related: tuple[Related, ...] = ()
    properties: dict[str, str] = Field(default_factory=dict)
    """What waivers can match on besides rule and path: `{"package": "foo"}`."""
    help_url: str | None = None

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own documented spelling
    @property
    def fingerprint(self) -> str:
        """Identity across edits: 16 hex digits over rule, file and key."""
        identity = f"{self.rule}\0{self.file}\0{self.key}"
        return hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    @model_validator(mode="wrap")
    @classmethod
    def _accept_own_fingerprint(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Reads back what was written: a stated fingerprint is checked, never taken over."""
        stated = None
        if isinstance(data, dict) and "fingerprint" in data:
            stated = data["fingerprint"]
            data = {name: value for name, value in data.items() if name != "fingerprint"}
        finding = handler(data)
        if stated is not None and stated != finding.fingerprint:
            raise ValueError(f"fingerprint {stated!r} is not that of its rule, file and key")
        return finding

    @property
    def gate(self) -> str:
        """The gate that produced it."""
        return self.rule.partition("/")[0]

    def sort_key(self) -> tuple[str, str, int, int, str, str]:
        """Orders findings by place, then rule: the order of every report."""
        return (self.service, self.file, self.line, self.column or 0, self.rule, self.message)


class Failure(_Model):
    """A gate could not look at something: never a pass."""

    gate: str
    code: str
    """`gate/what-failed` in kebab case: `ruff/syntax-error`, `mypy/timeout`."""
    service: str | None = None
    """The service concerned; None concerns every service of the unit."""
    file: str | None = None
    line: Annotated[int, Field(ge=1)] | None = None
    column: Annotated[int, Field(ge=1)] | None = None
    message: str
    """What went wrong, in one lower-case sentence; may quote the tool's last lines."""
    fix: str
    """What to do about it, in the imperative."""

    def sort_key(self) -> tuple[str, str, int, str, str]:
        """Orders failures by place, then code."""
        return (self.service or "", self.file or "", self.line or 0, self.code, self.message)


Result = Finding | Failure


class FindingsDocument(_Model):
    """`inseam.findings/1`: all that one work unit has to say."""

    schema_: Literal["inseam.findings/1"] = Field("inseam.findings/1", alias="schema")
    gate: str
    services: tuple[str, ...]
    """Every service that the unit looked at, found something or not."""
    findings: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid", populate_by_name=True)


def line_key(text: str) -> str:
    """The identity of a finding about a line of source: its text, white space folded."""
    return " ".join(text.split())
