"""What policy can say about blocking calls in async code."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from inseam.gates.async_blocking.catalogue_model import Confidence, ExtraSink, Kind
from inseam.gates.environment.settings import EnvironmentSettings
from inseam.policy.orders import flag, grow, shrink

RootClass = Literal["coroutines", "callbacks", "cli", "tests"]
"""What runs on an event loop: `async def`s; functions that a loop is told to call; `async def`s of
commands that own their loop; those of tests."""

Glob = Annotated[str, StringConstraints(pattern=r"^[^/!\x00-\x1f][^\x00-\x1f]*$")]
DottedName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]

_OPT_IN = frozenset({Kind.CPU})
_WARNINGS = _OPT_IN | {Kind.METADATA}


class AsyncBlockingSettings(EnvironmentSettings):
    """What policy can say about blocking calls in async code."""

    kinds: Annotated[frozenset[Kind], grow] = Field(
        frozenset(Kind) - _OPT_IN,
        description="What a call may not wait for in async code; each is a rule of the gate.",
    )
    error_kinds: Annotated[frozenset[Kind], grow] = Field(
        frozenset(Kind) - _WARNINGS,
        description="Kinds that are errors; the others are warnings, which never fail.",
    )
    confidences: Annotated[frozenset[Confidence], grow] = Field(
        frozenset({Confidence.HIGH, Confidence.MEDIUM}),
        description="How sure the types along a chain have to be for it to be reported.",
    )
    roots: Annotated[frozenset[RootClass], grow] = Field(
        frozenset({"coroutines", "callbacks"}),
        description="What is taken to run on an event loop that others wait for: `coroutines` "
        "(`async def`), `callbacks` (given to `loop.call_soon` and the like), `cli` (`async def`s "
        "of commands that own their loop), `tests` (`async def`s of tests).",
    )
    extra_sinks: Annotated[frozenset[ExtraSink], grow] = Field(
        frozenset(), description="Blocking calls besides those of the catalogue."
    )
    extra_offloaders: Annotated[frozenset[DottedName], shrink] = Field(
        frozenset(),
        description="Dotted names of functions and decorators whose calls are not followed, as "
        "they run what they are given in another thread or process.",
    )
    exclude: Annotated[frozenset[Glob], shrink] = Field(
        frozenset(),
        description="Globs below the service's folder of files whose async code is not judged, "
        "such as generated ones; `**` for any folders.",
    )
    environment: Annotated[bool, flag] = Field(
        False,
        description="Whether to read types from the packages in the service's locked environment, "
        "which has to be made for it.",
    )
