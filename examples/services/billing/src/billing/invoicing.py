import datetime
import time
import uuid
from typing import Dict, List, Optional

from acme_common.money import Currency, Money

from billing import config, psp
from billing.store import InvoiceStore


class Invoicing:
    def __init__(self, store: Optional[InvoiceStore] = None):
        self.store = store or InvoiceStore()
        self._rates = None
        self._rates_at = 0

    def rates(self):
        # fetched once an hour
        if self._rates is None or time.time() - self._rates_at > 3600:
            self._rates = psp.fetch_rates()
            self._rates_at = time.time()
        return self._rates

    def net(self, lines: List[Dict], currency) -> Money:
        amounts = [
            Money(minor=l["minor"], currency=currency) * l["quantity"] for l in lines
        ]
        return Money.total(amounts, currency)

    def create(self, data):
        currency = Currency(data.get("currency", "EUR"))
        net = self.net(data["lines"], currency)
        vat = net.percent(config.VAT.get(data["country"], 0))  # type: ignore
        invoice = {
            "id": uuid.uuid4().hex[:12],
            "customer": data["customer"],
            "country": data["country"],
            "currency": currency.value,
            "lines": data["lines"],
            "net": net.minor,
            "vat": vat.minor,
            "gross": (net + vat).minor,
            "state": "open",
            "created": datetime.datetime.utcnow().isoformat(),
            "reminders": 0,
        }
        self.store.save(invoice)
        return invoice

    def pay(self, id):
        invoice = self.store.load(id)
        if invoice is None:
            raise KeyError(id)
        if invoice["state"] == "paid":
            return invoice
        result = psp.charge(invoice["customer"], invoice["gross"], invoice["currency"])
        invoice["charge"] = result["id"]
        invoice["state"] = "paid"
        self.store.save(invoice)
        return invoice

    def in_euro(self, invoice):
        if invoice["currency"] == "EUR":
            return invoice["gross"]
        return round(invoice["gross"] / self.rates()[invoice["currency"]])

    def remind(self, invoice, today=None):
        today = today or datetime.datetime.utcnow()
        created = datetime.datetime.fromisoformat(invoice["created"])
        age = (today - created).days
        due = [d for d in config.DUNNING_DAYS if d <= age]
        if invoice["state"] != "open" or len(due) <= invoice["reminders"]:
            return False
        invoice["reminders"] = len(due)
        self.store.save(invoice)
        return True
