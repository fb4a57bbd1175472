"""Placing and cancelling orders: the rules, without HTTP."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from acme_common.money import Money
from orders.catalog_client import CatalogClient
from orders.repository import OrderRepository
from orders.schemas import LineIn, LineOut, OrderIn, OrderOut, OrderState, Sku

log = logging.getLogger(__name__)


class NotCancellableError(Exception):
    """The order has left the state in which it could be cancelled."""


def price_line(line: LineIn, prices: Mapping[Sku, Money]) -> LineOut:
    """The line at today's price."""
    unit_price = prices[line.sku]
    return LineOut(
        sku=line.sku,
        quantity=line.quantity,
        unit_price=unit_price,
        total=unit_price * line.quantity,
    )


@dataclass(frozen=True, kw_only=True)
class Ordering:
    """The use cases of the service."""

    repository: OrderRepository
    catalog: CatalogClient
    vat_percent: Decimal

    async def place(self, order: OrderIn) -> OrderOut:
        """Accept an order at the catalog's prices."""
        skus = [line.sku for line in order.lines]
        prices = await self.catalog.prices(skus, order.currency)
        lines = tuple(price_line(line, prices) for line in order.lines)
        net = Money.total((line.total for line in lines), order.currency)
        vat = net.percent(self.vat_percent)
        placed = OrderOut(
            id=uuid4(),
            customer_id=order.customer_id,
            state=OrderState.PLACED,
            placed_at=datetime.now(tz=UTC),
            lines=lines,
            net=net,
            vat=vat,
            gross=net + vat,
        )
        await self.repository.add(placed)
        log.info("placed order %s over %s", placed.id, placed.gross)
        return placed

    async def cancel(self, order_id: UUID) -> OrderOut:
        """Cancel an order that is still only placed.

        Raises:
            OrderNotFoundError: there is none.
            NotCancellableError: it is too late.
        """
        order = await self.repository.get(order_id)
        if order.state is not OrderState.PLACED:
            raise NotCancellableError(f"order {order_id} is {order.state}")
        return await self.repository.set_state(order_id, OrderState.CANCELLED)
