"""The static stage: every way in which a chain of revisions can be broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inseam.findings.model import Severity
from inseam.gates.alembic.chain.stage import StaticResult
from inseam.gates.contract import GateError

JudgeChain = Callable[..., StaticResult]
Chain = Callable[..., dict[str, str]]
VERSIONS = "migrations/versions"


def found(result: StaticResult) -> list[tuple[str, str, int]]:
    """Rule, file below the versions' folder, and line of each finding."""
    return [
        (
            finding.rule.removeprefix("alembic/"),
            finding.file.removeprefix(f"svc/{VERSIONS}/"),
            finding.line,
        )
        for finding in result.findings
    ]


def test_a_whole_chain_has_nothing_to_say(judge_static: JudgeChain, chain: Chain) -> None:
    files = chain(("a", None), ("b", "a"), ("c", "a"), ("d", ("b", "c")))

    result = judge_static(files)

    assert result.findings == ()
    assert result.failures == ()
    assert result.walkable
    assert [head.id for head in result.chain.heads] == ["d"]
    assert result.new == {"d"}


def test_a_chain_without_a_revision_is_whole(judge_static: JudgeChain) -> None:
    result = judge_static({})

    assert result.findings == ()
    assert result.walkable
    assert result.chain.heads == ()


@pytest.mark.parametrize(
    ("revisions", "expected"),
    [
        ([("a", None), ("b", "a"), ("c", "a")], [("multiple-heads", "c.py", 4)]),
        ([("a", None), ("b", None)], [("multiple-heads", "b.py", 4)]),
        (
            [("a", None), ("b", "gone")],
            [("missing-parent", "b.py", 4), ("multiple-heads", "b.py", 4)],
        ),
        (
            [("a", None), ("b", "gone"), ("c", ("a", "b"))],
            [("missing-parent", "b.py", 4), ("unreachable-revision", "c.py", 4)],
        ),
        (
            [("a", None), ("b", "d"), ("c", "b"), ("d", "c")],
            [("cycle", "b.py", 4)],
        ),
        ([("a", "a")], [("cycle", "a.py", 4)]),
    ],
)
def test_broken_graphs(
    judge_static: JudgeChain, chain: Chain, revisions: Any, expected: list[tuple[str, str, int]]
) -> None:
    result = judge_static(chain(*revisions))

    assert found(result) == expected
    assert not result.walkable


def test_an_abbreviated_parent_is_named_in_full(judge_static: JudgeChain, chain: Chain) -> None:
    """Alembic takes abbreviations on the command line, not in files."""
    result = judge_static(chain(("1c7e02d94ab5", None), ("2b", "1c7e")))

    assert "write 1c7e02d94ab5 in full" in result.findings[0].message


def test_two_files_of_one_id(
    judge_static: JudgeChain, chain: Chain, revision: Callable[..., str]
) -> None:
    files = {**chain(("a", None)), f"{VERSIONS}/z.py": revision("a")}

    assert found(judge_static(files)) == [("duplicate-revision", "z.py", 3)]


@pytest.mark.parametrize("label", ["x", "a"])
def test_a_label_that_something_else_goes_by(
    judge_static: JudgeChain, chain: Chain, label: str
) -> None:
    """Alembic stops there, whether that is a label or an id."""
    files = chain(("a", None), ("b", "a"))
    files[f"{VERSIONS}/a.py"] += "branch_labels = 'x'\n"
    files[f"{VERSIONS}/b.py"] += f"branch_labels = [{label!r}]\n"
    result = judge_static(files)

    assert found(result) == [("duplicate-revision", "b.py", 3)]
    assert not result.walkable


def test_more_heads_where_policy_allows_them(judge_static: JudgeChain, chain: Chain) -> None:
    result = judge_static(chain(("a", None), ("b", None)), max_heads=2)

    assert result.findings == ()
    assert result.walkable


