"""Settings of the service, read from `CATALOG_…` variables."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CatalogSettings(BaseSettings):
    """What differs between a laptop and production."""

    model_config = SettingsConfigDict(env_prefix="CATALOG_", frozen=True)

    database_url: str = "postgresql+asyncpg://catalog@127.0.0.1:5432/catalog"
    pool_size: Annotated[int, Field(ge=1, le=50)] = 5
    max_overflow: Annotated[int, Field(ge=0, le=50)] = 5
