"""What policy can say about mypy. The names are mypy's own; the defaults are `--strict`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from inseam.gates.environment.settings import EnvironmentSettings
from inseam.policy.orders import Settings, flag, free, grow, shrink

Flag = Annotated[bool, flag]
ErrorCode = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$")]
Glob = Annotated[str, StringConstraints(pattern=r"^[^/!\x00-\x1f][^\x00-\x1f]*$")]
Module = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\.\*)?$")]
Plugin = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?$")
]


class Flags(Settings):
    """mypy's own switches, each spelled so that on is stricter."""

    # What --strict switches on in mypy 2.4.
    disallow_any_generics: Flag = Field(
        True, description="Reject generic types without parameters, such as a bare `list`."
    )
    disallow_subclassing_any: Flag = Field(
        True, description="Reject classes whose base is of type `Any`."
    )
    disallow_untyped_calls: Flag = Field(
        True, description="Reject calls of unannotated functions from annotated ones."
    )
    disallow_untyped_defs: Flag = Field(
        True, description="Reject functions without annotations, or with only some."
    )
    disallow_incomplete_defs: Flag = Field(
        True, description="Reject functions of which only some parameters are annotated."
    )
    check_untyped_defs: Flag = Field(
        True, description="Check the bodies of unannotated functions too."
    )
    disallow_untyped_decorators: Flag = Field(
        True, description="Reject decorators that make an annotated function untyped."
    )
    warn_redundant_casts: Flag = Field(True, description="Report casts to the type at hand.")
    warn_unused_ignores: Flag = Field(
        True, description="Report `type: ignore` comments that silence nothing."
    )
    warn_return_any: Flag = Field(
        True, description="Report `Any` returned where the annotation names a type."
    )
    no_implicit_reexport: Flag = Field(
        True, description="Treat what a module imports as private to it."
    )
    strict_equality: Flag = Field(
        True, description="Report comparisons that can never be true, such as `1 == 'a'`."
    )
    extra_checks: Flag = Field(
        True, description="Report what is technically wrong and rarely matters in practice."
    )

    # What mypy does unless told otherwise.
    strict_optional: Flag = Field(True, description="`None` belongs to no type but its own.")
    no_implicit_optional: Flag = Field(
        True, description="A default of `None` does not make a parameter optional."
    )
    strict_bytes: Flag = Field(
        True, description="`bytearray` and `memoryview` are not taken for `bytes`."
    )
    warn_no_return: Flag = Field(
        True, description="Report functions that may end without the value they promise."
    )

    # What --strict leaves off.
    warn_unreachable: Flag = Field(False, description="Report code that can never run.")
    strict_equality_for_none: Flag = Field(
        False, description="Extend `strict_equality` to comparisons with `None`."
    )
    disallow_any_unimported: Flag = Field(
        False, description="Reject types that are `Any` because an import was not followed."
    )
    disallow_any_explicit: Flag = Field(False, description="Reject `Any` in annotations.")
    disallow_any_decorated: Flag = Field(
        False, description="Reject functions whose decorators leave `Any` in their signature."
    )
    disallow_any_expr: Flag = Field(False, description="Reject every expression of type `Any`.")


class PydanticFlags(Settings):
    """Switches of pydantic's plugin. With them off, using the plugin would be milder than not."""

    init_forbid_extra: Flag = Field(
        True, description="pydantic.mypy: reject arguments that are no fields of a model."
    )
    init_typed: Flag = Field(
        True, description="pydantic.mypy: check arguments against the fields' own types."
    )
    warn_required_dynamic_aliases: Flag = Field(
        True, description="pydantic.mypy: reject aliases that cannot be known before running."
    )


class MypySettings(Flags, PydanticFlags, EnvironmentSettings):
    """What policy can say about mypy."""

    plugins: Annotated[frozenset[Plugin], grow] = Field(
        frozenset(),
        description="mypy plugins to load from the service's environment, such as `pydantic.mypy`.",
    )
    enable_error_code: Annotated[frozenset[ErrorCode], grow] = Field(
        frozenset(), description="Checks that are off by default, such as `possibly-undefined`."
    )
    disable_error_code: Annotated[frozenset[ErrorCode], shrink] = Field(
        frozenset(), description="Checks that are switched off."
    )
    exclude: Annotated[frozenset[Glob], shrink] = Field(
        frozenset(),
        description="Globs below the service's folder of files that are not checked, such as "
        "generated ones; `**` for any folders.",
    )
    tests: Flag = Field(
        True,
        description="Check tests too: `tests/`, `test_*.py`, `*_test.py`, `conftest.py`.",
    )
    ignore_missing_imports: Annotated[frozenset[Module], shrink] = Field(
        frozenset(),
        description="Modules that may be imported without types; `boto3.*` for all below one.",
    )
    python_version: Annotated[str | None, free] = Field(
        None,
        pattern=r"^3\.\d{2}$",
        description="The Python that the code is checked for. Default: the lowest of "
        "`requires-python`.",
    )
    platform: Annotated[Literal["linux", "darwin", "win32"], free] = Field(
        "linux", description="The platform that the code is checked for, whatever this one is."
    )
