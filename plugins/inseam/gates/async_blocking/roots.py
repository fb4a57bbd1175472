"""Where the event loop enters: the functions that run on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from inseam.gates.async_blocking.evaluation import Evaluator
from inseam.gates.async_blocking.hierarchy import Skim
from inseam.gates.async_blocking.program import Function
from inseam.gates.async_blocking.settings import RootClass
from inseam.gates.async_blocking.summary import ASYNC, DECORATED, MAIN
from inseam.gates.async_blocking.types import Key, Routine
from inseam.gates.mypy.layout import is_test


def may_hold_roots(
    path: str, seen: Skim, classes: Collection[RootClass], service_root: str
) -> bool:
    """Whether anything in a file may run on a loop, or start one, going by its name and a glance
    at it."""
    if path.endswith(".pyi") or not (seen.has_async or seen.has_callbacks or seen.has_own_loops):
        return False
    inner = path if service_root == "." else path.removeprefix(f"{service_root}/")
    return "tests" in classes or not is_test(inner)


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
            if function.head.is_async and "coroutines" in self._classes:
                found[self._evaluator.key(function)] = None
            if callbacks:
                facts = self._evaluator.facts(self._evaluator.key(function))
                found.update(dict.fromkeys(facts.callbacks))
        return sorted(found, key=lambda key: key.function.order)

    def owners_of_loops(self, path: str) -> Iterator[Function]:
        """The async functions to which commands of a file give a loop of their own."""
        if "cli" in self._classes:
            return
        evaluator = self._evaluator
        source = evaluator.program.source(path)
        if source is None:
            return
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
            if key.function.head.is_async:
                yield key.function
                continue
            facts = evaluator.facts(key)
            yield from facts.loop_owners
            pending += [target for site in facts.sites.values() for target in site.targets]
