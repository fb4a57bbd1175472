"""A first look at files: what each holds, and what its text tells without being parsed.

A file that an earlier run read is not read again if the file system says that it is the same file
and was not touched: its device, inode, size and both times are what they were. Nothing is taken on
trust that a later edit could look like:

- The time that counts is that of the last change of content *or* inode (`ctime`), which programs
  cannot set: a file whose size and `mtime` were put back is read. What can forge it (setting the
  clock, writing to the disk behind the file system's back) could as well write to the cache.
- A change within the clock's tick, and one through a mapping whose page is dirty already, leave no
  new time. So a stamp is kept only if that time was `MARGIN` past when the file was about to be
  read, longer than dirty pages stay dirty (git has the same rule for "racily clean" entries, with
  less of a margin). A clock that was set back only makes files look too young, which are read;
  one that was ahead meanwhile makes the margin shorter, and no edit look like none.
- Only file systems on this machine's disks that keep such times are believed, for the whole tree:
  no network or FUSE ones, whose clock or attributes are another's, and no tmpfs, where writing
  through a mapping changes no time at all. Where the mounts are not told, nothing is believed.
- Stamps hold for the same folder and user: whoever may not read a file is told so.

Where sources are copied for each run, as into sandboxes, no stamp fits, and all files are read.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import NamedTuple

from inseam.gates.async_blocking.hierarchy import Skim, skim
from inseam.gates.signals import forking, left_to_parent

LARGEST = 40_000_000
"""Bytes of a file that is looked at."""
MARGIN = 60_000_000_000
"""Nanoseconds that a file has to have been left alone for its times to be believed."""
_FEWEST = 2_000
"""Files from which on it pays to read them in two processes."""
_OWN = 0.4
"""Of these what the first process reads, which does other things meanwhile."""
_HONEST = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "overlay"})
"""File systems that give every change of a file a new time."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file has no summary."""

    what: str
    """`unreadable`, `syntax-error` or `too-complex`."""
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """What a first look at a file gave."""

    path: str
    digest: str
    """SHA-256 of its content; empty if it cannot be read."""
    skim: Skim
    size: int = 0
    """Bytes."""
    problem: Problem | None = None


class Look(NamedTuple):
    """A file as it is now."""

    digest: str
    size: int
    stamp: str = ""
    """By which it is known again unread; empty if it has to be read."""
    skim: Skim | None = None
    """None if its content is what it was before."""
    problem: Problem | None = None


Known = Mapping[str, Sequence[str]]
"""Digest and stamp of files, by path."""

NOTHING = Skim(False, False, False, (), ())


class Glances(Mapping[str, Glance]):
    """What a first look at files gave, those that are as they were among them."""

    def __init__(self, looks: Mapping[str, Look], known: Callable[[str], Skim]) -> None:
        """
        Args:
            looks: the files as they are.
            known: gives what was seen of a file whose content is what it was.
        """
        self._looks = looks
        self._known = known

    def __getitem__(self, path: str) -> Glance:
        look = self._looks[path]
        seen = look.skim if look.skim is not None else self._known(path)
        return Glance(path, look.digest, seen, look.size, look.problem)

    def digests(self) -> Iterator[str]:
        """The digests of all of them."""
        return (look.digest for look in self._looks.values())

    def __iter__(self) -> Iterator[str]:
        return iter(self._looks)

    def __len__(self) -> int:
        return len(self._looks)


def glances(root: str, paths: Sequence[str]) -> Glances:
    """Looks at files of which nothing is known."""
    return Glances(look_at(root, paths, {}, now=0), lambda _: NOTHING)


def _nothing() -> None:
    """What to do meanwhile if there is nothing to do."""


def look_at(
    root: str,
    paths: Sequence[str],
    known: Known,
    *,
    now: int,
    meanwhile: Callable[[], None] = _nothing,
) -> dict[str, Look]:
    """Looks at files, and reads those that may have changed.

    Args:
        root: the workspace.
        paths: the files, relative to it.
        known: what an earlier run saw; the stamps are of this folder and user.
        now: nanoseconds since the epoch; 0 to believe no times.
        meanwhile: what this process does while another one reads more than its half; it is not
            called if all is read here.
    """
    found: dict[str, Look] = {}
    unread: list[tuple[str, str, str]] = []
    nothing = ("", "")
    prefix = root.rstrip("/") + "/"
    for path in paths:
        before, stamp = known.get(path, nothing)
        now_stamp, size = _stamp(path if path.startswith("/") else prefix + path, now)
        if stamp and stamp == now_stamp:
            found[path] = Look(before, size, stamp)
        else:
            found[path] = Look("", 0)  # to be replaced; here for the order
            unread.append((path, before, now_stamp))
    found.update(_read_all(root, unread, meanwhile))
    return found


