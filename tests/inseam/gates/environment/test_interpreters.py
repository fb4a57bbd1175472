"""Which interpreter is taken: the lowest that fits, wherever it is installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inseam.gates.contract import GateError
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.interpreters import Interpreter, Wanted, find_interpreter
from inseam.gates.environment.python_range import parse_range

FAKE = """#!/bin/sh
echo started >> "{log}"
echo "{version} {implementation} {level}"
"""


class Machine:
    """A machine with interpreters that only say their version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"

    def add(
        self, where: str, version: str, *, implementation: str = "cpython", level: str = "final"
    ) -> Path:
        path = self.folder / where / f"python3.{version.split('.')[1]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            FAKE.format(log=self.log, version=version, implementation=implementation, level=level)
        )
        path.chmod(0o755)
        return path

    def find(
        self, text: str | None = None, *, minor: int | None = None, at_least: int = 10, **env: str
    ) -> Interpreter:
        variables = {"PATH": f"{self.folder}/bin:/bin", **env}
        return find_interpreter(
            Wanted(
                range=None if text is None else parse_range(text),
                minor=minor,
                at_least=at_least,
                declared_in="pyproject.toml",
            ),
            environment=variables,
            cache=self.folder / "cache",
            deadline=Deadline.after(30),
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_lowest_minor_that_fits(machine: Machine) -> None:
    for version in ("3.20.1", "3.9.2", "3.18.0", "3.19.3"):
        machine.add("bin", version)
    assert machine.find(">=3.18").version == (3, 18, 0)
    assert machine.find(">3.18.0").version == (3, 19, 3)
    assert machine.find(minor=20).version == (3, 20, 1)
    assert machine.find(">=3.9", at_least=19).version == (3, 19, 3)


def test_pyenv_shims_lead_to_its_versions(machine: Machine) -> None:
    machine.add("pyenv/shims", "3.18.7")
    real = machine.add("pyenv/versions/3.18.7/bin", "3.18.7")
    assert machine.find(">=3.18", PATH=f"{machine.folder}/pyenv/shims").path == real
    assert machine.find(">=3.18", PATH="", PYENV_ROOT=str(machine.folder / "pyenv")).path == real


def test_those_of_uv(machine: Machine) -> None:
    real = machine.add("home/.local/share/uv/python/cpython-3.18/bin", "3.18.7")
    assert machine.find(">=3.18", HOME=str(machine.folder / "home")).path == real
    assert (
        machine.find(
            ">=3.18", UV_PYTHON_INSTALL_DIR=str(machine.folder / "home/.local/share/uv/python")
        ).path
        == real
    )


def test_neither_pypy_nor_previews_nor_broken_ones(machine: Machine) -> None:
    machine.add("bin", "3.18.1", implementation="pypy")
    machine.add("bin", "3.19.0", level="beta")
    machine.add("bin", "3.20.0").write_text("#!/bin/sh\nexit 3\n")
    fine = machine.add("bin", "3.21.0")
    assert machine.find(">=3.18").path == fine


def test_working_folder_is_not_searched(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.add("bin", "3.18.1")
    monkeypatch.chdir(machine.folder / "bin")
    with pytest.raises(GateError, match="found none"):
        machine.find(">=3.18", PATH=":.:")


def test_asked_once_per_file(machine: Machine) -> None:
    path = machine.add("bin", "3.18.1")
    for _ in range(3):
        assert machine.find(">=3.18").version == (3, 18, 1)
    assert machine.log.read_text() == "started\n"

    path.write_text(path.read_text().replace("3.18.1", "3.18.10"))
    assert machine.find(">=3.18").version == (3, 18, 10)


def test_the_real_one(machine: Machine) -> None:
    (machine.folder / "bin").mkdir()
    name = f"python3.{sys.version_info.minor}"
    (machine.folder / "bin" / name).symlink_to(Path(sys.executable).resolve())
    found = machine.find(minor=sys.version_info.minor)
    assert found.version == sys.version_info[:3]
    assert found.path == Path(sys.executable).resolve()
