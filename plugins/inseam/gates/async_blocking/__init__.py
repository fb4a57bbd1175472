"""The gate `async-blocking`: blocking calls reachable from async code, through any helpers."""

from __future__ import annotations

from collections.abc import Iterator

from inseam.findings.model import Failure, Finding
from inseam.gates.async_blocking.fix import rewrites
from inseam.gates.async_blocking.rules import RULES
from inseam.gates.async_blocking.settings import AsyncBlockingSettings
from inseam.gates.contract import Gate, Needs, Request


def _run(request: Request[AsyncBlockingSettings]) -> Iterator[Finding | Failure]:
    """Planning and other gates' units need the declaration alone, so the rest is imported here."""
    from inseam.gates.async_blocking.run import run

    return run(request)


GATE = Gate(
    id="async-blocking",
    summary="Finds calls that block the event loop, through any number of helpers.",
    rules=RULES,
    settings=AsyncBlockingSettings,
    needs=Needs.ENVIRONMENT,
    run=_run,
    rewrite=rewrites,
)