@pytest.mark.parametrize(
    "assignments",
    [
        'revision = "b"\ndown_revision = "a"',
        'revision: str = "b"\ndown_revision: str | None = "a"',
        "revision: Final = 'b'\ndown_revision: Union[str, Sequence[str], None] = ('a',)",
        'revision = "b"\ndown_revision = ["a"]',
        'revision = "b"\ndown_revision = {"a"}',
        'revision, down_revision = "b", "a"',
        'PARENT = "a"\nrevision = "b"\ndown_revision = PARENT',
        'revision = "b"\ndown_revision = ("a"\n    )',
        'identifier = revision = "b"\ndown_revision = "" + "a"',
        "revision = f'b'\ndown_revision = (None, 'a')",
        "revision = 'b'\ndown_revision = tuple(['a'])\ndepends_on = frozenset()",
        'revision = "b"\ndown_revision = "a"\nbranch_labels = ("x", "y")\ndepends_on = None',
        'revision = "b"\ndown_revision = "a"\nbranch_labels: str = "x"\ndepends_on = {"a"}',
    ],
)
def test_all_ways_to_write_it(judge_static: JudgeChain, chain: Chain, assignments: str) -> None:
    body = "def upgrade():\n    pass\n"
    result = judge_static({**chain(("a", None)), f"{VERSIONS}/b.py": f"{assignments}\n{body}"})

    assert result.findings == ()
    (head,) = result.chain.heads
    assert (head.id, head.down) == ("b", ("a",))


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("import os\nrevision = os.environ['R']\ndown_revision = None", "dynamic-revision", 2),
        ("revision = 'b'\ndown_revision = f'{revision}0'", "dynamic-revision", 2),
        ("revision = 'b'\nif 1:\n    down_revision = 'a'", "dynamic-revision", 3),
        (
            "revision = 'b'\ntry:\n    down_revision = 'a'\nfinally:\n    pass",
            "dynamic-revision",
            3,
        ),
        ("from x import revision\ndown_revision = 'a'", "dynamic-revision", 1),
        ("revision = 'b'\ndown_revision = parent()", "dynamic-revision", 2),
        ("def helper():\n    revision = 'b'", "missing-revision", 1),
        ("revision = None\ndown_revision = 'a'", "missing-revision", 1),
        ("revision = 'b'", "missing-revision", 1),
        ("x = 1\nrevision = '2026-11-25'\ndown_revision = 'a'", "missing-revision", 2),
    ],
)
def test_a_place_that_cannot_be_told(
    judge_static: JudgeChain, chain: Chain, text: str, rule: str, line: int
) -> None:
    result = judge_static({**chain(("a", None)), f"{VERSIONS}/b.py": f"{text}\n"})

    assert found(result) == [(rule, "b.py", line)]
    assert not result.walkable


def test_a_file_that_does_not_parse_is_a_failure(judge_static: JudgeChain, chain: Chain) -> None:
    result = judge_static({**chain(("a", None)), f"{VERSIONS}/b.py": "revision = (\n"})

    assert [(f.code, f.file) for f in result.failures] == [
        ("alembic/syntax-error", f"svc/{VERSIONS}/b.py")
    ]
    assert not result.walkable


def test_labels_count_as_what_is_depended_on(judge_static: JudgeChain, chain: Chain) -> None:
    files = chain(("a", None), ("b", None))
    files[f"{VERSIONS}/a.py"] += "branch_labels = ('base',)\n"
    files[f"{VERSIONS}/b.py"] += "depends_on = 'base'\n"
    files[f"{VERSIONS}/c.py"] = (
        files[f"{VERSIONS}/b.py"].replace("'b'", "'c'").replace("'base'", "'nowhere'")
    )

    assert found(judge_static(files, max_heads=3)) == [("missing-parent", "c.py", 3)]


def test_revisions_where_alembic_does_not_look(
    judge_static: JudgeChain, chain: Chain, revision: Callable[..., str]
) -> None:
    files = {
        **chain(("a", None)),
        f"{VERSIONS}/2024/b.py": revision("b", "a"),
        "migrations/c.py": revision("c", "a"),
        f"{VERSIONS}/__init__.py": "",
    }
    expected = [
        ("unreachable-revision", "svc/migrations/c.py", 3),
        ("unreachable-revision", "2024/b.py", 3),
    ]
    assert found(judge_static(files)) == expected
    ini = "[alembic]\nscript_location = migrations\nrecursive_version_locations = true\n"
    files["alembic.ini"] = ini
    assert found(judge_static(files)) == expected[:1]


