"""The verdict itself, as JSON: everything that any other report leaves out."""

from __future__ import annotations

from inseam.verdict.model import Verdict


def render(verdict: Verdict) -> str:
    """`inseam.verdict/1`."""
    return verdict.model_dump_json(by_alias=True, indent=1) + "\n"
