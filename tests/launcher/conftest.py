"""Checkouts, caches and homes for the real launcher, all with a space in their path."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 240
_BUILDING = "once, in about"

# What the launcher itself decides on, and what would make Pants behave as on this machine.
_OWN = ("PANTS_", "PEX_", "INSEAM_", "XDG_", "PYTHON")


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A folder with the launcher and all that it reads."""

    root: Path

    @property
    def pants(self) -> Path:
        return self.root / "pants"

    @property
    def lock(self) -> Path:
        return self.root / "3rdparty" / "pants.lock"

    @property
    def pants_toml(self) -> Path:
        return self.root / "pants.toml"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Environment variables under which `pants` is started."""

    env: Mapping[str, str]

    @property
    def cache(self) -> Path:
        return Path(self.env["HOME"]) / ".cache" / "inseam" / "pants"

    def entries(self) -> set[str]:
        """What stands in the launcher's cache, with the digests taken out of the names."""
        return {re.sub(r"-[0-9a-f-]{8,}$", "", path.name) for path in self.cache.iterdir()}

    def but(self, **changes: str | None) -> Machine:
        """The same with some variables changed, or with None removed."""
        env = {**self.env, **{name: value for name, value in changes.items() if value is not None}}
        return Machine(env={name: env[name] for name in env if changes.get(name, "") is not None})

    def start(self, *argv: str | Path, cwd: Path | None = None) -> Started:
        """Starts a command in its own folder and process group, without a terminal."""
        process = subprocess.Popen(
            [str(word) for word in argv],
            env=dict(self.env),
            cwd=cwd or Path(argv[0]).parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        return Started(process=process)

    def run(self, *argv: str | Path, cwd: Path | None = None) -> Ended:
        return self.start(*argv, cwd=cwd).end()


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What a command came to."""

    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True, kw_only=True)
class Started:
    """A command that runs."""

    process: subprocess.Popen[str]
    heard: list[str] = field(default_factory=list)

    def hear(self, text: str) -> None:
        """Waits until the command has said `text` on stderr."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.heard.append(line)
            if text in line:
                return
        raise AssertionError(f"ended without saying {text!r}: {self.heard}")

    def end(self, by: signal.Signals | None = None) -> Ended:
        """Awaits the end, after sending a signal if one is given; kills everything at the limit."""
        if by is not None:
            self.process.send_signal(by)
        try:
            stdout, stderr = self.process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        stderr = "".join(self.heard) + stderr
        return Ended(status=self.process.returncode, stdout=stdout, stderr=stderr)


@pytest.fixture(scope="session")
def interpreters() -> Iterator[ModuleType]:
    """The launcher's module that finds interpreters."""
    path = ROOT / "build-support" / "launcher" / "interpreters.py"
    spec = importlib.util.spec_from_file_location("launcher_interpreters", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="session")
def make_checkout(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Checkout]:
    def make() -> Checkout:
        root = tmp_path_factory.mktemp("check out")
        made = Checkout(root=root)
        shutil.copy(ROOT / "pants", made.pants)
        shutil.copytree(ROOT / "build-support" / "launcher", root / "build-support" / "launcher")
        made.lock.parent.mkdir()
        shutil.copy(ROOT / "3rdparty" / "pants.lock", made.lock)
        # Neither a daemon that outlives the test, nor backends that this machine has to resolve.
        pins = (ROOT / "pants.toml").read_text(encoding="utf-8").splitlines()
        version = next(line for line in pins if line.startswith("pants_version"))
        made.pants_toml.write_text(f"[GLOBAL]\n{version}\npantsd = false\n", encoding="utf-8")
        return made

    return make


@pytest.fixture(scope="session")
def checkout(make_checkout: Callable[[], Checkout]) -> Checkout:
    """A checkout that no test changes."""
    return make_checkout()


@pytest.fixture(scope="session")
def make_machine(
    tmp_path_factory: pytest.TempPathFactory, interpreters: ModuleType
) -> Callable[[], Machine]:
    """Machines with an empty home; pip's settings, proxies and certificates are this machine's."""
    python = interpreters.find(os.environ).path

    def make() -> Machine:
        home = tmp_path_factory.mktemp("ho me")
        env = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
        # What pyenv and uv keep in the real home is not found from the empty one.
        return Machine(env={**env, "HOME": str(home), interpreters.OVERRIDE: python})

    return make


@dataclass(frozen=True, kw_only=True)
class History:
    """What happened on one machine, in this order: two broken-off starts, then two at once."""

    machine: Machine
    interrupted: Ended
    after_interrupted: set[str]
    killed: Ended
    after_killed: set[str]
    first: Ended
    second: Ended


@pytest.fixture(scope="session")
def history(checkout: Checkout, make_machine: Callable[[], Machine]) -> History:
    """One installation takes half a minute, so all tests look at the same one."""
    machine = make_machine()

    def broken_off(by: signal.Signals) -> tuple[Ended, set[str]]:
        start = machine.start(checkout.pants, "--version")
        start.hear(_BUILDING)
        return start.end(by), machine.entries()

    interrupted, after_interrupted = broken_off(signal.SIGINT)
    killed, after_killed = broken_off(signal.SIGKILL)
    first = machine.start(checkout.pants, "--version")
    first.hear(_BUILDING)
    second = machine.start(checkout.pants, "--version")
    return History(
        machine=machine,
        interrupted=interrupted,
        after_interrupted=after_interrupted,
        killed=killed,
        after_killed=after_killed,
        second=second.end(),
        first=first.end(),
    )
