"""What a test of a value's class says about the value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from inseam.gates.async_blocking.types import Instance, Routine, Tuple, Type, Value
from inseam.gates.async_blocking.unions import join

if TYPE_CHECKING:
    from inseam.gates.async_blocking.members import Members
    from inseam.gates.async_blocking.sources import Function


def isinstance_of(members: Members, value: Value, classes: Value, *, positive: bool) -> Value:
    """What is left of `value` if `isinstance(value, classes)` holds, or does not.

    Args:
        members: what is known of classes.
        value: what is tested.
        classes: the test's second argument.
        positive: whether the test holds.
    """
    wanted = list(_classes(classes))
    if not wanted:
        return value
    if not positive:
        return tuple(
            atom
            for atom in value
            if not (
                isinstance(atom, Instance)
                and any(members.derives(atom.cls, one.cls) for one in wanted)
            )
        )
    kept: list[Value] = []
    for atom in value:
        if isinstance(atom, Instance):
            if any(members.derives(atom.cls, one.cls) for one in wanted):
                kept.append((atom,))
            else:
                below = [one for one in wanted if members.derives(one.cls, atom.cls)]
                kept.extend((Instance(one.cls, one.arguments),) for one in below)
    return join(*kept) or tuple(Instance(one.cls, one.arguments) for one in wanted)


def functions_that_are_async(
    value: Value, positive: bool, is_awaited: Callable[[Function], bool]
) -> Value:
    """What is left of `value` if `iscoroutinefunction(value)` holds, or does not.

    Args:
        value: what is tested.
        positive: whether the test holds.
        is_awaited: whether a function of the tree is to be awaited.
    """
    return tuple(
        atom
        for atom in value
        if not isinstance(atom, Routine) or is_awaited(atom.function) is positive
    )


def _classes(value: Value) -> Iterator[Type]:
    for atom in value:
        if isinstance(atom, Type):
            yield atom
        elif isinstance(atom, Tuple):
            for element in atom.elements:
                yield from _classes(element)
