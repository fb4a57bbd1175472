"""A finding's identity, and that the wire reads back what it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from inseam.findings.model import Finding, FindingsDocument, Severity

if TYPE_CHECKING:
    from tests.inseam.conftest import Make


def test_a_fingerprint_ignores_where_the_line_has_moved(make: type[Make]) -> None:
    assert make.finding(line=3, message="a").fingerprint == make.finding(line=9).fingerprint


@pytest.mark.parametrize("other", [{"rule": "ruff/F811"}, {"key": "import re"}, {"file": "x.py"}])
def test_a_fingerprint_is_of_rule_file_and_key(make: type[Make], other: dict[str, str]) -> None:
    assert make.finding(**other).fingerprint != make.finding().fingerprint


def test_a_document_reads_back_what_it_writes(make: type[Make]) -> None:
    document = make.document(findings=[make.finding(severity=Severity.WARNING, column=4)])
    assert FindingsDocument.model_validate_json(document.model_dump_json(by_alias=True)) == document


def test_a_stated_fingerprint_has_to_be_the_right_one(make: type[Make]) -> None:
    data = make.finding().model_dump() | {"fingerprint": "0" * 16}
    with pytest.raises(ValidationError, match="is not that of its rule, file and key"):
        Finding.model_validate(data)
