"""What tells a command line: the names of its files, and what runs an event loop."""

from __future__ import annotations

LOOPS = ("asyncio", "anyio", "trio", "uvloop")
"""Modules whose `run` runs an event loop."""
_FOLDERS = frozenset({"cli", "_cli", "cmds", "benchmarks", "scripts"})
_FILES = frozenset({"cli.py", "__main__.py"})


def is_of_commands(path: str) -> bool:
    """Whether a file is a command line's: frameworks that nobody knows hand its functions to loops
    of their own."""
    *folders, name = path.split("/")
    return name in _FILES or not _FOLDERS.isdisjoint(folders[-1:])


def package_of_commands(path: str) -> str:
    """The folder of a command line that a file stands in, at whatever depth, where there may be
    servers as well; empty if there is none."""
    folders = path.split("/")[:-1]
    for number, folder in enumerate(folders, 1):
        if folder in _FOLDERS:
            return "/".join(folders[:number])
    return ""
