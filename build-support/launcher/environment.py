"""Installs Pants for one interpreter and one lock, into a folder of its own.

The folder is built in place, because virtual environments hold their own path, and under a lock
that only one process holds. Its marker is written last: a folder without one is the remains of an
interrupted start and is built anew. What never changes is thus never half made.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from interpreters import Interpreter

# Raise it when this module makes something different out of the same lock.
LAYOUT = 1
STEP_LIMIT_SECONDS = 1800
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_PLAIN = re.compile(r"[A-Za-z0-9/._~+@=:,-]+")


class BuildFailed(Exception):
    """A step of the installation failed; the text says which, and what it printed last."""


@dataclass(frozen=True)
class Installation:
    """What `pants` needs to know to become Pants; every path is absolute."""

    venv: Path
    pex: Path
    pex_version: str
    pex_sha256: str
    pex_size: int

    @property
    def known_version(self) -> str:
        """As the option `--pex-cli-known-versions` wants it."""
        system = {"Darwin": "macos"}.get(platform.system(), platform.system().lower())
        machine = {"aarch64": "arm64", "amd64": "x86_64"}.get(
            platform.machine(), platform.machine()
        )
        fields = (
            self.pex_version,
            f"{system}_{machine}",
            self.pex_sha256,
            str(self.pex_size),
        )
        return json.dumps(["|".join(fields)])


@dataclass(frozen=True)
class Environment:
    """A folder for Pants under the cache, named after all that goes into it."""

    cache: Path
    pants_version: str
    lock: Path
    interpreter: Interpreter

    @property
    def folder(self) -> Path:
        ingredients = (
            LAYOUT,
            self.pants_version,
            hashlib.sha256(self.lock.read_bytes()).hexdigest(),
            self.interpreter.path,
            self.interpreter.version,
            platform.system(),
            platform.machine(),
        )
        digest = hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()
        return self.cache / f"{self.pants_version}-{digest[:16]}"

    @property
    def marker(self) -> Path:
        return self.folder / "complete.json"

    def installed(self) -> bool:
        return (
            self.marker.is_file()
            and os.access(str(self.folder / "venv/bin/python"), os.X_OK)
            and (self.folder / "venv/bin/pants").is_file()
            and (self.folder / "pex").is_file()
        )

    def installation(self) -> Installation:
        facts = json.loads(self.marker.read_text(encoding="utf-8"))
        return Installation(
            venv=self.folder / "venv",
            pex=_where_pants_can_read(self.folder / "pex", facts["sha256"]),
            pex_version=facts["version"],
            pex_sha256=facts["sha256"],
            pex_size=facts["size"],
        )

    def build(self, log: Path, held: int) -> None:
        """Installs everything; removes what there is of it when interrupted.

        `held` is the descriptor of the lock file. The steps inherit it, so that the next start
        waits for a step that outlives this process (kill -9) instead of building into its folder.

        Raises BuildFailed.
        """
        if self.folder.exists():
            shutil.rmtree(str(self.folder))
        scratch = self.folder / "scratch"
        try:
            scratch.mkdir(parents=True)
            with log.open("wb") as output:
                steps = _Steps(output.fileno(), log, held, scratch)
                facts = self._run(steps, scratch)
            shutil.rmtree(str(scratch))
            write_atomically(self.marker, json.dumps(facts))
        except BaseException:
            shutil.rmtree(str(self.folder), ignore_errors=True)
            raise

    def _run(self, steps: _Steps, scratch: Path) -> dict[str, object]:
        venv, wheels, pex = self.folder / "venv", scratch / "wheels", self.folder / "pex"
        python = [str(venv / "bin" / "python"), "-I", "-m"]
        pip = ["--no-input", "--disable-pip-version-check"]

        steps.run(
            "making a virtual environment", [self.interpreter.path, "-I", "-m", "venv", str(venv)]
        )
        # Everything from the index comes through here, and against the lock's hashes; what follows
        # needs no network.
        steps.run(
            "fetching Pants",
            [*python, "pip", "wheel", *pip, "--require-hashes", "--no-deps"]
            + ["--wheel-dir", str(wheels), "--requirement", str(self.lock)],
        )
        steps.run(
            "installing Pants",
            [*python, "pip", "install", *pip, "--no-index", "--no-deps", "--no-user"]
            + sorted(map(str, wheels.iterdir())),
        )
        version = next(wheels.glob("pex-*.whl")).name.split("-")[1]
        # The same bytes on every machine, so that processes which use it hit in a shared cache.
        steps.run(
            "building the PEX command line",
            [*python, "pex", f"pex=={version}", "--no-index", "--find-links", str(wheels)]
            + ["--disable-cache", "--no-compile", "--no-use-system-time", "--no-strip-pex-env"]
            + ["--python-shebang", "/usr/bin/env python3", "-c", "pex", "-o", str(pex)],
        )
        content = pex.read_bytes()
        return {
            "version": f"v{version}",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
        }


class _Steps:
    """Runs commands in turn, each to its end or, when this one is stopped, to its death."""

    def __init__(self, output: int, log: Path, held: int, scratch: Path) -> None:
        self._output = output
        self._log = log
        self._held = held
        # pip's settings are the user's and stay; PEX's would change the bytes of what is built.
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("PEX_")}
        self._env.update(PEX_IGNORE_RCFILES="true", TMPDIR=str(scratch))

    def run(self, what: str, command: list[str]) -> None:
        # A signal between the start and the assignment would leave a process that nobody stops.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        process = subprocess.Popen(
            command,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            pass_fds=(self._held,),
            start_new_session=True,  # so that its children can be stopped with it
            preexec_fn=_heed_signals,  # safe: there are no threads here
        )
        try:
            _heed_signals()
            process.wait(timeout=STEP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            raise BuildFailed(
                f"{what}: stopped after {STEP_LIMIT_SECONDS // 60} minutes\n{self._tail()}"
            ) from None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.returncode:
            raise BuildFailed(f"{what}: exit status {process.returncode}\n{self._tail()}")

    def _tail(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  | {line}" for line in lines[-12:]) + f"\n  all of it: {self._log}"


def _heed_signals() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def write_atomically(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=str(path.parent), prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, str(path))
    except BaseException:
        os.unlink(temporary)
        raise


def plain(path: Path) -> bool:
    """Whether a path holds no character that Pants or PEX trip over.

    Pants' file:// download opens what the URL spells, with %20 and the like left encoded; and a
    script's first line cannot name an interpreter in a folder with a space.
    """
    return _PLAIN.fullmatch(str(path)) is not None


def plain_folder() -> Path:
    """A folder of the user's own outside of the cache, for what needs a plain path.

    Raises BuildFailed.
    """
    for shared in map(Path, ("/var/tmp", os.environ.get("TMPDIR", "/tmp"), "/tmp")):
        if not plain(shared) or not os.access(str(shared), os.W_OK | os.X_OK):
            continue
        own = shared / f"inseam-{os.getuid()}"
        own.mkdir(mode=0o700, exist_ok=True)
        status = own.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid():
            return own
    raise BuildFailed(
        "the cache's path holds a character that Pants cannot work with, and so does that of every"
        " folder for temporary files: set XDG_CACHE_HOME to a path of plain letters"
    )


def _where_pants_can_read(pex: Path, sha256: str) -> Path:
    """The PEX, or a copy at a plain path; Pants checks the digest of what it reads."""
    if plain(pex):
        return pex
    copy = plain_folder() / f"pex-{sha256[:16]}"
    scratch = copy.with_name(f".{copy.name}-{os.getpid()}")
    shutil.copyfile(str(pex), str(scratch))
    os.replace(str(scratch), str(copy))
    return copy
