"""A database in memory, with a few articles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

from catalog.app import create_app
from catalog.database import Sessions, sessions_on
from catalog.models import (
    Article,
    ArticleState,
    Base,
    Category,
    Price,
    StockLevel,
    Tag,
    Warehouse,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def shop() -> AsyncIterator[Sessions]:
    """Sessions on a database with a tea on sale and a cup that is a draft."""
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sessions = sessions_on(engine)
    async with sessions.begin() as session:
        shelf = Category(name="Green Tea", slug="green-tea")
        tea = Article(
            sku="TEA-1001",
            name="Sencha",
            state=ArticleState.ON_SALE,
            category=shelf,
            attributes={"grams": 100},
            tags=[Tag(label="japan")],
            prices=[Price(currency="EUR", minor=450, valid_from=LONG_AGO)],
        )
        cup = Article(
            sku="CUP-2001",
            name="Cup",
            state=ArticleState.DRAFT,
            category=shelf,
            prices=[Price(currency="EUR", minor=1290, valid_from=LONG_AGO)],
        )
        north, south = Warehouse(code="N"), Warehouse(code="S")
        session.add_all([tea, cup, north, south])
        await session.flush()
        session.add_all(
            [
                StockLevel(article_id=tea.id, warehouse_id=north.id, on_hand=9, reserved=2),
                StockLevel(article_id=tea.id, warehouse_id=south.id, on_hand=1, reserved=0),
            ]
        )
    try:
        yield sessions
    finally:
        await engine.dispose()


@pytest.fixture
async def sessions() -> AsyncIterator[Sessions]:
    async with shop() as opened:
        yield opened


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(database=shop())) as opened:
        yield opened
