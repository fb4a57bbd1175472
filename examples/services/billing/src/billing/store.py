import json
import sqlite3
import threading

from billing import config


class InvoiceStore:
    """Invoices in SQLite, one JSON blob each."""

    def __init__(self, path=None):
        self.path = path or config.DB_FILE
        self.lock = threading.Lock()
        self.conn = sqlite3.connect(self.path, check_same_thread=False)
        self.conn.execute("create table if not exists invoices (id text primary key, customer text, state text, body text)")
        self.conn.commit()

    def save(self, invoice):
        with self.lock:
            self.conn.execute(
                "insert or replace into invoices values (?, ?, ?, ?)",
                (invoice["id"], invoice["customer"], invoice["state"], json.dumps(invoice)),
            )
            self.conn.commit()

    def load(self, id):
        row = self.conn.execute("select body from invoices where id = ?", (id,)).fetchone()
        if row == None:
            return None
        return json.loads(row[0])

    def search(self, customer=None, state=None, order="id"):
        sql = "select body from invoices where 1 = 1"
        if customer:
            sql += f" and customer = '{customer}'"
        if state:
            sql += f" and state = '{state}'"
        rows = self.conn.execute(sql + f" order by {order}").fetchall()
        return [json.loads(r[0]) for r in rows]
