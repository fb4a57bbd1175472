"""The catalog's chain of revisions, broken in every way that its files alone tell."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from inseam.findings.model import Finding, Severity
from inseam.gates.alembic.chain.stage import StaticResult, judge_chain
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.contract import Service

Catalog = Any  # tests/examples/conftest.py has the class

VERSIONS = "migrations/versions"
ARTICLES = f"{VERSIONS}/2025_02_03_1c7e02d94ab5_articles.py"
PRICES = f"{VERSIONS}/2025_02_17_6f20b8c3d1e7_prices.py"
STATE = f"{VERSIONS}/2025_04_08_93d5a1f6e042_article_state.py"
STOCK = f"{VERSIONS}/2025_06_02_b4e87c10f92d_stock.py"
RESERVED = f"{VERSIONS}/2026_03_10_e3b7209f5dc1_reservations.py"
SPANS = f"{VERSIONS}/2026_10_19_7d48f1a6e29c_price_spans.py"
DOWN = 'down_revision = "e3b7209f5dc1"'
UP = "def upgrade() -> None:\n"


def static(
    catalog: Catalog, *, base: Path | None = None, tip: Path | None = None, **settings: Any
) -> StaticResult:
    """What the first two stages say of the catalog: no environment, no server."""
    service = Service(
        facts=catalog.facts, settings=AlembicSettings.model_validate(settings), files=()
    )
    return judge_chain(catalog.root, service, base=base, tip=tip)


def told(result: StaticResult, catalog: Catalog) -> list[tuple[str, str, int]]:
    """Rule, file below the service's folder, and line of each finding."""
    return [
        (finding.rule.removeprefix("alembic/"), catalog.below(finding.file), finding.line)
        for finding in result.findings
    ]


@dataclass(frozen=True, kw_only=True)
class Break:
    """One way to break the chain, and what is said of it."""

    file: str
    """Where."""
    edits: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    """The whole file, where it is a new one."""
    settings: dict[str, Any] = field(default_factory=dict)
    rules: tuple[str, ...]
    """All findings' rules; the first is the one that the other fields are about."""
    at: str
    """What stands in its line."""
    says: tuple[str, ...]
    fix: str
    walkable: bool = False


