"""The laws of every order: a join is the least value at least as strict as both."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from inseam.policy.orders import ORDERS, Nature, Order, Settings, order_of

_MEMBERS = st.sampled_from("ABCDE")
_SETS = st.frozensets(_MEMBERS)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "flag": st.booleans(),
    "at_least": st.integers(-5, 5),
    "at_most": st.integers(-5, 5),
    "grow": _SETS,
    "shrink": _SETS,
    # Without empty sets: an entry that allows nothing is no entry.
    "shrink_map": st.dictionaries(_MEMBERS, st.frozensets(_MEMBERS, min_size=1)),
}
LATTICES = [order for order in ORDERS if order.nature is Nature.LATTICE]


def test_every_lattice_is_tested() -> None:
    assert {order.name for order in LATTICES} == _VALUES.keys()


@pytest.mark.parametrize("order", LATTICES, ids=repr)
@given(data=st.data())
@settings(max_examples=100)
def test_join_is_the_least_upper_bound(order: Order[Any], data: st.DataObject) -> None:
    a, b, c = (data.draw(_VALUES[order.name]) for _ in range(3))
    joined = order.join(a, b)
    assert joined == order.join(b, a)
    assert order.join(joined, c) == order.join(a, order.join(b, c))
    assert order.join(a, a) == a
    assert order.at_least_as_strict(joined, a)
    assert order.at_least_as_strict(joined, b)
    if order.at_least_as_strict(c, a) and order.at_least_as_strict(c, b):
        assert order.at_least_as_strict(c, joined)


@pytest.mark.parametrize("order", LATTICES, ids=repr)
@given(data=st.data())
@settings(max_examples=100)
def test_strictness_is_a_partial_order(order: Order[Any], data: st.DataObject) -> None:
    a, b, c = (data.draw(_VALUES[order.name]) for _ in range(3))
    assert order.at_least_as_strict(a, a)
    if order.at_least_as_strict(a, b):
        assert order.join(a, b) == a
        if order.at_least_as_strict(b, a):
            assert a == b
        if order.at_least_as_strict(b, c):
            assert order.at_least_as_strict(a, c)


def test_a_setting_needs_one_order_a_default_and_a_description() -> None:
    flag = next(order for order in ORDERS if order.name == "flag")
    with pytest.raises(TypeError, match="expected one order"):

        class _Unordered(Settings):
            strict: bool = Field(False, description="A flag.")

    with pytest.raises(TypeError, match="needs a default"):

        class _Required(Settings):
            strict: Annotated[bool, flag] = Field(description="A flag.")

    with pytest.raises(TypeError, match="needs a description"):

        class _Undescribed(Settings):
            strict: Annotated[bool, flag] = False

    class _Right(Settings):
        strict: Annotated[bool, flag] = Field(False, description="A flag.")

    assert order_of(_Right, "strict") is flag
