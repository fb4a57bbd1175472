"""Today's way of calling rules, for Pants 2.17.1.

Each rule of Pants' that the backend calls becomes a plain coroutine function around a `Get`; the
2.17 rule visitor follows such functions by their source and finds the `Get` in them. The types in
it are variables of the enclosing function, which the visitor looks up among the closure's.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from typing import Any

from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.base.specs import Specs
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.core.util_rules.system_binaries import BinaryPathRequest, BinaryPaths
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import (
    AddPrefix,
    CreateDigest,
    Digest,
    DigestContents,
    DigestEntries,
    MergeDigests,
    PathGlobs,
    Paths,
    RemovePrefix,
    Snapshot,
)
from pants.engine.internals.graph import Owners, OwnersRequest
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get
from pants.engine.rules import _uncacheable_rule as _pants_session_rule
from pants.engine.rules import rule as _pants_rule
from pants.engine.target import FilteredTargets, TransitiveTargets, TransitiveTargetsRequest
from pants.option.subsystem import Subsystem
from pants.source.source_root import OptionalSourceRootsResult, SourceRootsRequest

_IMPLICIT = "__implicitly"


def implicitly(*arguments: Any) -> dict[str, Any]:
    """What `**implicitly(...)` hands to a rule: inputs that are matched by type."""
    return {_IMPLICIT: arguments}


def _called_with(asked: Any, wanted: Any) -> Callable[..., Any]:
    """A function that asks the engine for `asked` with its one argument, a `wanted`."""

    async def call(*explicit: Any, **implicit: Any) -> Any:
        (given,) = explicit or implicit[_IMPLICIT]
        if isinstance(given, dict):  # implicitly({value: Type})
            (given,) = given
        return await Get(asked, wanted, given)

    call.__annotations__ = {"return": asked}
    return call


def _called_without(asked: Any) -> Callable[..., Any]:
    """A function that asks the engine for `asked`, which takes nothing but singletons."""

    async def call(*_: Any, **__: Any) -> Any:
        return await Get(asked)

    call.__annotations__ = {"return": asked}
    return call


def _callable_by_name(decorate: Callable[..., Any]) -> Callable[..., Any]:
    """`decorate`, a decorator of rules, such that what it decorates can be called by name."""

    def decorator(*functions: Any, **options: Any) -> Any:
        if not functions:
            return lambda function: decorator(decorate(**options)(function))
        (function,) = functions
        registered = getattr(function, "rule", None) or decorate(function).rule
        asked, first = registered.output_type, next(iter(registered.input_selectors), None)
        # By this package's convention a request comes first; singletons are matched by type.
        takes_request = (
            first is not None
            and first.__module__.startswith(__package__)
            and not issubclass(first, Subsystem)
        )
        call = _called_with(asked, first) if takes_request else _called_without(asked)
        call.rule = registered  # type: ignore[attr-defined]  # what `collect_rules` looks for
        return call

    return decorator


rule = _callable_by_name(_pants_rule)
session_rule = _callable_by_name(_pants_session_rule)


class _Lockstep:
    """Coroutines driven together: what they ask for in one step becomes one request."""

    def __init__(self, coroutines: tuple[Any, ...]) -> None:
        self._coroutines = coroutines

    def __await__(self) -> Generator[Any, Any, tuple[Any, ...]]:
        results: list[Any] = [None] * len(self._coroutines)
        answers: dict[int, Any] = dict.fromkeys(range(len(self._coroutines)))
        try:
            while answers:
                asked: dict[int, Any] = {}
                for index, answer in answers.items():
                    try:
                        asked[index] = self._coroutines[index].send(answer)
                    except StopIteration as stop:
                        results[index] = stop.value
                answers = {}
                if asked:
                    answers = _distributed(asked, (yield _flattened(asked)))
        finally:
            for coroutine in self._coroutines:
                coroutine.close()
        return tuple(results)


def _flattened(asked: dict[int, Any]) -> tuple[Any, ...]:
    """All `Get`s of one step; a coroutine that awaits several at once yields a tuple of them."""
    return tuple(
        get
        for request in asked.values()
        for get in (request if isinstance(request, tuple) else (request,))
    )


def _distributed(asked: dict[int, Any], answers: tuple[Any, ...]) -> dict[int, Any]:
    """The engine's answers to `_flattened(asked)`, by coroutine."""
    remaining = iter(answers)
    return {
        index: (
            tuple(next(remaining) for _ in request)
            if isinstance(request, tuple)
            else next(remaining)
        )
        for index, request in asked.items()
    }


async def concurrently(*calls: Any) -> tuple[Any, ...]:
    """The results of several calls of rules, or of an iterable of them."""
    is_iterable = len(calls) == 1 and not inspect.iscoroutine(calls[0])
    return await _Lockstep(tuple(calls[0]) if is_iterable else calls)


add_prefix = _called_with(Digest, AddPrefix)
create_digest = _called_with(Digest, CreateDigest)
create_venv_pex = _called_with(VenvPex, PexRequest)
determine_source_files = _called_with(SourceFiles, SourceFilesRequest)
digest_to_snapshot = _called_with(Snapshot, Digest)
environment_vars_subset = _called_with(EnvironmentVars, EnvironmentVarsRequest)
execute_process = _called_with(FallibleProcessResult, Process)
filter_targets = _called_with(FilteredTargets, Specs)
find_binary = _called_with(BinaryPaths, BinaryPathRequest)
find_owners = _called_with(Owners, OwnersRequest)
get_digest_contents = _called_with(DigestContents, Digest)
get_digest_entries = _called_with(DigestEntries, Digest)
get_optional_source_roots = _called_with(OptionalSourceRootsResult, SourceRootsRequest)
merge_digests = _called_with(Digest, MergeDigests)
path_globs_to_digest = _called_with(Digest, PathGlobs)
path_globs_to_paths = _called_with(Paths, PathGlobs)
remove_prefix = _called_with(Digest, RemovePrefix)
setup_venv_pex_process = _called_with(Process, VenvPexProcess)
transitive_targets = _called_with(TransitiveTargets, TransitiveTargetsRequest)
