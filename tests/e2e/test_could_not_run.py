"""Whatever keeps a gate from looking ends 2 and says where: nothing fails open."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest
from conftest import Workspace

ORDERS = "examples/services/orders"
APP = f"{ORDERS}/src/orders/app.py"


def _syntax_error(workspace: Workspace) -> str:
    workspace.append(APP, "\ndef broken(:\n")
    lines = workspace.path(APP).read_text().count("\n")
    return f"{APP}:{lines}"


def _not_utf8(workspace: Workspace) -> str:
    with workspace.path(APP).open("ab") as file:
        file.write(b"# \xff\xfe\n")
    return APP


def _missing_lock(workspace: Workspace) -> str:
    workspace.path(f"{ORDERS}/requirements.lock").unlink()
    return ORDERS


def _garbage_lock(workspace: Workspace) -> str:
    workspace.path(f"{ORDERS}/requirements.lock").write_text("{]\n")
    return f"{ORDERS}/requirements.lock"


def _wrong_hash(workspace: Workspace) -> str:
    path = workspace.path(f"{ORDERS}/requirements.lock")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(
        "".join(
            line.split("sha256:")[0] + "sha256:" + "0" * 64 + line[-3:].lstrip("0123456789abcdef")
            if "--hash=sha256:" in line
            else line
            for line in lines
        )
    )
    return "hash"


def _broken_policy(workspace: Workspace) -> str:
    workspace.append("policies/services/orders.yaml", "\ngates: {ruff: {}}\n")
    return "policies/services/orders.yaml:"


def _no_policy(workspace: Workspace) -> str:
    workspace.path("policies/org.yaml").unlink()
    return "policies/org.yaml"


def _broken_build(workspace: Workspace) -> str:
    workspace.append(f"{ORDERS}/BUILD", "\npython_service(\n")
    return f"{ORDERS}/BUILD"


def _missing_pyproject(workspace: Workspace) -> str:
    workspace.append(f"{ORDERS}/BUILD", '\npython_service(name="x", pyproject="nowhere.toml")\n')
    return "nowhere.toml"


@pytest.mark.parametrize(
    "damage",
    [
        _syntax_error,
        _not_utf8,
        _missing_lock,
        _garbage_lock,
        _wrong_hash,
        _broken_policy,
        _no_policy,
        _broken_build,
        _missing_pyproject,
    ],
)
def test_damage_is_located_and_no_pass(
    workspace: Workspace, damage: Callable[[Workspace], str]
) -> None:
    said = damage(workspace)
    ended = workspace.pants("policy", f"{ORDERS}::")
    assert ended.code == 2, ended
    assert said in ended.out + ended.err, ended


def test_the_other_services_are_still_judged(workspace: Workspace) -> None:
    _syntax_error(workspace)
    ended = workspace.pants("--inseam-gates=ruff", "policy", "examples::")
    assert ended.code == 2, ended
    assert workspace.outcome("orders", "ruff") == "could-not-run"
    assert workspace.outcome("billing", "ruff") == "pass"


def test_a_time_limit_that_is_too_short(workspace: Workspace) -> None:
    functions = (f"\n\ndef add_{n}(x: int) -> int:\n    return x + {n}\n" for n in range(50_000))
    workspace.append(APP, "".join(functions))  # no machine checks so many within a second
    ended = workspace.pants(
        "--inseam-time-limits={'mypy': 1}", "--inseam-gates=mypy", "policy", f"{ORDERS}::"
    )
    assert ended.code == 2, ended
    assert workspace.outcome("orders", "mypy") == "could-not-run"
    assert "timeout" in ended.out, ended


def test_failures_are_not_remembered(workspace: Workspace) -> None:
    """An index that cannot be reached today may be there tomorrow."""
    before = workspace.path(f"{ORDERS}/requirements.lock").read_text()
    _garbage_lock(workspace)
    assert workspace.pants("--inseam-gates=mypy", "policy", f"{ORDERS}::").code == 2
    workspace.path(f"{ORDERS}/requirements.lock").write_text(before)
    assert workspace.pants("--inseam-gates=mypy", "policy", f"{ORDERS}::").code == 0


def test_ctrl_c_ends_it_and_the_next_run_is_whole(workspace: Workspace) -> None:
    source = workspace.path(APP).read_text()
    workspace.path(APP).write_text(f"# {time.monotonic_ns()}\n{source}")
    process = subprocess.Popen(
        ["./pants", "--no-dynamic-ui", "--no-pantsd", "policy", "examples::"],
        cwd=workspace.root,
        env=workspace.variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode != 0
    assert workspace.pants("policy", f"{ORDERS}::").code == 0
