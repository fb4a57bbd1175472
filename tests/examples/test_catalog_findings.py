"""The catalog broken so that only a server tells: drift, ways back, statements that block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from inseam.findings.model import FindingsDocument, Severity
from inseam.planning.model import Plan, PlannedGate, PlannedService, PlannedWaiver
from inseam.verdict.judge import judge
from inseam.verdict.model import Disposition

Catalog = Any  # tests/examples/conftest.py has the class

MODELS = "src/catalog/models.py"
ENV = "migrations/env.py"
ARTICLES = "migrations/versions/2025_02_03_1c7e02d94ab5_articles.py"
SPANS = "migrations/versions/2026_10_19_7d48f1a6e29c_price_spans.py"
LABEL = "    label: Mapped[str] = mapped_column(String(40), unique=True)\n"
SEED = """
INSERT INTO categories (name, slug) VALUES ('Ärmel', 'aermel');
INSERT INTO articles (id, sku, name, category_id)
    SELECT gen_random_uuid(), 'A1', 'Hemd', id FROM categories;
INSERT INTO prices (article_id, currency, minor) SELECT id, 'EUR', 1990 FROM articles;
"""
DATA = "    # Each price ended when"
QUICK = {"round_trip": False, "safety": False}
TRIP = {"safety": False}
LOST = '    op.drop_column("prices", "valid_until")\n'


@dataclass(frozen=True, kw_only=True)
class Break:
    """One way to break the catalog, and what is said of it."""

    edits: Mapping[str, tuple[tuple[str, str], ...]]
    """By file: what is replaced, and by what."""
    files: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=lambda: QUICK)
    rules: tuple[str, ...]
    """All findings' rules; the first is the one that the other fields are about."""
    file: str = MODELS
    at: str
    """What stands in its line."""
    says: tuple[str, ...]
    fix: str
    severity: Severity = Severity.ERROR
    properties: Mapping[str, str] = field(default_factory=dict)
    """Some of them."""


