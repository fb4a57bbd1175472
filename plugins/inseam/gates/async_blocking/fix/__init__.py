"""Changes that make async code stop blocking: what `--diff`, `--fix` and Pants' `fix` apply.

Two classes. Safe: `time.sleep(...)` as a statement becomes `await asyncio.sleep(...)`, which waits
as long and lets others run. Suggested: another call goes to a thread, which is right only if what
it touches may be used from one; somebody has to decide that, so nothing applies it unasked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from inseam.findings.model import Failure, Finding
from inseam.gates.async_blocking.rules import GATE
from inseam.gates.contract import Rewrite
from inseam.gates.files import SourceError, read_bytes


def rewrites(
    root: Path, findings: Iterable[Finding], *, suggest: bool
) -> Iterator[Rewrite | Failure]:
    """What to change in the findings' files, in the order of their paths.

    The safe changes of a file come as one rewrite. With `suggest`, a second one of the file starts
    where the first ends.
    """
    ordered = sorted(findings, key=attrgetter("file"))
    for file, found in groupby(ordered, key=attrgetter("file")):
        yield from _in_file(root, file, list(found), suggest=suggest)


def _in_file(
    root: Path, file: str, findings: Sequence[Finding], *, suggest: bool
) -> Iterator[Rewrite | Failure]:
    # LibCST takes a while to import, and gates run without it.
    from inseam.gates.async_blocking.fix.module import UnreadableModuleError, rewrite

    try:
        before = read_bytes(root / file)
        after = rewrite(before, findings, suggest=False)
        if after != before:
            yield Rewrite(file=file, before=before, after=after, safe=True)
        if suggest:
            both = rewrite(before, findings, suggest=True)
            if both != after:
                yield Rewrite(file=file, before=after, after=both, safe=False)
    except SourceError as error:
        yield error.failure(gate=GATE, service=findings[0].service, file=file)
    except UnreadableModuleError as error:
        yield Failure(
            gate=GATE,
            code=f"{GATE}/not-rewritten",
            service=findings[0].service,
            file=file,
            line=error.line,
            message=f"LibCST cannot read the file: {error}",
            fix="change it by hand; its findings say how",
        )
