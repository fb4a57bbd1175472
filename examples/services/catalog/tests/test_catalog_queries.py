"""Prices over time, stock over warehouses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from catalog import queries
from catalog.database import Sessions
from catalog.models import Price

pytestmark = pytest.mark.anyio

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


async def test_a_new_price_ends_the_old_one(sessions: Sessions) -> None:
    async with sessions() as session:
        tea = await queries.article_by_sku(session, "TEA-1001")
        assert tea is not None
        await queries.set_price(session, tea.id, "EUR", 480, JUNE)
        await session.commit()
        before = await queries.price_at(session, "TEA-1001", "EUR", JUNE - DAY)
        after = await queries.price_at(session, "TEA-1001", "EUR", JUNE + DAY)
    assert before is not None
    assert before.minor == 450
    assert after is not None
    assert after.minor == 480


async def test_a_draft_has_no_price(sessions: Sessions) -> None:
    async with sessions() as session:
        assert await queries.price_at(session, "CUP-2001", "EUR", JUNE) is None


async def test_only_one_price_is_open(sessions: Sessions) -> None:
    async with sessions() as session:
        tea = await queries.article_by_sku(session, "TEA-1001")
        assert tea is not None
        session.add(Price(article_id=tea.id, currency="EUR", minor=1, valid_from=JUNE))
        with pytest.raises(IntegrityError):
            await session.flush()


async def test_reserved_stock_is_not_available(sessions: Sessions) -> None:
    async with sessions() as session:
        tea = await queries.article_by_sku(session, "TEA-1001")
        cup = await queries.article_by_sku(session, "CUP-2001")
        assert tea is not None
        assert cup is not None
        assert await queries.available(session, tea.id) == 8
        assert await queries.available(session, cup.id) == 0


async def test_articles_are_found_by_tag(sessions: Sessions) -> None:
    async with sessions() as session:
        found = await queries.tagged(session, "japan")
        assert [article.sku for article in found] == ["TEA-1001"]
        assert await queries.tagged(session, "peru") == []
