"""Ranges of Python versions, in PEP 440's words and Poetry's."""

from __future__ import annotations

import pytest

from inseam.gates.environment.python_range import locked_range, parse_range, stated_range


@pytest.mark.parametrize(
    ("text", "inside", "outside", "lowest"),
    [
        (">=3.11", (3, 11, 0), (3, 10, 14), 11),
        (">=3.11,<3.14", (3, 13, 9), (3, 14, 0), 11),
        (">3.11.3,<3.12", (3, 11, 4), (3, 11, 3), 11),
        ("==3.11.7", (3, 11, 7), (3, 11, 8), 11),
        (">=3.11.4", (3, 11, 4), (3, 11, 3), 11),
        ("~=3.11", (3, 12, 0), (3, 10, 9), 11),
        ("^3.11", (3, 14, 0), (4, 0, 0), 11),
        ("~3.12", (3, 12, 5), (3, 13, 0), 12),
        ("~3", (3, 9, 0), (4, 0, 0), 0),
        ("3.12.*", (3, 12, 5), (3, 13, 0), 12),
        ("*", (3, 6, 0), None, 0),
        (">= 3.11 < 3.13", (3, 12, 0), (3, 13, 0), 11),
        ("~3.10 || ^3.12", (3, 13, 0), (3, 11, 9), 10),
        ("<3.0", None, (3, 11, 0), None),
    ],
)
def test_ranges(
    text: str,
    inside: tuple[int, int, int] | None,
    outside: tuple[int, int, int] | None,
    lowest: int | None,
) -> None:
    parsed = parse_range(text)
    assert inside is None or inside in parsed
    assert outside is None or outside not in parsed
    assert parsed.lowest_minor() == lowest


@pytest.mark.parametrize("text", ["newest", ">=3.x", "^", "3.11 -- 3.12"])
def test_not_a_range(text: str) -> None:
    with pytest.raises(ValueError, match="range"):
        parse_range(text)


def test_where_it_is_stated() -> None:
    poetry = {"tool": {"poetry": {"dependencies": {"python": "^3.11"}}}}
    assert stated_range(poetry) == "^3.11"
    assert stated_range({"project": {"requires-python": ">=3.12"}, **poetry}) == ">=3.12"
    assert stated_range({"project": "garbage", "tool": []}) is None
    assert locked_range({"requires-python": ">=3.11"}) == ">=3.11"
    assert locked_range({"metadata": {"python-versions": "^3.11"}}) == "^3.11"
    assert locked_range({"requires_python": ["==3.11.*", "==3.12.*"]}) == "==3.11.*||==3.12.*"
    assert locked_range({}) is None
