"""Running ruff: one process that checks and one that compares the format, side by side."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence

from inseam.findings.model import Failure, Finding
from inseam.gates.contract import GateError, Request, Service
from inseam.gates.process import Command, Completed, find_tool, run_all
from inseam.gates.ruff.results import GATE, Reader
from inseam.gates.ruff.settings import RuffSettings
from inseam.gates.ruff.tree import Tree, judged, make_tree
from inseam.gates.scratch import scratch_folder

RUFF_VARIABLE = "INSEAM_RUFF"
"""Names another ruff than the one installed with the engine."""

_UNNAMEABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_NO_EFFECT = re.compile(r"Selection `([A-Z]+[0-9]*)` has no effect")
_SELECTOR = re.compile(r"Unknown rule selector `([^`]*)` in `([^`]*)`")


def run(request: Request[RuffSettings]) -> Iterator[Finding | Failure]:
    """Check every Python file and notebook of the services.

    Raises:
        GateError: `bad-settings` for selectors that ruff does not know, and what `run_all`,
            `Completed.expect` and the `Reader` raise.
    """
    files: list[tuple[Service[RuffSettings], list[str]]] = []
    for service in request.services:
        paths = judged(service)
        for path in filter(_UNNAMEABLE.search, paths):
            yield _unnameable(service, path)
        files.append((service, [path for path in paths if not _UNNAMEABLE.search(path)]))
    files = [(service, paths) for service, paths in files if paths]
    if not files:
        return
    tool = find_ruff(request.environment)
    with scratch_folder("ruff") as folder:
        tree = make_tree(folder, request.root, files)
        commands = _commands(tool, tree, request.environment)
        results = run_all(commands, time_limit=request.time_limit)
        reader = Reader(request.root, tree, request.services)
        checked = _known(results[0], request.services)
        yield from reader.check(checked)
        if len(results) > 1:
            yield from reader.format(results[1].expect(0, 1, 2))
        yield from _without_effect(checked, request.services)


def find_ruff(environment: Mapping[str, str]) -> str:
    """The ruff to run: the one that INSEAM_RUFF names, else the one installed with the engine, else
    the one on PATH.

    Raises:
        GateError: `tool-missing`.
    """
    if (named := environment.get(RUFF_VARIABLE)) is not None:
        return named
    try:
        return str(importlib.import_module("ruff").find_ruff_bin())
    except (ImportError, AttributeError, FileNotFoundError):
        return find_tool("ruff", environment)


def _commands(tool: str, tree: Tree, environment: Mapping[str, str]) -> list[Command]:
    """What to run. Neither command uses ruff's cache, which takes files of equal age for equal:
    archives and reproducible checkouts give every file the same age."""
    options = ("--no-cache", "--force-exclude")
    lines: list[tuple[str, ...]] = [("check", *options, "--output-format=json", tree.check)]
    if tree.format is not None:
        lines.append(("format", "--check", *options, "--output-format=gitlab", tree.format))
    return [
        Command(
            argv=(tool, *line),
            cwd=tree.folder,
            # Not the rest: RUFF_* variables and a configuration in HOME would change the answer.
            environment={"PATH": environment.get("PATH", os.defpath)},
        )
        for line in lines
    ]


def _known(completed: Completed, services: Sequence[Service[RuffSettings]]) -> Completed:
    """`completed`, unless ruff refused the settings or broke off."""
    if completed.returncode == 2:
        said = completed.stderr.decode("utf-8", "replace")
        if (unknown := _SELECTOR.search(said)) is not None:
            selector, setting = unknown.groups()
            stated = ", ".join(
                s.name for s in services if selector in getattr(s.settings, setting, ())
            )
            raise GateError(
                "bad-settings",
                f"gates.ruff.settings.{setting}: ruff knows no rule {selector}"
                + (f" (stated for {stated})" if stated else ""),
                f"correct {selector} in the policy; `ruff rule --all` lists the rules",
            )
    return completed.expect(0, 1)


def _without_effect(
    completed: Completed, services: Sequence[Service[RuffSettings]]
) -> Iterator[Failure]:
    """Failures for selected rules that ruff left out: policy would promise what nobody checks."""
    for selector in sorted(set(_NO_EFFECT.findall(completed.stderr.decode("utf-8", "replace")))):
        for service in services:
            if selector in service.settings.select and not service.settings.preview:
                yield Failure(
                    gate=GATE,
                    code=f"{GATE}/bad-settings",
                    service=service.name,
                    message=f"gates.ruff.settings.select: {selector} has no effect without preview",
                    fix=f"set `preview: true`, or remove {selector}",
                )


def _unnameable(service: Service[RuffSettings], path: str) -> Failure:
    return Failure(
        gate=GATE,
        code=f"{GATE}/file-name",
        service=service.name,
        file=path,
        message="the file's name holds control characters or is not UTF-8",
        fix="rename the file",
    )
