"""Finds a CPython that Pants runs on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# What pantsbuild.pants 2.17 has wheels for; the first that is found is taken.
SUPPORTED = ("3.9", "3.8", "3.7")
OVERRIDE = "INSEAM_PANTS_PYTHON"

# A shim can hang or wait for a terminal.
PROBE_LIMIT_SECONDS = 30
INSTALL_LIMIT_SECONDS = 600

_PROBE = """
import json, platform, sys
from importlib.util import find_spec
print(json.dumps({
    # Of a virtual environment: what it was made with, which outlives it.
    "path": getattr(sys, "_base_executable", None) or sys.executable,
    "implementation": platform.python_implementation(),
    "version": platform.python_version(),
    "venv": bool(find_spec("venv") and find_spec("ensurepip")),
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A CPython that Pants runs on and that can make virtual environments."""

    path: str
    version: str


@dataclass(frozen=True)
class Unfit:
    """An interpreter, or what should have been one, and why Pants cannot use it."""

    path: str
    why: str


class NoInterpreter(Exception):
    """None was found; the text says where it was looked for and what to do."""


def probe(path: str) -> Interpreter | Unfit:
    """Asks an executable what it is."""
    try:
        done = subprocess.run(
            [path, "-I", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_LIMIT_SECONDS,
        )
        facts = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return Unfit(path, "does not run as a Python interpreter")
    if facts["implementation"] != "CPython":
        return Unfit(path, f"is {facts['implementation']}, not CPython")
    if facts["version"].rpartition(".")[0] not in SUPPORTED:
        return Unfit(path, f"is CPython {facts['version']}")
    if not facts["venv"]:
        minor = facts["version"].rpartition(".")[0]
        return Unfit(path, f"has no venv and ensurepip (on Debian: install python{minor}-venv)")
    return Interpreter(facts["path"], facts["version"])


def usual_folders() -> list[Path]:
    """Where interpreters live that are not on PATH."""
    folders = [Path("/usr/bin"), Path("/usr/local/bin"), *sorted(Path("/opt").glob("*/bin"))]
    return folders + sorted(Path("/opt/python").glob("*/bin"))


def find(environ: Mapping[str, str], usual: list[Path] | None = None) -> Interpreter:
    """The interpreter that the override names, or else the first that fits.

    Raises NoInterpreter.
    """
    override = environ.get(OVERRIDE)
    if override:
        named = probe(shutil.which(override, path=environ.get("PATH")) or override)
        if isinstance(named, Unfit):
            raise NoInterpreter(
                f"{OVERRIDE} is set, but {named.path} {named.why}: "
                "Pants runs on CPython 3.9, 3.8 or 3.7"
            )
        return named

    seen: set[str] = set()
    nearly: list[Unfit] = []
    folders = usual_folders() if usual is None else usual
    for candidate in _candidates(environ, folders):
        real = os.path.realpath(candidate)
        if real in seen:
            continue
        seen.add(real)
        found = probe(candidate)
        if isinstance(found, Interpreter):
            return found
        if "ensurepip" in found.why:
            nearly.append(found)
    raise NoInterpreter(_explanation(environ, nearly))


def install(uv: str) -> Interpreter | None:
    """Lets uv fetch the interpreter that Pants likes best; None where that fails."""
    try:
        done = subprocess.run(
            [uv, "python", "install", SUPPORTED[0]],
            stdin=subprocess.DEVNULL,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=INSTALL_LIMIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode:
        return None
    for path in _known_to_uv(uv, SUPPORTED[0]):
        found = probe(path)
        if isinstance(found, Interpreter):
            return found
    return None


def find_uv(environ: Mapping[str, str]) -> str | None:
    places = [environ.get("PATH", os.defpath)]
    if environ.get("HOME"):
        places += [f"{environ['HOME']}/.local/bin", f"{environ['HOME']}/.cargo/bin"]
    return shutil.which("uv", path=os.pathsep.join(places))


def pyenv_root(environ: Mapping[str, str]) -> str | None:
    """The folder of pyenv; `pants` has already set PYENV_ROOT where only PATH tells."""
    if environ.get("PYENV_ROOT"):
        return environ["PYENV_ROOT"]
    return f"{environ['HOME']}/.pyenv" if environ.get("HOME") else None


def _candidates(environ: Mapping[str, str], usual: list[Path]) -> Iterator[str]:
    """Executables worth asking, best first; a path may come twice."""
    path = [Path(entry) for entry in environ.get("PATH", os.defpath).split(os.pathsep) if entry]
    pyenv = pyenv_root(environ)
    uv = find_uv(environ)
    for version in SUPPORTED:
        yield from _executables(path, f"python{version}")
        if pyenv:
            homes = sorted(Path(pyenv, "versions").glob(f"{version}*"), reverse=True)
            yield from _executables([home / "bin" for home in homes], "python")
        yield from _executables(usual, f"python{version}")
        if uv:
            yield from _known_to_uv(uv, version)
    for name in ("python3", "python"):
        yield from _executables([*path, *usual], name)


def _executables(folders: list[Path], name: str) -> Iterator[str]:
    for folder in folders:
        if os.access(str(folder / name), os.X_OK):
            yield str(folder / name)


def _known_to_uv(uv: str, version: str) -> Iterator[str]:
    try:
        done = subprocess.run(
            [uv, "python", "find", version],
            env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
            stdin=subprocess.DEVNULL,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=PROBE_LIMIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode == 0:
        yield done.stdout.strip()


def _explanation(environ: Mapping[str, str], nearly: list[Unfit]) -> str:
    uv = find_uv(environ)
    lines = [
        "Pants runs on CPython 3.9, 3.8 or 3.7, and none was found",
        (
            f"  looked in: PATH, pyenv ({pyenv_root(environ) or 'HOME is not set'}), /usr/bin,"
            f" /usr/local/bin, /opt, uv ({uv or 'not installed'})"
        ),
    ]
    lines += [f"  nearly: {unfit.path} {unfit.why}" for unfit in nearly]
    lines += ["do one of these, then run this again:"]
    if not uv:
        lines += ["  pip install uv          (it then fetches CPython 3.9 by itself)"]
    lines += [
        "  pyenv install 3.9",
        "  apt-get install python3.9-venv   or   brew install python@3.9",
        f"  set {OVERRIDE}=/path/to/python3.9",
        "  use the official Pants launcher, which brings its own Python: `pants` for `./pants`",
    ]
    return "\n".join(lines)
