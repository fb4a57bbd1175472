"""Each rule of hygiene on a lock that breaks it and on one that does not."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.inseam.gates.lockfile.conftest import write

from inseam.gates.contract import ServiceFacts
from inseam.gates.lockfile.index import is_default_index
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService

if TYPE_CHECKING:
    from tests.inseam.gates.lockfile.conftest import Gate, Uv

INDEX = "https://packages.acme.example/simple"
DIGEST = "sha256:" + "0" * 64
FILE = "https://packages.acme.example/files/web-1.0-py3-none-any.whl"
WHEEL = f'wheels = [{{ url = "{FILE}", hash = "{DIGEST}", upload-time = "2026-11-01T00:00:00Z" }}]'
PROJECT = """\
[project]
name = "shop"
version = "1"
requires-python = "@PYTHON@"
dependencies = ["web"]
"""


def uv_lock(
    *,
    name: str = "web",
    version: str = "1.0",
    source: str = f'registry = "{INDEX}"',
    file: str = WHEEL,
    python: str = ">=3.11,<3.14",
    revision: int = 3,
) -> str:
    return f"""\
version = 1
revision = {revision}
requires-python = "{python}"

[[package]]
name = "shop"
version = "1"
source = {{ virtual = "." }}
dependencies = [{{ name = "{name}" }}]

[package.metadata]
requires-dist = [{{ name = "{name}" }}]

