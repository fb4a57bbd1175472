"""The HTTP side: routes, and errors as problems."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict
from uuid import UUID

import httpx
from fastapi import APIRouter, Depends, FastAPI, Request, Response, status
from fastapi.responses import JSONResponse

from acme_common.logs import configure_logging, request_scope
from orders.catalog_client import (
    CatalogClient,
    CatalogUnavailableError,
    UnknownArticleError,
)
from orders.ordering import NotCancellableError, Ordering
from orders.repository import InMemoryOrders, OrderNotFoundError
from orders.schemas import OrderIn, OrderOut, Problem
from orders.settings import OrdersSettings

PROBLEMS: dict[type[Exception], tuple[int, str]] = {
    CatalogUnavailableError: (
        status.HTTP_503_SERVICE_UNAVAILABLE,
        "The catalog is unavailable",
    ),
    NotCancellableError: (status.HTTP_409_CONFLICT, "The order cannot be cancelled"),
    OrderNotFoundError: (status.HTTP_404_NOT_FOUND, "There is no such order"),
    UnknownArticleError: (status.HTTP_404_NOT_FOUND, "There is no such article"),
}

router = APIRouter(prefix="/orders", tags=["orders"])


class _State(TypedDict):
    """What the lifespan leaves for the requests."""

    ordering: Ordering


def ordering(request: Request) -> Ordering:
    """The use cases, as the lifespan built them."""
    found = request.state.ordering
    if not isinstance(found, Ordering):
        raise TypeError("the application's lifespan has not run")
    return found


Cases = Annotated[Ordering, Depends(ordering)]


@router.post("", status_code=status.HTTP_201_CREATED)
async def place_order(order: OrderIn, cases: Cases) -> OrderOut:
    """Accept an order at the catalog's prices."""
    return await cases.place(order)


@router.get("/{order_id}")
async def read_order(order_id: UUID, cases: Cases) -> OrderOut:
    """One order."""
    return await cases.repository.get(order_id)


@router.post("/{order_id}/cancellation")
async def cancel_order(order_id: UUID, cases: Cases) -> OrderOut:
    """Cancel an order that is still only placed."""
    return await cases.cancel(order_id)


async def _as_problem(_request: Request, error: Exception) -> JSONResponse:
    code, title = PROBLEMS[type(error)]
    problem = Problem(title=title, detail=str(error))
    return JSONResponse(problem.model_dump(), status_code=code)


async def _with_request_id(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    with request_scope(request.headers.get("x-request-id")) as identity:
        response = await call_next(request)
    response.headers["x-request-id"] = identity
    return response


def create_app(
    settings: OrdersSettings | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The application; `transport` stands in for the network in tests."""
    settings = settings or OrdersSettings()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[_State]:
        configure_logging(settings)
        async with httpx.AsyncClient(
            base_url=str(settings.catalog_url),
            timeout=settings.request_timeout,
            transport=transport,
        ) as http:
            yield {
                "ordering": Ordering(
                    repository=InMemoryOrders(),
                    catalog=CatalogClient(http),
                    vat_percent=settings.vat_percent,
                )
            }

    app = FastAPI(title="orders", lifespan=lifespan)
    app.include_router(router)
    app.middleware("http")(_with_request_id)
    for error in PROBLEMS:
        app.add_exception_handler(error, _as_problem)
    return app
