"""Severities: CVSS of every version, databases' own words, and the worst of both."""

from __future__ import annotations

import pytest

from inseam.advisories.severity import SeverityError, level_of, rate, worst

V2 = ("CVSS_V2", "AV:N/AC:L/Au:N/C:N/I:N/A:C")
V3 = ("CVSS_V3", "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:N/A:N")
V4 = ("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H")


@pytest.mark.parametrize(
    ("vectors", "stated", "rated"),
    [
        ([], None, ("unknown", None)),
        ([], "MODERATE", ("medium", None)),
        ([], "whatever", ("unknown", None)),
        ([V2], None, ("high", 7.8)),
        ([V3], None, ("medium", 5.3)),
        ([V4], None, ("critical", 10.0)),
        ([V3, V4], None, ("critical", 10.0)),
        ([V3], "HIGH", ("high", 5.3)),
        ([V4], "low", ("critical", 10.0)),
        ([("Ubuntu", "negligible")], None, ("unknown", None)),
    ],
)
def test_the_worst_counts(
    vectors: list[tuple[str, str]], stated: str | None, rated: tuple[str, float | None]
) -> None:
    assert rate(vectors, stated) == rated


@pytest.mark.parametrize(
    ("score", "level"),
    [(0, "low"), (3.9, "low"), (4, "medium"), (6.9, "medium"), (7, "high"), (9, "critical")],
)
def test_levels(score: float, level: str) -> None:
    assert level_of(score) == level


def test_what_nobody_rated_hides_behind_what_somebody_did() -> None:
    assert worst(["unknown", "low"]) == "low"
    assert worst(["unknown"]) == "unknown"


@pytest.mark.parametrize("kind", ["CVSS_V2", "CVSS_V3", "CVSS_V4"])
def test_a_vector_that_is_none(kind: str) -> None:
    with pytest.raises(SeverityError):
        rate([(kind, "CVSS:9/AV:N")], None)
