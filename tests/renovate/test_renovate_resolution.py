"""How a team's one line resolves on a platform, where the presets lie in a repository at a tag."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from renovate_run import LIMIT, PRESETS, REPOSITORY, Json, Tools, flattened, preset

CONTENTS = "/api/v1/repos/acme/inseam/contents/"


@dataclass(frozen=True, kw_only=True)
class Host:
    """A code host with this repository in it, in Gitea's API."""

    address: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    """File and tag, in order."""


@pytest.fixture
def host() -> Iterator[Host]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            name = url.path.removeprefix(CONTENTS)
            if not url.path.startswith(CONTENTS) or not (REPOSITORY / name).is_file():
                self.send_error(404)
                return
            found.asked.append((name, parse_qs(url.query).get("ref", [""])[0]))
            content = base64.b64encode((REPOSITORY / name).read_bytes()).decode()
            file = {"type": "file", "name": name, "path": name, "content": content}
            body = json.dumps(file).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Host(address=f"http://127.0.0.1:{server.server_address[1]}/")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def resolve(tools: Tools, host: Host, home: Path, config: Json) -> Json:
    """The configuration that Renovate makes of one that extends presets."""
    asked = {
        "dist": str(tools.folder / "node_modules" / "renovate" / "dist"),
        "endpoint": host.address,
        "config": config,
    }
    done = subprocess.run(
        [tools.programs / "node", Path(__file__).parent / "helpers" / "resolve.mjs"],
        input=json.dumps(asked),
        env=tools.environment(home),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    resolved: Json = json.loads(done.stdout)
    return resolved


@pytest.mark.parametrize("name", PRESETS)
def test_presets_that_rest_on_others_come_from_the_same_tag(
    tools: Tools, host: Host, tmp_path: Path, name: str
) -> None:
    """And what comes of it is what the other tests put in place of presets by themselves."""
    reference = f"local>acme/inseam//renovate/{name}#2026.11.0"
    resolved = resolve(tools, host, tmp_path, {"extends": [reference]})
    wanted = PRESETS[: PRESETS.index(name) + 1]
    assert host.asked == [(f"renovate/{each}.json", "2026.11.0") for each in reversed(wanted)]
    inlined = resolve(tools, host, tmp_path, flattened(preset(name)))
    assert without_description(resolved) == without_description(inlined)
    assert len(resolved["customManagers"]) >= 3, "resolved to nothing"


def test_our_own_configuration_is_what_it_is_made_of(
    tools: Tools, host: Host, tmp_path: Path
) -> None:
    own = json.loads((REPOSITORY / "renovate.json").read_text())
    resolved = resolve(tools, host, tmp_path, own)
    assert host.asked == [], "it depends on nobody's name"
    source = resolve(tools, host, tmp_path, {"extends": ["local>acme/inseam//renovate/inseam"]})
    assert len(host.asked) == 1 + len(PRESETS)
    assert without_description(resolved) == without_description(source)


def without_description(config: Json) -> Json:
    """A configuration without its own description, which says what it was put together from."""
    return {name: value for name, value in config.items() if name != "description"}
