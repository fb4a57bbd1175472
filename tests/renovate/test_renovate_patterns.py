"""Our regex managers, case by case: what each has to find, and what it has to leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from renovate_run import Tools, preset, run_renovate

SHA = "0123456789abcdef0123456789abcdef01234567"
PIN = f"    - policies/advisories/snapshot.jsonl@sha256:{'0' * 64}\n"
FROM = "# renovate: datasource=git-refs depName=db packageName=https://git.acme.example/db"

CASES: dict[str, tuple[str, str, list[str]]] = {
    # pants_version
    "double quotes": ("pants.toml", '[GLOBAL]\npants_version = "2.31.0"\n', ["pants 2.31.0"]),
    "single quotes": ("pants.toml", "[GLOBAL]\npants_version='2.31.0rc1'\n", ["pants 2.31.0rc1"]),
    "first line": ("pants.toml", 'pants_version = "2.31.0"', ["pants 2.31.0"]),
    "in the file for CI": ("pants.ci.toml", 'pants_version = "2.31.0"\n', ["pants 2.31.0"]),
    "commented out": ("pants.toml", '[GLOBAL]\n# pants_version = "2.17.0"\n', []),
    "another key": ("pants.toml", 'my_pants_version = "2.17.0"\npants_version_ = "1"\n', []),
    "another file": ("other.toml", 'pants_version = "2.31.0"\n', []),
    "a file that ends alike": ("my-pants.toml", 'pants_version = "2.31.0"\n', []),
    # pants.toml
    "plugins": (
        "pants.toml",
        "[GLOBAL]\nplugins = [\n  \"inseam-pants==2026.11.0\",  # ours\n  'acme>=1,<2',\n]\n",
        ["acme >=1,<2", "inseam-pants ==2026.11.0"],
    ),
    "added plugins": ("pants.toml", '[GLOBAL]\nplugins.add = ["a==1"]\n', ["a ==1"]),
    "a tool's requirements": (
        "pants.toml",
        '[setuptools]\nrequirements = ["setuptools>=78", "wheel"]\n',
        ["setuptools >=78"],
    ),
    "other lists": ("pants.toml", '[source]\nroot_patterns = ["a==1"]\n', []),
    "a list commented out": ("pants.toml", '[GLOBAL]\n# plugins = ["a==1"]\n', []),
    # BUILD
    "one line": ("BUILD", 'python_requirement(name="a", requirements=["a==1"])\n', ["a ==1"]),
    "BUILD.pants": ("BUILD.pants", 'python_requirement(requirements=["a==1"])\n', ["a ==1"]),
    "spread over lines": (
        "BUILD",
        'python_requirement(\n    requirements=[\n        "a.b-c_d[e,f]>=1.0.1,!=1.0.5,<2",\n'
        '        # why\n        "b~=2.0",  "c===3",\n    ],\n)\n',
        ["a.b-c_d >=1.0.1,!=1.0.5,<2", "b ~=2.0", "c ===3"],
    ),
    "markers": (
        "BUILD",
        """python_requirement(requirements=["a==1;python_version<'3.12' and os_name == 'nt'"])\n""",
        ["a ==1"],
    ),
    "wildcards, epochs, local versions": (
        "BUILD",
        'python_requirement(requirements=["a==1.2.*", "b==1!2.0", "c==1.0+acme.1"])\n',
        ["a ==1.2.*", "b ==1!2.0", "c ==1.0+acme.1"],
    ),
    "two targets": (
        "BUILD",
        'python_requirement(requirements=["a==1"])\npython_requirement(requirements=["b==2"])\n',
        ["a ==1", "b ==2"],
    ),
    "a bracket in a comment": (
        "BUILD",
        'python_requirement(requirements=[\n  "a==1",  # not ["b==2"]\n  "c==3",\n])\n',
        ["a ==1", "c ==3"],
    ),
    "lines commented out": (
        "BUILD",
        '# python_requirement(requirements=["a==1"])\n'
        'python_requirement(requirements=[\n    # "b==2", "c==3",\n    "d==4",\n])\n',
        ["d ==4"],
    ),
    "no versions": ("BUILD", 'python_requirement(requirements=["a", "b[c]", "d; x>1"])\n', []),
    "direct references": (
        "BUILD",
        'python_requirement(requirements=["a @ git+https://git.acme.example/a@v1.0"])\n',
        [],
    ),
    "other fields": (
        "BUILD",
        'python_sources(dependencies=["a==1"])\npython_requirement(name="b==2", tags=["c==3"])\n',
        [],
    ),
    "a file of requirements": ("BUILD", 'python_requirements(source="a==1")\n', []),
    "not closed": ("BUILD", 'python_requirement(requirements=["a==1"\n', []),
    "not a BUILD file": ("BUILDING", 'python_requirement(requirements=["a==1"])\n', []),
    # policies
    "a comment above": (
        "policies/org.yaml",
        '  # renovate: datasource=pypi depName=uv\n  version: "0.9.1"\n',
        ["uv 0.9.1"],
    ),
    "a comment behind": (
        "policies/profiles/web.yml",
        "  version: 0.9.1 # renovate: datasource=pypi depName=uv\n",
        ["uv 0.9.1"],
    ),
    "a range with spaces": (
        "policies/org.yaml",
        '# renovate: datasource=pypi depName=uv\nversion: ">=0.9, <1" # quoted\n',
        ["uv >=0.9, <1"],
    ),
    "an item": (
        "policies/org.yaml",
        "tools:\n  # renovate: datasource=pypi depName=uv\n  - 0.9.1\n",
        ["uv 0.9.1"],
    ),
    "an item's first key": (
        "policies/org.yaml",
        "# renovate: datasource=pypi depName=uv\n- version: '0.9.1'\n",
        ["uv 0.9.1"],
    ),
    "the last line": (
        "policies/org.yaml",
        "# renovate: datasource=pypi depName=uv\nversion: 0.9.1",
        ["uv 0.9.1"],
    ),
    "line ends of Windows": (
        "policies/org.yaml",
        "# renovate: datasource=pypi depName=uv\r\nversion: 0.9.1\r\n",
        ["uv 0.9.1"],
    ),
    "all that a comment may say": (
        "policies/org.yaml",
        "# renovate: datasource=docker depName=pg packageName=postgres versioning=loose "
        "extractVersion=^(?<version>.+)$\nimage: 16.2\n",
        ["pg 16.2"],
    ),
    "no comment": ("policies/org.yaml", "version: 0.9.1\n", []),
    "another comment": ("policies/org.yaml", "# see depName=uv\nversion: 0.9.1\n", []),
    "a line between": (
        "policies/org.yaml",
        "# renovate: datasource=pypi depName=uv\n\nversion: 0.9.1\n",
        [],
    ),
    "no value": (
        "policies/org.yaml",
        "# renovate: datasource=pypi depName=uv\nversion:\n  other: 0.9.1\n",
        [],
    ),
    "elsewhere": ("config/org.yaml", "# renovate: datasource=pypi depName=uv\nv: 1\n", []),
    # The advisory snapshot
    "a snapshot": (
        "policies/org.yaml",
        f"    {FROM} branch=main commit={SHA}\n{PIN}",
        [f"db main {SHA}"],
    ),
    "a snapshot of no known origin": ("policies/org.yaml", f"snapshots:\n{PIN}", []),
    "an origin without a snapshot": (
        "policies/org.yaml",
        f"    {FROM} branch=main commit={SHA}\n    - elsewhere\n",
        [],
    ),
    "half a commit": ("policies/org.yaml", f"    {FROM} branch=main commit={SHA[:12]}\n{PIN}", []),
}


@pytest.fixture(scope="module")
def found(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """For each case, what was found. One run for all of them, each in a folder of its own."""
    root = tmp_path_factory.mktemp("cases")
    folders = {name: f"case {number}" for number, name in enumerate(CASES)}
    for name, (file, text, _) in CASES.items():
        path = root / folders[name] / file
        path.parent.mkdir(parents=True)
        path.write_bytes(text.encode())
    home = tmp_path_factory.mktemp("home")
    report = run_renovate(tools, root, home, preset("pants"), "extract")
    lines = [
        (Path(each.file).parts[0], each.line.partition(": ")[2].partition(" (")[0])
        for each in report.found()
    ]
    return {
        name: sorted(line for place, line in lines if place == folder)
        for name, folder in folders.items()
    }


@pytest.mark.parametrize("name", CASES)
def test_a_case(found: dict[str, list[str]], name: str) -> None:
    assert found[name] == CASES[name][2]
