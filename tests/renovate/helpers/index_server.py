"""A package index on 127.0.0.1 that has the same four releases of every package."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RELEASES = {"1.0.0": 400, "1.1.0": 30, "1.2.0": 2, "2.0.0": 60}
"""Version and age in days: 1.2.0 is younger than the cooldown, 2.0.0 is older than 1.1.0."""

_PACKAGE = re.compile(r"^/pypi/(?P<name>[\w.-]+)/json$")


@contextmanager
def package_index() -> Iterator[str]:
    """The index' address, in the form that Renovate's `registryUrls` take."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/pypi/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = _PACKAGE.match(self.path)
        if found is None:
            self.send_error(404)
            return
        now = datetime.now(UTC)
        releases = {
            version: [
                {
                    "upload_time": f"{now - timedelta(days=age):%Y-%m-%dT%H:%M:%S}",
                    "requires_python": ">=3.8",
                    "yanked": False,
                }
            ]
            for version, age in RELEASES.items()
        }
        body = json.dumps({"info": {"name": found["name"]}, "releases": releases}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest shows what tests print."""
