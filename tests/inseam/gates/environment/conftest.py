"""A package index on 127.0.0.1 with a few tiny wheels, and services that lock them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from uv import find_uv_bin

from inseam.cli.environment import tool_environment
from inseam.gates.contract import LockKind, ServiceFacts
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.settings import EnvironmentSettings
from inseam.gates.environment.workshop import Prepared, Workshop

TIME_LIMIT = 120.0


@dataclass
class Index:
    """A package index as PEP 503 has it."""

    build_wheel: Callable[..., bytes]
    files: dict[str, bytes] = field(default_factory=dict)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/simple/"

    def add(
        self, name: str, version: str, *, tag: str = "any", requires: tuple[str, ...] = ()
    ) -> str:
        """Serve a wheel; returns its digest."""
        content = self.build_wheel(name, version, requires=requires, tag=tag)
        self.files[f"{name.replace('-', '_')}-{version}-py3-none-{tag}.whl"] = content
        return hashlib.sha256(content).hexdigest()

    def page(self, name: str) -> str:
        wanted = name.replace("-", "_") + "-"
        return "".join(
            f'<a href="/files/{file}#sha256={hashlib.sha256(content).hexdigest()}">{file}</a>\n'
            for file, content in self.files.items()
            if file.startswith(wanted)
        )


@pytest.fixture(scope="session")
def index(build_wheel: Callable[..., bytes]) -> Iterator[Index]:
    """Serves acme-alpha (which needs acme-beta), acme-beta, acme-gamma,
    acme-delta, and acme-windows, which can be installed nowhere but there."""
    served = Index(build_wheel)
    served.add(
        "acme-alpha", "1.0", requires=("acme-beta>=1", 'acme-windows; sys_platform=="win32"')
    )
    served.add("acme-beta", "1.0")
    served.add("acme-gamma", "1.0")
    served.add("acme-delta", "1.0")
    served.add("acme-windows", "1.0", tag="win_amd64")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, _, name = self.path.strip("/").partition("/")
            content = (
                served.files.get(name)
                if kind == "files"
                else served.page(name.rstrip("/")).encode() or None
            )
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Type", "text/html" if kind == "simple" else "application/zip")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content or b"")

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def variables(index: Index) -> dict[str, str]:
    """What a unit's subprocesses see: the machine's variables and an index besides its own."""
    return {**tool_environment(os.environ), "UV_INDEX": index.url, "UV_HTTP_RETRIES": "0"}


@dataclass
class Bench:
    """A workspace with one service and the means to make its environment."""

    root: Path
    cache: Path
    variables: Mapping[str, str]
    index: Index

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def pin(self, name: str, version: str = "1.0", tag: str = "any") -> str:
        """A hashed requirement."""
        file = f"{name.replace('-', '_')}-{version}-py3-none-{tag}.whl"
        digest = hashlib.sha256(self.index.files[file]).hexdigest()
        return f"{name}=={version} --hash=sha256:{digest}\n"

    def uv_lock(self, folder: str = "svc") -> None:
        """Run `uv lock` there."""
        subprocess.run(
            [find_uv_bin(), "lock", "--quiet", "--project", str(self.root / folder)],
            env={**self.variables, "UV_DEFAULT_INDEX": self.index.url, "UV_NO_CONFIG": "1"},
            check=True,
        )

    def poetry_lock(self, folder: str = "svc") -> None:
        """Run `poetry lock` there, with the Poetry that inseam locks."""
        workshop = self._workshop(TIME_LIMIT, self.variables)
        interpreter = workshop.for_service(
            ServiceFacts(name="none", root="none", lock=self._empty(), lock_kind="requirements"),
            EnvironmentSettings(),
            at_least=11,
        ).interpreter
        subprocess.run(
            [workshop.for_tool("poetry", interpreter).python, "-I", "-m", "poetry", "lock"],
            cwd=self.root / folder,
            env={
                **self.variables,
                "POETRY_VIRTUALENVS_CREATE": "false",
                "POETRY_CACHE_DIR": str(self.root.parent / "poetry"),
            },
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def _empty(self) -> str:
        (self.root.parent / "empty.lock").touch()
        return "../empty.lock"

    def _workshop(self, time_limit: float, variables: Mapping[str, str]) -> Workshop:
        return Workshop(
            root=self.root,
            cache=self.cache.resolve(),
            environment=variables,
            deadline=Deadline.after(time_limit),
        )

    def prepare(
        self,
        lock: str | None,
        kind: LockKind | None,
        *,
        pyproject: str | None = "svc/pyproject.toml",
        time_limit: float = TIME_LIMIT,
        at_least: int = 10,
        variables: Mapping[str, str] | None = None,
        **settings: object,
    ) -> Prepared:
        """The environment of a service in `svc`."""
        facts = ServiceFacts(name="svc", root="svc", pyproject=pyproject, lock=lock, lock_kind=kind)
        workshop = self._workshop(time_limit, self.variables if variables is None else variables)
        return workshop.for_service(
            facts, EnvironmentSettings.model_validate(settings), at_least=at_least
        )

    def installed(self, prepared: Prepared) -> dict[str, str]:
        """Names and versions, as the environment's own interpreter sees them."""
        program = (
            "import importlib.metadata as m, json;"
            "print(json.dumps({d.name: d.version for d in m.distributions()}))"
        )
        asked = subprocess.run(
            [prepared.environment.python, "-I", "-c", program], capture_output=True, check=True
        )
        found: dict[str, str] = json.loads(asked.stdout)
        return found


@pytest.fixture
def bench(tmp_path: Path, shared_cache: Path, variables: dict[str, str], index: Index) -> Bench:
    """An empty workspace."""
    root = tmp_path / "ws"
    root.mkdir()
    return Bench(root=root, cache=shared_cache, variables=variables, index=index)


@pytest.fixture
def project() -> Callable[..., str]:
    """The text of a `pyproject.toml`."""

    def text(*dependencies: str, python: str = ">=3.11", tail: str = "") -> str:
        return (
            f'[project]\nname = "svc"\nversion = "1"\nrequires-python = "{python}"\n'
            f"dependencies = {json.dumps(list(dependencies))}\n{tail}"
        )

    return text
