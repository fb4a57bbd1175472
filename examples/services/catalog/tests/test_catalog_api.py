"""The catalog over HTTP."""

from __future__ import annotations

from fastapi.testclient import TestClient


def test_an_article(client: TestClient) -> None:
    article = client.get("/articles/TEA-1001").json()
    assert article["name"] == "Sencha"
    assert article["attributes"] == {"grams": 100}
    assert article["category"] == {"name": "Green Tea", "slug": "green-tea"}
    assert article["tags"] == [{"label": "japan"}]
    assert client.get("/articles", params={"tag": "japan"}).json() == [article]


def test_a_price_is_what_orders_reads(client: TestClient) -> None:
    price = client.get("/articles/TEA-1001/price", params={"currency": "EUR"})
    assert price.json() == {"minor": 450, "currency": "EUR"}
    missing = client.get("/articles/TEA-1001/price", params={"currency": "JPY"})
    assert missing.status_code == 404


def test_a_price_changes_at_once(client: TestClient) -> None:
    wanted = {"currency": "EUR", "minor": 480}
    assert client.put("/articles/TEA-1001/price", json=wanted).json()["minor"] == 480
    price = client.get("/articles/TEA-1001/price", params={"currency": "EUR"})
    assert price.json()["minor"] == 480


def test_stock(client: TestClient) -> None:
    assert client.get("/articles/TEA-1001/stock").json()["available"] == 8


def test_unknown_and_malformed(client: TestClient) -> None:
    assert client.get("/articles/TEA-9999/stock").status_code == 404
    assert client.get("/articles/tea/stock").status_code == 422
