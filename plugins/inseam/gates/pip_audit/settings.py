"""What policy can say about known vulnerabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from inseam.advisories.severity import Level
from inseam.policy.orders import Settings, at_most, flag, grow, locked, shrink

Platform = Literal["linux", "darwin", "win32"]
"""As `sys.platform` has it."""
PLATFORMS: frozenset[Platform] = frozenset({"linux", "darwin", "win32"})

PinText = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)*@sha256:[0-9a-f]{64}$"),
]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/\S*)?$")]


@dataclass(frozen=True, kw_only=True, order=True)
class Pin:
    """A snapshot that policy pins."""

    path: str
    """Relative to the workspace's root."""
    digest: str
    """SHA-256 in hex."""

    def __str__(self) -> str:
        return f"{self.path}@sha256:{self.digest}"


class PipAuditSettings(Settings):
    """What policy can say about known vulnerabilities."""

    opt_in: ClassVar[bool] = True  # without a snapshot there is nothing to compare with

    snapshots: Annotated[frozenset[PinText], grow] = Field(
        frozenset(),
        description="Snapshots of advisories, as `PATH@sha256:DIGEST`, relative to the workspace's "
        "root. An advisory of any of them counts; so on a pull request that moves the pin, those "
        "of the base's snapshot do too.",
    )
    max_age_days: Annotated[int, at_most] = Field(
        30, ge=0, description="How old the newest of the snapshots may be."
    )
    warn_severities: Annotated[frozenset[Level], shrink] = Field(
        frozenset(),
        description="Severities whose vulnerabilities are warnings, which never fail; all others "
        "are errors. `unknown` is what nobody rated.",
    )
    unfixed_fails: Annotated[bool, flag] = Field(
        True, description="Whether vulnerabilities that no version fixes are errors too."
    )
    unaudited_fails: Annotated[bool, flag] = Field(
        False,
        description="Whether packages from repositories, URLs and files are errors, not warnings.",
    )
    skip_platforms: Annotated[frozenset[Platform], shrink] = Field(
        frozenset(),
        description="Platforms that nothing runs on: packages that markers keep to these alone "
        "are not audited. Default: all that is locked is.",
    )
    live_url: Annotated[Url | None, locked] = Field(
        None,
        description="Where a live run asks, in OSV's API shape; a mirror, for example. Default: "
        "pip-audit's own.",
    )

    @model_validator(mode="after")
    def _keeps_a_platform(self) -> Self:
        if self.skip_platforms >= PLATFORMS:
            raise ValueError("skip_platforms names every platform: nothing would be audited")
        return self

    def pins(self) -> list[Pin]:
        """The snapshots, in order."""
        return sorted(
            Pin(path=path, digest=digest)
            for path, _, digest in (text.partition("@sha256:") for text in self.snapshots)
        )
