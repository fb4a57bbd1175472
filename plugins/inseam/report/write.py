"""All reports of a verdict, by their formats' names and as the files of a folder.

Each format is imported when it is asked for: most commands write one of them or none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inseam.gates.contract import Rule
    from inseam.verdict.model import Verdict

FORMATS = ("text", "json", "sarif", "junit", "markdown", "html", "github")

FILES: Mapping[str, str] = {
    "report.json": "json",
    "report.sarif": "sarif",
    "report.junit.xml": "junit",
    "summary.md": "markdown",
    "index.html": "html",
}
"""File -> format, of what `write_reports` writes."""


def render(
    verdict: Verdict,
    form: str,
    rules: Mapping[str, Rule] | None = None,
    *,
    width: int = 100,
    color: bool = False,
) -> str:
    """The verdict in one of `FORMATS`. The same arguments give the same bytes in UTF-8.

    Args:
        verdict: what to report.
        form: the format.
        rules: what the gates declare, by id; SARIF describes them.
        width: columns, for text.
        color: whether text uses ANSI colours.

    Raises:
        ValueError: there is no such format.
    """
    match form:
        case "text":
            from inseam.report import text

            return text.render(verdict, width=width, color=color)
        case "json":
            from inseam.report import document

            return document.render(verdict)
        case "sarif":
            from inseam.report import sarif

            return sarif.render(verdict, rules)
        case "junit":
            from inseam.report import junit

            return junit.render(verdict)
        case "markdown":
            from inseam.report import markdown

            return markdown.render(verdict)
        case "html":
            from inseam.report import html

            return html.render(verdict)
        case "github":
            from inseam.report import github

            return github.render(verdict)
        case _:
            raise ValueError(f"no format {form!r}; there are: {', '.join(FORMATS)}")


def write_reports(
    verdict: Verdict, out_dir: Path, rules: Mapping[str, Rule] | None = None
) -> tuple[Path, ...]:
    """Write every file of `FILES` into `out_dir`, which is made where it does not exist.

    Each file is there whole or as it was before.

    Returns: the files.

    Raises:
        OSError: one cannot be written.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    written = []
    for name, form in FILES.items():
        path = out_dir / name
        partial = out_dir / f".{name}.{os.getpid()}.partial"
        try:
            partial.write_bytes(render(verdict, form, rules).encode("utf-8"))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        written.append(path)
    return tuple(written)
