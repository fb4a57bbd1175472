"""`inseam verdict`: judge what units found, write the reports.

Ends 0 when there is a verdict, whatever it says: what schedules processes caches those that end 0.
The exit code that the verdict asks for stands in `report.json`, and `--exit-code` ends with it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from inseam.cli.documents import read_document, write_text
from inseam.cli.errors import UsageError
from inseam.cli.findings import add_findings_arguments, read_baselines, read_findings
from inseam.gates import GATES
from inseam.planning.model import Plan
from inseam.report import render, write_reports
from inseam.verdict.judge import judge

TEXT = "report.txt"
ANNOTATIONS = "annotations.txt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_findings_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, help="the folder for reports")
    parser.add_argument("--width", type=int, default=100, help="columns of the text report")
    parser.add_argument("--color", action="store_true", help="colours in the text that is printed")
    parser.add_argument("--exit-code", action="store_true", help="end as the verdict says")
    parser.add_argument("--quiet", action="store_true", help="do not print the text report")


def run(arguments: argparse.Namespace) -> int:
    """Judge, write, print."""
    plan = read_document(arguments.plan, Plan)
    if plan.has_base and arguments.base_root is None:
        raise UsageError("the plan was joined with a base branch's policy; state --base-root")
    verdict = judge(
        plan,
        read_findings(arguments.findings_dir),
        read_baselines(plan, arguments.root),
        read_baselines(plan, arguments.base_root) if plan.has_base else None,
    )
    rules = {rule.id: rule for gate in GATES for rule in gate.rules}
    text = render(verdict, "text", width=arguments.width)
    try:
        write_reports(verdict, arguments.out, rules)
    except OSError as error:
        raise UsageError(f"{arguments.out}: cannot write: {error.strerror}") from error
    write_text(arguments.out / TEXT, text)
    write_text(arguments.out / ANNOTATIONS, render(verdict, "github"))
    if not arguments.quiet:
        if arguments.color:  # the file stays plain
            text = render(verdict, "text", width=arguments.width, color=True)
        print(text, end="")
    return verdict.exit_code if arguments.exit_code else 0
