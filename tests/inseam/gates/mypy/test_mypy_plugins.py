"""mypy's plugins run from the service's environment; whatever they do, nothing passes unseen."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

PLUGIN = """\
import os
from mypy.plugin import Plugin

exec(os.environ.get("ACME_TOP", ""))

class Own(Plugin):
    def get_function_hook(self, fullname):
        if fullname == "app.double":
            exec(os.environ.get("ACME_HOOK", ""))
        return None

def plugin(version):
    return Own
"""
"""It does what the unit's variables say, so that one environment serves all tests."""

CLEAN = "def double(number: int) -> int:\n    return number * 2\n\n\nprint(double(2))\n"


def install(ws: Any, *, top: str = "", hook: str = "") -> None:
    """Let the service lock a plugin `acme_plugin` and have one clean module, a new one for mypy."""
    ws.install("acme-plugin", {"acme_plugin/__init__.py": PLUGIN})
    ws.variables = {"ACME_TOP": top, "ACME_HOOK": hook}
    ws.write({"svc/app.py": f"{CLEAN}print({ws.root.as_posix()!r})\n"})


def test_pydantic(ws: Any, pydantic_lock: str) -> None:
    """Its plugin sees what plain mypy does not, and never less than plain mypy."""
    ws.lock = pydantic_lock
    ws.write(
        {
            "svc/app.py": "from pydantic import BaseModel\n\n\n"
            "class Order(BaseModel):\n    number: int\n    note = 'untyped'\n\n\n"
            "Order(number='1')\nOrder(number=1, nmae='x')\n"
        }
    )
    seen = {(finding.rule, finding.line) for finding in ws.findings(plugins=["pydantic.mypy"])}
    assert seen == {("mypy/pydantic-field", 6), ("mypy/arg-type", 9), ("mypy/call-arg", 10)}


def test_plugin_of_its_own(ws: Any) -> None:
    install(ws)
    assert ws.findings(plugins=["acme_plugin"]) == ()
    assert ws.findings(plugins=["acme_plugin:plugin"]) == ()


def test_plugin_that_is_not_locked(ws: Any) -> None:
    ws.write({"svc/app.py": CLEAN})
    assert ws.failure(plugins=["pydantic.mypy"]) == ("mypy/plugin", None, None)


def test_plugin_of_the_service_itself_is_not_imported(ws: Any) -> None:
    """A pull request's code is data to this gate."""
    ws.write({"svc/app.py": CLEAN, "svc/own_plugin.py": "raise SystemExit(0)\n"})
    assert ws.failure(plugins=["own_plugin"])[0] == "mypy/plugin"


@pytest.mark.parametrize(
    ("top", "hook", "code"),
    [
        ("import nowhere", "", "plugin"),
        ("", "raise RuntimeError('the plugin is broken')", "crashed"),
        ("", "import os; os.kill(os.getpid(), 9)", "tool-crashed"),
        ("", "print('garbage')", "tool-output"),
        ("", "print('{\"file\": 1}')", "tool-output"),
        # Neither the exit code nor silence shows that nothing was checked.
        ("raise SystemExit(0)", "", "tool-output"),
        ("", "import os; os._exit(0)", "tool-output"),
        ("", "import os; os._exit(1)", "tool-output"),
        ("", "import os; os._exit(2)", "blocked"),
        ("", "import os; os._exit(7)", "crashed"),
    ],
)
def test_plugin_that_fails(ws: Any, top: str, hook: str, code: str) -> None:
    install(ws, top=top, hook=hook)
    document = ws.check(plugins=["acme_plugin"])
    assert document.findings == ()
    assert {found.code for found in document.failures} == {f"mypy/{code}"}
    assert all(found.service == "svc" and found.fix for found in document.failures)


def test_crash_names_place_and_cause(ws: Any) -> None:
    install(ws, hook="raise RuntimeError('the plugin is broken')")
    (failure,) = ws.check(plugins=["acme_plugin"]).failures
    assert (failure.file, failure.line) == ("svc/app.py", 5)
    assert "the plugin is broken" in failure.message


def test_time_limit_kills_with_children(ws: Any, tmp_path: Path) -> None:
    """The plugin starts a child and both hang; neither is left."""
    install(ws)
    ws.findings(plugins=["acme_plugin"])  # makes the environment, which is not to be timed
    pipe = tmp_path / "alive"
    os.mkfifo(pipe)
    install(
        ws,
        top="import subprocess, time; "
        f"subprocess.Popen(['sleep', '600'], stdout=open({str(pipe)!r}, 'w')); time.sleep(600)",
    )
    ended = threading.Event()

    def watch() -> None:
        with pipe.open() as alive:  # ends when nobody holds the other end any more
            alive.read()
        ended.set()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    assert ws.failure(plugins=["acme_plugin"], time_limit=6.0)[0] == "mypy/tool-timeout"
    assert ended.wait(10)


def test_nothing_of_the_shell_is_inherited(ws: Any) -> None:
    """A plugin sees only the variables of the unit."""
    install(ws, top="import os\nassert 'SECRET' not in os.environ, 'leaked'")
    os.environ["SECRET"] = "1"
    try:
        document = ws.check(plugins=["acme_plugin"], environment={"SECRET": "1"})
        assert "leaked" in document.failures[0].message
    finally:
        del os.environ["SECRET"]
    assert ws.findings(plugins=["acme_plugin"]) == ()


def test_interrupted_by_a_signal(ws: Any) -> None:
    install(ws, hook="import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    (failure,) = ws.check(plugins=["acme_plugin"]).failures
    assert failure.code == "mypy/tool-crashed"
    assert signal.Signals.SIGSEGV.name in failure.message
