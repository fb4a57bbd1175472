"""What crosses the service's boundary."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from catalog.models import ArticleState

Sku = Annotated[str, Field(pattern=r"^[A-Z]{2,4}-\d{3,6}$", examples=["TEA-1001"])]
CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["EUR"])]


class _Schema(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class CategoryOut(_Schema):
    """A shelf."""

    name: str
    slug: str


class TagOut(_Schema):
    """A word by which customers find articles."""

    label: str


class ArticleOut(_Schema):
    """An article as the shop shows it."""

    id: UUID
    sku: str
    name: str
    description: str | None
    state: ArticleState
    attributes: dict[str, Any]
    category: CategoryOut
    tags: list[TagOut]


class PriceIn(_Schema):
    """A new price, from now on."""

    currency: CurrencyCode
    minor: Annotated[int, Field(ge=0)]


class PriceOut(_Schema):
    """A price; `orders` reads it as money."""

    minor: int
    currency: str


class SpanOut(PriceOut):
    """A price with the time from which it holds."""

    valid_from: datetime


class StockOut(_Schema):
    """How many can be sold."""

    sku: str
    available: int
