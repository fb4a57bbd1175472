"""Parts are judged by processes that hand each other summaries; what is found hangs on neither."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inseam.gates.async_blocking import loading, parts
from inseam.gates.async_blocking.spool import Spool
from inseam.gates.async_blocking.summarise import summarise

Judge = Callable[..., Any]

FILES = 240
"""As many as make two parts."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files that use one helper each, which all of them share, and one that does not parse."""
    root = tmp_path / "tree"
    root.mkdir()
    (root / "shared.py").write_text("import time\n\n\ndef wait() -> None:\n    time.sleep(1)\n")
    (root / "broken.py").write_text("async def handler(:\n")
    for number in range(FILES):
        (root / f"module{number:03}.py").write_text(
            "from shared import wait\n\n\nasync def handler() -> None:\n    wait()\n"
        )
    return root


@pytest.fixture
def summarised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to which any process adds a line for each file that it parses."""
    log = tmp_path / "summarised"

    def noting(content: bytes) -> bytes:
        with log.open("ab", buffering=0) as file:
            file.write(b"parsed\n")
        return summarise(content)

    monkeypatch.setattr(loading, "summarise", noting)
    return log


def test_processes_find_what_one_finds(
    tree: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = judge("async-blocking", tree).model_dump()
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    alone = judge("async-blocking", tree).model_dump()

    assert together == alone
    assert len(together["findings"]) == FILES
    assert [failure["file"] for failure in together["failures"]] == ["broken.py"]


def test_what_processes_share_is_parsed_once(tree: Path, judge: Judge, summarised: Path) -> None:
    judge("async-blocking", tree)

    # Two may meet at a file while neither has it; of all that they share that is little.
    assert FILES + 2 <= summarised.read_bytes().count(b"\n") < FILES * 3 // 2


def test_no_file_stays_open(tree: Path, judge: Judge) -> None:
    judge("async-blocking", tree)
    before = len(os.listdir("/proc/self/fd"))
    judge("async-blocking", tree)

    assert len(os.listdir("/proc/self/fd")) == before


def test_without_a_place_for_it_each_parses_what_it_needs(
    tree: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = judge("async-blocking", tree).model_dump()

    def refuse(*_: object) -> Spool:
        raise OSError("no space left on device")

    monkeypatch.setattr(parts, "Spool", refuse)

    assert judge("async-blocking", tree).model_dump() == expected


def test_if_there_is_a_place_for_some_only_none_stays_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []
    make = tempfile.mkstemp

    def one_only(prefix: str) -> tuple[int, str]:
        if made:
            raise OSError("too many open files")
        descriptor, name = make(prefix=prefix)
        made.append(descriptor)
        return descriptor, name

    monkeypatch.setattr(tempfile, "mkstemp", one_only)

    with pytest.raises(OSError, match="too many"):
        Spool(["a.py"], 2)

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(made[0])


def test_an_entry_reaches_the_other_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    spool = Spool(["a.py", "b.py", "c.py"], 2)
    child = os.fork()
    if not child:  # pragma: no cover  # in the other process
        spool.write_as(1)
        spool.put("b.py", b"theirs" * 1_000)
        spool.put("c.py", b"theirs too")
        os._exit(0)
    os.waitpid(child, 0)
    spool.write_as(0)
    spool.put("a.py", b"ours")

    assert not list(place.iterdir())  # a killed run leaves no files
    assert spool.get("a.py") == b"ours"
    assert spool.get("b.py") == b"theirs" * 1_000
    assert spool.get("c.py") == b"theirs too"
    spool.close()


def test_what_is_too_long_or_by_no_writer_is_not_there() -> None:
    spool = Spool(["a.py"], 1)
    spool.put("a.py", b"nobody's")
    assert spool.get("a.py") is None
    spool.write_as(0)
    spool.put("a.py", b"x" * (1 << 24))
    assert spool.get("a.py") is None
    spool.write_as(64)  # more processes than a word can name
    spool.put("a.py", b"late")
    assert spool.get("a.py") is None


def test_a_full_disk_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(["a.py", "b.py"], 1)
    spool.write_as(0)
    spool.put("a.py", b"before")
    monkeypatch.setattr(os, "pwrite", lambda _descriptor, entry, _place: len(entry) // 2)
    spool.put("b.py", b"cut short")

    assert spool.get("a.py") == b"before"
    assert spool.get("b.py") is None
