"""`inseam fix`: the files of a findings document, rewritten where that is safe."""

from __future__ import annotations

import argparse
from pathlib import Path

from inseam.cli.documents import read_document
from inseam.cli.errors import EXIT_COULD_NOT_RUN, UsageError
from inseam.cli.rewriting import changes, report_failures
from inseam.findings.model import FindingsDocument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--findings", type=Path, required=True, help="what a unit found")
    parser.add_argument("--root", type=Path, default=Path(), help="the workspace (default: .)")
    parser.add_argument(
        "--file",
        action="append",
        metavar="PATH",
        help="rewrite only this file, as findings name it; may be repeated (default: all)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="the folder that the changed files go to"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the changed files. Ends 2 if something could not be looked at, else 0."""
    document = read_document(arguments.findings, FindingsDocument)
    if arguments.file is not None:
        kept = [finding for finding in document.findings if finding.file in set(arguments.file)]
        document = document.model_copy(update={"findings": tuple(kept)})
    rewrites, failures = changes(document, arguments.root.resolve(), suggest=False)
    for rewrite in rewrites:
        path: Path = arguments.out / rewrite.file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(rewrite.after)
        except OSError as error:
            raise UsageError(f"{path}: cannot write: {error.strerror}") from error
        print(f"{rewrite.file}: rewritten")
    report_failures(failures)
    return EXIT_COULD_NOT_RUN if failures else 0
