"""Kinds of drift and of noise as PostgreSQL sees them: two pieces of SQL each, both ways round."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from inseam.gates.alembic.drift.compare import compare
from inseam.gates.alembic.drift.model import Difference, Entry
from inseam.gates.alembic.migrate.process import CATALOGUE
from inseam.gates.alembic.migrate.report import read_catalogue
from inseam.gates.alembic.server.connection import Server

HERE = Path(__file__).parent
BESIDE = """
CREATE TABLE p (id int PRIMARY KEY, id2 int, UNIQUE (id, id2));
CREATE TABLE t (id int, a int, b int, s varchar(20), x text, ts timestamptz, j jsonb);
"""
SEVERAL = {
    # A thing that is another kind of thing: two entries, each on one side.
    *("unique idx vs constraint", "enum schema", "serial vs unowned seq", "seq owner"),
    *("quoted case", "quoted column", "range type subtype"),
}


def kinds(file: str) -> Iterator[tuple[str, str, str]]:
    """The name of each kind, what migrations do, and what models do."""
    for block in re.split(r"\n\n(?=-- )", (HERE / file).read_text().strip())[1:]:
        name, _, sql = block.partition("\n")
        one, _, other = f"{sql}\n".partition("-- against\n")
        yield name.removeprefix("-- "), one, other


REAL = {name: f"k{number}" for number, (name, _, _) in enumerate(kinds("drift_real.sql"))}
NOISE = {name: f"n{number}" for number, (name, _, _) in enumerate(kinds("drift_noise.sql"))}


class Pair:
    """Two databases' catalogues in which each kind has schemas of its own."""

    def __init__(self, migrated: tuple[Entry, ...], declared: tuple[Entry, ...]) -> None:
        self.found = self._by_schema(compare(migrated, declared, excluded=()))
        self.reverse = self._by_schema(compare(declared, migrated, excluded=()))

        self.mended: set[str] = set()
        self.left: Mapping[str, list[Difference]] = {}

    def mend(self, server: Server, database: str) -> set[str]:
        """Do to the migrated database what its findings say; the kinds that it was done for, which
        are those where all that is said is SQL to be executed."""
        mended = set()
        sql = "SET search_path = pg_catalog;\n"
        for name, schema in REAL.items():
            calls = [call for each in self.found[schema] for call in each.mend.split("; op.")]
            texts = [re.search(r"execute\((['\"].*['\"])\)$", call) for call in calls]
            if all(match and "…" not in match[1] for match in texts):
                mended.add(name)
                sql += f"\\echo {schema}\n"
                sql += "".join(f"{ast.literal_eval(m[1])};\n" for m in texts if m is not None)
        server.query(sql, database=database)
        return mended

    def _by_schema(self, found: list[Difference]) -> Mapping[str, list[Difference]]:
        result: dict[str, list[Difference]] = {}
        for each in found:
            place = re.search(r"\b[kn]\d+", f"{each.schema} {each.name}")
            assert place is not None or each.kind == "extension", each
            result.setdefault(place[0] if place else REAL["extension"], []).append(each)
        return result


def read(server: Server, database: str, out: Path) -> tuple[Entry, ...]:
    """What a database holds."""
    out.write_text(server.query(f"\\i {CATALOGUE}\n", database=database), encoding="utf-8")
    return read_catalogue(out)


@pytest.fixture(scope="module")
def pair(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both databases, made with one statement after the other."""
    names = ("inseam_kinds_a", "inseam_kinds_b")
    out = tmp_path_factory.mktemp("kinds")
    server.create(*names, lock_timeout=5000)
    try:
        for side, database in enumerate(names):
            sql = "SET client_min_messages = error;\n"
            for file, schemas in (("drift_real.sql", REAL), ("drift_noise.sql", NOISE)):
                for name, *both in kinds(file):
                    k = schemas[name]
                    sql += f"CREATE SCHEMA {k};\nSET search_path = {k}, public;\n{BESIDE}"
                    sql += both[side].replace("{k}", k)
            server.query(sql, database=database)
        migrated, declared = (read(server, name, out / name) for name in names)
        found = Pair(migrated, declared)
        found.mended = found.mend(server, names[0])
        found.left = Pair(read(server, names[0], out / "mended"), declared).found
        yield found
    finally:
        server.drop(*names)


def test_what_makes_a_difference_is_found_both_ways(pair: Pair) -> None:
    assert len(REAL) > 170
    assert [name for name, schema in REAL.items() if schema not in pair.found] == []
    assert [name for name, schema in REAL.items() if schema not in pair.reverse] == []


def test_each_is_told_once(pair: Pair) -> None:
    for found in (pair.found, pair.reverse):
        several = {name for name, schema in REAL.items() if len(found.get(schema, [])) > 1}
        assert several == SEVERAL


def test_what_makes_none_is_not_found(pair: Pair) -> None:
    assert {name: pair.found[s] for name, s in NOISE.items() if s in pair.found} == {}


def test_what_is_said_mends_it(pair: Pair) -> None:
    assert len(pair.mended) > 45
    assert {name: pair.left[REAL[name]] for name in pair.mended if REAL[name] in pair.left} == {}


def test_each_says_how_to_mend_it(pair: Pair) -> None:
    every = [d for found in (pair.found, pair.reverse) for each in found.values() for d in each]
    assert [d for d in every if "op." not in d.mend] == []
