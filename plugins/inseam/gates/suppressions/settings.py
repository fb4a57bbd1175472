"""What policy can say about suppressions."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from inseam.policy.orders import Settings, grow, shrink

Kind = Literal[
    "build-skip",
    "file-noqa-bare",
    "file-noqa-coded",
    "fmt-off",
    "fmt-skip",
    "isort-off",
    "mypy-config",
    "mypy-disable-error-code",
    "mypy-ignore-errors",
    "mypy-inline",
    "no-cover",
    "no-type-check",
    "noqa-bare",
    "noqa-coded",
    "nosec",
    "ruff-config",
    "ruff-disable",
    "ruff-ignore",
    "type-ignore-bare",
    "type-ignore-coded",
    "type-ignore-file",
]
"""What can silence something; each is a rule of the gate."""

KINDS: tuple[Kind, ...] = get_args(Kind)

_NOT_OUR_GATES: frozenset[Kind] = frozenset({"no-cover", "nosec"})


class SuppressionsSettings(Settings):
    """What policy can say about suppressions."""

    kinds: Annotated[frozenset[Kind], grow] = Field(
        frozenset(KINDS) - _NOT_OUR_GATES,
        description="Kinds that are counted. By default all that silence a gate of this bundle.",
    )
    allowed_codes: Annotated[
        frozenset[Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]], shrink
    ] = Field(
        frozenset(),
        description="Codes such as `E501` or `import-untyped` that a comment may name uncounted.",
    )
