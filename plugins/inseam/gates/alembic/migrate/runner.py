"""Started with the Python of a service's environment: its migrations, on the gate's databases.

    python -I runner.py JOB

`env.py` runs unedited: whatever database it asks for, it gets the one that the step is about.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys
from typing import Any

_PACKAGE = "_inseam_inside"
"""What the package beside is called here: a name that is no service's."""


def keep_workspace_clean() -> None:
    """Bytecode goes to the environment, where it saves most of the next run's time, and nowhere
    else: the workspace is not ours."""
    real = importlib.machinery.SourceFileLoader.set_data
    own = sys.prefix + os.sep

    def set_data(self: Any, path: str, data: Any, *, _mode: int = 0o666) -> None:
        if path.startswith(own):
            real(self, path, data, _mode=_mode)

    type.__setattr__(importlib.machinery.SourceFileLoader, "set_data", set_data)


def load_inside(module: str) -> Any:
    """A module of the package beside, whose folder does not come into `sys.path`."""
    if _PACKAGE not in sys.modules:
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside")
        spec = importlib.util.spec_from_file_location(
            _PACKAGE, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
        )
        if spec is None or spec.loader is None:
            raise ImportError(folder)
        package = importlib.util.module_from_spec(spec)
        sys.modules[_PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{_PACKAGE}.{module}")


def main() -> None:
    """Read the job and do it."""
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    if sys.platform == "linux":  # a killed gate leaves no migration running
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != job["parent"]:
            os._exit(1)
    keep_workspace_clean()
    report, steps = load_inside("report"), load_inside("steps")
    os.chdir(job["cwd"])
    sys.path[:0] = job["source_roots"]
    steps.perform(job, report.Report(job["report"]))
    end()


def end() -> None:
    """End with what the service left to be done at the end, but without its threads, for which
    Python would wait, and without taking apart all that it imported."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