BROKEN = {
    "two heads": Break(
        file=SPANS,
        edits=((DOWN, 'down_revision = "a05d6e91c37b"'),),
        rules=("multiple-heads",),
        at="down_revision =",
        says=("there are 2 heads, 1 allowed: e3b7209f5dc1, 7d48f1a6e29c",),
        fix="alembic merge heads",
    ),
    "a second beginning": Break(
        file=SPANS,
        edits=((DOWN, "down_revision = None"),),
        rules=("multiple-heads",),
        at="down_revision =",
        says=("2 heads",),
        fix="follow the other one",
    ),
    "a parent that is missing": Break(
        file=SPANS,
        edits=((DOWN, 'down_revision = "0123456789ab"'),),
        rules=("missing-parent", "multiple-heads"),
        at="down_revision =",
        says=("down_revision names 0123456789ab, and no file has that revision",),
        fix="name the right one",
    ),
    "a parent in short": Break(
        file=SPANS,
        edits=((DOWN, 'down_revision = "e3b7"'),),
        rules=("missing-parent", "multiple-heads"),
        at="down_revision =",
        says=("write e3b7209f5dc1 in full",),
        fix="name the right one",
    ),
    "a dependency that is missing": Break(
        file=SPANS,
        edits=(("depends_on = None", 'depends_on = ("b4e87c10f92d", "nowhere")'),),
        rules=("missing-parent",),
        at='revision = "7d48f1a6e29c"',
        says=("depends_on names nowhere",),
        fix="name the right one",
    ),
    "a copied file": Break(
        file=f"{VERSIONS}/zz_copy.py",
        text='revision = "7d48f1a6e29c"\ndown_revision = "e3b7209f5dc1"\n',
        rules=("duplicate-revision",),
        at='revision = "7d48',
        says=("2026_10_19_7d48f1a6e29c_price_spans.py has the revision id 7d48f1a6e29c too",),
        fix="an id and labels of its own",
    ),
    "a cycle": Break(
        file=ARTICLES,
        edits=(("down_revision = None", 'down_revision = "7d48f1a6e29c"'),),
        rules=("cycle",),
        at="down_revision =",
        says=("a cycle: 1c7e02d94ab5 → 7d48f1a6e29c",),
        fix="written after",
    ),
    "a file where Alembic does not look": Break(
        file=f"{VERSIONS}/later/x.py",
        text='revision = "x"\ndown_revision = "7d48f1a6e29c"\n',
        rules=("unreachable-revision",),
        at='revision = "x"',
        says=("does not look for revisions in", f"{VERSIONS}/later"),
        fix="version_locations",
        walkable=True,
    ),
    "a computed id": Break(
        file=SPANS,
        edits=(('revision = "7d48f1a6e29c"\n', "revision = sa.__version__\n"),),
        rules=("dynamic-revision",),
        at="revision = sa",
        says=("revision is computed",),
        fix="plain string",
    ),
    "a parent under a condition": Break(
        file=SPANS,
        edits=((DOWN, f"if sa:\n    {DOWN}"),),
        rules=("dynamic-revision",),
        at="down_revision =",
        says=("down_revision is assigned under a condition",),
        fix="plain string",
    ),
    "a helper among the revisions": Break(
        file=f"{VERSIONS}/helpers.py",
        text='"""Helpers."""\n',
        rules=("missing-revision",),
        at="Helpers",
        says=("revision is not assigned",),
        fix="move the file elsewhere",
    ),
    "an import of live models": Break(
        file=SPANS,
        edits=((UP, f"{UP}    from catalog.models import Price\n"),),
        rules=("live-import",),
        at="from catalog.models",
        says=("the revision 7d48f1a6e29c imports catalog.models",),
        fix="copy what it needs",
        walkable=True,
    ),
    "no way back": Break(
        file=RESERVED,
        edits=(
            (
                '    op.drop_constraint(op.f("ck_stock_levels_reserved_is_there"), "stock_levels", '
                'type_="check")\n    op.drop_column("stock_levels", "reserved")\n',
                "    pass\n",
            ),
        ),
        settings={"require_downgrade": True},
        rules=("no-downgrade",),
        at="def downgrade",
        says=("the revision e3b7209f5dc1 has a downgrade that does nothing",),
        fix="write `downgrade`",
        walkable=True,
    ),
    "a refusal to go back": Break(
        file=RESERVED,
        edits=(
            (
                '    op.drop_constraint(op.f("ck_stock_levels_reserved_is_there"), "stock_levels", '
                'type_="check")\n    op.drop_column("stock_levels", "reserved")\n',
                '    raise NotImplementedError("no way back")\n',
            ),
        ),
        settings={"require_downgrade": True},
        rules=("no-downgrade",),
        at="def downgrade",
        says=("has a downgrade that only raises",),
        fix="write `downgrade`",
        walkable=True,
    ),
    "no downgrade at all": Break(
        file=RESERVED,
        edits=(("def downgrade() -> None:", "def undo() -> None:"),),
        settings={"require_downgrade": True},
        rules=("no-downgrade",),
        at='revision = "e3b7209f5dc1"',
        says=("has no downgrade",),
        fix="write `downgrade`",
        walkable=True,
    ),
    "a connection that SQL has none of": Break(
        file=SPANS,
        edits=((UP, f"{UP}    op.get_bind().execute(sa.text('SELECT 1'))\n"),),
        settings={"require_offline": True},
        rules=("offline-unsafe",) * 3,  # the catalog has two itself
        at="op.get_bind().execute",
        says=("op.get_bind() gives no connection offline",),
        fix="op.execute",
        walkable=True,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken(copy_of_catalog: Catalog, name: str) -> None:
    broken, catalog = BROKEN[name], copy_of_catalog
    assert static(catalog).findings == ()
    if broken.text is not None:
        catalog.write(broken.file, broken.text)
    for old, new in broken.edits:
        catalog.edit(broken.file, old, new)
    result = static(catalog, **broken.settings)

    assert sorted(rule for rule, _, _ in told(result, catalog)) == sorted(broken.rules)
    (found,) = _at(result, catalog, broken)
    assert found.fix
    assert broken.fix in found.fix
    assert [part for part in broken.says if part not in found.message] == []
    warns = broken.rules[0] == "live-import"
    assert found.severity is (Severity.WARNING if warns else Severity.ERROR)
    assert result.walkable is broken.walkable
    assert result.failures == ()


def _at(result: StaticResult, catalog: Catalog, broken: Break) -> list[Finding]:
    line = catalog.line(broken.file, broken.at)
    return [
        finding
        for finding in result.findings
        if (finding.rule, catalog.below(finding.file), finding.line)
        == (f"alembic/{broken.rules[0]}", broken.file, line)
    ]


def test_a_file_that_does_not_parse_is_no_pass(copy_of_catalog: Catalog) -> None:
    copy_of_catalog.edit(SPANS, UP, "def upgrade() -> :\n")
    document = copy_of_catalog.judge()

    (failure,) = document.failures
    assert (failure.code, copy_of_catalog.below(failure.file)) == ("alembic/syntax-error", SPANS)
    assert failure.line == copy_of_catalog.line(SPANS, "def upgrade")


@pytest.fixture
def base(copy_of_catalog: Catalog, tmp_path: Path) -> Path:
    """The catalog as it is at the merge base: without the last revision."""
    shutil.copytree(copy_of_catalog.root, tmp_path / "base")
    (tmp_path / "base" / copy_of_catalog.home / SPANS).unlink()
    return tmp_path / "base"


def test_a_new_revision_is_no_edit(copy_of_catalog: Catalog, base: Path) -> None:
    result = static(copy_of_catalog, base=base)

    assert result.findings == ()
    assert result.new == {"7d48f1a6e29c"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sa.String(3)", "sa.String(4)"),
        ('ondelete="CASCADE"', 'ondelete="RESTRICT"'),
        ("sa.func.now()", "sa.text('now()')"),
        ('    op.drop_table("prices")\n', "    pass\n"),
        (DOWN.replace("e3b7209f5dc1", "1c7e02d94ab5"), "down_revision = ('1c7e02d94ab5',)"),
    ],
)
def test_edited_after_merge(copy_of_catalog: Catalog, base: Path, old: str, new: str) -> None:
    copy_of_catalog.edit(PRICES, old, new)
    result = static(copy_of_catalog, base=base)

    assert told(result, copy_of_catalog) == [
        ("edited-after-merge", PRICES, copy_of_catalog.line(PRICES, 'revision = "6f20b8c3d1e7"'))
    ]
    assert "the merged revision 6f20b8c3d1e7 does something else" in result.findings[0].message
    assert "squash" in result.findings[0].fix
    assert static(copy_of_catalog, base=base, squashed=["6f20b8c3d1e7"]).findings == ()


@pytest.mark.parametrize(
    "tidy",
    [
        lambda text: text.replace("from alembic import op", "from alembic import context, op"),
        lambda text: text.replace("Prices, per currency and over time.", "Prices."),
        lambda text: text.replace("    op.create_table(", "    # The table.\n    op.create_table("),
        lambda text: text.replace('revision = "6f', 'revision: str = "6f'),
        lambda text: text.replace("upgrade() -> None:", "upgrade():"),
        lambda text: text.replace('"prices",\n        sa', '"prices", sa').replace('"', "'"),
        lambda text: text.replace(UP, f'{UP}    """Up."""\n'),
    ],
)
def test_cosmetic_edits(copy_of_catalog: Catalog, base: Path, tidy: Callable[[str], str]) -> None:
    text = copy_of_catalog.read(PRICES)
    copy_of_catalog.path(PRICES).unlink()
    tidied = tidy(text)
    assert tidied != text
    copy_of_catalog.write(f"{VERSIONS}/renamed.py", tidied)

    assert static(copy_of_catalog, base=base).findings == ()


def test_a_squash_is_declared(copy_of_catalog: Catalog, base: Path) -> None:
    """The first two become one: the first is gone, the second does all."""
    both = copy_of_catalog.read(PRICES).replace(
        'down_revision = "1c7e02d94ab5"', "down_revision = None"
    )
    copy_of_catalog.write(PRICES, both)
    copy_of_catalog.path(ARTICLES).unlink()
    result = static(copy_of_catalog, base=base)

    assert sorted(rule for rule, _, _ in told(result, copy_of_catalog)) == [
        "edited-after-merge",
        "removed-after-merge",
    ]
    assert "1c7e02d94ab5 (2025_02_03_1c7e02d94ab5_articles.py) is gone" in " ".join(
        finding.message for finding in result.findings
    )
    squashed = ["1c7e02d94ab5", "6f20b8c3d1e7"]
    assert static(copy_of_catalog, base=base, squashed=squashed).findings == ()


def test_two_branches_that_are_whole_by_themselves(
    copy_of_catalog: Catalog, base: Path, tmp_path: Path
) -> None:
    tip = shutil.copytree(base, tmp_path / "tip")
    theirs = tip / copy_of_catalog.home / VERSIONS / "2026_11_01_0a1b2c3d4e5f_suppliers.py"
    theirs.write_text('revision = "0a1b2c3d4e5f"\ndown_revision = "e3b7209f5dc1"\n')

    result = static(copy_of_catalog, base=base, tip=tip)
    assert told(result, copy_of_catalog) == [
        ("multiple-heads", SPANS, copy_of_catalog.line(SPANS, DOWN))
    ]
    assert "let 7d48f1a6e29c follow 0a1b2c3d4e5f" in result.findings[0].fix
    copy_of_catalog.edit(SPANS, DOWN, 'down_revision = "0a1b2c3d4e5f"')
    shutil.copy2(theirs, copy_of_catalog.path(VERSIONS))
    assert static(copy_of_catalog, base=base, tip=tip).findings == ()
