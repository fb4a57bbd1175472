"""The engine and its sessions: made by the application's lifespan, never at import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from catalog.settings import CatalogSettings

Sessions = async_sessionmaker[AsyncSession]


@asynccontextmanager
async def connected(settings: CatalogSettings) -> AsyncIterator[Sessions]:
    """Sessions on the configured database; its pool closes at the end."""
    engine = create_async_engine(
        settings.database_url,
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_pre_ping=True,
    )
    try:
        yield sessions_on(engine)
    finally:
        await engine.dispose()


def sessions_on(engine: AsyncEngine) -> Sessions:
    """Sessions whose objects outlive the commit: an expired one would load lazily."""
    return async_sessionmaker(engine, expire_on_commit=False)
