"""Where the event loop enters: the functions that run on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from inseam.gates.async_blocking.command_lines import is_of_commands, package_of_commands
from inseam.gates.async_blocking.evaluation import Evaluator
from inseam.gates.async_blocking.hierarchy import Skim
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.settings import RootClass
from inseam.gates.async_blocking.sources import Function, Source
from inseam.gates.async_blocking.summary import ASYNC, DECORATED, MAIN
from inseam.gates.async_blocking.types import External, Routine
from inseam.gates.mypy.layout import is_test


def may_hold_roots(
    path: str, seen: Skim, classes: Collection[RootClass], service_root: str
) -> bool:
    """Whether anything in a file may run on a loop, or start one, going by its name and a glance
    at it."""
    runs = seen.has_async or seen.has_callbacks or seen.has_own_loops
    looped = ("asyncio" in seen.bases and _may_have_protocols(seen)) or _may_have_handlers(seen)
    if path.endswith(".pyi") or not (runs or looped):
        return False
    inner = path if service_root == "." else path.removeprefix(f"{service_root}/")
    return "tests" in classes or not is_test(inner)


_PROTOCOLS = frozenset(
    f"asyncio.{name}"
    for name in (
        *("BaseProtocol", "Protocol", "BufferedProtocol", "DatagramProtocol", "SubprocessProtocol"),
        *("protocols.BaseProtocol", "protocols.Protocol", "protocols.DatagramProtocol"),
    )
)
_PROTOCOL_NAMES = frozenset(name.rpartition(".")[2] for name in _PROTOCOLS)
_PROTOCOL_METHODS = (
    *("connection_made", "connection_lost", "data_received", "eof_received", "pause_writing"),
    *("resume_writing", "get_buffer", "buffer_updated", "datagram_received", "error_received"),
    *("pipe_data_received", "pipe_connection_lost", "process_exited"),
)


_HANDLERS = frozenset({"tornado.web.RequestHandler"})
_HANDLER_METHODS = (
    *("get", "post", "put", "patch", "delete", "head", "options", "prepare", "on_finish"),
    *("initialize", "data_received", "open", "on_message", "on_close", "on_ping", "on_pong"),
)
"""What Tornado calls on its loop, whether it is async or not."""


def _may_have_protocols(seen: Skim) -> bool:
    return not _PROTOCOL_NAMES.isdisjoint(seen.bases)


def _may_have_handlers(seen: Skim) -> bool:
    return any(name.endswith("Handler") for name in seen.bases)


class Roots:
    """Finds the functions that run on an event loop."""

    def __init__(self, evaluator: Evaluator, classes: Collection[RootClass]) -> None:
        """
        Args:
            evaluator: evaluates functions.
            classes: which classes of roots count.
        """
        self._evaluator = evaluator
        self._classes = classes

    def find(self, path: str, seen: Skim) -> list[Key]:
        """The roots that a file makes known, in the order of their places."""
        found: dict[Key, None] = {}
        source = self._evaluator.program.source(path)
        if source is None:
            return []
        callbacks = seen.has_callbacks and "callbacks" in self._classes
        for function in source.functions(0 if callbacks else ASYNC):
            if function.is_async and "coroutines" in self._classes:
                self._with_started(self._evaluator.key(function), found)
            if callbacks:
                facts = self._evaluator.facts(self._evaluator.key(function))
                found.update(dict.fromkeys(facts.callbacks))
        if "callbacks" in self._classes:
            if _may_have_protocols(seen):
                found.update(dict.fromkeys(self._of(source, _PROTOCOLS, _PROTOCOL_METHODS)))
            if _may_have_handlers(seen):
                found.update(dict.fromkeys(self._of(source, _HANDLERS, _HANDLER_METHODS)))
        return sorted(found, key=lambda key: key.function.order)

    def _with_started(self, root: Key, found: dict[Key, None]) -> None:
        """Adds an async function, and those that it passes what their annotations do not tell,
        itself or in a lambda or helper of its file: what such a one does hangs on who calls it."""
        source = root.function.source
        helpers: set[Key] = set()
        pending = [root]
        while pending:
            key = pending.pop()
            if key in found or key in helpers:
                continue
            if key.function.is_async:
                found[key] = None
            else:
                helpers.add(key)
            facts = self._evaluator.facts(key)
            pending += facts.started
            for site in facts.sites.values():
                for target in site.targets:
                    if target.function.source is source and not target.function.is_async:
                        pending.append(target)

    def _of(self, source: Source, bases: Collection[str], names: Collection[str]) -> Iterator[Key]:
        """The methods of some names in classes below some outside of the tree."""
        members = self._evaluator.members
        for cls in source.classes():
            methods = [members.defined(cls, name) for name in names]
            if any(methods) and any(
                isinstance(above, External) and above.name in bases
                for above, _ in members.line(cls)
            ):
                yield from (self._evaluator.key(method) for method in methods if method)

    def owners_of_loops(self, path: str) -> Iterator[Function]:
        """The async functions to which commands of a file give a loop of their own."""
        if "cli" in self._classes:
            return
        evaluator = self._evaluator
        source = evaluator.program.source(path)
        if source is None:
            return
        if is_of_commands(path):
            # Not what is registered somewhere, such as a server's routes.
            for function in source.functions(ASYNC):
                if function.is_async and not function.head.decorators:
                    yield function
        elif package_of_commands(path):
            for function in source.functions():
                if not function.is_async:
                    yield from evaluator.facts(evaluator.key(function)).loop_owners
        pending: list[Key] = []
        for expression in source.summary.commands:
            flow = evaluator.flow(source)
            flow.value(expression)
            yield from flow.facts.loop_owners
            pending += [key for site in flow.facts.sites.values() for key in site.targets]
            # Such as `typer.run(main)`.
            for argument in expression[2]:
                pending += [
                    evaluator.key(atom.function)
                    for atom in flow.look(argument)
                    if isinstance(atom, Routine)
                ]
        for function in source.functions(DECORATED | MAIN):
            if function.head.flags & MAIN or evaluator.decorators.of(function).is_command:
                pending.append(evaluator.key(function))
        entered: set[Key] = set()
        while pending:
            key = pending.pop()
            if key in entered or key.function.source is not source:
                continue
            entered.add(key)
            if key.function.is_async:
                yield key.function
                continue
            facts = evaluator.facts(key)
            yield from facts.loop_owners
            pending += [target for site in facts.sites.values() for target in site.targets]
