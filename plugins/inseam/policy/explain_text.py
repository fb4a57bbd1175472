"""An explanation as plain text: `render_explanation(explanation) -> str`."""

from __future__ import annotations

from collections.abc import Iterator

from inseam.policy.canonical import inline
from inseam.policy.explanation import (
    ExplainedGate,
    ExplainedValue,
    ExplainedWaiver,
    Explanation,
)


def render_explanation(explanation: Explanation) -> str:
    """The explanation for a terminal or a log: no colours, the same text for the same input."""
    return "\n".join(_lines(explanation)) + "\n"


def _lines(explanation: Explanation) -> Iterator[str]:
    yield f"{explanation.service}, as of {explanation.as_of}"
    yield f"  owner: {explanation.owner or 'none stated'}"
    yield "  layers, from the organisation's on:"
    for layer in explanation.layers:
        yield f"    {layer.file} ({layer.layer})"
    if explanation.has_base:
        yield "  joined with the base branch's policy: the stricter of both holds"
    for gate in explanation.gates:
        yield ""
        yield from _gate_lines(gate)


def _gate_lines(gate: ExplainedGate) -> Iterator[str]:
    yield f"{gate.gate}: {_headline(gate)}"
    for value in gate.values:
        yield from _value_lines(value)
    limits = gate.waiver_limits
    if limits is None:
        yield "  waivers: none allowed"
    else:
        by = f", approved by {' or '.join(limits.approvers)}" if limits.approvers else ""
        yield (
            f"  waivers: down to {limits.floor}, for at most {limits.max_days} days{by}"
            f"  <- {limits.source}"
        )
    for waiver in gate.waivers:
        yield from _waiver_lines(waiver)


def _headline(gate: ExplainedGate) -> str:
    if not gate.applies:
        return f"does not apply ({gate.reason or 'no reason given'})"
    if gate.by_cohort:
        how = "by cohort"
    elif gate.since is None:
        how = "no rollout date has come"
    else:
        how = f"since {gate.since}"
    later = [f"{step.mode} from {step.date}" for step in gate.steps]
    return ", then ".join([f"{gate.mode} ({how})", *later])


def _value_lines(value: ExplainedValue) -> Iterator[str]:
    yield f"  {value.name} = {inline(value.value)}  <- {value.source}"
    for before in value.overrode:
        yield f"      overrides {inline(before.value)}  <- {before.source}"


def _waiver_lines(waiver: ExplainedWaiver) -> Iterator[str]:
    if waiver.to is not None:
        what = f"to {waiver.to}"
    else:
        what = ", ".join(f"{key} {value}" for key, value in sorted((waiver.match or {}).items()))
    yield (
        f"  waiver {waiver.id} ({waiver.state}, {waiver.created} to {waiver.expires}, "
        f"owner {waiver.owner}): {what}  <- {waiver.source}"
    )
    yield f"      reason: {' '.join(waiver.reason.split())}"
