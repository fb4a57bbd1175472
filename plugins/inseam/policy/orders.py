"""Orders: for each kind of setting, which of two values is stricter.

Every field of a gate's settings carries one, as the metadata of its annotation:

    class CoverageSettings(Settings):
        minimum: Annotated[int, at_least] = Field(80, description="Percent of lines.")
        skip: Annotated[frozenset[str], shrink] = Field(frozenset(), description="…")

Joining two layers takes, field by field, the strictest value. For the lattice orders the
join is commutative, associative, idempotent and inflationary (tests/inseam/policy proves it).
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Nature(enum.Enum):
    """How an order takes part in a join."""

    LATTICE = "lattice"
    """Any two values have a least stricter-or-equal one."""
    LOCKED = "locked"
    """Two different values are an error; there is no join."""
    FREE = "free"
    """Not a matter of strictness: the layer nearest to the service decides."""


class Order(ABC, Generic[T]):
    """Which of two values of a setting is stricter."""

    name: ClassVar[str]
    nature: ClassVar[Nature] = Nature.LATTICE
    hint: ClassVar[str]
    """What a layer may do to tighten, for error messages: "may only grow"."""

    @abstractmethod
    def join(self, left: T, right: T) -> T:
        """The least value that is at least as strict as both."""

    @abstractmethod
    def at_least_as_strict(self, value: T, than: T) -> bool:
        """Whether `value` is as strict as `than`, or stricter."""

    def __repr__(self) -> str:
        return self.name


class _Flag(Order[bool]):
    name = "flag"
    hint = "may only be switched on"

    def join(self, left: bool, right: bool) -> bool:
        return left or right

    def at_least_as_strict(self, value: bool, than: bool) -> bool:
        return value or not than


class _AtLeast(Order[float]):
    name = "at_least"
    hint = "may only be raised"

    def join(self, left: float, right: float) -> float:
        return max(left, right)

    def at_least_as_strict(self, value: float, than: float) -> bool:
        return value >= than


class _AtMost(Order[float]):
    name = "at_most"
    hint = "may only be lowered"

    def join(self, left: float, right: float) -> float:
        return min(left, right)

    def at_least_as_strict(self, value: float, than: float) -> bool:
        return value <= than


class _Grow(Order[frozenset[Any]]):
    """A layer states what it *adds*, so that no statement can be looser than another."""

    name = "grow"
    hint = "may only grow"

    def join(self, left: frozenset[Any], right: frozenset[Any]) -> frozenset[Any]:
        return left | right

    def at_least_as_strict(self, value: frozenset[Any], than: frozenset[Any]) -> bool:
        return value >= than


class _Shrink(Order[frozenset[Any]]):
    """A layer states what it still *allows*."""

    name = "shrink"
    hint = "may only shrink"

    def join(self, left: frozenset[Any], right: frozenset[Any]) -> frozenset[Any]:
        return left & right

    def at_least_as_strict(self, value: frozenset[Any], than: frozenset[Any]) -> bool:
        return value <= than


class _ShrinkMap(Order[Mapping[str, frozenset[Any]]]):
    """`shrink` for a set per key, such as the rules ignored per path."""

    name = "shrink_map"
    hint = "may only shrink, key by key"

    def join(
        self, left: Mapping[str, frozenset[Any]], right: Mapping[str, frozenset[Any]]
    ) -> Mapping[str, frozenset[Any]]:
        joined = {key: left[key] & right[key] for key in left.keys() & right.keys()}
        return {key: joined[key] for key in sorted(joined) if joined[key]}

    def at_least_as_strict(
        self, value: Mapping[str, frozenset[Any]], than: Mapping[str, frozenset[Any]]
    ) -> bool:
        return all(members <= than.get(key, frozenset()) for key, members in value.items())


class _Locked(Order[Any]):
    name = "locked"
    nature = Nature.LOCKED
    hint = "may not differ"

    def join(self, left: Any, right: Any) -> Any:
        if left != right:
            raise ValueError("locked values differ: the caller reports this before it joins")
        return left

    def at_least_as_strict(self, value: Any, than: Any) -> bool:
        return bool(value == than)


class _Free(Order[Any]):
    name = "free"
    nature = Nature.FREE
    hint = "is free to choose"

    def join(self, left: Any, right: Any) -> Any:
        """The later one: callers join from the organisation towards the service."""
        return right

    def at_least_as_strict(self, value: Any, than: Any) -> bool:
        return True


flag = _Flag()
at_least = _AtLeast()
at_most = _AtMost()
grow = _Grow()
shrink = _Shrink()
shrink_map = _ShrinkMap()
locked = _Locked()
free = _Free()

ORDERS: tuple[Order[Any], ...] = (flag, at_least, at_most, grow, shrink, shrink_map, locked, free)


class Settings(BaseModel):
    """Base of every gate's settings: immutable, no unknown keys, an order on every field.

    Raises:
        TypeError: on definition, when a field carries no order or more than one, or has no default.
    """

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid", strict=False)

    opt_in: ClassVar[bool] = False
    """Whether the gate applies to nobody until a layer of policy names it."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            found = [item for item in field.metadata if isinstance(item, Order)]
            if len(found) != 1:
                raise TypeError(f"{cls.__name__}.{name}: expected one order, found {found}")
            if field.is_required():
                raise TypeError(f"{cls.__name__}.{name}: a setting needs a default")
            if not field.description:
                raise TypeError(f"{cls.__name__}.{name}: a setting needs a description")


def order_of(settings: type[Settings], name: str) -> Order[Any]:
    """The order that the field `name` carries."""
    for item in settings.model_fields[name].metadata:
        if isinstance(item, Order):
            return item
    raise AssertionError("Settings.__pydantic_init_subclass__ guarantees an order")
