"""Summaries are kept by content, are data, and a damaged one costs no more than time."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from inseam.gates.async_blocking import loading
from inseam.gates.async_blocking.loading import Loader, glances
from inseam.gates.async_blocking.summarise import summarise

SOURCE = "import time\n\n\nasync def handler() -> None:\n    time.sleep(1)\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    for name in ("a.py", "b.py", "c.py"):
        (root / name).write_text(f"# {name}\n{SOURCE}")
    return root


@pytest.fixture
def summarised(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Contents that were parsed, in order."""
    seen: list[bytes] = []

    def counting(content: bytes) -> str:
        seen.append(content)
        return summarise(content)

    monkeypatch.setattr(loading, "summarise", counting)
    return seen


def read(tree: Path, cache: Path) -> list[int]:
    paths = sorted(path.name for path in tree.iterdir())
    loader = Loader(tree, cache, glances(tree, paths, {}))
    summaries = [loader.load(path) for path in paths]
    return [len(summary.functions) for summary in summaries if summary is not None]


def test_a_second_run_parses_nothing(tree: Path, tmp_path: Path, summarised: list[bytes]) -> None:
    cache = tmp_path / "cache"

    assert read(tree, cache) == [1, 1, 1]
    assert len(summarised) == 3
    assert read(tree, cache) == [1, 1, 1]
    assert len(summarised) == 3


def test_an_edit_parses_one_file(tree: Path, tmp_path: Path, summarised: list[bytes]) -> None:
    cache = tmp_path / "cache"
    read(tree, cache)
    summarised.clear()
    (tree / "b.py").write_text(f"{SOURCE}\n\nasync def other() -> None: ...\n")

    assert read(tree, cache) == [1, 2, 1]
    assert len(summarised) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: b"\0" * len(content),
        lambda content: _checked(zlib.compress(b"[1]\n[2]")),
        lambda content: _checked(b"no zlib"),
    ],
)
def test_a_damaged_entry_is_passed_over_and_written_again(
    tree: Path, tmp_path: Path, summarised: list[bytes], damage: object
) -> None:
    cache = tmp_path / "cache"
    read(tree, cache)
    entries = [path for path in cache.rglob("*") if path.is_file()]
    whole = entries[0].read_bytes()
    entries[0].write_bytes(damage(whole))  # type: ignore[operator]

    assert read(tree, cache) == [1, 1, 1]
    assert entries[0].read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_no_failure(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")

    assert read(tree, tmp_path / "cache") == [1, 1, 1]


def _checked(text: bytes) -> bytes:
    return zlib.crc32(text).to_bytes(4, "big") + text
