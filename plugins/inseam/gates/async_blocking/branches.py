"""What is evaluated under conditions, and what these say of values."""

from __future__ import annotations

from collections.abc import Sequence

from inseam.gates.async_blocking.narrowing import functions_that_are_async, isinstance_of
from inseam.gates.async_blocking.subscripts import Subscripts
from inseam.gates.async_blocking.summary import Expression, last_name
from inseam.gates.async_blocking.types import Value
from inseam.gates.async_blocking.unions import either, join
from inseam.gates.async_blocking.values import EXPRESSIONS, chain_of

Env = dict[str, Value]
_NARROWING = frozenset({"?", "not", "and", "or", "c"})
"""Kinds of tests that may tell what a value is."""
_ASKS_WHETHER_ASYNC = frozenset(
    {"iscoroutinefunction", "is_coroutine_function", "is_coroutine_callable", "is_async_callable"}
)
"""What asks whether a function is async is called so in asyncio, inspect, Starlette, FastAPI and
many a tree of its own."""


class Branches(Subscripts):
    """Evaluates expressions that branch."""

    def merge(self, ends: list[Env]) -> bool:
        """Goes on from where any of the branches ended; whether any did."""
        if not ends:
            return False
        merged = ends[0]
        for other in ends[1:]:
            if other == merged:
                continue
            both: Env = {}
            for name, value in merged.items():
                if name in other:
                    theirs = other[name]
                    both[name] = value if value is theirs else either(value, theirs)
                elif "." not in name:
                    both[name] = value
            for name, value in other.items():
                if name not in both and "." not in name:
                    both[name] = value
            merged = both
        self.env = merged
        return True

    def truth(self, test: Expression) -> bool | None:
        """Whether a test can but hold, or not, as in `if False:`; None if that is not known."""
        if type(test) is not list:
            return False if test == "TYPE_CHECKING" else self.constants.get(str(test))
        match test[0]:
            case "?":
                return self.truth(test[1])
            case "k":
                return bool(test[1])
            case "not":
                inner = self.truth(test[1])
                return None if inner is None else not inner
            case "and" | "or":
                deciding: bool = test[0] == "or"
                parts = [self.truth(part) for part in test[1]]
                if deciding in parts:
                    return deciding
                return None if None in parts else not deciding
            case "a" if test[2] == "TYPE_CHECKING":
                return False
            case _:
                return None

    def narrow(self, test: Expression, positive: bool) -> None:
        """Takes from a test that it holds, or that it does not."""
        if type(test) is not list or test[0] not in _NARROWING:
            return
        kind = test[0]
        if kind == "c":
            if test[1] == "isinstance" and len(test[2]) == 2:
                self._narrow_by_class(test[2][0], test[2][1], positive)
            elif len(test[2]) == 1 and last_name(test[1]) in _ASKS_WHETHER_ASYNC:
                self._narrow_by_asyncness(test[2][0], positive)
        elif kind == "?":
            self.narrow(test[1], positive)
        elif kind == "not":
            self.narrow(test[1], not positive)
        elif positive is (kind == "and"):
            for part in test[1]:
                self.narrow(part, positive)
        elif kind == "or":
            self._narrow_to_any(test[1])

    def _narrow_by_class(self, tested: Expression, named: Expression, positive: bool) -> None:
        chain = chain_of(tested)
        if chain is not None:
            value, classes = self.look(tested), self.look(named)
            left = isinstance_of(self.members, value, classes, positive=positive)
            self.learn_of(chain, left)

    def _narrow_by_asyncness(self, tested: Expression, positive: bool) -> None:
        chain = chain_of(tested)
        if chain is not None:
            is_awaited = self.evaluator.decorators.is_awaited
            left = functions_that_are_async(self.look(tested), positive, is_awaited)
            self.learn_of(chain, left)

    def _narrow_to_any(self, parts: Sequence[Expression]) -> None:
        before, ends = self.env, []
        for part in parts:
            self.env = dict(before)
            self.narrow(part, True)
            ends.append(self.env)
        self.merge(ends)

    def _both(self, expression: Expression) -> Value:
        """`and`, `or`: what stands behind is evaluated only if what stands before allows it."""
        kind, parts = expression
        before = self.env
        self.env = dict(before)
        values = []
        for part in parts:
            values.append(self.value(part))
            if self.constants and self.truth(part) is (kind == "or"):
                break
            self.narrow(part, kind == "and")
        bound = {
            name: value
            for name, value in self.env.items()
            if name not in before and "." not in name
        }
        self.env = {**before, **bound} if bound else before
        return values[-1] if kind == "and" else join(*values)

    def _conditional(self, expression: Expression) -> Value:
        _, test, first, second = expression
        self.value(test)
        if self.constants and (taken := self.truth(test)) is not None:
            return self.value(first if taken else second)
        before = self.env
        self.env = dict(before)
        self.narrow(test, True)
        found = self.value(first)
        self.env = dict(before)
        self.narrow(test, False)
        other = self.value(second)
        self.env = before
        return either(found, other)


EXPRESSIONS.update(
    {
        "and": Branches._both,
        "or": Branches._both,
        "if": Branches._conditional,
    }
)
