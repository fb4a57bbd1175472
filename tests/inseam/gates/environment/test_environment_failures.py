"""Whatever keeps an environment from being made is a located error that says what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inseam.gates.contract import GateError
from inseam.gates.environment.failures import failure

REQUIREMENTS = ("svc/requirements.lock", "requirements")
DEAD = "http://127.0.0.1:9/simple/"


def error_of(bench: Any, *arguments: Any, **options: Any) -> GateError:
    with pytest.raises(GateError) as caught:
        bench.prepare(*arguments, **options)
    error = caught.value
    assert error.message[0].islower() or error.message.startswith("PEX")
    assert error.fix
    assert str(bench.root) not in error.message + error.fix
    assert str(bench.cache) not in error.message + error.fix
    return error


def place(error: GateError) -> tuple[str, str | None, int | None]:
    found = failure(error, gate="mypy", service="svc")
    return found.code, found.file, found.line


@pytest.fixture
def with_uv_lock(bench: Any, project: Callable[..., str]) -> str:
    """A fresh lock's text; the service has it."""
    bench.write({"svc/pyproject.toml": project("acme-alpha")})
    bench.uv_lock()
    text: str = (bench.root / "svc/uv.lock").read_text()
    return text


def line_with(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(part))


def test_no_lock_named(bench: Any, project: Callable[..., str]) -> None:
    bench.write({"svc/pyproject.toml": project()})
    error = error_of(bench, None, None)
    assert place(error) == ("mypy/no-lock", "svc/pyproject.toml", None)
    assert "uv lock" in error.fix


@pytest.mark.parametrize("kind", ["uv", "poetry", "requirements", "pex"])
def test_lock_file_missing(bench: Any, project: Callable[..., str], kind: str) -> None:
    bench.write({"svc/pyproject.toml": project()})
    assert place(error_of(bench, "svc/some.lock", kind)) == ("mypy/no-lock", "svc/some.lock", None)


@pytest.mark.parametrize("kind", ["uv", "poetry"])
def test_no_pyproject(bench: Any, with_uv_lock: str, kind: str) -> None:
    error = error_of(bench, "svc/uv.lock", kind, pyproject=None)
    assert place(error) == ("mypy/no-pyproject", "svc/uv.lock", None)


def test_pyproject_is_garbage(bench: Any, with_uv_lock: str) -> None:
    bench.write({"svc/pyproject.toml": "[project]\nname =\n"})
    error = error_of(bench, "svc/uv.lock", "uv")
    assert place(error) == ("mypy/pyproject-unreadable", "svc/pyproject.toml", 2)


def test_uv_lock_is_garbage(bench: Any, with_uv_lock: str) -> None:
    bench.write({"svc/uv.lock": "version = 1\n<<<<<<< HEAD\n"})
    assert place(error_of(bench, "svc/uv.lock", "uv")) == (
        "mypy/lock-unreadable",
        "svc/uv.lock",
        2,
    )


def test_uv_lock_of_the_future(bench: Any, with_uv_lock: str) -> None:
    bench.write({"svc/uv.lock": with_uv_lock.replace("version = 1\n", "version = 99\n", 1)})
    assert error_of(bench, "svc/uv.lock", "uv").code == "lock-unreadable"


def test_uv_lock_of_another_project(
    bench: Any, with_uv_lock: str, project: Callable[..., str]
) -> None:
    bench.write({"svc/pyproject.toml": project().replace('"svc"', '"other"')})
    assert place(error_of(bench, "svc/uv.lock", "uv")) == ("mypy/lock-stale", "svc/uv.lock", None)


def test_wrong_kind(bench: Any, with_uv_lock: str) -> None:
    for kind in ("requirements", "pex", "poetry"):
        assert error_of(bench, "svc/uv.lock", kind).code in ("lock-unreadable", "lock-stale")
    bench.write({"svc/requirements.lock": bench.pin("acme-alpha"), "svc/uv.lock": "acme==1\n"})
    assert error_of(bench, "svc/uv.lock", "uv").code == "lock-unreadable"


def test_hash_mismatch_in_uv_lock(bench: Any, with_uv_lock: str) -> None:
    digest = bench.pin("acme-beta").split("sha256:")[1].strip()
    assert digest in with_uv_lock
    bench.write({"svc/uv.lock": with_uv_lock.replace(digest, "0" * 64)})
    error = error_of(bench, "svc/uv.lock", "uv")
    named = line_with(with_uv_lock, 'name = "acme-beta"')
    assert place(error) == ("mypy/lock-hash-mismatch", "svc/uv.lock", named)
    assert "acme-beta" in error.message


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("# c\nacme-gamma==1.0 --hash=sha256:" + "0" * 64, "lock-hash-mismatch", 2),
        ("# c\nacme-gamma==1.0\n", "lock-unhashed", 2),
        ("acme-gamma==7.0 --hash=sha256:" + "0" * 64, "package-unavailable", 1),
        ("acme-nowhere==7.0 --hash=sha256:" + "0" * 64, "package-unavailable", 1),
        ("\ngarbage [[\n", "lock-unreadable", None),
        ("\n-r other.txt\n", "lock-loose", 2),
        ("-e .\n", "lock-loose", 1),
    ],
)
def test_requirements_that_cannot_be_installed(
    bench: Any, project: Callable[..., str], text: str, code: str, line: int | None
) -> None:
    bench.write({"svc/pyproject.toml": project(), "svc/requirements.lock": text})
    error = error_of(bench, *REQUIREMENTS)
    assert place(error) == (f"mypy/{code}", "svc/requirements.lock", line), error.message


