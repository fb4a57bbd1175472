"""`inseam plan`: what has to run. Ends 0 also when policy has errors: they are in the plan."""

from __future__ import annotations

import argparse
from pathlib import Path

from inseam.cli.documents import dump_document, write_text
from inseam.cli.errors import UsageError
from inseam.cli.policies import add_policy_arguments, read_sources
from inseam.gates import GATES
from inseam.planning.build import build_plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_policy_arguments(parser)
    parser.add_argument("--gates", help="only these, separated by commas (default: all)")
    parser.add_argument("--out", type=Path, required=True, help="where the plan goes")


def run(arguments: argparse.Namespace) -> int:
    """Build the plan and write it."""
    sources = read_sources(arguments)
    plan = build_plan(
        sources.policies,
        sources.services,
        arguments.as_of,
        base=sources.base,
        only=_chosen(arguments.gates),
    )
    write_text(arguments.out, dump_document(plan))
    return 0


def _chosen(gates: str | None) -> frozenset[str] | None:
    if gates is None:
        return None
    chosen = frozenset(filter(None, (gate.strip() for gate in gates.split(","))))
    known = {gate.id for gate in GATES}
    if unknown := chosen - known:
        raise UsageError(
            f"no gate {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}"
        )
    return chosen
