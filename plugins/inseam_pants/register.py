"""What Pants loads: `backend_packages = ["pants.backend.python", "inseam_pants"]`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from inseam_pants import (
    base,
    closure,
    engine,
    fixing,
    goals,
    inference,
    inputs,
    lint_check,
    lock_files,
    pipeline,
    services,
    tailor,
    units,
)
from inseam_pants.targets import PythonService


def target_types() -> Iterable[Any]:
    return (PythonService,)


def rules() -> Iterable[Any]:
    return (
        *base.rules(),
        *closure.rules(),
        *engine.rules(),
        *fixing.rules(),
        *goals.rules(),
        *inference.rules(),
        *inputs.rules(),
        *lint_check.rules(),
        *lock_files.rules(),
        *pipeline.rules(),
        *services.rules(),
        *tailor.rules(),
        *units.rules(),
    )
