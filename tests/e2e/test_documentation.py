"""Every YAML and shell block of the documentation is run: what it says is what happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from conftest import REPOSITORY, Workspace

from inseam.gates import GATES
from inseam.policy.load import load_policies

_FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_ENDS = re.compile(r"\s+# ends (\d+)$")
"""How a line says that it does not end 0: `./pants policy ::  # ends 1`."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def _blocks() -> Iterator[Block]:
    pages = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
    for page in pages:
        content = page.read_text()
        for found in _FENCE.finditer(content):
            indent = len(found[1])
            yield Block(
                page=page.relative_to(REPOSITORY).as_posix(),
                line=content.count("\n", 0, found.start()) + 1,
                language=found[2],
                text="".join(line[indent:] for line in found[3].splitlines(keepends=True)),
            )


BLOCKS = list(_blocks())


def test_every_block_has_a_language_that_is_tested_or_shown() -> None:
    tested = {"yaml", "sh", "toml", "json", "python"}
    shown = {"text", "console", "diff", "mermaid"}
    strange = [f"{block}: {block.language}" for block in BLOCKS]
    assert [
        s for s, b in zip(strange, BLOCKS, strict=True) if b.language not in tested | shown
    ] == []


def _of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


@pytest.mark.parametrize("block", _of("yaml"), ids=str)
def test_yaml_is_a_policy_that_loads_or_plain_yaml(block: Block) -> None:
    document = yaml.safe_load(block.text)
    assert isinstance(document, dict)
    if "schema" not in document:
        return
    path = {
        "org": "policies/org.yaml",
        "profile": f"policies/profiles/{document.get('name')}.yaml",
        "service": f"policies/services/{document.get('name')}.yaml",
    }[document["kind"]]
    files = {"policies/org.yaml": _org_above(block), path: block.text.encode()}
    for name in document.get("profiles", ()):
        files[f"policies/profiles/{name}.yaml"] = _stub("profile", name)
    for name in _named_by_cohorts(yaml.safe_load(files["policies/org.yaml"]), document):
        files.setdefault(f"policies/services/{name}.yaml", _stub("service", name))
    loaded = load_policies(files, {gate.id: gate.settings for gate in GATES})
    assert [str(error) for error in loaded.errors] == []


def _org_above(block: Block) -> bytes:
    """The organisation's layer that the page showed last, or else this repository's."""
    shown = [
        other.text
        for other in _of("yaml")
        if (other.page, "kind: org" in other.text) == (block.page, True) and other.line < block.line
    ]
    return shown[-1].encode() if shown else (REPOSITORY / "policies" / "org.yaml").read_bytes()


def _named_by_cohorts(*documents: dict[str, Any]) -> set[str]:
    """The services that have to exist, because cohorts include them by name."""
    return {
        name
        for document in documents
        for gate in document.get("gates", {}).values()
        for cohort in gate.get("cohorts", {}).values()
        for name in cohort.get("include", ())
    }


def _stub(kind: str, name: str) -> bytes:
    """A layer that states nothing."""
    path = f"path: elsewhere/{name}\n" if kind == "service" else ""
    text = f'schema: inseam.policy/1\nkind: {kind}\nname: {name}\nowner: "@acme/platform"\n{path}'
    return text.encode()


@pytest.mark.parametrize("block", _of("toml"), ids=str)
def test_toml_parses(block: Block) -> None:
    assert tomllib.loads(block.text)


@pytest.mark.parametrize("block", _of("sh"), ids=str)
def test_shell_does_what_it_says(block: Block, workspace: Workspace) -> None:
    for line in block.text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        expected = int(found[1]) if (found := _ENDS.search(line)) else 0
        words = shlex.split(_ENDS.sub("", line), comments=True)
        if words[0] == "./pants":
            ended = workspace.pants(*words[1:])
            assert ended.code == expected, f"{block}: {line}\n{ended}"
        else:
            _run_engine(words, workspace, expected, f"{block}: {line}")


def _run_engine(words: list[str], workspace: Workspace, expected: int, where: str) -> None:
    """`inseam …` and `uvx --from . inseam …` with the engine that is being tested."""
    start = ["uvx", "--from", ".", "inseam"]
    arguments = words[4:] if words[:4] == start else words[1:]
    assert words[:4] == start or words[0] == "inseam", f"{where}: no command that can be tested"
    done = subprocess.run(
        [sys.executable, "-m", "inseam", *arguments],
        cwd=workspace.root,
        # Gates that need an environment reach the index as the machine does.
        env=workspace.variables(PYTHONPATH=str(workspace.root / "plugins")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expected, f"{where}\n{done.stdout}{done.stderr}"
