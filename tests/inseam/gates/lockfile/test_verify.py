"""A changed lock against its index: hashes, dependencies, what was withdrawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.inseam.gates.lockfile import matrix
from tests.inseam.gates.lockfile.conftest import errors, failed, write

if TYPE_CHECKING:
    from tests.inseam.gates.lockfile.conftest import Files, Gate
    from tests.inseam.gates.lockfile.index import Index

VERIFY = {"verify": True}


@pytest.fixture
def files(locked: Callable[[Files], dict[str, str]]) -> dict[str, str]:
    """A project and its fresh lock."""
    project = matrix.PROJECT.replace('override-dependencies = ["base>=1"]\n', "")
    return locked({"pyproject.toml": project})


def test_a_new_lock_is_verified_whole(files: dict[str, str], gate: Gate, tmp_path: Path) -> None:
    said = gate(write(tmp_path / "new", files), settings=VERIFY)
    assert (errors(said), failed(said)) == ([], [])


def test_without_the_index_it_could_not_run(
    files: dict[str, str], gate: Gate, tmp_path: Path
) -> None:
    gone = {name: re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", text) for name, text in files.items()}
    root = write(tmp_path / "gone", gone)
    settings = {**VERIFY, "indexes": ["http://127.0.0.1:9/simple"]}
    assert failed(gate(root, settings=settings)) == ["unverified"]
    # An unchanged lock was verified when it came; nothing has to be asked.
    assert failed(gate(root, settings=settings, base=root)) == []


def test_hashes_that_the_index_does_not_have(
    files: dict[str, str], gate: Gate, tmp_path: Path
) -> None:
    files["uv.lock"] = re.sub(
        r'(tool-1\.1-py3-none-any\.whl", hash = "sha256:)\w{64}',
        r"\g<1>" + "0" * 64,
        files["uv.lock"],
    )
    document = gate(write(tmp_path / "hash", files), settings=VERIFY)
    assert errors(document) == ["unlike-index"]
    assert "the index has no file of tool 1.1 with sha256:000000000000…" in str(document.findings)


def test_a_dependency_that_was_cut_out(files: dict[str, str], gate: Gate, tmp_path: Path) -> None:
    files["uv.lock"] = re.sub(
        r'(name = "tool"\nversion = "1\.1"\nsource = [^\n]+\n)dependencies = \[.*?\]\n',
        r"\1",
        files["uv.lock"],
        flags=re.DOTALL,
    )
    document = gate(write(tmp_path / "cut", files), settings=VERIFY)
    assert errors(document) == ["unlike-index"]
    assert "tool 1.1 depends on base, as its index has it" in str(document.findings)
    assert [finding.fix for finding in document.findings if finding.severity == "error"] == [
        "run `uv lock` and commit the lock"
    ]


def test_an_index_that_policy_does_not_name_is_not_asked(
    files: dict[str, str], index: Index, gate: Gate, tmp_path: Path
) -> None:
    root = write(tmp_path / "foreign", files)
    document = gate(root, settings={**VERIFY, "indexes": ["https://own.example/simple"]})
    assert set(errors(document)) == {"foreign-index", "foreign-host"}
    assert failed(document) == []


@pytest.fixture
def yanked(index: Index) -> Iterator[None]:
    """Withdraws a version for a while."""
    name = "tool-1.1-py3-none-any.whl"
    index.extra[name] = 'data-yanked="it loses money"'
    yield
    del index.extra[name]


@pytest.mark.usefixtures("yanked")
def test_what_was_withdrawn(files: dict[str, str], gate: Gate, tmp_path: Path) -> None:
    document = gate(write(tmp_path / "yanked", files), settings=VERIFY)
    assert errors(document) == ["yanked"]
    assert "tool 1.1 was withdrawn: it loses money" in str(document.findings)
