"""The HTTP side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, TypedDict

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, status
from sqlalchemy.ext.asyncio import AsyncSession

from catalog import queries
from catalog.database import Sessions, connected
from catalog.models import Article
from catalog.schemas import (
    ArticleOut,
    CurrencyCode,
    PriceIn,
    PriceOut,
    Sku,
    SpanOut,
    StockOut,
)
from catalog.settings import CatalogSettings

router = APIRouter(prefix="/articles", tags=["articles"])


class _State(TypedDict):
    """What the lifespan leaves for the requests."""

    sessions: Sessions


async def session(request: Request) -> AsyncIterator[AsyncSession]:
    """A session for one request; what is not committed is rolled back."""
    sessions: Sessions = request.state.sessions
    async with sessions() as opened:
        yield opened


Db = Annotated[AsyncSession, Depends(session)]


async def known_article(sku: Sku, db: Db) -> Article:
    """The article of the path, or 404."""
    article = await queries.article_by_sku(db, sku)
    if article is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"no article {sku}")
    return article


Known = Annotated[Article, Depends(known_article)]


@router.get("", response_model=list[ArticleOut])
async def list_articles(tag: str, db: Db) -> list[Article]:
    """Articles on sale with a tag."""
    return await queries.tagged(db, tag)


@router.get("/{sku}", response_model=ArticleOut)
async def read_article(article: Known) -> Article:
    """One article."""
    return article


@router.get("/{sku}/price")
async def read_price(sku: Sku, currency: CurrencyCode, db: Db) -> PriceOut:
    """What the article costs now."""
    price = await queries.price_at(db, sku, currency, datetime.now(tz=UTC))
    if price is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"{sku} is not sold in {currency}")
    return PriceOut.model_validate(price)


@router.put("/{sku}/price")
async def change_price(wanted: PriceIn, article: Known, db: Db) -> SpanOut:
    """A new price, from now on."""
    now = datetime.now(tz=UTC)
    price = await queries.set_price(db, article.id, wanted.currency, wanted.minor, now)
    await db.commit()
    return SpanOut.model_validate(price)


@router.get("/{sku}/stock")
async def read_stock(article: Known, db: Db) -> StockOut:
    """How many can be sold."""
    return StockOut(sku=article.sku, available=await queries.available(db, article.id))


def create_app(
    settings: CatalogSettings | None = None,
    *,
    database: AbstractAsyncContextManager[Sessions] | None = None,
) -> FastAPI:
    """The application; `database` stands in for the configured one in tests."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[_State]:
        async with database or connected(settings or CatalogSettings()) as sessions:
            yield {"sessions": sessions}

    app = FastAPI(title="catalog", lifespan=lifespan)
    app.include_router(router)
    return app
