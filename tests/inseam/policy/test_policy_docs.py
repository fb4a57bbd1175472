"""The documentation's documents are valid together, and its table of codes is complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import yaml

from inseam.gates import GATES
from inseam.policy.load import load_policies
from inseam.policy.messages import Code

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")


def test_the_documents_are_valid_together() -> None:
    files = {}
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        document = yaml.safe_load(block)
        folder = {"org": "", "profile": "profiles/", "service": "services/"}[document["kind"]]
        files[f"policies/{folder}{document.get('name', 'org')}.yaml"] = block.encode()
    assert len(files) == 3
    policies = load_policies(files, {gate.id: gate.settings for gate in GATES})
    assert not policies.errors, "\n".join(map(str, policies.errors))


def test_every_code_is_explained() -> None:
    for code in get_args(Code):
        assert f"`{code}`" in PAGE, code


def test_every_code_is_used() -> None:
    folders = [ROOT / "plugins" / "inseam" / name for name in ("policy", "planning")]
    sources = [path for folder in folders for path in folder.glob("*.py")]
    text = "".join(
        path.read_text(encoding="utf-8") for path in sources if path.name != "messages.py"
    )
    for code in get_args(Code):
        assert f'"{code}"' in text, code
