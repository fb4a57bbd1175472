"""Orders over HTTP, against a catalog that is a function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi.testclient import TestClient

from orders.app import create_app
from orders.settings import OrdersSettings

PRICES = {"TEA-1001": 450, "CUP-2001": 1290}


def catalog(request: httpx.Request) -> httpx.Response:
    sku = request.url.path.split("/")[2]
    if sku == "TEA-9999":
        return httpx.Response(500)
    if sku not in PRICES:
        return httpx.Response(404)
    price = {"minor": PRICES[sku], "currency": request.url.params["currency"]}
    return httpx.Response(200, json=price)


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = create_app(OrdersSettings(), transport=httpx.MockTransport(catalog))
    with TestClient(app) as client:
        yield client


def order(*lines: tuple[str, int]) -> dict[str, Any]:
    return {
        "customer_id": str(uuid4()),
        "currency": "EUR",
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
    }


def test_an_order_is_priced_by_the_catalog(client: TestClient) -> None:
    response = client.post("/orders", json=order(("TEA-1001", 2), ("CUP-2001", 1)))
    assert response.status_code == 201
    placed = response.json()
    assert placed["net"] == {"minor": 2190, "currency": "EUR"}
    assert placed["vat"]["minor"] == 416
    assert placed["gross"]["minor"] == 2606
    assert client.get(f"/orders/{placed['id']}").json() == placed


def test_an_order_is_cancelled_once(client: TestClient) -> None:
    placed = client.post("/orders", json=order(("TEA-1001", 1))).json()
    cancellation = f"/orders/{placed['id']}/cancellation"
    assert client.post(cancellation).json()["state"] == "cancelled"
    assert client.post(cancellation).status_code == 409


@pytest.mark.parametrize(
    ("sku", "code"), [("TEA-4040", 404), ("TEA-9999", 503)], ids=["unknown", "broken"]
)
def test_the_catalogs_troubles_are_problems(
    client: TestClient, sku: str, code: int
) -> None:
    response = client.post("/orders", json=order((sku, 1)))
    assert response.status_code == code
    assert set(response.json()) == {"title", "detail"}


@pytest.mark.parametrize(
    "lines",
    [(), (("tea", 1),), (("TEA-1001", 0),), (("TEA-1001", 1), ("TEA-1001", 2))],
    ids=["none", "no such sku", "none of it", "twice"],
)
def test_bad_orders_are_refused(
    client: TestClient, lines: tuple[tuple[str, int], ...]
) -> None:
    assert client.post("/orders", json=order(*lines)).status_code == 422


def test_an_unknown_order_is_a_problem(client: TestClient) -> None:
    assert client.get(f"/orders/{uuid4()}").status_code == 404


def test_the_requests_id_is_kept(client: TestClient) -> None:
    response = client.get(f"/orders/{uuid4()}", headers={"x-request-id": "abc"})
    assert response.headers["x-request-id"] == "abc"