@pytest.mark.parametrize(
    "ini",
    [
        "version_locations = %(here)s/one:%(here)s/two\nversion_path_separator = os",
        "version_locations = one two",
        "version_locations = one, two",
        "version_locations = one;two\npath_separator = ;",
        "version_locations =\n    one\n    two\npath_separator = newline",
        "version_locations = pkg:one pkg:two",
    ],
)
def test_several_version_locations(
    judge_static: JudgeChain, revision: Callable[..., str], ini: str
) -> None:
    below = "src/pkg/" if "pkg:" in ini else ""
    files = {
        "alembic.ini": f"[alembic]\nscript_location = migrations\n{ini}\n",
        f"{below}one/a.py": revision("a"),
        f"{below}two/b.py": revision("b", "a"),
    }
    result = judge_static(files)

    assert result.findings == ()
    assert [r.id for r in result.chain.revisions] == ["a", "b"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[tool.alembic]\nscript_location = "%(here)s/migrations"\n'),
        (
            "pyproject.toml",
            '[tool.alembic]\nscript_location = "migrations"\n'
            'version_locations = ["%(here)s/migrations/versions"]\n',
        ),
    ],
)
def test_a_configuration_in_pyproject(
    judge_static: JudgeChain, chain: Chain, file: str, text: str
) -> None:
    result = judge_static({**chain(("a", None)), file: text}, ini=file)

    assert [r.id for r in result.chain.revisions] == ["a"]


@pytest.mark.parametrize(
    ("ini", "code"),
    [
        ("[other]\n", "bad-configuration"),
        ("[alembic]\n", "bad-configuration"),
        ("no ini", "bad-configuration"),
        ("[alembic]\nscript_location = ../../elsewhere\n", "bad-configuration"),
        ("[alembic]\nscript_location = nowhere:migrations\n", "bad-configuration"),
        (
            "[alembic]\nscript_location = m\nversion_locations = a|b\npath_separator = pipe\n",
            "bad-configuration",
        ),
    ],
)
def test_a_configuration_that_cannot_be_used(judge_static: JudgeChain, ini: str, code: str) -> None:
    with pytest.raises(GateError) as caught:
        judge_static({"alembic.ini": ini})

    assert caught.value.code == code
    assert caught.value.file == "svc/alembic.ini"


def test_the_only_ini_below_the_folder(judge_static: JudgeChain, chain: Chain) -> None:
    below = {f"db/{name}": text for name, text in chain(("a", None)).items()}
    ini = "[alembic]\nscript_location = %(here)s/migrations\n"
    result = judge_static({**below, "db/alembic.ini": ini, "alembic.ini": None})
    assert [r.id for r in result.chain.revisions] == ["a"]

    with pytest.raises(GateError) as caught:
        judge_static({"a/alembic.ini": ini, "b/alembic.ini": ini, "alembic.ini": None})
    assert (caught.value.code, caught.value.file) == ("no-configuration", "svc/a/alembic.ini")
    assert "svc/a/alembic.ini, svc/b/alembic.ini" in caught.value.message


@pytest.mark.parametrize("stated", ["db/alembic.ini", "svc/db/alembic.ini", "//svc/db/alembic.ini"])
def test_the_ini_that_the_target_names(judge_static: JudgeChain, chain: Chain, stated: str) -> None:
    """Below its folder, as its other fields; or from the root."""
    below = {f"db/{name}": text for name, text in chain(("a", None)).items()}
    ini = "[alembic]\nscript_location = %(here)s/migrations\n"
    result = judge_static({**below, "db/alembic.ini": ini}, facts={"alembic_ini": stated})

    assert [r.id for r in result.chain.revisions] == ["a"]


def test_no_configuration(judge_static: JudgeChain) -> None:
    with pytest.raises(GateError) as caught:
        judge_static({}, ini="db/alembic.ini")

    assert caught.value.code == "no-configuration"


@pytest.mark.parametrize(
    ("downgrade", "fails"),
    [
        ("def downgrade():\n    pass\n", True),
        ("def downgrade():\n    '''Nothing.'''\n", True),
        ("def downgrade():\n    ...\n    return None\n", True),
        ("def downgrade():\n    raise NotImplementedError('no way back')\n", True),
        ("", True),
        ("def downgrade():\n    op.execute('SELECT 1')\n", False),
        ("downgrade = nothing\n", False),
    ],
)
def test_downgrades(
    judge_static: JudgeChain, revision: Callable[..., str], downgrade: str, fails: bool
) -> None:
    body = f"def upgrade():\n    op.execute('SELECT 1')\n\n{downgrade}"
    files = {f"{VERSIONS}/a.py": revision("a", None, body)}

    assert judge_static(files).findings == ()
    rules = [finding.rule for finding in judge_static(files, require_downgrade=True).findings]
    assert rules == (["alembic/no-downgrade"] if fails else [])


