"""What the policy engine has to say about policy itself: located errors and notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Code = Literal[
    "encoding",
    "control-character",
    "empty",
    "too-large",
    "too-deep",
    "too-many-errors",
    "yaml-syntax",
    "yaml-type",
    "yaml-key",
    "yaml-alias",
    "yaml-tag",
    "documents",
    "ambiguous",
    "duplicate-key",
    "unknown-key",
    "missing-key",
    "no-value",
    "wrong-type",
    "wrong-value",
    "wrong-settings",
    "wrong-schema",
    "wrong-kind",
    "misplaced-file",
    "no-org",
    "name-mismatch",
    "duplicate-name",
    "duplicate-path",
    "duplicate-baseline",
    "duplicate-profile",
    "duplicate-waiver-id",
    "unknown-gate",
    "unknown-profile",
    "unknown-service",
    "out-of-order",
    "no-reason",
    "loosens",
    "locked",
    "conflict",
    "waiver-not-allowed",
    "waiver-unknown-gate",
    "waiver-below-floor",
    "waiver-too-long",
    "waiver-not-approved",
    "waiver-scope",
    "waiver-too-broad",
    "waiver-dates",
    "waiver-expires-soon",
    "waiver-expired",
    "service-name",
    "duplicate-service",
    "service-renamed",
    "path-mismatch",
    "no-rollout",
    "no-base",
]
"""What a message of the policy engine can be about; docs/policy.md explains each."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Place:
    """A position in a file; lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class PolicyMessage(BaseModel):
    """One error or notice about a policy document, at the place that has to change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    line: int = Field(1, ge=1)
    column: int = Field(1, ge=1)
    code: str
    """`policy/what-is-wrong` in kebab case."""
    message: str
    """One lower-case sentence: the key, the value and, if there is one, the other place."""
    fix: str
    """What to do, in the imperative."""

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}:{self.column}: {self.code}: {self.message}\n  fix: {self.fix}"
        )

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Orders messages by place."""
        return (self.file, self.line, self.column, self.code, self.message)


def message_at(place: Place, code: Code, message: str, fix: str) -> PolicyMessage:
    """A message about `place`; `code` goes without its `policy/`."""
    return PolicyMessage(
        file=place.file,
        line=place.line,
        column=place.column,
        code=f"policy/{code}",
        message=message,
        fix=fix,
    )
