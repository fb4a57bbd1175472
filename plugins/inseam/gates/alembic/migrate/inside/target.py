"""The database that everything in the service's process gets, whatever it asks for."""

from __future__ import annotations

import os
import socket
from typing import Any

_DROPPED = (
    *("password", "passfile", "service", "hostaddr", "dsn", "require_auth", "channel_binding"),
    *("sslmode", "sslcert", "sslkey", "sslrootcert", "sslpassword", "sslnegotiation", "ssl"),
    *("gssencmode", "krbsrvname", "target_session_attrs", "load_balance_hosts", "direct_tls"),
    "async_creator_fn",
)
"""Arguments of drivers that name another server, or how to be let in there."""


class Refused(Exception):
    """What the gate cannot go along with; its text says why."""


class Target:
    """The database that every connection goes to."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.server = job["server"]
        self.database = ""
        self.lock_ms = int(job["lock_ms"])

    def libpq(self) -> dict[str, Any]:
        """Arguments for drivers that build on libpq."""
        server = self.server
        named = {"host": server["host"], "port": server["port"], "user": server["user"]}
        if server["password"] is not None:
            named["password"] = server["password"]
        return {**named, "dbname": self.database}

    def rewrite(self, arguments: dict[str, Any], database: str = "dbname") -> dict[str, Any]:
        """A driver's arguments with the server exchanged."""
        kept = {name: value for name, value in arguments.items() if name not in _DROPPED}
        for name in ("database", "dbname", "db"):
            kept.pop(name, None)
        mine = self.libpq()
        mine[database] = mine.pop("dbname")
        return {**kept, **mine}

    def is_address(self, address: Any) -> bool:
        """Whether a socket's address is the server's, or no PostgreSQL's on the file system."""
        if not isinstance(address, tuple):
            folder, name = os.path.split(os.fsdecode(address))
            return not name.startswith(".s.PGSQL.") or folder == self.server["host"]
        host, port = address[0], address[1]
        if self.server["host"].startswith("/") or port != int(self.server["port"]):
            return False
        found = socket.getaddrinfo(self.server["host"], port, type=socket.SOCK_STREAM)
        return any(entry[4][0] == host for entry in found) or host == self.server["host"]
