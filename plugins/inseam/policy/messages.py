"""What the policy engine has to say about policy itself: located errors and notices."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PolicyMessage(BaseModel):
    """One error or notice about a policy document, at the place that has to change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    line: int = Field(1, ge=1)
    column: int = Field(1, ge=1)
    code: str
    """`policy/what-is-wrong` in kebab case."""
    message: str
    """One lower-case sentence that names the key, the value and, if there is one, the other place."""
    fix: str
    """What to do, in the imperative."""

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}:{self.column}: {self.code}: {self.message}\n"
            f"  fix: {self.fix}"
        )

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Orders messages by place."""
        return (self.file, self.line, self.column, self.code, self.message)
