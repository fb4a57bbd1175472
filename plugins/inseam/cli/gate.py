"""`inseam gate`: one gate on any tree, without a workspace, a policy or Pants.

What only some options need is imported when they are used: editors and hooks call this after every
edit.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from inseam.cli.documents import dump_document, parse_date, today
from inseam.cli.environment import tool_environment
from inseam.cli.errors import EXIT_COULD_NOT_RUN, UsageError
from inseam.findings.model import FindingsDocument, Severity
from inseam.gates import GATE_IDS, gate_by_id
from inseam.gates.contract import Gate
from inseam.planning.detect import detect_facts
from inseam.planning.execute import execute
from inseam.planning.model import (
    Plan,
    PlannedGate,
    PlannedService,
    UnitDocument,
    UnitService,
)
from inseam.policy.orders import Settings
from inseam.report import FORMATS, render

JSON = "json"
DEFAULT_TIME_LIMIT = 600.0
SAFE, ALL = "safe", "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("gate", choices=GATE_IDS, help="the gate's id")
    parser.add_argument("--root", type=Path, default=Path(), help="the tree (default: .)")
    parser.add_argument(
        "--service",
        default=".",
        metavar="DIR",
        help="the service's folder within the tree (default: the tree itself)",
    )
    parser.add_argument(
        "--source-root",
        action="append",
        default=[],
        metavar="DIR",
        help="a further folder within the tree that imports resolve from; may be repeated",
    )
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="YAML of the gate's settings (default: none)"
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="json is the findings document; the others are reports (default: text)",
    )
    parser.add_argument(
        "--diff",
        nargs="?",
        choices=(SAFE, ALL),
        const=SAFE,
        help="print what would take findings away as a patch, in place of the findings; `all`: "
        "with suggestions, which have to be read first (ends 1 if there is any)",
    )
    parser.add_argument(
        "--base",
        type=Path,
        metavar="DIR",
        help="the tree as it is at the merge base, for gates that compare with it",
    )
    parser.add_argument(
        "--tip",
        type=Path,
        metavar="DIR",
        help="the tree at the tip of the branch that the change goes to, for gates that judge what "
        "comes of merging; needs --base",
    )
    parser.add_argument(
        "--as-of",
        type=parse_date,
        metavar="DATE",
        help="the day to judge by, in UTC (default: today)",
    )
    parser.add_argument(
        "--live",
        action="store_true",
        help="ask a service of the network for what settings pin otherwise, such as advisories",
    )
    parser.add_argument("--cache", type=Path, help="what outlives the run (default: the user's)")
    parser.add_argument(
        "--time-limit",
        type=float,
        default=DEFAULT_TIME_LIMIT,
        metavar="SECONDS",
        help="kill the gate's tools after so long (default: %(default)g)",
    )
    parser.add_argument(
        "--verbose",
        action="store_true",
        help="say on standard error how long the gate's stages take, where it knows",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the gate and print its findings. Ends 0, 1 (findings) or 2 (could not run)."""
    gate = gate_by_id(arguments.gate)
    if arguments.live and not gate.can_be_live:
        raise UsageError(f"{gate.id} asks nobody: leave --live out")
    if arguments.diff and gate.rewrite is None:
        raise UsageError(f"{gate.id} rewrites nothing: leave --diff out")
    if arguments.tip is not None and arguments.base is None:
        raise UsageError("--tip needs --base: what they have in common was not added by either")
    root: Path = arguments.root.resolve()
    if not root.is_dir():
        raise UsageError(f"{arguments.root}: no such folder")
    facts = detect_facts(
        root,
        PurePosixPath(arguments.service).as_posix(),
        source_roots=tuple(arguments.source_root),
    )
    if arguments.verbose:
        import logging

        logging.basicConfig(stream=sys.stderr, format="%(message)s")
        logging.getLogger("inseam").setLevel(logging.INFO)
    stated = _settings(gate, arguments.settings)
    settings = stated.model_dump(mode="json")
    as_of: date = arguments.as_of or today()
    unit = UnitDocument(
        gate=gate.id,
        time_limit=arguments.time_limit,
        services=(UnitService(facts=facts, settings=settings),),
        as_of=as_of if gate.reads_date(stated) else None,
        live=arguments.live,
    )
    document = execute(
        unit,
        root=root,
        cache=(arguments.cache or _user_cache()).resolve(),
        environment=tool_environment(os.environ),
        base=_folder(arguments.base),
        tip=_folder(arguments.tip),
    )
    if arguments.diff:
        from inseam.cli.rewriting import print_patch

        return print_patch(document, root, suggest=arguments.diff == ALL)
    service = PlannedService(
        facts=facts,
        owner=None,
        policy_file=None,
        gates=(
            PlannedGate(
                gate=gate.id,
                applies=True,
                mode="enforce",
                settings=settings,
                baseline=f"policies/baselines/{facts.name}/{gate.id}.json",
            ),
        ),
    )
    return _print(document, service, arguments.format, as_of)


def _folder(stated: Path | None) -> Path | None:
    """The folder of the base or of the tip.

    Raises:
        UsageError: it does not exist; taken for an empty one it would hide every edit.
    """
    if stated is not None and not stated.is_dir():
        raise UsageError(f"{stated}: no such folder")
    return stated


def _print(document: FindingsDocument, service: PlannedService, form: str, as_of: date) -> int:
    if form == JSON:
        print(dump_document(document), end="")
        return exit_code(document)
    from inseam.verdict.judge import judge

    verdict = judge(Plan(as_of=as_of, services=(service,)), [document], {})
    print(render(verdict, form), end="")
    return verdict.exit_code


def exit_code(document: FindingsDocument) -> int:
    """What `judge` says of a document whose gate is enforced, without waivers and a baseline."""
    if document.failures:
        return EXIT_COULD_NOT_RUN
    return int(any(finding.severity is Severity.ERROR for finding in document.findings))


def _settings(gate: Gate[Any], path: Path | None) -> Settings:
    """The gate's settings in `path`, or its defaults.

    Raises:
        UsageError: with a located message for everything that is wrong with the file.
    """
    defaults: Settings = gate.settings()
    if path is None:
        return defaults
    from inseam.policy.reader import read
    from inseam.policy.tree import plain
    from inseam.policy.validation import located_errors

    try:
        tree, messages = read(str(path), path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot read: {error.strerror}") from error
    if tree is not None and not messages:
        try:
            stated: Settings = gate.settings.model_validate(plain(tree))
            return stated
        except ValidationError as error:
            messages = located_errors(str(path), tree, error, model=gate.settings)
    raise UsageError("the settings cannot be used:\n" + "\n".join(map(str, messages)))


def _user_cache() -> Path:
    configured = os.environ.get("XDG_CACHE_HOME", "")
    # The specification: a relative path there is void.
    base = Path(configured) if configured.startswith("/") else Path.home() / ".cache"
    return base / "inseam"
