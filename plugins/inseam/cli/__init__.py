"""The engine's command line: `inseam plan | run | verdict | gate | fix | explain | …`.

The only place of the engine that reads the clock, the environment and the arguments. Each command
is a module of this package, imported when it is called, so that a unit's process starts fast.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from inseam.cli.errors import EXIT_COULD_NOT_RUN, UsageError
from inseam.gates.signals import unwinding_signals

COMMANDS: dict[str, str] = {
    "plan": "merge policy into a plan: what has to run, for which services, in which mode",
    "run": "run one work unit of a plan",
    "verdict": "judge findings by a plan's modes, waivers and baselines, and write the reports",
    "gate": "run one gate on any tree, with default settings or those of a file",
    "fix": "write the files that findings can be rewritten from",
    "explain": "show every effective value of services' policy and where it came from",
    "baseline": "record a ratchet's baseline once; afterwards only prune it",
    "advisories": "build, verify, show and serve snapshots of advisories",
    "schema": "write the JSON Schemas of policy documents",
}
"""Command -> one line of help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns: the exit code: 0 pass, 1 violation, 2 could not run (a usage error among them), 130
    interrupted. SIGTERM and SIGHUP end the process by themselves, after what it made is cleared.
    """
    # Looking for plugins of pydantic, which nobody asked for, would read every package's metadata.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Only the command that was called is imported, and only its options are known to the parser.
    called = next((word for word in arguments if not word.startswith("-")), None)
    parser = argparse.ArgumentParser(
        prog="inseam",
        description="CI policy for monorepos of Python services.",
        allow_abbrev=False,
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        subparser = subparsers.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            allow_abbrev=False,
        )
        if name == called:
            importlib.import_module(f"inseam.cli.{name}").add_arguments(subparser)
    parsed = parser.parse_args(arguments)
    try:
        with unwinding_signals():
            module = importlib.import_module(f"inseam.cli.{parsed.command}")
            exit_code: int = module.run(parsed)
    except UsageError as error:
        print(f"inseam {parsed.command}: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_RUN
    except KeyboardInterrupt:
        print(f"inseam {parsed.command}: interrupted; nothing was decided", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (`| head`) has gone: what it did not read was not a verdict for it.
        sys.stderr.close()
        return EXIT_COULD_NOT_RUN
    return exit_code
