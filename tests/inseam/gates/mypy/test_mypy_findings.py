"""What the gate finds, how it says it, and that nothing in the service makes it say less."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from inseam.gates.mypy.settings import Flags

UNTYPED = "def same(thing):\n    return thing\n"
TYPED = "def double(number: int) -> int:\n    return number * 2\n"


def test_clean_service(ws: Any) -> None:
    ws.write({"svc/app.py": TYPED})
    assert ws.findings() == ()


def test_a_finding_in_full(ws: Any) -> None:
    ws.write({"svc/app.py": f'{TYPED}\n\nanswer = 1 + double( "1")\n'})
    (finding,) = ws.findings()
    assert finding.model_dump(exclude={"fingerprint"}) == {
        "rule": "mypy/arg-type",
        "service": "svc",
        "file": "svc/app.py",
        "line": 5,
        "column": 22,
        "end_line": 5,
        "message": 'argument 1 to "double" has incompatible type "str"; expected "int"',
        "fix": "pass a value of the expected type, or widen the parameter's annotation",
        "severity": "error",
        "confidence": "high",
        "key": 'answer = 1 + double( "1")',
        "related": (),
        "properties": {},
        "help_url": "https://mypy.readthedocs.io/en/stable/_refs.html#code-arg-type",
    }


def test_hints_and_notes_belong_to_the_finding(ws: Any) -> None:
    ws.write(
        {
            "svc/a.py": "def nothing():\n    pass\n",
            "svc/b.py": "class Base:\n    def run(self, a: int) -> None: ...\n\n\n"
            "class Child(Base):\n    def run(self, a: str) -> None: ...\n",
            "svc/c.py": "reveal_type(1)\n",
        }
    )
    first, second = ws.findings()
    assert [note.message for note in first.related] == [
        'Use "-> None" if function does not return a value'
    ]
    assert second.rule == "mypy/override"
    assert {(note.file, note.line) for note in second.related} == {("svc/b.py", 6)}
    assert "Liskov" in " ".join(note.message for note in second.related)


def test_missing_types_and_modules(ws: Any) -> None:
    ws.install("acme-untyped", {"acme_other/__init__.py": "X = 1\n"})
    ws.write({"svc/app.py": "import acme_other\nimport nowhere\nimport yaml\n"})
    findings = ws.findings()
    assert [(finding.rule, finding.line) for finding in findings] == [
        ("mypy/import-untyped", 1),
        ("mypy/import-not-found", 2),
        ("mypy/import-untyped", 3),
    ]
    assert "stub package" in findings[0].fix
    assert "add types-PyYAML to" in findings[2].fix

    allowed = {"ignore_missing_imports": ["acme_other.*", "nowhere", "yaml"]}
    assert ws.findings(**allowed) == ()


def test_what_only_mypy_has_cannot_be_imported(ws: Any) -> None:
    ws.write({"svc/app.py": "import mypy\nimport pathspec\n"})
    assert [finding.rule for finding in ws.findings()] == ["mypy/import-not-found"] * 2


def test_identity_survives_moved_lines(ws: Any) -> None:
    ws.write({"svc/app.py": UNTYPED})
    (before,) = ws.findings()
    ws.write({"svc/app.py": "\n\nX = 1\n" + UNTYPED})
    (after,) = ws.findings()
    assert (before.line, after.line) == (1, 4)
    assert before.fingerprint == after.fingerprint


def test_own_configuration_does_not_loosen(ws: Any) -> None:
    loose = "[mypy]\nignore_errors = True\nfollow_imports = skip\n"
    ws.write(
        {
            "svc/pyproject.toml": '[project]\nname = "svc"\nversion = "1"\n'
            'requires-python = ">=3.11"\n[tool.mypy]\nignore_errors = true\nexclude = [".*"]\n',
            "svc/mypy.ini": loose,
            "svc/.mypy.ini": loose,
            "svc/setup.cfg": loose,
            "mypy.ini": loose,
            "home/.mypy.ini": loose,
            "home/.config/mypy/config": loose,
            "svc/app.py": UNTYPED,
        }
    )
    hostile = {
        "MYPY_CACHE_DIR": "/nowhere",
        "MYPYPATH": "/nowhere",
        "MYPY_NUM_WORKERS": "-1",
        "PYTHONPATH": str(ws.root / "svc"),
        "XDG_CONFIG_HOME": str(ws.root / "home/.config"),
    }
    assert ws.rules(environment=hostile) == {"svc/app.py": {"mypy/no-untyped-def"}}


def test_libraries_resolve_and_their_errors_are_their_own(ws: Any) -> None:
    ws.write(
        {
            "libs/money/src/acme/money.py": "def total(a: int) -> int:\n    return str(a)\n"
            "def untyped(x): ...\n",
            "svc/src/acme/app.py": "from acme.money import total\n\nx: str = total(1)\n",
        }
    )
    found = ws.findings(roots=("svc/src", "libs/money/src"))
    assert [(finding.file, finding.line, finding.rule) for finding in found] == [
        ("svc/src/acme/app.py", 3, "mypy/assignment")
    ]
    assert ws.rules(roots=("svc/src",)) == {"svc/src/acme/app.py": {"mypy/import-not-found"}}


def test_python_version_is_the_lowest_that_is_supported(ws: Any) -> None:
    ws.write({"svc/app.py": "type Number = int\nimport tomllib\n"})
    assert ws.rules() == {"svc/app.py": {"mypy/syntax"}}
    assert ws.rules(python_version="3.12") == {}


def test_platform_is_policy_not_the_machine(ws: Any) -> None:
    ws.write({"svc/app.py": 'import sys\nif sys.platform == "win32":\n    x: int = ""\n'})
    assert ws.findings() == ()
    assert ws.rules(platform="win32") == {"svc/app.py": {"mypy/assignment"}}


def test_error_codes(ws: Any) -> None:
    ws.write({"svc/a.py": "import random\nif random.random():\n    x = 1\nprint(x)\n"})
    ws.write({"svc/b.py": UNTYPED})
    assert ws.rules(
        enable_error_code=["possibly-undefined"], disable_error_code=["no-untyped-def"]
    ) == {"svc/a.py": {"mypy/possibly-undefined"}}


FLAGS = {
    "disallow_any_generics": ("type-arg", "x: list = []\n"),
    "disallow_subclassing_any": (
        "misc",
        "from typing import Any\nB: Any = object\nclass C(B): ...\n",
    ),
    "disallow_untyped_calls": (
        "no-untyped-call",
        "def f(a): ...  # type: ignore[no-untyped-def,unused-ignore]\ndef g() -> None:\n    f(1)\n",
    ),
    "disallow_untyped_defs": ("no-untyped-def", "def f(a): ...\n"),
    "disallow_incomplete_defs": ("no-untyped-def", "def f(a: int, b): ...\n"),
    "check_untyped_defs": (
        "operator",
        "def f():  # type: ignore[no-untyped-def,unused-ignore]\n    1 + ''\n",
    ),
    "disallow_untyped_decorators": (
        "untyped-decorator",
        """\
