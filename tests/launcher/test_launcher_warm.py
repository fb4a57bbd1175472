"""What a warm start hands on to Pants: nothing is printed, changed or left out on the way.

In Pants' place stands a program that tells what it was started with.
"""

from __future__ import annotations

import json
import shlex
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.launcher.conftest import Checkout, Ended, History, Machine

TELL = """
import json, os, sys
print(json.dumps({"argv": sys.argv[2:], "env": dict(os.environ), "cwd": os.getcwd()}))
"""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What Pants was started with."""

    argv: list[str]
    env: dict[str, str]
    cwd: str


@dataclass(frozen=True, kw_only=True)
class Warm:
    """A machine on which something that passes for Pants is installed."""

    machine: Machine
    checkout: Checkout
    state: Path

    def told(self, *argv: str | Path, cwd: Path | None = None) -> Told:
        """What Pants is started with by a command."""
        return told(self.machine.run(*argv, cwd=cwd))

    def env(self, **changes: str | None) -> dict[str, str]:
        """The environment variables that Pants sees when some are changed outside."""
        return told(self.machine.but(**changes).run(self.checkout.pants)).env


def told(ended: Ended) -> Told:
    assert (ended.status, ended.stderr) == (0, "")
    return Told(**json.loads(ended.stdout))


@pytest.fixture(scope="module")
def warm(
    history: History,
    checkout: Checkout,
    make_machine: Callable[[], Machine],
    tmp_path_factory: pytest.TempPathFactory,
) -> Warm:
    machine = make_machine()
    venv = tmp_path_factory.mktemp("ve nv")
    python = venv / "bin" / "python"
    python.parent.mkdir()
    python.with_name("pants").touch()
    command = shlex.join([sys.executable, "-I", "-c", TELL])
    python.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (real,) = history.machine.cache.glob("launch-*")
    _, *facts = real.read_text(encoding="utf-8").splitlines()
    machine.cache.mkdir(parents=True)
    state = machine.cache / real.name
    state.write_text("".join(f"{line}\n" for line in (venv, *facts)), encoding="utf-8")
    return Warm(machine=machine, checkout=checkout, state=state)


def test_arguments_arrive_as_they_are(warm: Warm) -> None:
    argv = ["policy", "a b", "", "*", "--x=$HOME", "q\"u'o\\te", "-"]
    assert warm.told(warm.checkout.pants, *argv).argv == argv


def test_from_a_folder_below_and_through_links(warm: Warm, tmp_path: Path) -> None:
    root = warm.checkout.root
    below = root / "3rdparty"
    assert warm.told("../pants", "list", cwd=below).cwd == str(below.resolve())
    assert warm.told("/bin/sh", "pants", "list", cwd=root).argv == ["list"]
    absolute = tmp_path / "absolute link"
    absolute.symlink_to(warm.checkout.pants)
    relative = tmp_path / "relative link"
    relative.symlink_to(absolute.name)
    assert warm.told(relative, "list", cwd=root).argv == ["list"]


def test_pex_command_line(warm: Warm) -> None:
    env = warm.env()
    version, platform, digest, size = json.loads(env["PANTS_PEX_CLI_KNOWN_VERSIONS"])[0].split("|")
    assert version == env["PANTS_PEX_CLI_VERSION"]
    assert platform.split("_")[0] in {"linux", "macos"}
    assert len(digest) == 64
    url = env["PANTS_PEX_CLI_URL_TEMPLATE"]
    assert " " not in url
    assert Path(url.removeprefix("file://")).stat().st_size == int(size)
    assert env["NO_SCIE_WARNING"] == "1"


def test_ones_own_pex_command_line(warm: Warm) -> None:
    env = warm.env(PANTS_PEX_CLI_URL_TEMPLATE="file:///mine")
    assert env["PANTS_PEX_CLI_URL_TEMPLATE"] == "file:///mine"
    assert "PANTS_PEX_CLI_KNOWN_VERSIONS" not in env


def test_pyenv_that_only_path_tells_of(warm: Warm, tmp_path: Path) -> None:
    root = tmp_path / "py env"
    (root / "versions").mkdir(parents=True)
    (root / "shims").mkdir()
    (tmp_path / "other" / "shims").mkdir(parents=True)
    path = f"{tmp_path}/other/shims:{root}/shims:{warm.machine.env['PATH']}"
    assert warm.env(PATH=path, PYENV_ROOT=None)["PYENV_ROOT"] == str(root)
    assert warm.env(PATH=path, PYENV_ROOT="/stated")["PYENV_ROOT"] == "/stated"


def test_index(warm: Warm) -> None:
    index = "http://127.0.0.1:9/simple"
    indexes = warm.env(PIP_INDEX_URL=index)["PANTS_PYTHON_REPOS_INDEXES"]
    assert indexes == f"['{index}']"
    stated = warm.env(PIP_INDEX_URL=index, PANTS_PYTHON_REPOS_INDEXES="[]")
    assert stated["PANTS_PYTHON_REPOS_INDEXES"] == "[]"
    assert "PANTS_PYTHON_REPOS_INDEXES" not in warm.env(PIP_INDEX_URL=None)


def test_python_variables_are_the_users(warm: Warm) -> None:
    env = warm.env(PYTHONPATH="/mine", PYTHONHOME="/mine")
    assert not {"PYTHONPATH", "PYTHONHOME", "INSEAM_PANTS_STATE"} & env.keys()


def test_relative_cache_home_is_void(warm: Warm) -> None:
    assert "XDG_CACHE_HOME" in warm.env(XDG_CACHE_HOME="relative")


def test_state_that_is_cut_off_is_made_anew(
    warm: Warm, make_machine: Callable[[], Machine]
) -> None:
    machine = make_machine()
    machine.cache.mkdir(parents=True)
    state = machine.cache / warm.state.name
    state.write_text(warm.state.read_text(encoding="utf-8")[:40], encoding="utf-8")
    # It would install; it is enough to see that it does not take the state for whole.
    start = machine.start(warm.checkout.pants)
    start.hear("installing Pants")
    assert start.end(signal.SIGTERM).status == 128 + signal.SIGTERM


def test_a_shim_leaves_nothing_in_the_environment(
    make_checkout: Callable[[], Checkout], make_machine: Callable[[], Machine], tmp_path: Path
) -> None:
    """Pants' cache keys hold the environment, and the first run's results should count later."""
    checkout, machine = make_checkout(), make_machine()
    launcher = checkout.root / "build-support" / "launcher" / "__main__.py"
    launcher.write_text(TELL, encoding="utf-8")
    shim = tmp_path / "shims" / "python3"
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\nexport OF_THE_SHIM=1\nexec {shlex.quote(sys.executable)} "$@"\n',
        encoding="utf-8",
    )
    shim.chmod(0o755)
    path = f"{shim.parent}:{machine.env['PATH']}"
    ended = machine.but(PATH=path, INSEAM_PANTS_PYTHON=None).run(checkout.pants)
    env = told(ended).env
    assert env["PATH"] == path
    assert "OF_THE_SHIM" not in env


def test_no_endless_round(warm: Warm, make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    state = machine.cache / warm.state.name
    ended = machine.but(INSEAM_PANTS_STATE=str(state)).run(warm.checkout.pants)
    assert ended.status == 2
    assert f"{state} is still not usable" in ended.stderr