def test_a_merge_needs_no_downgrade(
    judge_static: JudgeChain, chain: Chain, revision: Callable[..., str]
) -> None:
    empty = "def upgrade():\n    pass\n\ndef downgrade():\n    pass\n"
    files = chain(("a", None), ("b", "a"), ("c", "a"))
    files[f"{VERSIONS}/d.py"] = revision("d", ("b", "c"), empty)

    assert judge_static(files, require_downgrade=True).findings == ()


def test_what_offline_mode_cannot_print(
    judge_static: JudgeChain, revision: Callable[..., str]
) -> None:
    unsafe = "def upgrade():\n    bind = op.get_bind()\n    op.get_context().connection\n"
    asks = "def upgrade():\n    if not context.is_offline_mode():\n        op.get_bind()\n"
    files = {
        f"{VERSIONS}/a.py": revision("a", None, unsafe),
        f"{VERSIONS}/b.py": revision("b", "a", asks),
    }
    assert judge_static(files).findings == ()
    assert found(judge_static(files, require_offline=True)) == [
        ("offline-unsafe", "a.py", 7),
        ("offline-unsafe", "a.py", 8),
    ]


def test_imports_of_live_code(judge_static: JudgeChain, revision: Callable[..., str]) -> None:
    body = (
        "def upgrade():\n    from app.models import User\n    import app\n"
        "    from migrations.helpers import x\n    import json\n"
    )
    files = {
        f"{VERSIONS}/a.py": revision("a", None, body),
        "src/app/__init__.py": "",
        "src/app/models.py": "",
        "migrations/helpers.py": "",
    }
    result = judge_static(files)

    assert [(f.rule, f.line, f.severity) for f in result.findings] == [
        ("alembic/live-import", 8, Severity.WARNING),
        ("alembic/live-import", 7, Severity.WARNING),
    ]
    assert result.walkable


def test_cosmetic_edits_are_fine(
    judge_static: JudgeChain, chain: Chain, revision: Callable[..., str]
) -> None:
    base = chain(("a", None), ("b", "a"))
    edited = (
        '"""Said better."""\nfrom __future__ import annotations\nimport sqlalchemy as sa\n'
        "from alembic import op\n\nrevision: str = 'a'  # the first\n"
        "down_revision: str | None = None\n"
        "def upgrade() -> None:\n    '''Up.'''\n    op.execute(\n        \"SELECT 1\",\n    )\n"
        "def downgrade() -> None:\n    op.execute('SELECT 2')\n"
    )
    head = {f"{VERSIONS}/0001_a.py": edited, **chain(("b", "a"), ("c", "b"))}
    result = judge_static(head, base=base)

    assert result.findings == ()
    assert result.new == {"c"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SELECT 1", "SELECT 3"),
        ("def upgrade():", "def upgrade(engine=None):"),
        ("op.execute('SELECT 2')", "pass"),
    ],
)
def test_edits_of_what_a_merged_revision_does(
    judge_static: JudgeChain, chain: Chain, old: str, new: str
) -> None:
    base = chain(("a", None), ("b", "a"))
    head = {**base, f"{VERSIONS}/a.py": base[f"{VERSIONS}/a.py"].replace(old, new)}

    assert found(judge_static(head, base=base)) == [("edited-after-merge", "a.py", 3)]
    assert judge_static(head, base=base, squashed=["a"]).findings == ()


def test_a_squash_is_declared(judge_static: JudgeChain, chain: Chain) -> None:
    base = chain(("a", None), ("b", "a"), ("c", "b"))
    head = chain(("b", None), ("c", "b"))

    assert found(judge_static(head, base=base)) == [
        ("removed-after-merge", "svc/alembic.ini", 1),
        ("edited-after-merge", "b.py", 3),
    ]
    assert judge_static(head, base=base, squashed=["a", "b"]).findings == ()


def test_an_added_file_is_no_edit(judge_static: JudgeChain, chain: Chain) -> None:
    result = judge_static(chain(("a", None), ("b", "a")), base={})

    assert result.findings == ()
    assert result.new == {"a", "b"}