def d(f): return f  # type: ignore[no-untyped-def,unused-ignore]
@d
def g() -> None: ...
""",
    ),
    "warn_redundant_casts": ("redundant-cast", "from typing import cast\nx = cast(int, 1)\n"),
    "warn_unused_ignores": ("unused-ignore", "x = 1  # type: ignore\n"),
    "warn_return_any": (
        "no-any-return",
        "from typing import Any\ndef f(a: Any) -> int:\n    return a\n",
    ),
    "no_implicit_reexport": ("attr-defined", "from disallow_any_generics import x\n"),
    "strict_equality": ("comparison-overlap", "a = 1\nprint(a == '')\n"),
    "extra_checks": (
        "typeddict-item",
        """\
from typing import TypedDict
class A(TypedDict):
    a: int
class B(TypedDict):
    b: int
def f(a: A, b: B) -> None:
    a.update({**b})
""",
    ),
    "strict_optional": ("assignment", "x: int = None\n"),
    "no_implicit_optional": ("assignment", "def f(x: int = None) -> None: ...\n"),
    "strict_bytes": ("assignment", "x: bytes = bytearray()\n"),
    "warn_no_return": ("return", "def f(a: int) -> int:\n    if a:\n        return 1\n"),
    "warn_unreachable": ("unreachable", "x = 1\nif isinstance(x, str):\n    print(x)\n"),
    "strict_equality_for_none": ("comparison-overlap", "x = 1\nprint(x == None)\n"),
    "disallow_any_unimported": (
        "no-any-unimported",
        "from nowhere import A  # type: ignore[import-not-found]\ndef f(a: A) -> None: ...\n",
    ),
    "disallow_any_explicit": ("explicit-any", "from typing import Any\nx: Any = 1\n"),
    "disallow_any_decorated": (
        "misc",
        """\
