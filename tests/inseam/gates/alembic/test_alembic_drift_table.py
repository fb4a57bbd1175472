"""Every kind of drift, one mutation each: the gate finds it, and nothing in what makes none."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from inseam.gates.alembic.drift.compare import compare
from inseam.gates.alembic.drift.model import Difference, Entry, Severity
from inseam.gates.alembic.migrate.process import CATALOGUE
from inseam.gates.alembic.migrate.report import read_catalogue
from inseam.gates.alembic.server.connection import Server

MODEL = Path(__file__).with_name("drift_model.py")
NOISE = {"none", "noise-now", "noise-cast", "noise-check-cast", "noise-order"}
ONLY_NAMES = {"unique-name", "foreign-key-name", "index-name"}
DEFAULTS = {
    *("default-changed", "default-missing", "default-added", "default-function"),
    *("default-boolean", "default-json"),
}


@dataclass(frozen=True, kw_only=True)
class Table:
    """All mutations' catalogues, and what Alembic said."""

    base: tuple[Entry, ...]
    mutated: Mapping[str, tuple[Entry, ...]]
    said: Mapping[str, Mapping[str, int]]

    def differences(self, mutation: str, *, reverse: bool = False) -> list[Difference]:
        one, other = self.base, self.mutated[mutation]
        return compare(*((other, one) if reverse else (one, other)), excluded=())


@pytest.fixture(scope="module")
def table(server: Server, service_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Made in one process: it takes most of the time to start one."""
    out = tmp_path_factory.mktemp("drift")
    names = {"migrated": "inseam_table_a", "declared": "inseam_table_b"}
    job = {
        **names,
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "psql": [str(server.psql), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
        "environment": {"PATH": os.environ["PATH"], **server.variables("postgres")},
        "sql": str(CATALOGUE),
        "out": str(out),
        "alembic": False,  # bench/alembic_gate.py asks it too
    }
    (out / "job").write_text(json.dumps(job))
    server.create(*names.values(), lock_timeout=5000)
    try:
        done = subprocess.run(
            [str(service_python), "-I", str(MODEL), str(out / "job")],
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-3000:]
    finally:
        server.drop(*names.values())
    said = json.loads((out / "said.json").read_text())
    return Table(
        base=read_catalogue(out / "none-migrated.json"),
        mutated={name: read_catalogue(out / f"{name}.json") for name in said},
        said=said,
    )


def test_noise_is_no_drift(table: Table) -> None:
    assert {name: table.differences(name) for name in NOISE} == {name: [] for name in NOISE}


def test_every_kind_is_found_both_ways(table: Table) -> None:
    real = set(table.said) - NOISE
    assert len(real) >= 80
    assert {name for name in real if not table.differences(name)} == set()
    assert {name for name in real if not table.differences(name, reverse=True)} == set()


@pytest.mark.parametrize("mutation", sorted(ONLY_NAMES))
def test_names_alone(table: Table, mutation: str) -> None:
    found = table.differences(mutation)
    assert [difference.severity for difference in found] == [Severity.NAME]
    assert "RENAME" in found[0].mend


def test_many_names_at_once(table: Table) -> None:
    """Each is paired with its own."""
    renamed = [
        entry.model_copy(update={"name": f"other_{entry.name}"})
        if entry.kind == "constraint" and entry.attributes["type"] == "f"
        else entry
        for entry in table.base
    ]
    found = compare(table.base, renamed, excluded=())
    assert len(found) >= 5
    assert {difference.severity for difference in found} == {Severity.NAME}
    assert [d for d in found if d.declared != f"other_{d.migrated}"] == []


@pytest.mark.parametrize("mutation", sorted(DEFAULTS))
def test_defaults_alone(table: Table, mutation: str) -> None:
    (found,) = table.differences(mutation)
    assert found.severity is Severity.DEFAULT
    assert "server_default=" in found.mend


def test_all_else_is_structure(table: Table) -> None:
    other = {
        name
        for name in set(table.said) - NOISE - ONLY_NAMES - DEFAULTS
        if Severity.STRUCTURE not in {d.severity for d in table.differences(name)}
    }
    assert other == set()


def test_what_models_cannot_declare_is_told_apart(table: Table) -> None:
    """Made by the migrations alone it may be as meant; in the models alone it is missing."""
    (extra,) = table.differences("view-missing")
    (missing,) = table.differences("view-missing", reverse=True)
    assert extra.undeclarable
    assert not missing.undeclarable


def test_every_difference_says_how_to_mend_it(table: Table) -> None:
    found = [d for name in table.said for d in table.differences(name)]
    assert [d for d in found if "op." not in d.mend] == []
