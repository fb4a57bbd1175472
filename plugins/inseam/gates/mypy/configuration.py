"""mypy's configuration, generated from policy: the service's own is never read."""

from __future__ import annotations

from collections.abc import Iterable

from inseam.gates.mypy.settings import Flags, MypySettings, PydanticFlags


def configuration(settings: MypySettings, *, python_version: str) -> str:
    """The text of a `mypy.ini`.

    Args:
        settings: the effective policy.
        python_version: what the code is checked for, such as `3.11`.
    """
    lines = [
        "[mypy]",
        f"python_version = {python_version}",
        f"platform = {settings.platform}",
        "namespace_packages = True",
        "explicit_package_bases = True",
        # All files of the service are named on the command line. What they import is analysed, but
        # its errors are those of its own service or library.
        "follow_imports = silent",
        *(f"{name} = {getattr(settings, name)}" for name in Flags.model_fields),
        *_list("plugins", settings.plugins),
        *_list("enable_error_code", settings.enable_error_code),
        *_list("disable_error_code", settings.disable_error_code),
    ]
    for module in sorted(settings.ignore_missing_imports):
        lines += [f"[mypy-{module}]", "ignore_missing_imports = True"]
    lines += [
        "[pydantic-mypy]",
        *(f"{name} = {getattr(settings, name)}" for name in PydanticFlags.model_fields),
    ]
    return "\n".join(lines) + "\n"


def _list(name: str, members: Iterable[str]) -> Iterable[str]:
    if members:
        yield f"{name} = {', '.join(sorted(members))}"
