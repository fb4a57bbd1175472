"""What policy can say about locks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import AfterValidator, Field, StringConstraints

from inseam.gates.lockfile.index import DEFAULT
from inseam.policy.orders import Settings, at_least, flag, grow, locked, shrink


def _specifier(text: str) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier as error:
        raise ValueError(f"{text!r} is no range of versions such as >=2.1,<3") from error
    return text


Flag = Annotated[bool, flag]
Address = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S+$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Range = Annotated[str, AfterValidator(_specifier)]
Tool = Literal["uv", "poetry", "pex"]


class LockfileSettings(Settings):
    """What policy can say about locks."""

    opt_in: ClassVar[bool] = True  # most organisations have old locks, which nobody looked at

    ask_uv: Flag = Field(
        True,
        description="Where files alone do not tell whether a lock is fresh, uv is asked. Without "
        "it such a lock could not be checked.",
    )
    require_hashes: Flag = Field(
        True, description="Reject a file without a hash, or with none better than SHA-1."
    )
    indexes: Annotated[frozenset[Address], shrink] = Field(
        frozenset({DEFAULT}),
        description="Indexes that packages may be locked from, by URL. `default` is the one that "
        "tools use when not told otherwise.",
    )
    file_hosts: Annotated[frozenset[Address], shrink] = Field(
        frozenset({DEFAULT}),
        description="Hosts that locked files may lie on, besides those of `indexes` themselves. "
        "`default` is where the default index keeps its files.",
    )
    direct_sources: Annotated[frozenset[Address], shrink] = Field(
        frozenset(),
        description="Beginnings of the addresses of git repositories and archives that a lock may "
        "take packages from, past any index.",
    )
    path_sources: Annotated[frozenset[Address], shrink] = Field(
        frozenset(),
        description="Beginnings of paths, from the workspace's root, of archives that a lock may "
        "take packages from. Projects of the workspace need no entry.",
    )
    require_python: Flag = Field(True, description="Reject a project without `requires-python`.")
    bounded_python: Flag = Field(
        False,
        description="A `requires-python` without an upper bound is an error, not only a warning.",
    )
    private_prefixes: Annotated[frozenset[Name], grow] = Field(
        frozenset(),
        description="Beginnings of the names of the organisation's own packages, such as `acme-`: "
        "they have to come from `private_indexes`, lest somebody else publishes one.",
    )
    private_indexes: Annotated[frozenset[Address], shrink] = Field(
        frozenset(), description="Where packages of `private_prefixes` come from, by URL."
    )
    wheels_only: Flag = Field(
        False,
        description="A package without any wheel, which runs its own code when it is installed, is "
        "an error, not only a warning.",
    )
    minimum_age_days: Annotated[int, at_least] = Field(
        0, ge=0, description="Days that every locked file has to have been on its index."
    )
    young_packages: Annotated[frozenset[Name], shrink] = Field(
        frozenset(), description="Packages that may be younger, such as the organisation's own."
    )
    same_versions: Flag = Field(
        False,
        description="Services that say so lock the same version of what they ask for directly.",
    )
    tool_versions: Annotated[Mapping[Tool, Range], locked] = Field(
        {},
        description="Versions of the tool that a lock may be of: of Poetry and PEX their own, of "
        'uv the lock\'s version and revision: `{"poetry": ">=2.1", "uv": ">=1.2,<2"}`.',
    )
    verify: Flag = Field(
        False,
        description="A lock that differs from the base's, or has none there, is verified against "
        "its index: every hash, and what each version depends on. An index that cannot be reached "
        "is a failure.",
    )
