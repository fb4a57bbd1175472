"""Started with the Python of a service's environment: mypy, whose own packages lie elsewhere.

    python -I runner.py SITE_PACKAGES WORKSPACE ARGUMENT...

A script by itself, for CPython 3.10 and later, without anything of inseam. Plugins are imported
from the service's environment, and mypy finds its packages without starting a second Python.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


class ToolFinder:
    """Finds top-level modules in mypy's own environment, before any other place.

    mypy must run with the dependencies that it is locked with, whatever the service locks, but
    they must not be on `sys.path`, from which mypy learns what the service can import.
    """

    def __init__(self, site_packages: str) -> None:
        self._path = [site_packages]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module `name` if it is one of mypy's."""
        return PathFinder.find_spec(name, self._path) if path is None else None


def times_by_content(site_packages: str, workspace: str) -> None:
    """Let `os.stat` say of sources in the workspace a time that is made from their content.

    mypy takes a file for unchanged if its size and its time in whole seconds are those of the last
    run. Sandboxes may give all files one time, and two edits fit into a second. The service's and
    mypy's own packages are left alone: their folders are named after their content.
    """
    real_stat = os.stat
    elsewhere = (site_packages + os.sep, sys.prefix + os.sep)

    def stat(path: Any, *args: Any, **options: Any) -> os.stat_result:
        found = real_stat(path, *args, **options)
        if not isinstance(path, str) or not path.endswith((".py", ".pyi")):
            return found
        full = os.path.abspath(path)
        if not full.startswith(workspace + os.sep) or full.startswith(elsewhere):
            return found
        try:
            with open(path, "rb") as file:
                digest = hashlib.sha256(file.read()).digest()
        except OSError:  # a folder, or not readable: mypy will say so
            return found
        seconds = int.from_bytes(digest[:5], "big")
        return os.stat_result((*found[:8], seconds, found[9]))

    os.stat = stat  # mypy itself names this as the way to watch what it looks at


def main() -> None:
    """Run mypy with the arguments that remain."""
    site_packages, workspace = sys.argv[1:3]
    sys.argv[1:3] = []
    sys.meta_path.insert(0, ToolFinder(site_packages))
    times_by_content(site_packages, workspace)
    from mypy.__main__ import console_entry

    console_entry()


if __name__ == "__main__":
    main()
