"""Edits of projects and their `uv.lock`, what they mean, and what `uv lock --check` says.

`truth` is what a reviewer has to know: whether the lock still is what its projects ask for. Where
uv says something else, `uv` holds that, and `why` the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Truth = Literal["fresh", "stale", "tampered"]

Files = dict[str, str]
"""Text by path."""

PROJECT = """\
[project]
name = "shop"
version = "1.0"
requires-python = ">=3.11"
dependencies = [
    "httpkit>=1,<3",
    "idle>=1 ; sys_platform == 'win32'",
    "tool>=1",
    "old>=1 ; python_version < '3.12'",
]

[project.optional-dependencies]
fast = ["frames>=1"]

[dependency-groups]
dev = ["checker>=1", {include-group = "lint"}]
lint = ["idle"]

[tool.uv]
constraint-dependencies = ["frames<5"]
override-dependencies = ["base>=1"]

[[tool.uv.index]]
name = "local"
url = "@INDEX@"
default = true
"""

WORKSPACE: Files = {
    "pyproject.toml": """\
[project]
name = "shop"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["money", "httpkit>=1"]

[tool.uv.sources]
money = { workspace = true }

[tool.uv.workspace]
members = ["libs/*"]
exclude = ["libs/attic"]

[[tool.uv.index]]
name = "local"
url = "@INDEX@"
default = true
""",
    "libs/money/pyproject.toml": """\
[project]
name = "money"
version = "0.1"
requires-python = ">=3.11"
dependencies = ["tool>=1"]

[project.optional-dependencies]
fast = ["frames"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
""",
    "libs/clock/pyproject.toml": """\
[project]
name = "clock"
version = "0.2"
requires-python = ">=3.10"
dependencies = []
""",
}


FEATURES: Files = {
    "pyproject.toml": """\
[project]
name = "shop"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["tool>=1", "money", "clock", "idle"]

[project.optional-dependencies]
cpu = ["frames==1.0"]
gpu = ["frames==2.0"]

[dependency-groups]
dev = ["checker"]

[tool.uv]
conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]
environments = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]
required-environments = ["sys_platform == 'linux' and platform_machine == 'x86_64'"]
exclude-newer = "2026-10-01T00:00:00Z"
exclude-newer-package = { tool = false }
prerelease = "allow"
exclude-dependencies = ["base"]

[tool.uv.sources]
money = { path = "libs/money", editable = true }
clock = { path = "libs/clock" }
idle = [{ index = "local", marker = "sys_platform == 'linux'" }]

[[tool.uv.index]]
name = "local"
url = "@INDEX@"
default = true
exclude-newer = false
""",
    "libs/money/pyproject.toml": """\