[[package]]
name = "{name}"
version = "{version}"
source = {{ {source} }}
{file}
"""


@dataclass(frozen=True)
class Case:
    """A rule with a lock that breaks it and one that does not, under the same settings."""

    rule: str
    bad: str
    good: str = field(default_factory=uv_lock)
    settings: dict[str, Any] = field(default_factory=dict)
    severity: str = "error"
    says: str = ""


SDIST = f'sdist = {{ url = "https://packages.acme.example/web-1.0.tar.gz", hash = "{DIGEST}" }}'
NO_HASH = f'wheels = [{{ url = "{FILE}" }}]'
NO_TIME = f'wheels = [{{ url = "{FILE}", hash = "{DIGEST}" }}]'
EVIL = NO_TIME.replace("packages.acme.example", "evil.example")
GIT = 'git = "https://git.example/acme/web?rev=v1#0123456789abcdef0123456789abcdef01234567"'

CASES = [
    Case("no-hash", uv_lock(file=NO_HASH), says="web-1.0-py3-none-any.whl has no hash"),
    Case("no-hash", uv_lock(file=NO_HASH.replace(" }", ', hash = "md5:00" }')), says="weak"),
    Case("no-hash", uv_lock(file="")),
    Case("foreign-index", uv_lock(source='registry = "https://evil.example/simple"')),
    Case("foreign-index", uv_lock(source=f'registry = "{INDEX}/evil"')),
    Case("foreign-host", uv_lock(file=EVIL), says="web 1.0 has files on evil.example"),
    Case(
        "foreign-host",
        uv_lock(file=NO_TIME.replace("packages.acme.example", "packages.acme.example:8443")),
    ),
    Case(
        "foreign-host",
        uv_lock(file=EVIL),
        uv_lock(file=EVIL.replace("evil", "cdn")),
        {"file_hosts": ["cdn.example"]},
    ),
    Case("direct-source", uv_lock(source=GIT, file=""), says="web 1.0 is taken from a git repos"),
    Case(
        "direct-source",
        uv_lock(source=GIT.replace("acme/web", "acme-evil/web"), file=""),
        uv_lock(source=GIT, file=""),
        {"direct_sources": ["https://git.example/acme"]},
    ),
    Case("direct-source", uv_lock(source='url = "https://x.example/web-1.0.zip"', file=SDIST)),
    Case("direct-source", uv_lock(source='directory = "../../web"', file="")),
    Case(
        "direct-source",
        uv_lock(source='path = "libs/web-1.0-py3-none-any.whl"', file=NO_TIME),
        uv_lock(source='path = "vendor/web-1.0-py3-none-any.whl"', file=NO_TIME),
        {"path_sources": ["vendor"]},
    ),
    Case("open-requires-python", uv_lock(python=">=3.11"), severity="warning"),
    Case("open-requires-python", uv_lock(python=">=3.11"), settings={"bounded_python": True}),
    Case("sdist-only", uv_lock(file=SDIST), severity="warning", says="web 1.0 has no wheel"),
    Case("sdist-only", uv_lock(file=SDIST), settings={"wheels_only": True}),
    Case(
        "dependency-confusion",
        uv_lock(name="acme-web"),
        uv_lock(name="acme-web", source='registry = "https://own.example/simple"'),
        {"private_prefixes": ["acme_"], "private_indexes": ["https://own.example/simple/"]},
    ),
    Case(
        "dependency-confusion",
        uv_lock(name="acme-web"),
        uv_lock(name="acmeweb"),
        {"private_prefixes": ["acme-"]},
    ),
    Case(
        "too-young",
        uv_lock(file=WHEEL.replace("2026-11-01", "2026-11-20")),
        uv_lock(),
        {"minimum_age_days": 7},
        says="web 1.0 came 5 days ago; policy wants 7",
    ),
    Case("age-unknown", uv_lock(file=NO_TIME), uv_lock(), {"minimum_age_days": 7}),
    Case(
        "age-unknown",
        uv_lock(file=NO_TIME),
        uv_lock(file=NO_TIME, name="acme-web"),
        {"minimum_age_days": 7, "young_packages": ["Acme_Web"]},
    ),
    Case(
        "tool-version",
        uv_lock(revision=1),
        uv_lock(revision=3),
        {"tool_versions": {"uv": ">=1.2,<2"}},
        says="the lock's format is 1.1, policy wants >=1.2,<2",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_rules(case: Case, gate: Gate, tmp_path: Path) -> None:
    for name, lock in (("bad", case.bad), ("good", case.good)):
        bounds = ">=3.11" if 'requires-python = ">=3.11"' in lock else ">=3.11,<3.14"
        files = {"pyproject.toml": PROJECT.replace("@PYTHON@", bounds), "uv.lock": lock}
        document = gate(
            write(tmp_path / name, files),
            settings={"indexes": [INDEX], **case.settings},
            as_of=datetime.date(2026, 11, 25),
        )
        found = [f for f in document.findings if f.rule == f"lockfile/{case.rule}"]
        assert len(found) == (1 if name == "bad" else 0), document
        for finding in found:
            assert finding.severity == case.severity
            assert case.says in finding.message
            assert finding.line > 0


def test_no_requires_python(gate: Gate, tmp_path: Path) -> None:
    project = PROJECT.replace('requires-python = "@PYTHON@"\n', "")
    root = write(tmp_path, {"pyproject.toml": project, "uv.lock": uv_lock()})
    rules = {f.rule for f in gate(root, settings={"indexes": [INDEX]}).findings}
    assert "lockfile/no-requires-python" in rules
    off = gate(root, settings={"indexes": [INDEX], "require_python": False}).findings
    assert "lockfile/no-requires-python" not in {f.rule for f in off}


def test_the_default_index_is_known_without_its_name(real_uv: Uv, tmp_path: Path) -> None:
    (tmp_path / "empty.in").write_text("", encoding="utf-8")
    done = real_uv.run(
        tmp_path, "pip", "compile", "--offline", "--emit-index-url", "--no-header", "empty.in"
    )
    (index,) = [w for w in done.stdout.split() if "://" in w]
    assert is_default_index(index, exact=True)
    assert is_default_index(f"{index}/")
    assert not is_default_index(f"{index}/", exact=True)
    assert not is_default_index(f"{index}s")


def test_versions_that_differ(tmp_path: Path) -> None:
    """Whatever else is in the run: services that say so are one unit."""
    versions = {"a": "1.0", "b": "2.0", "c": "2.0", "d": "9.0"}
    for name, version in versions.items():
        files = {
            "pyproject.toml": PROJECT.replace("@PYTHON@", ">=3.11,<3.14"),
            "uv.lock": uv_lock(version=version, file=WHEEL.replace("web-1.0", f"web-{version}")),
        }
        write(tmp_path / name, files)
    unit = UnitDocument(
        gate="lockfile",
        time_limit=60,
        services=tuple(
            UnitService(
                facts=ServiceFacts(
                    name=name,
                    root=name,
                    pyproject=f"{name}/pyproject.toml",
                    lock=f"{name}/uv.lock",
                    lock_kind="uv",
                ),
                settings={"indexes": [INDEX], "same_versions": name != "d"},
            )
            for name in versions
        ),
    )
    said = execute(unit, root=tmp_path, cache=tmp_path / "cache", environment={})
    assert [(f.service, f.rule, f.message) for f in said.findings] == [
        ("a", "lockfile/versions-differ", "web is 1.0 here, 2.0 in b, c")
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [("2026-11-01", "2026-01-01"), ('"2026-11-01T00:00:00Z"', '"2026-11-01T00:00:00Z", size = 8')],
)
def test_what_is_recorded_of_a_file_does_not_change(
    old: str, new: str, gate: Gate, tmp_path: Path
) -> None:
    """Else an earlier day would hide how young a file is."""
    lock = uv_lock().replace('Z" }', 'Z", size = 7 }') if "size" in new else uv_lock()
    project = PROJECT.replace("@PYTHON@", ">=3.11,<3.14")
    base = write(tmp_path / "base", {"pyproject.toml": project, "uv.lock": lock})
    changed = lock.replace(", size = 7", "").replace(old, new)
    root = write(tmp_path / "head", {"pyproject.toml": project, "uv.lock": changed})
    document = gate(root, base=base, settings={"indexes": [INDEX]})
    assert [f.rule for f in document.findings] == ["lockfile/changed-record"]


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        ("", ["dependency-confusion"]),
        ("--index-url https://own.example/simple\n", []),
        ("-i https://own.example/simple/\n", []),
        ("--extra-index-url=https://own.example/simple\n", ["dependency-confusion"]),
        (
            "--index-url https://own.example/simple\n--extra-index-url https://x.example/simple\n",
            ["dependency-confusion", "foreign-index"],
        ),
        ("--find-links https://x.example/files\n", ["dependency-confusion", "foreign-index"]),
    ],
)
def test_where_a_requirements_file_sends_pip(
    lines: str, rules: list[str], gate: Gate, tmp_path: Path
) -> None:
    lock = (
        "# This file was autogenerated by uv via the following command:\n"
        "#    uv pip compile --universal --generate-hashes -o requirements.lock pyproject.toml\n"
        f"{lines}acme-web==1.0 --hash={DIGEST}\n    # via shop (pyproject.toml)\n"
    )
    project = PROJECT.replace("@PYTHON@", ">=3.11,<3.14").replace('"web"', '"acme-web"')
    root = write(tmp_path, {"pyproject.toml": project, "requirements.lock": lock})
    document = gate(
        root,
        settings={
            "indexes": ["default"],
            "private_prefixes": ["acme-"],
            "private_indexes": ["https://own.example/simple"],
        },
        lock="requirements.lock",
        lock_kind="requirements",
    )
    assert document.failures == ()
    assert sorted(f.rule.partition("/")[2] for f in document.findings) == rules
