"""Which of the caller's environment variables a gate's tools may see."""

from __future__ import annotations

from collections.abc import Mapping

_CHANGES_VERDICTS = ("MYPY", "PYTHON", "RUFF_", "VIRTUAL_ENV", "CONDA_")
"""Beginnings of variables that make ruff, mypy or Python itself behave otherwise: a developer's
shell must not decide what CI decides differently."""


def tool_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What subprocesses get: everything but the variables that would change a verdict."""
    return {
        name: value for name, value in environ.items() if not name.startswith(_CHANGES_VERDICTS)
    }
