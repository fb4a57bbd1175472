"""The settings of every gate that looks at a service in its environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from inseam.policy.orders import Settings, free


class EnvironmentSettings(Settings):
    """What goes into the environment; a gate's own settings add to it."""

    python: Annotated[str | None, free] = Field(
        None,
        pattern=r"^3\.\d{1,2}$",
        description="Minor version of the interpreter, such as `3.12`. Default: the lowest that "
        "`requires-python` allows and this machine has.",
    )
    groups: Annotated[frozenset[str], free] = Field(
        frozenset(),
        description="Dependency groups to install besides the default ones (uv.lock, poetry.lock).",
    )
    extras: Annotated[frozenset[str], free] = Field(
        frozenset(), description="Extras of the service to install (uv.lock, poetry.lock)."
    )
