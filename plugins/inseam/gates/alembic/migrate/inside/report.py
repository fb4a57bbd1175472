"""What the gate is told."""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Callable
from typing import Any

from .target import Refused


def failure(error: BaseException) -> dict[str, Any]:
    """An error and where it came up, outermost first."""
    frames = [[f.filename, f.lineno] for f in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append([error.filename, error.lineno])
    text = str(error).strip() or type(error).__name__
    original = getattr(error, "orig", None)
    return {
        "type": type(error).__name__,
        "text": "\n".join(text.splitlines()[:4])[:600],
        "code": str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or ""),
        "frames": frames,
        "refused": isinstance(error, Refused),
    }


class Report:
    """What the gate is told: a line of JSON for each thing that was done or failed."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def say(self, step: str, **said: Any) -> None:
        """One thing, at once on its way, so that nothing is lost if the process is killed."""
        os.write(self._file, (json.dumps({"step": step, **said}) + "\n").encode())

    def attempt(self, step: str, work: Callable[[], dict[str, Any]]) -> bool:
        """Do a step and say how it went."""
        self.say(step, state="begun")
        start = time.monotonic()
        try:
            said = work()
        except BaseException as error:  # noqa: BLE001  # env.py may call sys.exit()
            took = time.monotonic() - start
            self.say(step, state="failed", seconds=took, error=failure(error))
            return False
        self.say(step, state="done", seconds=time.monotonic() - start, **said)
        return True
