"""Prices from the catalog service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import httpx
from pydantic import ValidationError

from acme_common.money import Currency, Money
from orders.schemas import Sku


class CatalogUnavailableError(Exception):
    """The catalog did not answer, or not in a form that we can read."""


class UnknownArticleError(Exception):
    """The catalog sells no such article in that currency."""

    def __init__(self, sku: Sku) -> None:
        super().__init__(f"no article {sku}")
        self.sku = sku


class CatalogClient:
    """Asks the catalog for prices, a few articles at a time."""

    def __init__(self, http: httpx.AsyncClient, *, parallel: int = 8) -> None:
        self._http = http
        self._slots = asyncio.Semaphore(parallel)

    async def prices(self, skus: Iterable[Sku], currency: Currency) -> dict[Sku, Money]:
        """The unit price of each article.

        Raises:
            CatalogUnavailableError: a price could not be had.
            UnknownArticleError: the first unknown article, in the order given.
        """
        wanted = list(skus)
        found = await asyncio.gather(
            *(self._price(sku, currency) for sku in wanted), return_exceptions=True
        )
        prices: dict[Sku, Money] = {}
        for sku, price in zip(wanted, found, strict=True):
            if isinstance(price, BaseException):
                raise price
            prices[sku] = price
        return prices

    async def _price(self, sku: Sku, currency: Currency) -> Money:
        async with self._slots:
            try:
                response = await self._http.get(
                    f"/articles/{sku}/price", params={"currency": currency.value}
                )
            except httpx.HTTPError as error:
                raise CatalogUnavailableError(str(error)) from error
        if response.status_code == httpx.codes.NOT_FOUND:
            raise UnknownArticleError(sku)
        if response.is_error:
            raise CatalogUnavailableError(f"the catalog says {response.status_code}")
        try:
            return Money.model_validate_json(response.content)
        except ValidationError as error:
            raise CatalogUnavailableError("the catalog's answer is no price") from error