def test_binary_garbage(bench: Any, project: Callable[..., str]) -> None:
    bench.write({"svc/pyproject.toml": project("x").replace(">=3.11", ">=3")})
    for kind in ("uv", "poetry", "requirements", "pex"):
        (bench.root / "svc/uv.lock").write_bytes(b"\xff\xfe\x00[garbage")
        assert error_of(bench, "svc/uv.lock", kind).code in ("lock-unreadable", "lock-stale"), kind


def test_lock_with_another_name(bench: Any, with_uv_lock: str) -> None:
    (bench.root / "svc/uv.lock").rename(bench.root / "svc/my.lock")
    assert place(error_of(bench, "svc/my.lock", "uv"))[:2] == ("mypy/lock-elsewhere", "svc/my.lock")


def test_index_not_reached(bench: Any, project: Callable[..., str], tmp_path: Path) -> None:
    """Neither for a package nor, on a machine that has none yet, for a tool."""
    bench.write({"svc/pyproject.toml": project(), "svc/requirements.lock": bench.pin("acme-gamma")})
    cut_off = {**bench.variables, "UV_INDEX": DEAD, "UV_DEFAULT_INDEX": DEAD}
    bench.cache = tmp_path / "cache"

    error = error_of(bench, *REQUIREMENTS, variables=cut_off)
    assert place(error) == ("mypy/package-unavailable", "svc/requirements.lock", None)

    bench.write({"3rdparty/default.lock": "{}"})
    error = error_of(bench, "3rdparty/default.lock", "pex", variables=cut_off)
    assert error.code == "tool-missing"
    assert "pex" in error.message


def test_no_wheel_for_this_platform(bench: Any, project: Callable[..., str]) -> None:
    bench.write({"svc/pyproject.toml": project("acme-windows")})
    bench.uv_lock()
    error = error_of(bench, "svc/uv.lock", "uv")
    assert error.code == "no-wheel"


@pytest.mark.parametrize(
    ("python", "setting", "said"),
    [
        (">=3.77", None, ">=3.77"),
        (">=3.11", "3.10", "the setting python"),
        ("<3.10", None, "tools"),
    ],
)
def test_no_interpreter(
    bench: Any, project: Callable[..., str], python: str, setting: str | None, said: str
) -> None:
    bench.write(
        {"svc/pyproject.toml": project(python=python), "svc/requirements.lock": "# nothing\n"}
    )
    error = error_of(bench, *REQUIREMENTS, python=setting)
    assert place(error)[:2] == ("mypy/no-interpreter", "svc/pyproject.toml")
    assert said in error.message


def test_no_interpreter_names_what_was_searched(bench: Any, project: Callable[..., str]) -> None:
    bench.write({"svc/pyproject.toml": project(), "svc/requirements.lock": "# nothing\n"})
    folder = bench.root.parent / "bin"
    folder.mkdir()
    variables = {"PATH": f"{folder}:/nowhere", "HOME": str(bench.root.parent)}
    with pytest.raises(GateError, match=f"found none in {folder}"):
        bench.prepare(*REQUIREMENTS, variables=variables)


def test_python_range_is_garbage(bench: Any, project: Callable[..., str]) -> None:
    bench.write(
        {"svc/pyproject.toml": project(python="newest"), "svc/requirements.lock": "# nothing\n"}
    )
    error = error_of(bench, *REQUIREMENTS)
    assert place(error) == ("mypy/python-range", "svc/pyproject.toml", None)


def test_unknown_group_and_extra(bench: Any, with_uv_lock: str) -> None:
    for chosen in ({"groups": ["nope"]}, {"extras": ["nope"]}):
        assert error_of(bench, "svc/uv.lock", "uv", **chosen).code == "group-unknown"


def test_time_limit(bench: Any, project: Callable[..., str], tmp_path: Path) -> None:
    bench.write({"svc/pyproject.toml": project(), "svc/requirements.lock": "# nothing\n"})
    bench.cache = tmp_path / "cache"
    error = error_of(bench, *REQUIREMENTS, time_limit=0.0)
    assert error.code == "timeout"


def test_uv_missing(
    bench: Any, project: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither beside the engine nor on PATH."""
    bench.write({"svc/pyproject.toml": project(), "svc/requirements.lock": "# nothing\n"})
    bench.cache = tmp_path / "cache"

    def nowhere() -> str:
        raise FileNotFoundError

    monkeypatch.setattr("inseam.gates.environment.uv.find_uv_bin", nowhere)
    only = tmp_path / "bin"
    only.mkdir()
    name = f"python3.{sys.version_info.minor}"
    (only / name).symlink_to(Path(sys.executable).resolve())
    error = error_of(bench, *REQUIREMENTS, variables={"PATH": str(only)})
    assert error.code == "tool-missing"
    assert "uv" in error.message
