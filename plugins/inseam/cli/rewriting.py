"""What findings can be rewritten to: as a patch, or as files."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from inseam.cli.errors import EXIT_COULD_NOT_RUN
from inseam.findings.model import Failure, FindingsDocument
from inseam.gates import gate_by_id
from inseam.gates.contract import Rewrite

_HEADINGS = {
    True: "# safe",
    False: "# a suggestion: see that what it calls may run in another thread",
}
_NO_END = "\\ No newline at end of file\n"


def changes(
    document: FindingsDocument, root: Path, *, suggest: bool
) -> tuple[list[Rewrite], list[Failure]]:
    """The rewrites of a document's findings, and all that could not be looked at."""
    rewriter = gate_by_id(document.gate).rewrite
    found = list(rewriter(root, document.findings, suggest=suggest)) if rewriter else []
    failures = [*document.failures, *(one for one in found if isinstance(one, Failure))]
    return [one for one in found if isinstance(one, Rewrite)], failures


def print_patch(document: FindingsDocument, root: Path, *, suggest: bool) -> int:
    """Print a patch that `git apply` and `patch -p1` take. Ends 0 if it is empty, else 1, or 2."""
    rewrites, failures = changes(document, root, suggest=suggest)
    sys.stdout.flush()
    for rewrite in rewrites:
        sys.stdout.buffer.write(patch(rewrite))
    report_failures(failures)
    return EXIT_COULD_NOT_RUN if failures else int(bool(rewrites))


def report_failures(failures: Iterable[Failure]) -> None:
    """Say on standard error what could not be looked at."""
    for failure in failures:
        place = ":".join(str(part) for part in (failure.file, failure.line) if part)
        print(f"{place or failure.gate}: {failure.code}: {failure.message}", file=sys.stderr)
        print(f"  fix: {failure.fix}", file=sys.stderr)


def patch(rewrite: Rewrite) -> bytes:
    """A rewrite as a unified diff below a comment that says whether it is safe.

    Bytes, since a file's own encoding has to come out as it went in.
    """
    before, after = (
        content.decode("utf-8", "surrogateescape") for content in (rewrite.before, rewrite.after)
    )
    lines = difflib.unified_diff(
        _lines(before), _lines(after), f"a/{rewrite.file}", f"b/{rewrite.file}"
    )
    text = "".join([f"{_HEADINGS[rewrite.safe]}\n", *_ended(lines)])
    return text.encode("utf-8", "surrogateescape")


def _lines(text: str) -> list[str]:
    """Lines as patches count them: form feeds and the like end none."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _ended(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n{_NO_END}"
