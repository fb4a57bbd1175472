"""What crosses the service's boundary: requests and responses."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from acme_common.money import Currency, Money

Sku = Annotated[str, Field(pattern=r"^[A-Z]{2,4}-\d{3,6}$", examples=["TEA-1001"])]


class _Schema(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrderState(enum.StrEnum):
    """How far an order has come."""

    PLACED = "placed"
    CANCELLED = "cancelled"


class LineIn(_Schema):
    """A wanted article."""

    sku: Sku
    quantity: Annotated[int, Field(ge=1, le=500)]


class OrderIn(_Schema):
    """An order as the customer sends it: never with prices."""

    customer_id: UUID
    currency: Currency
    lines: Annotated[tuple[LineIn, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _one_line_per_article(self) -> OrderIn:
        if len({line.sku for line in self.lines}) != len(self.lines):
            raise ValueError("an article appears in more than one line")
        return self


class LineOut(_Schema):
    """An article at the price that held when it was ordered."""

    sku: Sku
    quantity: int
    unit_price: Money
    total: Money


class OrderOut(_Schema):
    """An order as it was accepted."""

    id: UUID
    customer_id: UUID
    state: OrderState
    placed_at: datetime
    lines: tuple[LineOut, ...]
    net: Money
    vat: Money
    gross: Money


class Problem(_Schema):
    """Why a request was refused."""

    title: str
    detail: str
