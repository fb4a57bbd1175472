"""A package index on 127.0.0.1 with a handful of tiny distributions."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Index:
    """Serves files under `/simple/NAME/`, as PEP 503 says."""

    def __init__(self, port: int, files: dict[str, dict[str, bytes]]) -> None:
        self.url = f"http://127.0.0.1:{port}/simple"
        self.files = files
        """By project, then by file name."""
        self.extra: dict[str, str] = {}
        """Further attributes of files' links, such as `data-yanked="broken"`."""

    def page(self, path: str) -> bytes | None:
        """What a path holds."""
        parts = path.strip("/").split("/")
        if len(parts) == 2 and parts[0] == "simple" and parts[1] in self.files:
            return "".join(
                f'<a href="/files/{parts[1]}/{name}#sha256={hashlib.sha256(content).hexdigest()}" '
                f"{self.extra.get(name, '')}>{name}</a>\n"
                for name, content in self.files[parts[1]].items()
            ).encode()
        if len(parts) == 3 and parts[0] == "files":
            return self.files.get(parts[1], {}).get(parts[2])
        return None


@contextlib.contextmanager
def served(files: Mapping[str, Mapping[str, bytes]]) -> Iterator[Index]:
    """An index of `files`, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def _answer(self, *, body: bool) -> None:
            content = index.page(self.path)
            self.send_response(200 if content is not None else 404)
            kind = "text/html" if self.path.startswith("/simple") else "application/octet-stream"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if body:
                self.wfile.write(content or b"")

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        copied = {project: dict(stored) for project, stored in files.items()}
        index = Index(server.server_address[1], copied)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield index
        finally:
            server.shutdown()
            thread.join()
