"""Snapshots on 127.0.0.1, in the shape of OSV's API, for tools that ask in its terms.

https://google.github.io/osv.dev/post-v1-query/. Nothing is paged: an answer is always whole.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from inseam.advisories.advisory import Advisory
from inseam.advisories.intervals import parsed
from inseam.advisories.snapshot import Snapshot, SnapshotError

QUERY = "/v1/query"
MAX_QUERY = 64 * 1024
"""Bytes of one query."""
_IDLE = 60.0
"""Seconds after which a connection that says nothing is closed."""


class QueryError(Exception):
    """A query that cannot be answered."""


@dataclass(kw_only=True)
class Answers:
    """What some snapshots know together, and who asked for what."""

    snapshots: Sequence[Snapshot]
    """Of one record in several the first snapshot's word counts."""
    asked: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """Package and version -> the ids of the advisories that were given."""

    def about(self, package: str) -> list[Advisory]:
        """All advisories about a package, by its normalised name."""
        found: dict[str, Advisory] = {}
        for snapshot in self.snapshots:
            for advisory in snapshot.about(package):
                found.setdefault(advisory.id, advisory)
        return [found[name] for name in sorted(found)]

    def affecting(self, package: str, version: str) -> list[Advisory]:
        """Every advisory that some snapshot has about a version: a later snapshot that no longer
        has one, or none of the version, does not take it away from the others.

        Raises:
            InvalidVersion: `version` is none by PEP 440.
        """
        found: dict[str, Advisory] = {}
        asked = parsed(version)
        for snapshot in self.snapshots:
            for advisory in snapshot.affecting(package, asked):
                found.setdefault(advisory.id, advisory)
        return [found[name] for name in sorted(found)]

    def answer(self, body: bytes) -> dict[str, Any]:
        """What OSV's API says to a query: `{}` for nothing known.

        Raises:
            QueryError: the query is none that is served here.
        """
        try:
            query = json.loads(body)
            package = query.get("package", {})
            name, ecosystem = package["name"], package.get("ecosystem", "PyPI")
            version = query.get("version")
            texts = (name, ecosystem, version or "")
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
            raise QueryError("a query names a package, and a version if it likes") from error
        if not all(isinstance(text, str) for text in texts):
            raise QueryError("names and versions are texts")
        if query.get("page_token") or query.get("commit"):
            raise QueryError("answers have one page, and nothing is known of commits")
        if ecosystem != "PyPI":
            return {}
        normal = canonicalize_name(name)
        try:
            found = self.affecting(normal, version) if version else self.about(normal)
        except InvalidVersion as error:
            raise QueryError(f"{version!r} is no version by PEP 440") from error
        if version:
            self.asked[normal, str(parsed(version))] = tuple(item.id for item in found)
        return {"vulns": [advisory.osv(normal) for advisory in found]} if found else {}


@contextmanager
def served(answers: Answers, *, port: int = 0) -> Iterator[str]:
    """Serve within the block, in a thread that ends with it and with the process.

    Args:
        answers: what is served.
        port: 0 for any that is free.

    Yields:
        The URL for queries.

    Raises:
        OSError: the port cannot be had.
    """
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(answers))
    server.daemon_threads = True
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{QUERY}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(answers: Answers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # a connection for thousands of queries
        timeout = _IDLE
        wbufsize = -1  # headers and body leave together
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > MAX_QUERY:
                self.close_connection = True
                self._send(HTTPStatus.BAD_REQUEST, {"message": "a query has a length"})
                return
            body = self.rfile.read(int(length))
            if self.path.partition("?")[0] != QUERY:
                self._send(HTTPStatus.NOT_FOUND, {"message": f"only {QUERY} is served"})
                return
            try:
                self._send(HTTPStatus.OK, answers.answer(body))
            except QueryError as error:
                self._send(HTTPStatus.BAD_REQUEST, {"message": str(error)})
            except SnapshotError as error:
                self._send(HTTPStatus.INTERNAL_SERVER_ERROR, {"message": str(error)})

        def do_GET(self) -> None:
            self._send(HTTPStatus.NOT_FOUND, {"message": f"ask by POST {QUERY}"})

        def _send(self, status: HTTPStatus, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response_only(status)  # neither the time nor who answers
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: who wants to know looks at `Answers.asked`."""

    return Handler
