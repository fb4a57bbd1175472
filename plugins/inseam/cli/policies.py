"""The options that name policy documents, shared by `plan`, `explain` and `baseline`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from inseam.cli.documents import (
    POLICY_SUFFIXES,
    parse_date,
    read_document,
    read_folder,
    today,
)
from inseam.cli.errors import UsageError
from inseam.gates import GATES
from inseam.planning.model import ServicesDocument
from inseam.policy.load import Policies, load_policies


def add_policy_arguments(parser: argparse.ArgumentParser) -> None:
    """`--policies`, `--base-policies`, `--services` and `--as-of`."""
    parser.add_argument(
        "--policies",
        type=Path,
        default=Path("policies"),
        help="the folder of policy documents (default: policies)",
    )
    parser.add_argument(
        "--base-policies",
        type=Path,
        help="that folder as it is on the base branch: policy then is base ⊔ head, and waivers "
        "and baselines count only where both have them",
    )
    parser.add_argument(
        "--services", type=Path, required=True, help="an inseam.services/1 document"
    )
    parser.add_argument(
        "--as-of",
        type=parse_date,
        default=today(),
        metavar="DATE",
        help="the day to judge by (default: today in UTC)",
    )


def add_gates_argument(parser: argparse.ArgumentParser) -> None:
    """`--gates`."""
    parser.add_argument("--gates", help="only these, separated by commas (default: all)")


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What the options name, read."""

    policies: Policies
    base: Policies | None
    services: ServicesDocument


def read_sources(arguments: argparse.Namespace) -> Sources:
    """Read and load what `add_policy_arguments` declared.

    Raises:
        UsageError: something cannot be read. What is wrong *in* policy is in `Policies.errors`.
    """
    settings = {gate.id: gate.settings for gate in GATES}

    def load(folder: Path) -> Policies:
        # Messages name the files as the workspace does, also those of a base read elsewhere.
        prefix = PurePosixPath(arguments.policies.as_posix())
        return load_policies(read_folder(folder, prefix, POLICY_SUFFIXES), settings)

    return Sources(
        policies=load(arguments.policies),
        base=load(arguments.base_policies) if arguments.base_policies else None,
        services=read_document(arguments.services, ServicesDocument),
    )


def chosen(gates: str | None) -> frozenset[str] | None:
    """The ids that `--gates` names; None for all.

    Raises:
        UsageError: a gate does not exist.
    """
    if gates is None:
        return None
    ids = frozenset(filter(None, (gate.strip() for gate in gates.split(","))))
    known = {gate.id for gate in GATES}
    if unknown := ids - known:
        raise UsageError(
            f"no gate {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}"
        )
    return ids
