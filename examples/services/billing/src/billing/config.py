import os

PSP_URL = os.environ.get("BILLING_PSP_URL", "http://127.0.0.1:8090")
PSP_KEY = os.environ.get("BILLING_PSP_KEY", "")
RATES_URL = os.environ.get("BILLING_RATES_URL", "http://127.0.0.1:8091/rates")
OUTBOX = os.environ.get("BILLING_OUTBOX", "/tmp/billing-outbox")
DB_FILE = os.environ.get("BILLING_DB", ":memory:")

VAT = {"DE": 19, "FR": 20, "NL": 21, "GB": 20}
DUNNING_DAYS = [7, 14, 30]
