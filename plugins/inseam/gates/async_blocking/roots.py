"""Where the event loop enters: the functions that run on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from inseam.gates.async_blocking.evaluation import Evaluator
from inseam.gates.async_blocking.hierarchy import Skim
from inseam.gates.async_blocking.program import Function
from inseam.gates.async_blocking.settings import RootClass
from inseam.gates.async_blocking.types import Key, Routine
from inseam.gates.mypy.layout import is_test


class Roots:
    """Finds the functions that run on an event loop."""

    def __init__(
        self, evaluator: Evaluator, classes: Collection[RootClass], service_root: str
    ) -> None:
        """
        Args:
            evaluator: evaluates functions.
            classes: which classes of roots count.
            service_root: the service's folder.
        """
        self._evaluator = evaluator
        self._classes = classes
        self._prefix = "" if service_root == "." else f"{service_root}/"

    def find(self, paths: Sequence[str], seen: Mapping[str, Skim]) -> list[Key]:
        """The roots in some files, in the order of their places."""
        found: dict[Key, None] = {}
        for path in paths:
            test = is_test(path.removeprefix(self._prefix))
            if path.endswith(".pyi") or (test and "tests" not in self._classes):
                continue
            source = self._evaluator.program.source(path)
            if source is None:
                continue
            for function in source.functions:
                if function.head.is_async and "coroutines" in self._classes:
                    found[self._evaluator.key(function)] = None
            if seen[path].has_callbacks and "callbacks" in self._classes:
                for function in source.functions:
                    facts = self._evaluator.facts(self._evaluator.key(function))
                    found.update(dict.fromkeys(facts.callbacks))
        return sorted(found, key=lambda key: key.function.order)

    def without_commands(self, keys: Sequence[Key]) -> list[Key]:
        """The roots without those that only commands run, in a loop of their own."""
        if "cli" in self._classes:
            return list(keys)
        owned = self._only_commands(keys)
        return [key for key in keys if key.function not in owned]

    def _only_commands(self, keys: Iterable[Key]) -> set[Function]:
        """The async functions that nothing but commands runs: those given to `asyncio.run` by a
        command, and what of their own file only they call."""
        callers: dict[Function, set[Function]] = {}
        for key in keys:
            for called in self._evaluator.facts(key).coroutines:
                callers.setdefault(called, set()).add(key.function)
        owned = {
            function
            for path in {key.function.source.path for key in keys}
            for function in self._entered(path)
        }
        changed = True
        while changed:
            changed = False
            for function, known in callers.items():
                if (
                    function not in owned
                    and known
                    and known <= owned
                    and self._private(function, known)
                ):
                    owned.add(function)
                    changed = True
        return owned

    def _private(self, function: Function, callers: Collection[Function]) -> bool:
        return (
            function.owner is None
            and not function.head.decorators
            and all(caller.source is function.source for caller in callers)
        )

    def _entered(self, path: str) -> Iterable[Function]:
        """The async functions to which commands of a file give a loop of their own."""
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
        for function in source.functions:
            if evaluator.decorators.of(function).is_command or _is_main(function):
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


def _is_main(function: Function) -> bool:
    head = function.head
    return head.name == "main" and not head.is_async and head.owner < 0 and head.parent < 0