BROKEN = {
    "a column without its migration": Break(
        edits={MODELS: ((LABEL, f"{LABEL}    color: Mapped[str | None]\n"),)},
        rules=("drift-structure",),
        at="color: Mapped",
        says=("the column tags.color is in the models (character varying) and no migration",),
        fix="op.add_column('tags', sa.Column('color'",
        properties={"kind": "column", "table": "tags", "column": "color"},
    ),
    "a table without its migration": Break(
        edits={
            MODELS: (
                (
                    "class Warehouse(Base):",
                    'class Supplier(Base):\n    __tablename__ = "suppliers"\n'
                    "    id: Mapped[int] = mapped_column(primary_key=True)\n\n\n"
                    "class Warehouse(Base):",
                ),
            )
        },
        rules=("drift-structure",),
        at="class Supplier",
        says=("the table suppliers",),
        fix="op.create_table('suppliers'",
        properties={"kind": "table", "table": "suppliers"},
    ),
    "a column that no model has": Break(
        edits={MODELS: (("    description: Mapped[str | None] = mapped_column(Text)\n", ""),)},
        rules=("drift-structure",),
        at="class Article(Base)",
        says=("the column articles.description",),
        fix="op.drop_column('articles', 'description')",
    ),
    "a type": Break(
        edits={
            MODELS: (
                (
                    "name: Mapped[str] = mapped_column(String(200))",
                    "name: Mapped[str] = mapped_column(String(201))",
                ),
            )
        },
        rules=("drift-structure",),
        at="String(201)",
        says=("character varying(200) after the migrations, character varying(201) in the models",),
        fix="op.alter_column('articles', 'name', type_=",
    ),
    "an order of an enum's values": Break(
        edits={
            MODELS: (
                (
                    '    DRAFT = "draft"\n    ON_SALE = "on_sale"\n',
                    '    ON_SALE = "on_sale"\n    DRAFT = "draft"\n',
                ),
            )
        },
        rules=("drift-structure",),
        at="state: Mapped[ArticleState]",
        says=("the enum article_state", "draft, on_sale, retired"),
        fix="",
    ),
    "the text of a check": Break(
        edits={MODELS: (('"minor >= 0"', '"minor > 0"'),)},
        rules=("drift-structure",),
        at="class Price(Base)",
        says=("not_negative", "minor > 0", "minor >= 0"),
        fix="ck_prices_not_negative",
    ),
    "the predicate of an index": Break(
        edits={
            MODELS: (
                (
                    'postgresql_where=text("valid_until IS NULL")',
                    'postgresql_where=text("valid_until IS NOT NULL")',
                ),
            )
        },
        rules=("drift-structure",),
        at="class Price(Base)",
        says=("ix_prices_open", "IS NOT NULL"),
        fix="ix_prices_open",
    ),
    "a foreign key's action": Break(
        edits={
            MODELS: (
                (
                    'ForeignKey("categories.id", ondelete="RESTRICT")',
                    'ForeignKey("categories.id", ondelete="SET NULL")',
                ),
            )
        },
        rules=("drift-structure",),
        at="class Category(Base)",
        says=("fk_categories_parent_id_categories", "SET NULL"),
        fix="ADD CONSTRAINT fk_categories_parent_id_categories FOREIGN KEY",
    ),
    "a default": Break(
        edits={
            MODELS: (
                (
                    'on_hand: Mapped[int] = mapped_column(server_default=text("0"))',
                    'on_hand: Mapped[int] = mapped_column(server_default=text("1"))',
                ),
            )
        },
        rules=("drift-default",),
        at="on_hand: Mapped",
        says=("the column stock_levels.on_hand differs in its default: 0 after the migrations, 1",),
        fix="op.alter_column('stock_levels', 'on_hand', server_default=",
        properties={"column": "on_hand", "attribute": "default"},
    ),
    "a name": Break(
        edits={MODELS: (('name="not_negative"', 'name="at_least_zero"'),)},
        rules=("drift-name",),
        at="class Price(Base)",
        says=("ck_prices_not_negative", "ck_prices_at_least_zero"),
        fix="RENAME CONSTRAINT",
        severity=Severity.WARNING,
    ),
    "what PostgreSQL refuses": Break(
        edits={
            MODELS: (
                (
                    '        UniqueConstraint("article_id", "currency", "valid_from"),\n',
                    '        UniqueConstraint("article_id", "currency", "valid_from"),\n'
                    '        Index("ix_bad", text("nowhere(minor)")),\n',
                ),
            )
        },
        rules=("unverifiable",),
        at="class Price(Base)",
        says=("ix_bad", "nowhere"),
        fix="correct the model",
    ),
    "what only autogenerate sees": Break(
        edits={
            ENV: (
                (
                    "compare_server_default=True,",
                    "compare_server_default=True,\n"
                    "        compare_type=lambda c, i, m, *_: m.name == 'label' or None,",
                ),
            )
        },
        rules=("autogenerate",),
        at="label: Mapped",
        says=("tags", "label"),
        fix="as PostgreSQL does",
        severity=Severity.WARNING,
    ),
    "a downgrade that fails": Break(
        edits={SPANS: ((LOST, LOST.replace("valid_until", "valid_til")),)},
        settings=TRIP,
        rules=("downgrade-fails",),
        file=SPANS,
        at="valid_til",
        says=("the revision 7d48f1a6e29c", "valid_til"),
        fix="correct `downgrade`",
        properties={"revision": "7d48f1a6e29c"},
    ),
    "a downgrade that leaves something": Break(
        edits={SPANS: ((LOST, ""),)},
        settings=TRIP,
        rules=("downgrade-differs", "upgrade-again-fails"),
        file=SPANS,
        at="def downgrade",
        says=("the revision 7d48f1a6e29c: the column valid_until of prices is left",),
        fix="undo in `downgrade` all",
        properties={"revision": "7d48f1a6e29c"},
    ),
    "another outcome the second time": Break(
        edits={
            SPANS: (
                (
                    DATA,
                    "    op.execute(\"DO $$ BEGIN IF to_regclass('seen') IS NULL THEN \"\n"
                    '        "CREATE TABLE seen (id int); "\n'
                    '        "ELSE ALTER TABLE seen ADD again int; END IF; END $$")\n' + DATA,
                ),
            )
        },
        settings=TRIP,
        rules=("upgrade-again-differs", "downgrade-differs", "drift-structure"),
        file=SPANS,
        at="def downgrade",
        says=("the revision 7d48f1a6e29c: the column again of seen is left",),
        fix="undo in `downgrade` all",
    ),
    "rows that do not come back": Break(
        edits={
            SPANS: (
                (
                    DATA,
                    '    op.execute("UPDATE prices SET minor = minor + 1")\n' + DATA,
                ),
            )
        },
        files={"seed.sql": SEED},
        settings={**TRIP, "seed": "seed.sql"},
        rules=("data-lost",),
        file=SPANS,
        at="def downgrade",
        says=("the rows of public.prices are others than before",),
        fix="bring it back in `downgrade`",
    ),
    "an index that blocks": Break(
        edits={
            SPANS: (
                (
                    '            postgresql_where=sa.text("valid_until IS NULL"),\n'
                    "            postgresql_concurrently=True,\n            if_not_exists=True,\n",
                    '            postgresql_where=sa.text("valid_until IS NULL"),\n',
                ),
            )
        },
        settings={"round_trip": False},
        rules=("unsafe-migration",) * 2,  # all of it is one transaction now
        file=SPANS,
        at='revision = "7d48f1a6e29c"',
        says=("require-concurrent-index-creation", "CREATE UNIQUE INDEX ix_prices_open"),
        fix="",
        properties={"revision": "7d48f1a6e29c", "squawk": "require-concurrent-index-creation"},
    ),
    "nothing": Break(
        edits={},
        files={"seed.sql": SEED},
        settings={"seed": "seed.sql", "require_downgrade": True},
        rules=(),
        at="",
        says=(),
        fix="",
    ),
}
WAIVED = "an index that blocks"
Verdicts = Mapping[str, tuple[Catalog, "Future[FindingsDocument]"]]


