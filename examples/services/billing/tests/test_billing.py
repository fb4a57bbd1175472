import datetime

import pytest
import requests
from billing import app as billing_app
from billing import config, psp
from billing.invoicing import Invoicing
from billing.store import InvoiceStore
from fastapi.testclient import TestClient


class FakeResponse:
    def __init__(self, body, status_code=200):
        self.body = body
        self.status_code = status_code

    def json(self):
        return self.body

    def raise_for_status(self):
        assert self.status_code < 400


@pytest.fixture
def provider(monkeypatch):
    calls = []

    def post(url, json=None, headers=None, **kw):
        calls.append((url, json))
        if json.get("customer") == "poor":
            return FakeResponse({"message": "no funds"}, 402)
        return FakeResponse({"id": "ch_%d" % len(calls)})

    def get(url, **kw):
        if url.endswith("/health"):
            raise requests.ConnectionError("down")
        return FakeResponse({"rates": {"USD": 1.25}})

    monkeypatch.setattr(requests, "post", post)
    monkeypatch.setattr(requests, "get", get)
    return calls


@pytest.fixture
def client(monkeypatch, tmp_path, provider):
    monkeypatch.setattr(config, "OUTBOX", str(tmp_path / "outbox"))
    monkeypatch.setattr(billing_app, "invoicing", Invoicing(InvoiceStore(":memory:")))
    return TestClient(billing_app.app)


def invoice(customer="acme", currency="EUR"):
    return {
        "customer": customer,
        "country": "DE",
        "currency": currency,
        "lines": [{"text": "Tea", "quantity": 3, "minor": 1000}],
    }


def test_create_and_get(client):
    created = client.post("/invoices", json=invoice()).json()
    assert created["net"] == 3000
    assert created["gross"] == 3570
    assert client.get("/invoices/" + created["id"]).json() == created
    assert client.get("/invoices", params={"customer": "acme"}).json() == [created]


def test_create_incomplete(client):
    assert client.post("/invoices", json={"customer": "x", "country": "DE"}).status_code == 422


def test_unknown(client):
    assert client.get("/invoices/nope").status_code == 404
    assert client.post("/invoices/nope/payment").status_code == 404


def test_pay_once(client, provider):
    id = client.post("/invoices", json=invoice()).json()["id"]
    assert client.post("/invoices/%s/payment" % id).json()["charge"] == "ch_1"
    assert client.post("/invoices/%s/payment" % id).json()["state"] == "paid"
    assert len(provider) == 1


def test_declined(client):
    id = client.post("/invoices", json=invoice("poor")).json()["id"]
    r = client.post("/invoices/%s/payment" % id)
    assert r.status_code == 402
    assert r.json()["detail"] == "no funds"


def test_document(client):
    id = client.post("/invoices", json=invoice()).json()["id"]
    document = client.get("/invoices/%s/document" % id).json()
    assert document["pages"] == 1
    assert "Total 35.7" in open(document["path"]).read()


def test_euro(client):
    id = client.post("/invoices", json=invoice(currency="USD")).json()["id"]
    assert client.get("/invoices/%s/euro" % id).json() == {"minor": 2856}


def test_dunning(client):
    client.post("/invoices", json=invoice())
    assert client.post("/dunning").json() == {"sent": 0}
    later = datetime.datetime.utcnow() + datetime.timedelta(days=8)
    open_invoice = billing_app.invoicing.store.search(state="open")[0]
    assert billing_app.invoicing.remind(open_invoice, later)
    assert not billing_app.invoicing.remind(open_invoice, later)


def test_health_without_provider(client):
    assert client.get("/health").json() == {"ok": True, "psp": False}


def test_refund(provider):
    assert psp.refund("ch_7", 100)["id"] == "ch_1"
