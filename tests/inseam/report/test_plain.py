"""Other people's text, made harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inseam.report.plain import count, place, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢 🙂", "plain é 漢 🙂"),
        (" two\r\n\tlines ", "two lines"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\U000e0041tag", "\\ue0041tag"),
        ("\ufffe\x00", "\\ufffe\\u0000"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    shown = visible(text)
    assert all(unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    assert visible(shown) == shown


def test_places() -> None:
    assert place("a.py", 3, 4) == "a.py:3:4"
    assert place("a.py", 3) == "a.py:3"
    assert place("a.py", None) == "a.py"


def test_counts() -> None:
    assert [count(n, "finding") for n in (0, 1, 2)] == ["0 findings", "1 finding", "2 findings"]
