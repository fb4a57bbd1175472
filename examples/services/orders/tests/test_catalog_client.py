"""The catalog's client keeps to its limits and names what went wrong."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from acme_common.money import Currency
from orders.catalog_client import CatalogClient, CatalogUnavailableError


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_asks_for_few_at_a_time() -> None:
    running = 0
    most = 0

    async def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return httpx.Response(200, json={"minor": 100, "currency": "EUR"})

    async with httpx.AsyncClient(
        base_url="http://catalog", transport=httpx.MockTransport(answer)
    ) as http:
        skus = [f"TEA-{number}" for number in range(100, 120)]
        prices = await CatalogClient(http, parallel=3).prices(skus, Currency.EUR)
    assert list(prices) == skus
    assert most <= 3


@pytest.mark.anyio
async def test_nonsense_is_not_a_price() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"minor": "many"})

    async with httpx.AsyncClient(
        base_url="http://catalog", transport=httpx.MockTransport(answer)
    ) as http:
        with pytest.raises(CatalogUnavailableError, match="no price"):
            await CatalogClient(http).prices(["TEA-100"], Currency.EUR)
