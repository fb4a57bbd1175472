"""Calling rules by name on Pants 2.17.1, without an engine: the coroutines that it would drive."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from pants.engine.fs import EMPTY_DIGEST, MergeDigests
from pants.engine.internals.rule_visitor import collect_awaitables

from inseam_pants._legacy import concurrently, implicitly, merge_digests, transitive_targets


class Ask:
    """Stands for a `Get`: hands itself to the engine and takes the answer."""

    def __init__(self, question: str) -> None:
        self.question = question

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield self)


def drive(coroutine: Any) -> tuple[Any, list[list[str]]]:
    """The coroutine's result and what it asked the engine, step by step. The engine answers each
    question with itself in capitals."""
    steps = []
    answer: Any = None
    while True:
        try:
            asked = coroutine.send(answer)
        except StopIteration as stop:
            return stop.value, steps
        batch = asked if isinstance(asked, tuple) else (asked,)
        steps.append([ask.question for ask in batch])
        answers = tuple(ask.question.upper() for ask in batch)
        answer = answers if isinstance(asked, tuple) else answers[0]


async def chain(*questions: str) -> list[Any]:
    return [await Ask(question) for question in questions]


async def nothing() -> str:
    return "nothing"


def test_calls_advance_together_and_keep_their_order() -> None:
    result, steps = drive(
        concurrently(chain("a", "b"), nothing(), chain("c"), chain("d", "e", "f"))
    )
    assert result == (["A", "B"], "nothing", ["C"], ["D", "E", "F"])
    assert steps == [["a", "c", "d"], ["b", "e"], ["f"]]


def test_an_iterable_of_calls() -> None:
    result, steps = drive(concurrently(chain(question) for question in "abc"))
    assert result == (["A"], ["B"], ["C"])
    assert steps == [["a", "b", "c"]]
    assert drive(concurrently([])) == ((), [])


def test_calls_that_make_several_calls_themselves() -> None:
    async def pair(first: str, second: str) -> Any:
        return await concurrently(chain(first), chain(second))

    result, steps = drive(concurrently(pair("a", "b"), chain("c"), pair("d", "e")))
    assert result == ((["A"], ["B"]), ["C"], (["D"], ["E"]))
    assert steps == [["a", "b", "c", "d", "e"]]


def test_an_error_ends_all_of_them() -> None:
    async def broken() -> None:
        await Ask("x")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        drive(concurrently(chain("a", "b"), broken()))


def test_the_rule_visitor_sees_what_a_call_asks_for() -> None:
    (seen,) = collect_awaitables(merge_digests)
    assert (seen.output_type.__name__, seen.input_types) == ("Digest", (MergeDigests,))
    (seen,) = collect_awaitables(transitive_targets)
    assert seen.output_type.__name__ == "TransitiveTargets"


def test_arguments_are_explicit_or_implicit() -> None:
    request = MergeDigests([EMPTY_DIGEST])
    for call in (merge_digests(request), merge_digests(**implicitly(request))):
        asked = call.send(None)
        assert asked.inputs == [request]
        call.close()
