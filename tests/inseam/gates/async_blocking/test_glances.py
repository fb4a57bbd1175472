"""Files are not read again if they were not touched; nothing that a later edit could look like
counts as that."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from inseam.gates.async_blocking import glances
from inseam.gates.async_blocking.glances import MARGIN, Look, believed, look_at

BEFORE = b"async def f(): ...\n"
AFTER = b"async def g(): ...\n"
PATHS = ("a.py", "b.py")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    for path in PATHS:
        (root / path).write_bytes(BEFORE)
    return root


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were read."""
    seen: list[str] = []
    look = glances._look

    def recording(path: str, before: str, stamp: str) -> Look:
        seen.append(os.path.basename(path))
        return look(path, before, stamp)

    monkeypatch.setattr(glances, "_look", recording)
    return seen


def later(margin: int = 2 * MARGIN) -> int:
    return time.time_ns() + margin


def known(looks: dict[str, Look]) -> dict[str, tuple[str, str]]:
    return {path: (look.digest, look.stamp) for path, look in looks.items()}


def in_place(path: Path) -> None:
    path.write_bytes(AFTER)


def with_its_times(path: Path) -> None:
    before = path.stat()
    path.write_bytes(AFTER)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def by_another_file(path: Path) -> None:
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(AFTER)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


def by_a_link(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(AFTER)
    path.unlink()
    path.symlink_to(other)


def longer(path: Path) -> None:
    path.write_bytes(AFTER * 2)


def test_what_was_not_touched_is_not_read(tree: Path, read: list[str]) -> None:
    first = look_at(str(tree), PATHS, {}, now=later())
    assert read == list(PATHS)
    read.clear()
    second = look_at(str(tree), PATHS, known(first), now=later())

    assert read == []
    assert known(second) == known(first)
    assert [look.size for look in second.values()] == [len(BEFORE)] * 2
    assert [look.skim for look in second.values()] == [None] * 2


@pytest.mark.parametrize("edit", [in_place, with_its_times, by_another_file, by_a_link, longer])
def test_an_edit_is_seen_whatever_it_leaves_as_it_was(
    tree: Path, read: list[str], edit: Callable[[Path], None]
) -> None:
    first = look_at(str(tree), PATHS, {}, now=later())
    read.clear()
    while time.time_ns() - (tree / "a.py").stat().st_ctime_ns < 50_000_000:
        pass  # the clock of the file system goes on
    edit(tree / "a.py")
    second = look_at(str(tree), PATHS, known(first), now=later())

    assert read == ["a.py"]
    assert second["a.py"].digest != first["a.py"].digest
    assert second["a.py"].skim is not None
    assert second["b.py"] == first["b.py"]._replace(skim=None)


def test_a_file_that_is_gone_is_a_problem(tree: Path) -> None:
    first = look_at(str(tree), PATHS, {}, now=later())
    (tree / "a.py").unlink()
    second = look_at(str(tree), PATHS, known(first), now=later())

    assert second["a.py"].digest == ""
    assert second["a.py"].problem is not None
    assert list(second) == list(PATHS)


@pytest.mark.parametrize("now", [0, 1, time.time_ns(), later(0)])
def test_young_files_are_read_again(tree: Path, read: list[str], now: int) -> None:
    first = look_at(str(tree), PATHS, {}, now=now)
    assert [look.stamp for look in first.values()] == ["", ""]
    read.clear()
    # Nothing is known of them then, however old they have become.
    look_at(str(tree), PATHS, known(first), now=later())

    assert read == list(PATHS)


def test_a_stamp_is_of_one_tree(tree: Path, read: list[str]) -> None:
    first = look_at(str(tree), PATHS, {}, now=later())
    shutil.copytree(tree, tree.with_name("copy"))
    read.clear()
    second = look_at(str(tree.with_name("copy")), PATHS, known(first), now=later())

    assert read == list(PATHS)
    assert [look.digest for look in second.values()] == [look.digest for look in first.values()]


ROOT = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
SERVED = "30 22 0:40 / /srv rw - {} server:/srv rw\n"


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        (ROOT, True),
        (ROOT.replace("ext4", "tmpfs"), False),
        (ROOT + SERVED.format("xfs"), True),
        (ROOT + SERVED.format("nfs4"), False),
        (ROOT + SERVED.format("fuse.sshfs"), False),
        (ROOT.replace("ext4", "tmpfs") + SERVED.format("ext4"), True),
        # What is mounted below the tree, and what only looks like that.
        (ROOT + "31 22 0:41 / /srv/tree/deep rw - 9p share rw\n", False),
        (ROOT + "31 22 0:41 / /srv/tree-more rw - 9p share rw\n", True),
        (ROOT + "31 22 0:41 / /srv/tree rw - ext4 /dev/vdb rw\n", True),
        # A mount over another.
        (ROOT + SERVED.format("ext4") + SERVED.format("nfs"), False),
        (ROOT + "31 22 0:41 / /srv/tree/a\\040b rw - nfs share rw\n", False),
        ("", False),
    ],
)
def test_only_honest_file_systems_are_believed(tmp_path: Path, mounts: str, expected: bool) -> None:
    (tmp_path / "mountinfo").write_text(mounts)

    assert believed("/srv/tree", str(tmp_path / "mountinfo")) is expected


def test_mounts_that_nobody_tells_of_are_not_believed(tmp_path: Path) -> None:
    assert not believed("/srv/tree", str(tmp_path / "none"))