def _stamp(path: str, now: int) -> tuple[str, int]:
    """What tells a file and its state from others, if it was left alone for long; and its size."""
    if not now:
        return "", 0
    try:
        seen = os.stat(path)
    except OSError:
        return "", 0
    if seen.st_ctime_ns + MARGIN > now:  # it may be changed again with nothing to show for it
        return "", 0
    size = seen.st_size
    return f"{seen.st_dev} {seen.st_ino} {size} {seen.st_mtime_ns} {seen.st_ctime_ns}", size


def _read_all(
    root: str, unread: Sequence[tuple[str, str, str]], meanwhile: Callable[[], None]
) -> list[tuple[str, Look]]:
    if len(unread) < _FEWEST or not _may_fork():
        return _read(root, unread)
    own = int(len(unread) * _OWN)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    other = context.Process(target=_send, args=(root, unread[own:], theirs), daemon=True)
    try:
        with forking():
            other.start()
        theirs.close()
        meanwhile()
        found = _read(root, unread[:own])
        try:
            found += ours.recv()
        except EOFError:  # it was killed: what it was to look at is looked at here
            found += _read(root, unread[own:])
    finally:
        if other.is_alive():  # it has said all, or nobody listens any more
            other.kill()
            other.join()
    return found


def _may_fork() -> bool:
    return "fork" in multiprocessing.get_all_start_methods() and len(os.sched_getaffinity(0)) > 1


def _send(root: str, unread: Sequence[tuple[str, str, str]], connection: Connection) -> None:
    left_to_parent()
    connection.send(_read(root, unread))
    connection.close()


def _read(root: str, unread: Sequence[tuple[str, str, str]]) -> list[tuple[str, Look]]:
    return [(path, _look(os.path.join(root, path), *known)) for path, *known in unread]


def _look(path: str, before: str, stamp: str) -> Look:
    try:
        content = _content(path)
    except OSError as error:
        problem = Problem("unreadable", f"the file cannot be read: {error.strerror}")
        return Look("", 0, skim=NOTHING, problem=problem)
    if len(content) > LARGEST:
        problem = Problem("too-complex", f"the file is larger than {LARGEST // 10**6} MB")
        return Look("", 0, skim=NOTHING, problem=problem)
    digest = hashlib.sha256(content).hexdigest()
    seen = None if digest == before else skim(content)
    return Look(digest, len(content), stamp, seen)


def _content(path: str) -> bytes:
    """A file's bytes, no more than just past `LARGEST` of them.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= LARGEST:
            content = file.read(size + 1)
            if len(content) == size:
                return content
    with open(path, "rb") as file:  # it grows, or does not tell its size
        return file.read(LARGEST + 1)  # as much memory is taken, however little there is to read


def skimmed(root: str, path: str) -> Skim:
    """What the text of a file tells that can be read."""
    return _look(os.path.join(root, path), "", "").skim or NOTHING


def believed(root: str, mounts: str = "/proc/self/mountinfo") -> bool:
    """Whether the times of all files below a folder can be believed.

    Args:
        root: the folder, without links in its path.
        mounts: the file that tells what is mounted where; see `proc_pid_mountinfo(5)`.
    """
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return False
    below = root.rstrip("/") + "/"
    nearest, kinds = "", set()
    for line in lines:
        fields, _, kind = line.partition(" - ")
        point = _unescaped(fields.split(" ")[4]).rstrip("/") + "/"
        if point.startswith(below) and point != below:
            kinds.add(kind.split(" ")[0])
        elif below.startswith(point) and len(point) >= len(nearest):  # a later one hides others
            nearest, own = point, kind.split(" ")[0]
    return bool(nearest) and own in _HONEST and kinds <= _HONEST


def _unescaped(point: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, character)
    return point
