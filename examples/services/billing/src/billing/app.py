import logging
import time

import requests
from acme_common.logs import request_scope
from fastapi import FastAPI, HTTPException, Request

from billing import config, psp
from billing.invoicing import Invoicing

log = logging.getLogger("billing")

app = FastAPI(title="billing")
invoicing = Invoicing()


class Dunning:
    def __init__(self, invoicing):
        self.invoicing = invoicing
        self.pause = 0.01

    def _throttle(self):
        time.sleep(self.pause)

    async def run(self):
        sent = 0
        for invoice in self.invoicing.store.search(state="open"):
            if self.invoicing.remind(invoice):
                sent += 1
                self._throttle()
        return sent


@app.middleware("http")
async def request_id(request: Request, call_next):
    with request_scope(request.headers.get("x-request-id")):
        return await call_next(request)


@app.post("/invoices")
async def create_invoice(data: dict):
    try:
        return invoicing.create(data)
    except KeyError as e:
        raise HTTPException(422, "missing %s" % e)


@app.get("/invoices")
async def list_invoices(customer=None, state=None):
    return invoicing.store.search(customer, state)


@app.get("/invoices/{id}")
async def get_invoice(id: str):
    invoice = invoicing.store.load(id)
    if not invoice:
        raise HTTPException(404)
    return invoice


@app.post("/invoices/{id}/payment")
async def pay_invoice(id: str):
    try:
        return invoicing.pay(id)
    except psp.PaymentError as e:
        # the provider locks a customer for a moment after a decline
        time.sleep(0.05)
        raise HTTPException(402, str(e))
    except KeyError:
        raise HTTPException(404)


@app.get("/invoices/{id}/document")
async def get_document(id: str):
    from billing import documents  # slow to import, they said

    invoice = await get_invoice(id)
    path = documents.write(invoice)
    return {"path": path, "pages": documents.page_count(path)}


@app.get("/invoices/{id}/euro")
async def get_in_euro(id: str):
    invoice = await get_invoice(id)
    return {"minor": invoicing.in_euro(invoice)}


@app.post("/dunning")
async def run_dunning():
    return {"sent": await Dunning(invoicing).run()}


@app.get("/health")
async def health():
    try:
        r = requests.get(config.PSP_URL + "/health", timeout=1)  # noqa
        psp_ok = r.status_code == 200
    except Exception:
        psp_ok = False
    return {"ok": True, "psp": psp_ok}
