"""What keeps the backend from asking the engine at all. Never a pass: the goals end 2."""

from __future__ import annotations

from dataclasses import dataclass

COULD_NOT_RUN = 2
"""How goals end that found nothing out."""


@dataclass(frozen=True)
class Problem:
    """One thing that has to be put right first."""

    place: str
    """A target's address, a file or an option."""
    message: str
    """What is wrong, in one lower-case sentence."""
    fix: str
    """What to do about it, in the imperative."""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}\n  fix: {self.fix}"


class ProblemError(Exception):
    """Carries problems out of a rule."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def describe(error: Exception) -> str:
    """What a goal says of an exception that kept it from its work."""
    if isinstance(error, ProblemError):
        return str(error)
    if isinstance(error, SyntaxError) and error.filename is not None:
        place = f"{error.filename}:{error.lineno or 1}:{error.offset or 1}"
        return str(Problem(place, f"the file cannot be parsed: {error.msg}", "correct it there"))
    return str(
        Problem(
            "pants",
            f"{type(error).__name__}: {error}",
            "correct what it names; `--print-stacktrace -ldebug` shows more",
        )
    )