@pytest.fixture(scope="module")
def verdicts(
    request: pytest.FixtureRequest, server: Any, catalog_in: Callable[[str], Catalog]
) -> Iterator[Verdicts]:
    """What the gate says of each that is asked for, two at a time."""
    asked = sorted({name for item in request.session.items for name in _asked_by(item)})
    with ThreadPoolExecutor(2) as pool:
        yield {name: _judged(BROKEN[name], catalog_in(name), pool) for name in asked}


def _asked_by(item: pytest.Item) -> tuple[str, ...]:
    """The breaks that a test of this module looks at."""
    if not isinstance(item, pytest.Function) or item.module.__name__ != __name__:
        return ()
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return (str(parameters.get("name", WAIVED)),)


def _judged(
    broken: Break, catalog: Catalog, pool: ThreadPoolExecutor
) -> tuple[Catalog, Future[FindingsDocument]]:
    for file, edits in broken.edits.items():
        for old, new in edits:
            catalog.edit(file, old, new)
    for file, text in broken.files.items():
        catalog.write(file, text)
    return catalog, pool.submit(catalog.judge, **broken.settings)


@pytest.mark.parametrize("name", BROKEN)
def test_broken(verdicts: Verdicts, name: str) -> None:
    broken = BROKEN[name]
    catalog, future = verdicts[name]
    document = future.result()

    assert document.failures == ()
    rules = [finding.rule.removeprefix("alembic/") for finding in document.findings]
    assert sorted(rules) == sorted(broken.rules), document.findings
    if not broken.rules:
        return
    (found,) = (
        finding
        for finding in document.findings
        if finding.rule == f"alembic/{broken.rules[0]}" and broken.says[0] in finding.message
    )
    line = catalog.line(broken.file, broken.at)
    assert (catalog.below(found.file), found.line) == (broken.file, line)
    assert [part for part in broken.says if part not in found.message] == [], found.message
    assert found.fix
    assert broken.fix in found.fix
    assert found.severity is broken.severity
    assert broken.properties.items() <= found.properties.items()


def test_a_waiver_is_for_one_finding(verdicts: Verdicts) -> None:
    """The other one of the same revision still fails."""
    catalog, future = verdicts[WAIVED]
    waiver = PlannedWaiver(
        id="W-1",
        gate="alembic",
        reason="the table is small",
        owner="@acme/catalog",
        created=date(2026, 11, 1),
        expires=date(2026, 12, 31),
        match={
            "rule": "alembic/unsafe-migration",
            "revision": "7d48f1a6e29c",
            "squawk": "require-concurrent-index-creation",
        },
        state="active",
        file="policies/services/catalog.yaml",
        line=9,
    )
    gate = PlannedGate(
        gate="alembic",
        applies=True,
        mode="enforce",
        settings={},
        baseline="policies/baselines/catalog/alembic.json",
        waivers=(waiver,),
    )
    service = PlannedService(facts=catalog.facts, owner=None, policy_file=None, gates=(gate,))
    plan = Plan(as_of=date(2026, 11, 22), services=(service,))
    verdict = judge(plan, [future.result()], {})

    assert verdict.exit_code == 1
    assert {
        found.finding.properties["squawk"]: (found.disposition, found.waiver)
        for found in verdict.findings
    } == {
        "require-concurrent-index-creation": (Disposition.WAIVED, "W-1"),
        "constraint-missing-not-valid": (Disposition.FAILS, None),
    }
