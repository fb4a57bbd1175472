"""Summaries are kept by content, are data, and a damaged one costs no more than time."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inseam.gates.async_blocking import loading, packs
from inseam.gates.async_blocking.glances import glances
from inseam.gates.async_blocking.loading import Loader
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

    def counting(content: bytes) -> bytes:
        seen.append(content)
        return summarise(content)

    monkeypatch.setattr(loading, "summarise", counting)
    return seen


def read(tree: Path, cache: Path) -> list[int]:
    paths = sorted(path.name for path in tree.iterdir())
    kept = loading.packs(cache)
    loader = Loader(tree, kept, glances(str(tree), paths))
    summaries = [loader.load(path) for path in paths]
    loader.save()
    kept.tidy(())
    kept.close()
    return [len(summary.flags) for summary in summaries if summary is not None]


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
        lambda content: content[:30],
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: b"\0" * len(content),
        lambda content: content.replace(b"[", b"{", 1),
        lambda content: content[:17] + b"\xff" * 8 + content[25:],
    ],
)
def test_a_damaged_pack_is_passed_over(
    tree: Path, tmp_path: Path, summarised: list[bytes], damage: Callable[[bytes], bytes]
) -> None:
    cache = tmp_path / "cache"
    read(tree, cache)
    (pack,) = cache.rglob("*.pack")
    pack.write_bytes(damage(pack.read_bytes()))
    summarised.clear()

    assert read(tree, cache) == [1, 1, 1]
    assert 1 <= len(summarised) <= 3
    summarised.clear()
    assert read(tree, cache) == [1, 1, 1]
    assert summarised == []


@pytest.mark.parametrize("entry", [b"no JSON", b"\xff", b"[1]\n[2]", b"["])
def test_an_entry_that_is_no_summary_is_passed_over(
    tree: Path, tmp_path: Path, summarised: list[bytes], entry: bytes
) -> None:
    cache = tmp_path / "cache"
    seen = glances(str(tree), ["a.py"])
    loading.packs(cache).add({seen["a.py"].digest: entry})

    assert read(tree, cache) == [1, 1, 1]
    assert len(summarised) == 3


def test_many_packs_become_one(
    tree: Path, tmp_path: Path, summarised: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    for number in range(30):
        (tree / "a.py").write_text(f"# {number}\n{SOURCE}")
        read(tree, cache)
    assert 1 <= len(list(cache.rglob("*.pack"))) <= 24
    assert len(summarised) == 32
    (tree / "a.py").write_text(f"# 3\n{SOURCE}")
    read(tree, cache)
    assert len(summarised) == 32

    size = sum(path.stat().st_size for path in cache.rglob("*.pack"))
    monkeypatch.setattr(packs, "_LARGEST", size // 2)
    read(tree, cache)

    assert sum(path.stat().st_size for path in cache.rglob("*.pack")) <= size // 2


def test_a_run_keeps_what_another_one_joins_meanwhile(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    read(tree, cache)
    held = loading.packs(cache)
    digest = glances(str(tree), ["a.py"])["a.py"].digest
    before = held.get(digest)
    monkeypatch.setattr(packs, "_MOST_PACKS", 0)
    (tree / "a.py").write_text(f"# new\n{SOURCE}")
    read(tree, cache)

    assert before is not None
    assert held.get(digest) == before
    held.close()


def test_a_cache_that_cannot_be_written_is_no_failure(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")

    assert read(tree, tmp_path / "cache") == [1, 1, 1]


def test_the_version_of_summaries_covers_all_code_that_makes_them() -> None:
    package = "inseam.gates.async_blocking."
    code = f"import sys, {package}summarise; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    modules = {name.removeprefix(package) for name in done.stdout.split() if package in name}

    assert modules - {"rules", "settings", "catalogue_model", "fix"} == set(loading._SUMMARISING)


def test_reading_a_file_leaves_no_garbage_that_only_a_collector_finds() -> None:
    """It is off while thousands of files are read."""
    summarise(SOURCE.encode())
    gc.collect()
    gc.disable()
    try:
        summarise(
            f"{SOURCE}\n\nclass A:\n    def f(self):\n        return [x for x in self.y]\n".encode()
        )
        assert gc.collect() == 0
    finally:
        gc.enable()
