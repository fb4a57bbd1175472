"""The gate's own PostgreSQL: shared while it is used, gone afterwards, however its users end."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from inseam.gates.alembic.server.connection import Server, parse_url
from inseam.gates.alembic.server.embedded import Embedded
from inseam.gates.alembic.server.programs import Programs, choose
from inseam.gates.contract import GateError
from inseam.gates.environment.deadline import Deadline

PLUGINS = Path(__file__).parents[4] / "plugins"
HOLD = """
import json, os, sys
from pathlib import Path
from inseam.gates.alembic.server.embedded import Embedded
from inseam.gates.alembic.server.programs import Programs
from inseam.gates.environment.deadline import Deadline
said = json.loads(sys.argv[1])
programs = Programs(
    folder=Path(said["folder"]), major=said["major"], extensions=frozenset(),
    wheel=Path(said["wheel"]),
)
with Embedded(
    programs=programs, cache=Path(said["cache"]), environment=dict(os.environ),
    deadline=Deadline.after(60), private=said["private"],
).running() as server:
    print(server.host, flush=True)
    sys.stdin.readline()
"""


def hold(embedded: Embedded, private: str) -> subprocess.Popen[str]:
    """Another process that uses a server until it reads a line."""
    said = {
        "folder": str(embedded.programs.folder),
        "major": embedded.programs.major,
        "wheel": str(embedded.programs.wheel),
        "cache": str(embedded.cache),
        "private": private,
    }
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, json.dumps(said)],
        env={**os.environ, "PYTHONPATH": str(PLUGINS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def until(condition: Callable[[], bool]) -> bool:
    """Whether something comes true within some seconds."""
    limit = time.monotonic() + 15
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def server_process(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def test_databases_come_and_go(server: Server) -> None:
    names = ("inseam_test_one", "inseam_test_two")
    listed = "SELECT count(*) FROM pg_database WHERE datname LIKE 'inseam_test_%'"
    server.create(*names, lock_timeout=1500)
    assert server.query("SELECT current_database()", database=names[1]) == names[1]
    assert server.query("SHOW lock_timeout", database=names[0]) == "1500ms"
    assert server.query(listed) == "2"
    server.drop(*names)
    assert server.query(listed) == "0"


def test_a_refused_statement_is_an_error(server: Server) -> None:
    with pytest.raises(GateError) as caught:
        server.query("SELECT nonsense")

    assert caught.value.code == "server-failed"
    assert "nonsense" in caught.value.message


def test_it_listens_on_its_socket_only(server: Server) -> None:
    assert server.query("SHOW listen_addresses") == ""
    assert server.query("SHOW unix_socket_directories") == server.host


def test_two_users_share_it_and_the_last_one_ends_it(embedded: Embedded) -> None:
    one = dataclasses.replace(embedded, private="shared")
    with one.running() as first:
        other = hold(embedded, "shared")
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline().strip() == first.host
    process = server_process(Path(first.host))
    assert runs(process)
    other.communicate("\n", timeout=20)
    assert other.returncode == 0
    assert not Path(first.host).exists()
    assert not runs(process)


def test_it_dies_with_its_owner(embedded: Embedded) -> None:
    """Killed so that the owner can do nothing about it."""
    owner = hold(embedded, "killed")
    assert owner.stdout is not None
    folder = Path(owner.stdout.readline().strip())
    process = server_process(folder)
    owner.send_signal(signal.SIGKILL)
    owner.communicate(timeout=20)

    assert until(lambda: not runs(process))
    assert until(lambda: not folder.exists())


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel offers it on Linux only")
def test_it_dies_with_its_keeper(embedded: Embedded) -> None:
    """And the next one removes the folder that is left."""
    one = dataclasses.replace(embedded, private="keeper")
    with one.running() as first:
        process = server_process(Path(first.host))
        (record,) = (
            said
            for path in (embedded.cache / "postgresql" / "servers").glob("*/server.json")
            if (said := json.loads(path.read_text()))["folder"] == first.host
        )
        os.kill(record["keeper"], signal.SIGKILL)
        assert until(lambda: not runs(process))
        assert not first.is_alive()
        with one.running() as second:
            assert second.is_alive()
            assert not Path(first.host).exists()
    assert until(lambda: not Path(second.host).exists())


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel offers it on Linux only")
def test_what_a_killed_machinery_left_goes_with_the_next_run(
    embedded: Embedded, tmp_path: Path
) -> None:
    """Owner and keeper killed at once, and the cache gone that knew of them."""
    owner = hold(dataclasses.replace(embedded, cache=tmp_path), "left")
    assert owner.stdout is not None
    folder = Path(owner.stdout.readline().strip())
    process = server_process(folder)
    (record,) = tmp_path.glob("postgresql/servers/*/server.json")
    os.kill(json.loads(record.read_text())["keeper"], signal.SIGKILL)
    owner.send_signal(signal.SIGKILL)
    owner.communicate(timeout=20)
    assert until(lambda: not runs(process))
    assert folder.exists()

    with dataclasses.replace(embedded, private="next").running() as server:
        assert server.is_alive()
        assert not folder.exists()


def test_a_server_that_ends_is_noticed(embedded: Embedded) -> None:
    with dataclasses.replace(embedded, private="ends").running() as first:
        os.kill(server_process(Path(first.host)), signal.SIGQUIT)
        assert until(lambda: not Path(first.host).exists())
        assert not first.is_alive()


def test_one_that_cannot_start_says_why(embedded: Embedded, tmp_path: Path) -> None:
    """Its data is damaged, as after a disk was full."""
    broken = dataclasses.replace(embedded, cache=tmp_path)
    with broken.running():
        pass
    (template,) = tmp_path.glob("postgresql/templates/*.tar")
    template.write_bytes(template.read_bytes()[:100_000])
    with broken.running() as mended:
        assert mended.is_alive()
    folder = tmp_path / "programs"
    folder.mkdir()
    programs = dataclasses.replace(embedded.programs, folder=folder, wheel=None)
    empty = dataclasses.replace(broken, programs=programs)
    with pytest.raises(GateError) as caught, empty.running():
        pass
    assert caught.value.code == "server-start"


def test_its_start_is_limited(embedded: Embedded) -> None:
    slow = dataclasses.replace(embedded, private="slow", deadline=Deadline.after(0.001))
    with pytest.raises(GateError) as caught, slow.running():
        pass
    assert caught.value.code == "timeout"


def of(major: int, *extensions: str) -> Programs:
    return Programs(folder=Path("/x"), major=major, extensions=frozenset(extensions))


def test_choosing() -> None:
    wheel, old, system = of(18, "vector"), of(16, "vector"), of(15, "citext", "vector")
    there = [wheel, old, system]

    assert choose(there, version=None, extensions=()) is wheel
    assert choose(there, version=None, extensions=("citext",)) is system
    assert choose(there, version=16, extensions=("vector",)) is old


@pytest.mark.parametrize(
    ("version", "extensions", "code", "named"),
    [
        (None, ("postgis", "vector"), "missing-extension", "postgis"),
        (18, ("citext",), "missing-extension", "citext"),
        (9, (), "no-server", "found 18, 15"),
    ],
)
def test_nothing_to_choose(
    version: int | None, extensions: tuple[str, ...], code: str, named: str
) -> None:
    with pytest.raises(GateError) as caught:
        choose([of(18, "vector"), of(15, "citext")], version=version, extensions=extensions)

    assert caught.value.code == code
    assert named in caught.value.message


def test_a_url() -> None:
    server = parse_url(
        "postgresql://me:a%40b@db.example:6543/main",
        psql=Path("/x/psql"),
        environment={},
        deadline=Deadline.after(9),
    )
    assert (server.host, server.port, server.user) == ("db.example", 6543, "me")
    assert server.variables("x")["PGPASSWORD"] == "a@b"
    assert server.database == "main"


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://x:port/y"])
def test_a_url_that_cannot_be_used(url: str) -> None:
    with pytest.raises(GateError) as caught:
        parse_url(url, psql=Path("/x"), environment={}, deadline=Deadline.after(9))

    assert caught.value.code == "bad-url"
