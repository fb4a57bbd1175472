"""`inseam plan`: what has to run. Ends 0 also when policy has errors: they are in the plan."""

from __future__ import annotations

import argparse
import gc
from pathlib import Path

from inseam.cli.documents import dump_document, write_text
from inseam.cli.policies import add_gates_argument, add_policy_arguments, chosen, read_sources
from inseam.planning.build import build_plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_policy_arguments(parser)
    add_gates_argument(parser)
    parser.add_argument("--out", type=Path, required=True, help="where the plan goes")


def run(arguments: argparse.Namespace) -> int:
    """Build the plan and write it."""
    # The process ends with its one document. Of what it allocates until then hardly anything is
    # garbage, but with thousands of services looking for some takes a third of the time, and more
    # than in proportion to their number.
    gc.disable()
    sources = read_sources(arguments)
    plan = build_plan(
        sources.policies,
        sources.services,
        arguments.as_of,
        base=sources.base,
        only=chosen(arguments.gates),
    )
    write_text(arguments.out, dump_document(plan))
    return 0
