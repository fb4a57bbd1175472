"""Each gate's page names every setting and every rule of the gate's declaration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inseam.gates import GATES
from inseam.gates.contract import Gate

PAGES = Path(__file__).parents[3] / "docs" / "gates"


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.id)
def test_the_page_is_complete(gate: Gate[Any]) -> None:
    page = (PAGES / f"{gate.id}.md").read_text(encoding="utf-8")

    rules = [rule.id for rule in gate.rules]
    unnamed = [rule for rule in rules if f"`{rule}`" not in page]
    unnamed = [rule for rule in unnamed if f"`{rule.partition('/')[2]}`" not in page]
    assert [name for name in gate.settings.model_fields if f"`{name}`" not in page] == []
    assert unnamed == []