[project]
name = "money"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["tool"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
""",
    "libs/clock/pyproject.toml": """\
[project]
name = "clock"
version = "0.1"
requires-python = ">=3.9"
dependencies = []

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
""",
}

BASES: dict[str, Files] = {
    "project": {"pyproject.toml": PROJECT},
    "workspace": WORKSPACE,
    "features": FEATURES,
}


@dataclass(frozen=True)
class Edit:
    """One change of the files that belong to a fresh lock."""

    name: str
    change: Callable[[Files], None]
    truth: Truth
    uv: Truth | Literal["error"] | None = None
    """What uv says, where it is something else; it knows no `tampered`, and `error` is neither."""
    why: str = ""
    rules: frozenset[str] = frozenset()
    """Of the gate, for what is `tampered`."""
    base: str = "project"
    """What it starts from: one of `BASES`."""


def sub(
    old: str, new: str, file: str = "pyproject.toml", count: int = 1
) -> Callable[[Files], None]:
    """Replaces text that has to be there."""

    def change(files: Files) -> None:
        assert old in files[file], (old, file)
        files[file] = files[file].replace(old, new, count)

    return change


def pattern(old: str, new: str, file: str = "uv.lock") -> Callable[[Files], None]:
    """Replaces what a pattern finds, which has to be there."""

    def change(files: Files) -> None:
        files[file], times = re.subn(old, new, files[file], count=1, flags=re.DOTALL)
        assert times == 1, old

    return change


def add(text: str, file: str = "pyproject.toml") -> Callable[[Files], None]:
    """Adds text at the end of a file, which need not exist."""

    def change(files: Files) -> None:
        files[file] = files.get(file, "") + text

    return change


def uv(text: str) -> Callable[[Files], None]:
    """Adds a line to `[tool.uv]`."""
    return sub("[tool.uv]\n", f"[tool.uv]\n{text}\n")


def into_uv_toml(files: Files) -> None:
    """Puts settings where uv looks before it looks into `pyproject.toml`."""
    found = re.search(r'url = "([^"]+)"', files["pyproject.toml"])
    assert found is not None
    index = f'[[index]]\nname = "local"\nurl = "{found[1]}"\ndefault = true\n'
    files["uv.toml"] = f'prerelease = "allow"\n\n{index}'


def remove(file: str) -> Callable[[Files], None]:
    """Deletes a file."""

    def change(files: Files) -> None:
        del files[file]

    return change


DEPENDENCIES = (
    Edit("nothing", lambda files: None, "fresh"),
    Edit("dependency added", sub('"tool>=1",', '"tool>=1",\n    "frames",'), "stale"),
    Edit("dependency removed", sub('    "tool>=1",\n', ""), "stale"),
    Edit("dependency renamed", sub('"tool>=1"', '"toolbox>=1"'), "stale"),
    Edit("specifier narrowed", sub("httpkit>=1,<3", "httpkit>=1,<2"), "stale"),
    Edit("specifier widened", sub("httpkit>=1,<3", "httpkit>=1,<4"), "stale"),
    Edit("specifier removed", sub("tool>=1", "tool"), "stale"),
    Edit("specifier that excludes the pin", sub("tool>=1", "tool>=1,!=1.1"), "stale"),
    Edit("specifiers in another order", sub("httpkit>=1,<3", "httpkit<3,>=1"), "fresh"),
    Edit("specifier with spaces", sub("httpkit>=1,<3", "httpkit >= 1, < 3"), "fresh"),
    Edit("specifier with a trailing zero", sub("tool>=1", "tool>=1.0"), "fresh"),
    Edit(
        "specifier with what goes without saying",
        sub("tool>=1", "tool>=1,>=0.5"),
        "fresh",
    ),
    Edit("name in another spelling", sub('"httpkit', '"HttpKit'), "fresh"),
    Edit("dependencies in another order", lambda files: _swap(files), "fresh"),
    Edit(
        "comment and white space", sub('    "tool>=1",', '    # a note\n      "tool>=1",'), "fresh"
    ),
    Edit("dependency twice", sub('"tool>=1",', '"tool>=1",\n    "tool>=1",'), "fresh"),
    Edit("extra asked for", sub("httpkit>=1", "httpkit[http2]>=1"), "stale"),
    Edit(
        "URL in place of a range",
        sub('"tool>=1"', '"tool @ https://files.example/tool-1.1.tar.gz"'),
        "stale",
        "error",
        "it wants the file, which is not there",
    ),
    Edit(
        "git in place of a range",
        sub('"tool>=1"', '"tool @ git+https://git.example/tool@v1"'),
        "stale",
    ),
)


def group_instead(files: Files) -> None:
    """Moves a dependency to a group."""
    text = files["pyproject.toml"].replace('"tool>=1", ', "")
    files["pyproject.toml"] = text.replace('["checker"]', '["checker", "tool>=1"]')


def _swap(files: Files) -> None:
    text = files["pyproject.toml"].replace('    "tool>=1",\n', "")
    files["pyproject.toml"] = text.replace(
        "dependencies = [\n", 'dependencies = [\n    "tool>=1",\n', 1
    )


MARKERS = (
    Edit("marker added", sub('"tool>=1"', "\"tool>=1 ; sys_platform == 'linux'\""), "stale"),
    Edit("marker removed", sub(" ; sys_platform == 'win32'", ""), "stale"),
    Edit("marker changed", sub("sys_platform == 'win32'", "sys_platform == 'darwin'"), "stale"),
    Edit(
        "marker of the same platform",
        sub("sys_platform == 'win32'", "platform_system == 'Windows'"),
        "fresh",
    ),
    Edit("marker mirrored", sub("sys_platform == 'win32'", "'win32' == sys_platform"), "fresh"),
    Edit(
        "marker in brackets", sub("sys_platform == 'win32'", "(sys_platform == 'win32')"), "fresh"
    ),
    Edit(
        "marker of the full version",
        sub("python_version < '3.12'", "python_full_version < '3.12'"),
        "fresh",
    ),
    Edit("marker with <=", sub("python_version < '3.12'", "python_version <= '3.11'"), "fresh"),
    Edit("marker with ==", sub("python_version < '3.12'", "python_version == '3.11'"), "fresh"),
    Edit(
        "marker of a patch",
        sub("python_version < '3.12'", "python_full_version < '3.12.1'"),
        "stale",
    ),
    Edit(
        "marker that always holds",
        sub('"tool>=1"', "\"tool>=1 ; python_version >= '3.8'\""),
        "fresh",
    ),
    Edit(
        "marker that never holds",
        sub('"tool>=1",', '"tool>=1",\n    "frames ; python_version < \'3\'",'),
        "fresh",
        "stale",
        "no Python of the project's would install it",
    ),
    Edit(
        "marker split in two",
        sub('"tool>=1",', "\"tool>=1 ; os_name == 'nt'\",\n    \"tool>=1 ; os_name != 'nt'\","),
        "fresh",
    ),
)

PROJECTS = (
    Edit("version of the project", sub('version = "1.0"', 'version = "1.1"'), "stale"),
    Edit("version with a trailing zero", sub('version = "1.0"', 'version = "1.0.0"'), "fresh"),
    Edit("version dynamic", sub('version = "1.0"', 'dynamic = ["version"]'), "stale"),
    Edit("name of the project", sub('name = "shop"', 'name = "store"'), "stale"),
    Edit("name in another case", sub('name = "shop"', 'name = "Shop"'), "fresh"),
    Edit(
        "description added",
        sub('version = "1.0"', 'version = "1.0"\ndescription = "sells"'),
        "fresh",
    ),
    Edit(
        "requires-python raised",
        sub(">=3.11", ">=3.12"),
        "stale",
        "error",
        "it was given an older Python",
    ),
    Edit("requires-python lowered", sub(">=3.11", ">=3.10"), "stale"),
    Edit("requires-python bounded", sub('">=3.11"', '">=3.11,<3.14"'), "stale"),
    Edit("requires-python with spaces", sub('">=3.11"', '">= 3.11"'), "fresh"),
    Edit("requires-python with a patch", sub('">=3.11"', '">=3.11.0"'), "fresh"),
    Edit(
        "becomes a package",
        add('\n[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'),
        "stale",
    ),
    Edit("says that it is a package", uv("package = true"), "stale"),
    Edit("says that it is none", uv("package = false"), "fresh"),
    Edit(
        "extra added", sub('fast = ["frames>=1"]', 'fast = ["frames>=1"]\nslow = ["idle"]'), "stale"
    ),
    Edit(
        "empty extra added", sub('fast = ["frames>=1"]', 'fast = ["frames>=1"]\nslow = []'), "stale"
    ),
    Edit("extra renamed", sub("fast = [", "quick = ["), "stale"),
    Edit("extra removed", sub('fast = ["frames>=1"]\n', ""), "stale"),
    Edit("requirement of an extra", sub("frames>=1", "frames>=2"), "stale"),
    Edit("extra's name in another spelling", sub("fast = [", "FAST = ["), "fresh"),
    Edit("group added", sub('lint = ["idle"]', 'lint = ["idle"]\ndocs = ["tool"]'), "stale"),
    Edit("empty group added", sub('lint = ["idle"]', 'lint = ["idle"]\ndocs = []'), "stale"),
    Edit("group removed", sub('dev = ["checker>=1", {include-group = "lint"}]\n', ""), "stale"),
    Edit("requirement of a group", sub("checker>=1", "checker>=1,<9"), "stale"),
    Edit("requirement of an included group", sub('lint = ["idle"]', 'lint = ["idle>=1"]'), "stale"),
    Edit("included group written out", sub('{include-group = "lint"}', '"idle"'), "fresh"),
    Edit("legacy dev-dependencies", uv('dev-dependencies = ["frames"]'), "stale"),
    Edit(
        "group kept to newer Pythons",
        add('\n[tool.uv.dependency-groups]\nlint = { requires-python = ">=3.12" }\n'),
        "stale",
    ),
    Edit("default groups", uv('default-groups = ["lint"]'), "stale"),
    Edit("default groups as they are anyway", uv('default-groups = ["dev"]'), "fresh"),
    Edit(
        "byte order mark",
        lambda files: files.update({"pyproject.toml": "\ufeff" + files["pyproject.toml"]}),
        "fresh",
    ),
    Edit("script added", add('\n[project.scripts]\nshop = "shop:main"\n'), "fresh"),
)

OPTIONS = (
    Edit("constraint changed", sub("frames<5", "frames<4"), "stale"),
    Edit("constraint removed", sub('constraint-dependencies = ["frames<5"]\n', ""), "stale"),
    Edit("override changed", sub("base>=1", "base==1.0"), "stale"),
    Edit("override in another spelling", sub("base>=1", "Base >= 1.0"), "fresh"),
    Edit("build constraint added", uv('build-constraint-dependencies = ["hatchling<2"]'), "stale"),
    Edit("excluded dependency", uv('exclude-dependencies = ["base"]'), "stale"),
    Edit("resolution", uv('resolution = "lowest-direct"'), "stale"),
    Edit("resolution said to be the default", uv('resolution = "highest"'), "fresh"),
    Edit("prerelease", uv('prerelease = "allow"'), "stale"),
    Edit("fork strategy", uv('fork-strategy = "fewest"'), "stale"),
    Edit("exclude-newer", uv('exclude-newer = "2024-01-01T00:00:00Z"'), "stale"),
    Edit("environments", uv("environments = [\"sys_platform == 'linux'\"]"), "stale"),
    Edit(
        "required environments",
        uv("required-environments = [\"sys_platform == 'linux'\"]"),
        "stale",
    ),
    Edit("conflicts", uv('conflicts = [[{ extra = "fast" }, { group = "dev" }]]'), "stale"),
    Edit(
        "static metadata",
        add(
            '\n[[tool.uv.dependency-metadata]]\nname = "tool"\n'
            'version = "1.1"\nrequires-dist = []\n'
        ),
        "stale",
    ),
    Edit("index with a slash at its end", sub('/simple"', '/simple/"'), "stale"),
    Edit(
        "index replaced",
        sub('url = "', 'url = "https://other.example/'),
        "stale",
        "error",
        "it asks the new index, which is not there",
    ),
    Edit(
        "explicit index added",
        add(
            '\n[[tool.uv.index]]\nname = "own"\n'
            'url = "https://own.example/simple"\nexplicit = true\n'
        ),
        "fresh",
    ),
    Edit("source from an index", add('\n[tool.uv.sources]\ntool = { index = "local" }\n'), "stale"),
    Edit(
        "source from git",
        add('\n[tool.uv.sources]\ntool = { git = "https://git.example/tool", tag = "v1" }\n'),
        "stale",
    ),
    Edit(
        "source of an extra only",
        add('\n[tool.uv.sources]\nframes = { index = "local", extra = "fast" }\n'),
        "stale",
    ),
    Edit(
        "source of what is not needed",
        add('\n[tool.uv.sources]\nnothing = { index = "local" }\n'),
        "fresh",
    ),
    Edit("setting that is none of the lock's", uv("compile-bytecode = true"), "fresh"),
    Edit("other tools' tables", add("\n[tool.ruff]\nline-length = 80\n"), "fresh"),
    Edit("uv.toml takes over", into_uv_toml, "stale"),
)

LOCKS = (
    Edit("lock's revision", sub("revision = ", "revision = 1", "uv.lock"), "fresh"),
    Edit(
        "lock with other line ends",
        lambda files: files.update({"uv.lock": files["uv.lock"].replace("\n", "\r\n")}),
        "fresh",
    ),
    Edit(
        "lock with a comment",
        sub("version = 1\n", "# merged by hand\nversion = 1\n", "uv.lock"),
        "fresh",
    ),
    Edit(
        "requires-dist edited in the lock",
        pattern(r'name = "tool", specifier = ">=1"', 'name = "tool", specifier = ">=0"'),
        "stale",
    ),
    Edit(
        "the project's own package is gone",
        pattern(r'\[\[package\]\]\nname = "shop".*?(?=\[\[package\]\])', ""),
        "stale",
    ),
    Edit("requires-python edited in the lock", sub('">=3.11"', '">=3.9"', "uv.lock"), "stale"),
)

WORKSPACES = (
    Edit("workspace: nothing", lambda files: None, "fresh", base="workspace"),
    Edit(
        "workspace: member's dependency",
        sub("tool>=1", "tool>=1,<2", "libs/money/pyproject.toml"),
        "stale",
        base="workspace",
    ),
    Edit(
        "workspace: member's version",
        sub('"0.1"', '"0.2"', "libs/money/pyproject.toml"),
        "stale",
        base="workspace",
    ),
    Edit(
        "workspace: member's requires-python",
        sub(">=3.10", ">=3.12", "libs/clock/pyproject.toml"),
        "stale",
        "error",
        "it was given an older Python",
        base="workspace",
    ),
    Edit(
        "workspace: member's lower requires-python",
        sub(">=3.10", ">=3.9", "libs/clock/pyproject.toml"),
        "fresh",
        base="workspace",
    ),
    Edit(
        "workspace: member added",
        add(
            '[project]\nname = "mail"\nversion = "1"\nrequires-python = ">=3.11"\n',
            "libs/mail/pyproject.toml",
        ),
        "stale",
        base="workspace",
    ),
    Edit(
        "workspace: member removed", remove("libs/clock/pyproject.toml"), "stale", base="workspace"
    ),
    Edit(
        "workspace: member renamed",
        sub('"clock"', '"watch"', "libs/clock/pyproject.toml"),
        "stale",
        base="workspace",
    ),
    Edit(
        "workspace: excluded folder added",
        add('[project]\nname = "attic"\nversion = "1"\n', "libs/attic/pyproject.toml"),
        "fresh",
        base="workspace",
    ),
    Edit(
        "workspace: member excluded",
        sub('"libs/attic"', '"libs/attic", "libs/clock"'),
        "stale",
        base="workspace",
    ),
    Edit(
        "workspace: members spelled one by one",
        sub('["libs/*"]', '["libs/clock", "libs/money"]'),
        "fresh",
        base="workspace",
    ),
    Edit(
        "workspace: member becomes a package",
        add(
            '\n[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
            "libs/clock/pyproject.toml",
        ),
        "stale",
        base="workspace",
    ),
    Edit(
        "workspace: not editable",
        sub("workspace = true", "workspace = true, editable = false"),
        "stale",
        base="workspace",
    ),
    Edit(
        "workspace: by its path",
        sub("{ workspace = true }", '{ path = "libs/money" }'),
        "stale",
        "error",
        "a member may not be a path source",
        base="workspace",
    ),
    Edit(
        "workspace: extra of a member asked for",
        sub('"money"', '"money[fast]"'),
        "stale",
        base="workspace",
    ),
    Edit(
        "workspace: another file of a member",
        add("print(1)\n", "libs/money/money.py"),
        "fresh",
        base="workspace",
    ),
)

_LOCK = "uv.lock"
_BLIND = "uv believes what the lock says of packages"

TAMPERED = (
    Edit(
        "a hash edited",
        pattern(r'(tool-1\.1-py3-none-any\.whl", hash = "sha256:)\w{64}', r"\g<1>" + "0" * 64),
        "tampered",
        "fresh",
        _BLIND,
        rules=frozenset({"changed-hash"}),
    ),
    Edit(
        "a hash removed",
        pattern(r'(tool-1\.1-py3-none-any\.whl"), hash = "sha256:\w{64}"', r"\1"),
        "tampered",
        "fresh",
        _BLIND,
        rules=frozenset({"changed-hash", "no-hash"}),
    ),
    Edit(
        "a host swapped",
        pattern(r"http://127\.0\.0\.1:\d+/files/tool/", "http://evil.example/files/tool/"),
        "tampered",
        "fresh",
        _BLIND,
        rules=frozenset({"changed-host", "foreign-host"}),
    ),
    Edit(
        "a transitive dependency cut out",
        pattern(
            r'(name = "tool"\nversion = "1\.1"\nsource = [^\n]+\n)dependencies = \[.*?\]\n', r"\1"
        ),
        "tampered",
        "fresh",
        _BLIND,
        rules=frozenset({"dropped-dependency"}),
    ),
    Edit(
        "a package slipped in",
        add(
            '\n[[package]]\nname = "evil"\nversion = "1"\n'
            'source = { registry = "https://index.example/simple" }\n'
            'sdist = { url = "https://files.example/evil-1.tar.gz", hash = "sha256:'
            + "0" * 64
            + '" }\n',
            _LOCK,
        ),
        "tampered",
        "fresh",
        _BLIND,
        rules=frozenset({"unreachable-package", "foreign-index", "foreign-host", "stale"}),
    ),
    Edit(
        "a package slipped in, and an edge to it",
        lambda files: files.update(
            {
                _LOCK: re.sub(
                    r'(name = "tool"\nversion = "1\.1"\nsource = [^\n]+\ndependencies = \[)',
                    r'\1\n    { name = "evil" },',
                    files[_LOCK],
                )
                + '\n[[package]]\nname = "evil"\nversion = "1"\n'
                'source = { registry = "https://index.example/simple" }\n'
            }
        ),
        "tampered",
        "fresh",
        _BLIND,
        rules=frozenset({"foreign-index", "no-hash", "stale"}),
    ),
    Edit(
        "the project is not led to what it asks for",
        pattern(r'    \{ name = "tool" \},\n', ""),
        "tampered",
        "fresh",
        _BLIND,
        rules=frozenset({"missing-package", "unreachable-package", "dropped-dependency"}),
    ),
    Edit(
        "the project is led to it on Windows only",
        pattern(
            r'\{ name = "tool" \},', '{ name = "tool", marker = "sys_platform == \'win32\'" },'
        ),
        "tampered",
        "fresh",
        _BLIND,
        rules=frozenset({"missing-package"}),
    ),
    Edit(
        "a version, not its files",
        pattern(r'(name = "tool"\nversion = )"1\.1"', r'\1"1.2"'),
        "tampered",
        "error",
        "it says that they are inconsistent",
        rules=frozenset({"misnamed-file"}),
    ),
    Edit(
        "a version lowered out of its range",
        lambda files: files.update(
            {
                _LOCK: re.sub(
                    r'(name = "tool"\nversion = )"1\.1"', r'\1"0.9"', files[_LOCK]
                ).replace("tool-1.1-", "tool-0.9-")
            }
        ),
        "tampered",
        "fresh",
        _BLIND,
        rules=frozenset({"unsatisfied"}),
    ),
    Edit(
        "a package taken from git",
        pattern(
            r'(name = "tool"\nversion = "1\.1"\nsource = )[^\n]+',
            r'\1{ git = "https://git.example/tool#' + "0" * 40 + '" }',
        ),
        "tampered",
        "error",
        "uv does not read a git source that has wheels",
        rules=frozenset({"direct-source"}),
    ),
)


_CLOCK = "libs/clock/pyproject.toml"
_MONEY = "libs/money/pyproject.toml"
_ON_LINUX = ", marker = \"sys_platform == 'linux'\""
_BOTH = "\"sys_platform == 'linux'\", \"sys_platform == 'darwin'\""
_NEWER = '"2026-10-01T00:00:00Z"'

_FEATURED: tuple[tuple[str, Callable[[Files], None], Truth], ...] = (
    ("nothing", lambda files: None, "fresh"),
    ("dependency of a folder", sub('["tool"]', '["tool>=1"]', _MONEY), "stale"),
    ("version of a folder", sub('"0.1"', '"0.2"', _MONEY), "stale"),
    (
        "dependency added to a folder",
        sub("dependencies = []", 'dependencies = ["idle"]', _CLOCK),
        "stale",
    ),
    ("group added to a folder", add('[dependency-groups]\ndev = ["idle"]\n', _CLOCK), "stale"),
    (
        "extra added to a folder",
        add('[project.optional-dependencies]\nx = ["idle"]\n', _CLOCK),
        "stale",
    ),
    ("folder not editable", sub(", editable = true", ""), "stale"),
    ("folder editable", sub('"libs/clock" }', '"libs/clock", editable = true }'), "stale"),
    ("folder in another spelling", sub('"libs/clock"', '"./libs/clock/"'), "fresh"),
    (
        "folder that is no package",
        sub('"libs/clock" }', '"libs/clock", package = false }'),
        "stale",
    ),
    ("marker of a source", sub(_ON_LINUX, _ON_LINUX.replace("linux", "darwin")), "stale"),
    ("marker of a source removed", sub(_ON_LINUX, ""), "stale"),
    (
        "conflict removed",
        sub('conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]\n', ""),
        "stale",
    ),
    (
        "conflict in another order",
        sub('{ extra = "cpu" }, { extra = "gpu" }', '{ extra = "gpu" }, { extra = "cpu" }'),
        "fresh",
    ),
    (
        "conflict with the project's name",
        sub('{ extra = "cpu" }', '{ package = "shop", extra = "cpu" }'),
        "fresh",
    ),
    (
        "conflict of three",
        sub('{ extra = "gpu" }]', '{ extra = "gpu" }, { group = "dev" }]'),
        "stale",
    ),
    (
        "environments by other names",
        sub("[\"sys_platform == 'linux'", "[\"platform_system == 'Linux'"),
        "fresh",
    ),
    ("environment dropped", sub(_BOTH, "\"sys_platform == 'linux'\""), "stale"),
    ("required environment", sub("x86_64", "aarch64"), "stale"),
    ("exclude-newer later", sub(_NEWER, '"2026-10-02T00:00:00Z"'), "fresh"),
    ("exclude-newer earlier", sub(_NEWER, '"2026-09-02T00:00:00Z"'), "stale"),
    ("exclude-newer of another zone", sub(_NEWER, '"2026-10-01T02:00:00+02:00"'), "fresh"),
    ("exclude-newer removed", sub(f"exclude-newer = {_NEWER}\n", ""), "stale"),
    ("exclude-newer as a span", sub(_NEWER, '"30 days"'), "stale"),
    ("exclude-newer of another package", sub("{ tool = false }", "{ idle = false }"), "stale"),
    ("prerelease as by default", sub('prerelease = "allow"\n', ""), "stale"),
    ("excluded dependencies removed", sub('exclude-dependencies = ["base"]\n', ""), "stale"),
    (
        "excluded dependency in another case",
        sub('exclude-dependencies = ["base"]', 'exclude-dependencies = ["Base"]'),
        "fresh",
    ),
    ("setting of builds", uv('no-build-package = ["tool"]'), "fresh"),
    ("dependency moved to a group", group_instead, "stale"),
    ("specifier ==", sub("frames==1.0", "frames==1.0.0"), "fresh"),
    ("specifier ===", sub("frames==1.0", "frames===1.0"), "stale"),
)
FEATURED = tuple(
    Edit(f"features: {name}", change, truth, base="features") for name, change, truth in _FEATURED
)

EDITS = (*DEPENDENCIES, *MARKERS, *PROJECTS, *OPTIONS, *LOCKS, *WORKSPACES, *FEATURED, *TAMPERED)
