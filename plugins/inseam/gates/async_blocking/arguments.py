"""What a call passes."""

from __future__ import annotations

from dataclasses import dataclass

from inseam.gates.async_blocking.summary import Expression
from inseam.gates.async_blocking.types import UNKNOWN, Value


@dataclass(slots=True)
class Arguments:
    """What a call passes."""

    positional: list[Value]
    keywords: dict[str, Value]
    positional_expressions: list[Expression]
    keyword_expressions: dict[str, Expression]
    rest: Value = UNKNOWN
    """What each of the arguments is that a star spreads."""
    complete: bool = False
    """Whether nothing else is passed."""

    def get(self, which: int | str) -> Value:
        """An argument by place or name."""
        if isinstance(which, int):
            return self.positional[which] if which < len(self.positional) else UNKNOWN
        return self.keywords.get(which, UNKNOWN)

    def literal(self, name: str, parameters: tuple[str, ...]) -> Expression:
        """The expression that a parameter is given, 0 if it is not given one."""
        if name in self.keyword_expressions:
            return self.keyword_expressions[name]
        if name in parameters:
            place = parameters.index(name)
            if place < len(self.positional_expressions):
                return self.positional_expressions[place]
        return 0


NOTHING = Arguments([], {}, [], {})
"""No argument that is known."""
EMPTY = Arguments([], {}, [], {}, complete=True)
"""No argument."""


def shifted(arguments: Arguments) -> Arguments:
    """What a call passes behind its first argument."""
    return Arguments(
        arguments.positional[1:],
        arguments.keywords,
        arguments.positional_expressions[1:],
        arguments.keyword_expressions,
        arguments.rest,
        arguments.complete,
    )
