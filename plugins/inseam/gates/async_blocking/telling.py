"""What of a call tells ways of calling a function of the tree apart."""

from __future__ import annotations

from inseam.gates.async_blocking.arguments import Arguments
from inseam.gates.async_blocking.listed_calls import ListedCalls
from inseam.gates.async_blocking.sources import Function
from inseam.gates.async_blocking.summary import Expression, is_a, last_name
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    Atom,
    Calling,
    Constant,
    Instance,
    Suspended,
    Value,
)

Told = tuple[tuple[str, Value], ...]
"""Parameters and what a call gives them."""

_SCALARS = frozenset({"str", "bytes", "int", "float", "bool", "complex"})
_PASSING = frozenset(
    {"staticmethod", "classmethod", "abstractmethod", "override", "contextmanager"}
)
"""Decorators that pass on what they are given as it is."""


class Telling(ListedCalls):
    """Looks at what functions of the tree are passed."""

    def told(self, function: Function, arguments: Arguments, skipped: int) -> Told:
        """What the body's meaning may depend on: values of parameters whose annotations say less,
        and constants for those that switch what the function does.

        Args:
            function: what is called.
            arguments: what it is passed.
            skipped: how many of its parameters are given otherwise.
        """
        switches = self._switches(function, arguments, skipped) if function.head.switches else ()
        positional, keywords = arguments.positional, arguments.keywords
        if not positional and not keywords:
            return switches
        found = []
        head = function.head
        for place, (name, annotation, _) in enumerate(head.parameters[skipped:]):
            given = keywords.get(name) or (
                positional[place] if place < len(positional) else UNKNOWN
            )
            if given and self._tells(function, name, annotation, given):
                found.append((name, given))
        if keywords:
            for name, annotation, _ in head.keyword_only:
                given = keywords.get(name, UNKNOWN)
                if given and self._tells(function, name, annotation, given):
                    found.append((name, given))
        return (*found, *switches) if switches else tuple(found)

    def _tells(self, function: Function, name: str, annotation: Expression, given: Value) -> bool:
        """Whether what a parameter is given says more than its annotation."""
        if _is_scalar(given):
            return False
        if not annotation or suspended(given):
            return True
        stated = self.evaluator.parameter(function, name, annotation)
        return all(_is_callable(atom) for atom in stated)

    def _switches(self, function: Function, arguments: Arguments, skipped: int) -> Told:
        """The constants that the function's switches are given, or have by default."""
        head = function.head
        expressions = arguments.positional_expressions
        plain = not head.decorators or all(last_name(one) in _PASSING for one in head.decorators)
        found: list[tuple[str, Value]] = []
        for name, place, default in head.switches:
            if name in arguments.keyword_expressions:
                given = arguments.keyword_expressions[name]
            elif not plain:
                continue  # whatever the decorators pass
            elif skipped <= place < skipped + len(expressions):
                given = expressions[place - skipped]
            else:
                given = default if arguments.complete else 0
            truth = self.constants.get(given) if type(given) is str else _truth(given)
            if truth is not None:
                found.append((name, (Constant(truth),)))
        return tuple(found)


def suspended(value: Value) -> Value:
    """The sync generators among a value: they say what iterating them does."""
    return tuple(atom for atom in value if isinstance(atom, Suspended) and not atom.manager)


def _is_callable(atom: Atom) -> bool:
    return isinstance(atom, Calling) or atom.form == "Callable"


def _is_scalar(value: Value) -> bool:
    for atom in value:  # asked of every argument: a generator shows
        if atom.form not in _SCALARS or not isinstance(atom, Instance):
            break
    else:
        return True
    return False


def _truth(expression: Expression) -> bool | None:
    """Whether a constant is true; None for all else, and for numbers and texts, of which there are
    too many to tell calls apart by."""
    if is_a(expression, "k") and (expression[1] is None or type(expression[1]) is bool):
        return bool(expression[1])
    return None
