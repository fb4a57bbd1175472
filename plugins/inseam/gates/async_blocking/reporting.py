"""Chains of calls as findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from inseam.findings.model import Finding, Related, Severity, line_key
from inseam.gates.async_blocking.catalogue_model import Kind
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.reach import Chain
from inseam.gates.async_blocking.rules import GATE, fix_of
from inseam.gates.async_blocking.settings import AsyncBlockingSettings
from inseam.gates.async_blocking.summary import column_of, line_of

_WAITS: dict[Kind, str] = {
    Kind.NETWORK: "waits for the network",
    Kind.DATABASE: "waits for a database",
    Kind.SLEEP: "sleeps",
    Kind.SUBPROCESS: "waits for another process",
    Kind.LOCK: "waits for another thread",
    Kind.INPUT: "waits for a person",
    Kind.FILE: "reads or writes files",
    Kind.METADATA: "looks at a file's metadata",
    Kind.CPU: "computes for long",
}


_THREAD = "asyncio.to_thread"
"""What many entries recommend, besides or instead of something else."""


class Reporter:
    """Makes findings of chains."""

    def __init__(
        self, root: Path, service: str, settings: AsyncBlockingSettings, *, installed: str = ""
    ) -> None:
        """
        Args:
            root: the workspace.
            service: whose findings they are.
            settings: its settings.
            installed: the folder of installed packages, which differs from machine to machine.
        """
        self._root = root
        self._installed = f"{installed}/"
        self._service = service
        self._settings = settings
        self._lines: tuple[str, list[str]] = ("", [])

    def findings(self, root: Key, chains: Iterable[Chain]) -> Iterator[tuple[Finding, Chain]]:
        """The findings in one root, with the chains that they tell."""
        for chain in chains:
            if chain.confidence in self._settings.confidences:
                yield self._finding(root, chain), chain

    def _finding(self, root: Key, chain: Chain) -> Finding:
        path, line = root.function.source.path, root.function.line + line_of(chain.place)
        kind = chain.kind
        is_error = kind in self._settings.error_kinds
        return Finding(
            rule=f"{GATE}/{kind}",
            service=self._service,
            file=path,
            line=line,
            column=column_of(chain.place),
            message=_message(root, chain),
            fix=self._fix(chain),
            severity=Severity.ERROR if is_error else Severity.WARNING,
            confidence=chain.confidence.value,
            key=line_key(self._line(path, line)),
            related=tuple(self._related(chain)),
            properties={
                "call": chain.hops[0][0].function.qualified if chain.hops else chain.sink.name,
                "function": root.function.qualified,
                "sink": chain.sink.name,
            },
        )

    def _related(self, chain: Chain) -> Iterator[Related]:
        for number, (key, place) in enumerate(chain.hops):
            last = number + 1 == len(chain.hops)
            called = chain.sink.name if last else chain.hops[number + 1][0].function.qualified
            yield Related(
                file=self._shown(key.function.source.path),
                line=key.function.line + line_of(place),
                message=f"`{key.function.qualified}` calls `{called}`",
            )

    def _shown(self, path: str) -> str:
        """A path as reports name it, the same on every machine."""
        if len(self._installed) > 1 and path.startswith(self._installed):
            return f"site-packages/{path.removeprefix(self._installed)}"
        return path

    def _fix(self, chain: Chain) -> str:
        use = chain.sink.entry.use
        if use is None:
            return fix_of(chain.kind)
        if not chain.hops:
            return f"use {use}"
        first = chain.hops[0][0].function.qualified
        use = use.removesuffix(_THREAD).removesuffix(", or ")
        if not use:
            return f"call `{first}` with `await {_THREAD}(...)`"
        return f"make `{first}` async and use {use}, or call it with `await {_THREAD}(...)`"

    def _line(self, path: str, line: int) -> str:
        known, lines = self._lines
        if known != path:
            content = (self._root / path).read_bytes().decode("utf-8", "replace")
            lines = content.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self._lines = (path, lines)
        return lines[line - 1] if line <= len(lines) else ""


def _message(root: Key, chain: Chain) -> str:
    where = f"in `{root.function.qualified}`"
    waits = _WAITS[chain.kind]
    if not chain.hops:
        return f"`{chain.sink.name}` {waits} {where}"
    names = [f"`{key.function.qualified}`" for key, _ in chain.hops]
    through = f" through {' → '.join(names[1:])}" if len(names) > 1 else ""
    return f"{names[0]} {waits} {where}: it calls `{chain.sink.name}`{through}"
