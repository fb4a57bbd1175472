"""Settings of the service, read from `ORDERS_…` variables."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from acme_common.settings import ServiceSettings


class OrdersSettings(ServiceSettings):
    """What differs between a laptop and production."""

    model_config = SettingsConfigDict(env_prefix="ORDERS_")

    service: str = "orders"
    catalog_url: HttpUrl = HttpUrl("http://127.0.0.1:8081")
    vat_percent: Annotated[Decimal, Field(ge=0, le=50)] = Decimal(19)
