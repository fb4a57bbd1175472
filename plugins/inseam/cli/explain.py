"""`inseam explain`: every effective value of services' policy, and which line it came from."""

from __future__ import annotations

import argparse

from inseam.cli.documents import dump_document
from inseam.cli.errors import EXIT_COULD_NOT_RUN
from inseam.cli.policies import add_gates_argument, add_policy_arguments, chosen, read_sources
from inseam.planning.build import build_plan
from inseam.policy.explain import explain
from inseam.policy.explain_text import render_explanation
from inseam.policy.resolve import resolve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_policy_arguments(parser)
    add_gates_argument(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text")


def run(arguments: argparse.Namespace) -> int:
    """Print one explanation for each service. Ends 2 when policy has errors."""
    only = chosen(arguments.gates)
    sources = read_sources(arguments)
    base = None if sources.base is None or sources.base.is_empty else sources.base
    plan = build_plan(sources.policies, sources.services, arguments.as_of, base, only=only)
    for error in plan.errors:
        print(error)
    if plan.errors:
        return EXIT_COULD_NOT_RUN
    for number, facts in enumerate(sorted(sources.services.services, key=lambda facts: facts.name)):
        effective = resolve(sources.policies, facts.name, arguments.as_of, base, path=facts.root)
        explanation = explain(effective, only)
        if arguments.format == "json":
            print(dump_document(explanation), end="")
        else:
            print(("\n" if number else "") + render_explanation(explanation), end="")
    return 0
