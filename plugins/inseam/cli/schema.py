"""`inseam schema`: the JSON Schemas by which editors complete and check policy documents."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from inseam.cli.documents import write_text
from inseam.gates import GATES
from inseam.policy.schema import render_schemas


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--out", type=Path, default=Path("policies/schema"), help="the folder to write to"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; end 1 where a file is stale"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the schemas, or say which are stale."""
    stale = 0
    for name, text in render_schemas({gate.id: gate.settings for gate in GATES}).items():
        path = arguments.out / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if arguments.check:
            print(f"{path}: stale; run `inseam schema`", file=sys.stderr)
            stale = 1
        else:
            write_text(path, text)
            print(f"wrote {path}")
    return stale
