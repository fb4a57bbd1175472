"""A monorepo of services as a team might have it, with all that Renovate has to find."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

from renovate_run import REPOSITORY
from uv import find_uv_bin

CHECKOUT = "3d3c42e5aac5ba805825da76410c181273ba90b1"
INSEAM = "0123456789abcdef0123456789abcdef01234567"
DATABASE = "89abcdef0123456789abcdef0123456789abcdef"

_SHOP = """[project]
name = "shop"
version = "1"
requires-python = ">=3.11"
dependencies = ["idna>=3.4,<4"]

[project.optional-dependencies]
plural = ["inflection>=0.5"]

[dependency-groups]
dev = ["iniconfig>=2"]

[tool.uv]
exclude-newer = "7 days"
"""

_WORKFLOW = f"""on: pull_request
permissions: {{}}
jobs:
  policy:
    permissions: {{contents: read}}
    uses: acme/inseam/.github/workflows/policy.yml@{INSEAM} # 2026.11.0
  own:
    runs-on: ubuntu-24.04
    permissions: {{contents: read}}
    steps:
      - uses: actions/checkout@{CHECKOUT} # v7.0.1
      # - uses: actions/cache@v4
      - run: make
"""

REQUIREMENTS = """python_requirement(
    name="web",
    requirements=["starlette[full]>=0.40,<1", 'uvicorn==0.30.6; python_version < "3.14"'],
)
python_requirement(name="types", requirements=["types-requests~=2.32"])
python_requirement(
    name="internal",
    requirements=[
        # "requests==2.0", the one that we had
        "acme-auth @ git+ssh://git.acme.example/auth.git@v1",
        "attrs",
    ],
)
"""

_SOURCE = "packageName=https://git.acme.example/advisory-database branch=main"

_PINS = f"""schema: inseam.policy/1
kind: profile
name: pinned
owner: "@acme/platform"
gates:
  pip-audit:
    settings:
      snapshots:
        # renovate: datasource=git-refs depName=advisory-database {_SOURCE} commit={DATABASE}
        - policies/advisories/snapshot.jsonl@sha256:{"0" * 64}
  lockfile:
    settings:
      tool_versions:
        # renovate: datasource=pypi depName=poetry
        poetry: ">=2.1,<3" # what makes our locks
        pex: ">=2.33" # renovate: datasource=pypi depName=pex
"""


def make_monorepo(root: Path) -> Path:
    """Write it into an empty folder; `uv.lock` is made by uv, from the machine's package index."""
    for name in ("services", "libs"):
        shutil.copytree(REPOSITORY / "examples" / name, root / name)
    shutil.copytree(REPOSITORY / "policies", root / "policies")
    (root / "policies" / "profiles" / "pinned.yaml").write_text(_PINS)
    pants = (REPOSITORY / "pants.toml").read_text()
    plugin = 'plugins = ["inseam-pants==2026.11.0"]\npythonpath ='
    (root / "pants.toml").write_text(re.sub(r"^pythonpath =", plugin, pants, flags=re.MULTILINE))
    _write(root / "3rdparty" / "python" / "BUILD", REQUIREMENTS)
    _write(root / ".github" / "workflows" / "ci.yml", _WORKFLOW)
    shop = root / "services" / "shop"
    _write(shop / "pyproject.toml", _SHOP)
    subprocess.run([find_uv_bin(), "lock", "--quiet"], cwd=shop, check=True)
    return root


def locked(root: Path, package: str) -> str:
    """The version that the uv project pins."""
    lock = tomllib.loads((root / "services" / "shop" / "uv.lock").read_text())
    return next(str(each["version"]) for each in lock["package"] if each["name"] == package)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)
