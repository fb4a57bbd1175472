"""What a plan tells people ahead of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from inseam.policy.messages import Place, PolicyMessage, message_at
from inseam.policy.policies import Policies
from inseam.policy.resolve import EffectivePolicy
from inseam.policy.waivers import waiver_notices


def plan_notices(
    policies: Policies,
    base: Policies | None,
    resolved: Sequence[EffectivePolicy],
    gates: Iterable[str],
) -> Iterator[PolicyMessage]:
    """Waivers that have expired or soon will, gates without any date, a base without policy."""
    if base is not None and base.is_empty:
        yield message_at(
            Place(file=f"{policies.root}/org.yaml"),
            "no-base",
            "the base branch has no policy: this change is judged by its own alone",
            "nothing; once merged, policy only tightens unseen and loosens after a merge",
        )
    for gate in gates:
        undated = 0
        for policy in resolved:
            effective = policy.gates[gate]
            if effective.applies and effective.joined.rollout.is_empty and not effective.cohort:
                undated += 1
            for waiver in effective.waivers:
                yield from waiver_notices(waiver, policy.as_of)
        if undated and policies.org is not None:
            many = f"{undated} service{'s' if undated > 1 else ''}"
            yield message_at(
                policies.org.at("gates", gate),
                "no-rollout",
                f"{gate} has no rollout: it only audits {many}",
                f"give gates.{gate}.rollout dates, if only `audit:`",
            )
