"""Where a text says that the bases of its classes come from, or that it does not tell."""

from __future__ import annotations

import pytest

from inseam.gates.async_blocking.origins import Origin, origins


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from enum import Enum\n\nclass A(Enum): ...", [Origin(0, "enum", "Enum", "")]),
        (
            "from . import (\n    Flag,\n    Enum,\n)\nclass A(str, Enum): ...",
            [Origin(1, "", "Enum", "")],
        ),
        (
            "from ..a.b import Flag, \\\n    Enum\nclass A(Enum, metaclass=M): ...",
            [Origin(2, "a.b", "Enum", "")],
        ),
        (
            "try:\n    from a import Enum\nexcept ImportError:\n    from b import Enum\n"
            "class A(Enum): ...",
            [Origin(0, "a", "Enum", ""), Origin(0, "b", "Enum", "")],
        ),
        (
            "from django.db import models\nclass A(models.Enum): ...",
            [Origin(0, "django.db", "models", "Enum")],
        ),
        # What the text does not tell.
        ("class A(Enum): ...", []),
        ("import enum\nclass A(enum.Enum): ...", []),
        ("from a import b\nclass A(b.c.Enum): ...", []),
        ("from a import E as Enum\nclass A(Enum): ...", []),
        ("from a import Enum\nfrom b import *\nclass A(Enum): ...", []),
        ("from a import Enum\nclass Enum(Enum): ...\nclass A(Enum): ...", []),
        ("from a import Enum\nEnum = wrap(Enum)\nclass A(Enum): ...", []),
        ("from a import Enum\nEnum: type = wrap(Enum)\nclass A(Enum): ...", []),
        ("from a import Enum\nimport b\nclass A(Enum): ...\nclass B(b.Enum): ...", []),
        ("from a import Enum\nclass A(get(Enum)(Enums)): ...", []),
        ("from a import Enumeration\nclass A(Enumeration): ...", []),
    ],
)
def test_origins(text: str, expected: list[Origin]) -> None:
    assert sorted(origins(text.encode(), "Enum")) == sorted(expected)
