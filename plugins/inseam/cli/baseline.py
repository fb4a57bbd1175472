"""`inseam baseline`: the baselines as they should be, written to a folder of their own."""

from __future__ import annotations

import argparse
from pathlib import Path

from inseam.cli.documents import read_document, write_text
from inseam.cli.errors import EXIT_COULD_NOT_RUN
from inseam.cli.findings import add_findings_arguments, read_baselines, read_findings
from inseam.planning.model import Plan
from inseam.verdict.judge import judge
from inseam.verdict.proposal import Action, propose, usable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_findings_arguments(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="the folder that new baselines go to, under their paths; `.` writes them in place",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write what changed, print what was done. Ends 2 when a baseline had to be left alone."""
    plan = read_document(arguments.plan, Plan)
    for error in plan.errors:
        print(error)
    if plan.errors:
        return EXIT_COULD_NOT_RUN
    written = read_baselines(plan, arguments.root)
    files = usable(plan.services, written)
    documents = read_findings(arguments.findings_dir)
    # A baseline is recorded from what the gates found; what a base branch tolerates is no matter.
    verdict = judge(plan, documents, files, files if plan.has_base else None)
    proposals = list(propose(verdict, files, written))
    for proposal in proposals:
        if proposal.text is not None:
            write_text(arguments.out / proposal.path, proposal.text)
        print(proposal)
    for failure in verdict.failures:
        where = failure.file or failure.service or failure.gate
        print(f"{where}: {failure.code}: {failure.message}\n  fix: {failure.fix}")
    if not proposals:
        print("nothing to record: no gate ratchets here, now or in its next step")
    skipped = any(proposal.action is Action.SKIPPED for proposal in proposals)
    return EXIT_COULD_NOT_RUN if skipped else 0