from typing import Any, Callable
def d(f: Callable[..., int]) -> Callable[..., Any]: return f
@d
def g() -> int: return 1
""",
    ),
    "disallow_any_expr": ("misc", "from typing import Any\ndef f(a: Any) -> None:\n    print(a)\n"),
}


def test_every_flag_does_what_it_says(ws: Any) -> None:
    """A run with all flags on finds each flag's mistake, one with all off finds none of them."""
    assert set(Flags.model_fields) == set(FLAGS)
    ws.write({f"svc/{name}.py": source for name, (_, source) in FLAGS.items()})
    ws.write({"svc/no_implicit_reexport.py": "from barrel import sqrt\nprint(sqrt(4))\n"})
    ws.write({"svc/barrel.py": "from math import sqrt\n"})

    strictest = ws.rules(**dict.fromkeys(FLAGS, True))
    mildest = ws.rules(**dict.fromkeys(FLAGS, False))
    for name, (code, _) in FLAGS.items():
        assert f"mypy/{code}" in strictest.get(f"svc/{name}.py", set()), name
        assert f"mypy/{code}" not in mildest.get(f"svc/{name}.py", set()), name


def test_defaults_are_strict(ws: Any) -> None:
    """mypy's own `--strict` and the defaults say the same."""
    ws.write({f"svc/{name}.py": source for name, (_, source) in FLAGS.items()})
    ours = {(finding.file, finding.line, finding.rule) for finding in ws.findings()}
    (mypy,) = ws.cache.glob("environments/*/1/lib/python3.11/site-packages/mypy")
    python = mypy.parents[3] / "bin/python"
    bare = subprocess.run(
        [
            python,
            "-I",
            "-m",
            "mypy",
            "--strict",
            "--python-version=3.11",
            "--no-error-summary",
            "--cache-dir=/dev/null",
            "--config-file=",
            "--hide-error-context",
            ".",
        ],
        cwd=ws.root / "svc",
        capture_output=True,
        text=True,
        check=False,
    )
    said = set()
    for line in bare.stdout.splitlines():
        if ": error: " in line:
            file, number, rest = line.split(":", 2)
            said.add((f"svc/{file}", int(number), f"mypy/{rest.rpartition('[')[2].rstrip(']')}"))
    assert ours == said


@pytest.mark.parametrize("member", ["--strict", "a\nb = c", "Name", ""])
def test_codes_that_are_none(ws: Any, member: str) -> None:
    ws.write({"svc/app.py": TYPED})
    assert ws.failure(enable_error_code=[member])[0] == "mypy/bad-settings"


def test_unknown_error_code(ws: Any) -> None:
    ws.write({"svc/app.py": TYPED})
    assert ws.failure(enable_error_code=["no-such-code"])[0] == "mypy/blocked"


def test_deterministic(ws: Any) -> None:
    ws.write({f"svc/m{number}.py": UNTYPED * 3 for number in range(6)})
    assert ws.check().model_dump_json() == ws.check().model_dump_json()
