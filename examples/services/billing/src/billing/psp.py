# Talks to the payment service provider.
import time
import requests
from billing import config


class PaymentError(Exception):
    pass


def _headers():
    return {"Authorization": "Bearer " + config.PSP_KEY}


def charge(customer, minor, currency, retries=3):
    last = None
    for attempt in range(retries):
        try:
            r = requests.post(
                config.PSP_URL + "/charges",
                json={"customer": customer, "amount": minor, "currency": currency},
                headers=_headers(),
            )
        except requests.ConnectionError as e:
            last = e
            time.sleep(0.2 * attempt)
            continue
        if r.status_code == 402:
            raise PaymentError(r.json().get("message", "declined"))
        r.raise_for_status()
        return r.json()
    raise PaymentError("the provider cannot be reached: %s" % last)


def refund(charge_id, minor=None):
    r = requests.post(config.PSP_URL + "/refunds", json={"charge": charge_id, "amount": minor}, headers=_headers())  # noqa: E501, S113
    r.raise_for_status()
    return r.json()


def fetch_rates():
    r = requests.get(config.RATES_URL, timeout=5)
    r.raise_for_status()
    return r.json()["rates"]
