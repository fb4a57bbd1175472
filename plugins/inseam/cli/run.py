"""`inseam run`: one work unit. Ends 0 when the gate ran, whatever it found.

Where something could not be looked at it ends 2, with the same document: what runs units caches
those that end 0, and a failure (no network, a time-out) may be gone the next time.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from inseam.cli.documents import dump_document, read_document, write_text
from inseam.cli.environment import tool_environment
from inseam.cli.errors import EXIT_COULD_NOT_RUN
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--unit", type=Path, required=True, help="the unit's document")
    parser.add_argument("--root", type=Path, default=Path(), help="the workspace (default: .)")
    parser.add_argument(
        "--cache", type=Path, required=True, help="a folder for what may outlive the run"
    )
    parser.add_argument(
        "--base",
        type=Path,
        metavar="DIR",
        help="what stands for the workspace at the merge base: the services' files at least",
    )
    parser.add_argument(
        "--tip",
        type=Path,
        metavar="DIR",
        help="the same at the tip of the branch that the change goes to",
    )
    parser.add_argument("--out", type=Path, required=True, help="where the findings go")


def run(arguments: argparse.Namespace) -> int:
    """Run the unit and write its findings document. Ends 2 if that holds failures, else 0."""
    unit = read_document(arguments.unit, UnitDocument)
    document = execute(
        unit,
        root=arguments.root.resolve(),
        cache=arguments.cache.resolve(),
        environment=tool_environment(os.environ),
        base=arguments.base,
        tip=arguments.tip,
    )
    write_text(arguments.out, dump_document(document))
    return EXIT_COULD_NOT_RUN if document.failures else 0
