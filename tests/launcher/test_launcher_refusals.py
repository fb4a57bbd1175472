"""Starts that cannot succeed: each ends 2 with one message that says what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.launcher.conftest import Checkout, Machine


def refusal(machine: Machine, checkout: Checkout) -> str:
    ended = machine.run(checkout.pants, "--version")
    assert (ended.status, ended.stdout) == (2, "")
    assert all(line.startswith("pants: ") for line in ended.stderr.splitlines()), ended.stderr
    return ended.stderr


def test_unfit_override(checkout: Checkout, make_machine: Callable[[], Machine]) -> None:
    # These tests run on a Python that Pants 2.17 does not know yet.
    said = refusal(make_machine().but(INSEAM_PANTS_PYTHON=sys.executable), checkout)
    assert f"INSEAM_PANTS_PYTHON is set, but {sys.executable} is CPython 3." in said


def test_override_that_is_no_python(
    checkout: Checkout, make_machine: Callable[[], Machine]
) -> None:
    said = refusal(make_machine().but(INSEAM_PANTS_PYTHON="/bin/false"), checkout)
    assert "/bin/false does not run as a Python interpreter" in said


def test_no_python_at_all(
    checkout: Checkout, make_machine: Callable[[], Machine], interpreters: ModuleType
) -> None:
    with pytest.raises(interpreters.NoInterpreter) as caught:
        interpreters.find({"PATH": "/nowhere"}, usual=[])
    said = str(caught.value)
    for way_out in ("pip install uv", "pyenv install 3.9", "INSEAM_PANTS_PYTHON=", "official"):
        assert way_out in said


def test_versions_that_differ(
    make_checkout: Callable[[], Checkout], make_machine: Callable[[], Machine]
) -> None:
    checkout = make_checkout()
    checkout.pants_toml.write_text('[GLOBAL]\npants_version = "2.17.9"\n', encoding="utf-8")
    said = refusal(make_machine(), checkout)
    assert "pants.toml wants Pants 2.17.9" in said
    assert "pins 2.17.1: change 3rdparty/pants.in and run build-support/lock" in said


def test_no_version(
    make_checkout: Callable[[], Checkout], make_machine: Callable[[], Machine]
) -> None:
    checkout = make_checkout()
    checkout.pants_toml.write_text("[GLOBAL]\n", encoding="utf-8")
    assert "states no pants_version" in refusal(make_machine(), checkout)


def test_no_home(checkout: Checkout, make_machine: Callable[[], Machine]) -> None:
    said = refusal(make_machine().but(HOME=None), checkout)
    assert "neither HOME nor XDG_CACHE_HOME is set" in said


def test_home_that_cannot_be_written(
    checkout: Checkout, make_machine: Callable[[], Machine]
) -> None:
    # Not a folder without permissions, since root may write there.
    said = refusal(make_machine().but(HOME="/dev/null"), checkout)
    assert "cannot write below /dev/null/.cache/inseam/pants" in said
    assert "set XDG_CACHE_HOME" in said


def test_interpreter_without_venv(interpreters: ModuleType, tmp_path: Path) -> None:
    half = tmp_path / "python3.9"
    half.write_text(
        '#!/bin/sh\necho \'{"path": "x", "implementation": "CPython", "version": "3.9.2",'
        ' "venv": false}\'\n',
        encoding="utf-8",
    )
    half.chmod(0o755)
    with pytest.raises(interpreters.NoInterpreter, match=r"install python3\.9-venv"):
        interpreters.find({"PATH": f"{tmp_path}{os.pathsep}/bin"}, usual=[])


def test_checkout_with_a_file_missing(
    make_checkout: Callable[[], Checkout], make_machine: Callable[[], Machine]
) -> None:
    checkout = make_checkout()
    checkout.lock.unlink()
    ended = make_machine().run(checkout.pants)
    assert ended.status == 2
    assert "is this checkout complete?" in ended.stderr
