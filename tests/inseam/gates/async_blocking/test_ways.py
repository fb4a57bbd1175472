"""Ways of calling functions are data, and come back as they were."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from inseam.gates.async_blocking import ways
from inseam.gates.async_blocking.interning import interning
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.program import Program
from inseam.gates.async_blocking.sources import Class, Function, Source
from inseam.gates.async_blocking.summarise import summarise
from inseam.gates.async_blocking.summary import loads
from inseam.gates.async_blocking.types import (
    Calling,
    Coroutine,
    External,
    Instance,
    Method,
    Module,
    Named,
    Partial,
    Routine,
    Super,
    Suspended,
    Tuple,
    Type,
    Value,
    Variable,
)

TEXT = b"""
class A:
    def f(self, x): ...

def g(y):
    def h(): ...
"""


class Files:
    """A program of one file."""

    def __init__(self) -> None:
        self.only = Source("a.py", "a", loads(summarise(TEXT)))

    def source(self, path: str) -> Source | None:
        return self.only if path == "a.py" else None


def values(cls: Class, function: Function) -> Value:
    out = External("pathlib.Path")
    one = Instance(cls)
    return (
        *(Instance(out, ((one,), ()), True), Type(cls, exact=False), Named("os.path.join")),
        *(Method(out, "open", one), Module("a", "a.py"), Partial((Named("f"),))),
        *(Super(cls, one), Suspended(Key(function, one), (one,), True), Coroutine((one,))),
        *(Tuple(((one,), ())), Calling((one,)), Variable("T", (one,))),
        *(Routine(function, one, Key(function), False), Routine(function)),
    )


def keys(program: Files) -> list[Key]:
    cls, functions = program.only.class_(0), list(program.only.functions())
    told = values(cls, functions[0])
    return [
        Key(functions[0], Instance(cls), (("x", told), ("z", ()))),
        Key(functions[0], Type(cls), (("x", told[:3]),)),
        Key(functions[2], None, (), Key(functions[1], None, (("y", told),))),
    ]


@pytest.mark.parametrize("most", [1, 16])
def test_ways_come_back_as_they_were(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(ways, "_MOST", most)
    with interning():
        here, there = Files(), Files()
        texts = [
            ways.dump([key], [Key(key.function)], [f"cut{number}"])
            for number, key in enumerate(keys(here))
        ]
        kept = ways.joined([*texts, ways.dump(keys(here), keys(here), ())])
        assert len(kept) == (2 if most == 1 else 4)
        read = ways.Ways(kept)
        found: list[Key] = []
        for key in dict.fromkeys(key.function for key in keys(there)):
            found += read.of(key.node, cast("Program", there))

        assert set(found) == set(keys(there))
        assert len(found) == 3
        assert not set(found) & set(keys(here))
        assert [read.was_cut(f"cut{number}") for number in range(4)] == [True, True, True, False]
        assert read.count(keys(here)[0].function.node) == 3


@pytest.mark.parametrize(
    "told",
    [[[["f", "b.py\0000"]], {"n": [0]}, []], [[["nothing"]], {"n": [0]}, []], [[], {"n": [1]}, []]],
)
def test_ways_of_another_program_are_refused(told: Any) -> None:
    read = ways.Ways([json.dumps(told)])
    with pytest.raises(LookupError):
        list(read.of("n", cast("Program", Files())))
