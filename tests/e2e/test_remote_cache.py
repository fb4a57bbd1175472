"""A remote cache: what one machine has found, another does not look for again."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY, Workspace
from uv import find_uv_bin

_CONFIGURATION = """server:
  - !channel
    address: 127.0.0.1:{port}
    insecure-mode: true
instances:
  - name: main
    storages:
      - !disk-storage &cas
        path: {folder}
    caches:
      - !lru-action-cache &actions
        storage: *cas
        max-cached-refs: 10000
        allow-updates: true
        cache-failed-actions: false
    services:
      - !cas
        storage: *cas
      - !bytestream
        storage: *cas
      - !action-cache
        cache: *actions
"""

_STATISTIC = re.compile(r"^\s+(\w+): (\d+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def remote_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real BuildGrid."""
    folder = tmp_path_factory.mktemp("buildgrid")
    uv, venv = find_uv_bin(), folder / "venv"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, venv], check=True)
    lock = REPOSITORY / "3rdparty" / "buildgrid.lock"
    subprocess.run(
        [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", venv / "bin/python", lock],
        check=True,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configuration = folder / "buildgrid.yaml"
    configuration.write_text(_CONFIGURATION.format(port=port, folder=folder / "storage"))
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [venv / "bin" / "bgd", "server", "start", "-v", configuration],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(port, server, log)
        yield f"grpc://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server accepts connections; the kernel's answer is what is waited for."""
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        with socket.socket() as probe:
            probe.settimeout(0.1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            server.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"no server on port {port}:\n{log.read_text()}")


def _run(workspace: Workspace, address: str, machine: Path) -> dict[str, int]:
    """Run `policy` as on a machine whose stores lie in `machine`; Pants' statistics."""
    ended = workspace.pants(
        "--no-pantsd",
        "--stats-log",
        "--remote-cache-read",
        "--remote-cache-write",
        "--cache-content-behavior=fetch",
        f"--remote-store-address={address}",
        "--remote-instance-name=main",
        f"--local-store-dir={machine / 'store'}",
        f"--named-caches-dir={machine / 'named'}",
        "policy",
        "examples::",
    )
    assert ended.code == 0, ended
    return {name: int(value) for name, value in _STATISTIC.findall(ended.err)}


def _reports(workspace: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in workspace.path("dist/inseam").iterdir()}


def test_a_second_machine_runs_nothing(
    workspace: Workspace, remote_cache: str, tmp_path: Path
) -> None:
    here = workspace.pants("policy", "examples::")
    assert here.code == 0, here
    reports = _reports(workspace)
    first = _run(workspace, remote_cache, tmp_path / "first")
    assert _reports(workspace) == reports, "another machine must write the same bytes"
    units = first["local_execution_requests"]
    assert units >= 8, first  # plan, verdict, the engine, and units of three gates
    second = _run(workspace, remote_cache, tmp_path / "second")
    assert second["remote_cache_requests_cached"] == second["remote_cache_requests"], second
    assert second["remote_cache_requests_cached"] >= 8, second
