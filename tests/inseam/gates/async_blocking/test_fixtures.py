"""Each folder of `fixtures` is a tree: what blocks in it is marked `# blocks: KIND`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from inseam.findings.model import FindingsDocument

FIXTURES = Path(__file__).parent / "fixtures"
_MARK = re.compile(r"# blocks: ([a-z, ]+)$")


def marked(folder: Path) -> Iterator[tuple[str, int, str]]:
    for path in sorted(folder.rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if found := _MARK.search(line):
                for kind in found.group(1).split(","):
                    yield path.relative_to(folder).as_posix(), number, kind.strip()


@pytest.mark.parametrize("feature", sorted(path.name for path in FIXTURES.iterdir()))
def test_what_blocks_is_found_and_nothing_else(feature: str, judge: object) -> None:
    folder = FIXTURES / feature

    document = judge("async-blocking", folder)  # type: ignore[operator]

    assert isinstance(document, FindingsDocument)
    assert document.failures == ()
    found = {(f.file, f.line, f.rule.partition("/")[2]) for f in document.findings}
    assert found == set(marked(folder))
