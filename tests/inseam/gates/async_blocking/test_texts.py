"""What a text says of its classes, or that it does not tell."""

from __future__ import annotations

import pytest

from inseam.gates.async_blocking.texts import Origin, may_take, origins


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(self, key, name): ...", True),
        ("async def f(self, name: str, *, key: int = (1 + 2)): ...", True),
        (
            "def f(\n    self,\n    key: int = g(1),\n    name: Callable[[], int] = h(),\n): ...",
            True,
        ),
        ("def f(self): ...\ndef f(self, key, name): ...", True),
        ("def f(self, *args): ...", True),
        ("def f(self, **kwargs): ...", True),
        ("def f(self, mark=')', key=1, name=2): ...", True),
        ("def f(self,  # :-)\n    key, name): ...", True),
        ("def f(self, key, name", True),
        ("def f(self, key): ...", False),
        ("def f(self, keys, name): ...", False),
        ("def f(self, key=g(name)): ...", True),  # not told apart
        ("def f(self): return key, name", False),
        ("def g(self, key, name): ...", False),
        ("def ff(self, key, name): ...", False),
        ("f(self, key, name)", False),
    ],
)
def test_what_methods_take(text: str, expected: bool) -> None:
    assert may_take(text.encode(), "f", ["key", "name"]) is expected
