"""Where orders are kept."""

from __future__ import annotations

import asyncio
from typing import Protocol
from uuid import UUID

from orders.schemas import OrderOut, OrderState


class OrderNotFoundError(Exception):
    """There is no such order."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"no order {order_id}")


class OrderRepository(Protocol):
    """What the service asks of a store."""

    async def add(self, order: OrderOut) -> None:
        """Keep a new order."""

    async def get(self, order_id: UUID) -> OrderOut:
        """The order.

        Raises:
            OrderNotFoundError: there is none.
        """

    async def set_state(self, order_id: UUID, state: OrderState) -> OrderOut:
        """The order after its change of state."""


class InMemoryOrders:
    """A store for laptops and tests."""

    def __init__(self) -> None:
        self._orders: dict[UUID, OrderOut] = {}
        self._lock = asyncio.Lock()

    async def add(self, order: OrderOut) -> None:
        """Keep a new order."""
        async with self._lock:
            self._orders[order.id] = order

    async def get(self, order_id: UUID) -> OrderOut:
        """The order; `OrderNotFoundError` when there is none."""
        try:
            return self._orders[order_id]
        except KeyError:
            raise OrderNotFoundError(order_id) from None

    async def set_state(self, order_id: UUID, state: OrderState) -> OrderOut:
        """The order after its change of state."""
        async with self._lock:
            order = (await self.get(order_id)).model_copy(update={"state": state})
            self._orders[order_id] = order
            return order
