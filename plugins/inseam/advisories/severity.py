"""How bad an advisory is: one word, from CVSS vectors or from what a database says itself."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Literal, get_args

Level = Literal["low", "medium", "high", "critical", "unknown"]
LEVELS: tuple[Level, ...] = get_args(Level)

_WORDS: dict[str, Level] = {
    "low": "low",
    "moderate": "medium",
    "medium": "medium",
    "important": "high",
    "high": "high",
    "critical": "critical",
}
_CALCULATORS = {"CVSS_V2": "CVSS2", "CVSS_V3": "CVSS3", "CVSS_V4": "CVSS4"}


class SeverityError(ValueError):
    """A vector that CVSS does not know."""


def score_of(kind: str, vector: str) -> float | None:
    """The base score of a vector; None for kinds that are no CVSS, such as a distribution's own.

    Raises:
        SeverityError: the vector is malformed.
    """
    calculator = _CALCULATORS.get(kind)
    if calculator is None:
        return None
    cvss = importlib.import_module("cvss")  # untyped, and only building a snapshot needs it
    try:
        return float(getattr(cvss, calculator)(vector).base_score)
    except (cvss.CVSSError, ArithmeticError, ValueError) as error:
        raise SeverityError(f"{vector!r} is no vector of {kind}: {error}") from error


def level_of(score: float) -> Level:
    """CVSS's qualitative rating of a score. Nothing is rated "none": it is listed for a reason.

    https://www.first.org/cvss/v4.0/specification-document#Qualitative-Severity-Rating-Scale
    """
    if score >= 9:
        return "critical"
    if score >= 7:
        return "high"
    return "medium" if score >= 4 else "low"


def rate(vectors: Iterable[tuple[str, str]], stated: str | None) -> tuple[Level, float | None]:
    """The worst of what is said: the level and the highest score.

    Args:
        vectors: OSV's `severity`: type and vector.
        stated: the word of the database, such as `MODERATE`.

    Raises:
        SeverityError: a vector is malformed.
    """
    scores = [score for score in (score_of(*vector) for vector in vectors) if score is not None]
    word = _WORDS.get((stated or "").strip().lower(), "unknown")
    if not scores:
        return word, None
    highest = max(scores)
    return worst([word, level_of(highest)] if word != "unknown" else [level_of(highest)]), highest


def worst(levels: Iterable[Level]) -> Level:
    """The worst of some levels; what nobody rated counts for nothing beside what somebody did."""
    rated = [level for level in levels if level != "unknown"]
    return max(rated, key=LEVELS.index, default="unknown")
