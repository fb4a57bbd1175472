"""Reading what a plan's units said, and the baselines that it is judged by."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from inseam.cli.documents import read_document
from inseam.cli.errors import UsageError
from inseam.findings.model import FindingsDocument
from inseam.planning.model import Plan


def read_findings(folder: Path) -> list[FindingsDocument]:
    """Every findings document in `folder`, in the order of the files' names.

    A folder that does not exist holds none: a plan with errors has no units, and what any other
    plan asks for is missed by the verdict.

    Raises:
        UsageError: a document cannot be read.
    """
    return [read_document(path, FindingsDocument) for path in sorted(folder.glob("*.json"))]


def read_baselines(plan: Plan, root: Path) -> Mapping[str, bytes]:
    """The plan's baselines that exist under `root`, by path.

    Raises:
        UsageError: one exists but cannot be read.
    """
    found: dict[str, bytes] = {}
    for path in sorted({gate.baseline for service in plan.services for gate in service.gates}):
        try:
            found[path] = (root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise UsageError(f"{path}: cannot read: {error.strerror}") from error
    return found


def add_findings_arguments(parser: argparse.ArgumentParser) -> None:
    """`--plan`, `--findings-dir`, `--root` and `--base-root`."""
    parser.add_argument("--plan", type=Path, required=True, help="an inseam.plan/1 document")
    parser.add_argument(
        "--findings-dir",
        type=Path,
        required=True,
        help="a folder with one inseam.findings/1 document for each of the plan's units",
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=Path(),
        help="the workspace, which baselines are read from (default: .)",
    )
    parser.add_argument(
        "--base-root",
        type=Path,
        help="the workspace as it is on the base branch, where the plan was joined with that",
    )
