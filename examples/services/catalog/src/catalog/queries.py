"""What the service asks its database."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from catalog.models import Article, ArticleState, Price, StockLevel, Tag


async def article_by_sku(session: AsyncSession, sku: str) -> Article | None:
    """The article with its category and tags."""
    return await session.scalar(
        select(Article)
        .where(Article.sku == sku)
        .options(selectinload(Article.category), selectinload(Article.tags))
    )


async def price_at(
    session: AsyncSession, sku: str, currency: str, moment: datetime
) -> Price | None:
    """The price of an article on sale that holds at `moment`."""
    return await session.scalar(
        select(Price)
        .join(Price.article)
        .where(
            Article.sku == sku,
            Article.state == ArticleState.ON_SALE,
            Price.currency == currency,
            Price.valid_from <= moment,
            (Price.valid_until.is_(None)) | (Price.valid_until > moment),
        )
        .order_by(Price.valid_from.desc())
        .limit(1)
    )


async def set_price(
    session: AsyncSession, article_id: UUID, currency: str, minor: int, start: datetime
) -> Price:
    """End the open price at `start` and begin a new one. The caller commits."""
    await session.execute(
        update(Price)
        .where(
            Price.article_id == article_id,
            Price.currency == currency,
            Price.valid_until.is_(None),
        )
        .values(valid_until=start)
    )
    price = Price(article_id=article_id, currency=currency, minor=minor, valid_from=start)
    session.add(price)
    await session.flush()
    return price


async def available(session: AsyncSession, article_id: UUID) -> int:
    """How many can be sold, over all warehouses."""
    free = func.sum(StockLevel.on_hand - StockLevel.reserved)
    found = await session.scalar(select(free).where(StockLevel.article_id == article_id))
    return int(found or 0)


async def tagged(session: AsyncSession, label: str, limit: int = 50) -> list[Article]:
    """Articles on sale with a tag, by name."""
    found = await session.scalars(
        select(Article)
        .join(Article.tags)
        .where(Tag.label == label, Article.state == ArticleState.ON_SALE)
        .options(selectinload(Article.category), selectinload(Article.tags))
        .order_by(Article.name)
        .limit(limit)
    )
    return list(found)
