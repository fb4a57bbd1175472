"""What a plan tells people ahead of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from inseam.policy.messages import Place, PolicyMessage, message_at
from inseam.policy.policies import Policies
from inseam.policy.resolve import EffectivePolicy
from inseam.policy.waivers import waiver_notices


class Notices:
    """Notices gathered service by service: whole policies need not be kept for them."""

    def __init__(self, gates: Iterable[str]) -> None:
        self._gates = tuple(gates)
        self._undated: Counter[str] = Counter()
        self._of_services: list[PolicyMessage] = []

    def add(self, policy: EffectivePolicy) -> None:
        """Take note of one service: waivers that have expired or soon will, undated gates."""
        for gate in self._gates:
            effective = policy.gates[gate]
            if effective.joined.rollout.is_empty and effective.applies and not effective.cohort:
                self._undated[gate] += 1
            for waiver in effective.waivers:
                self._of_services.extend(waiver_notices(waiver, policy.as_of))

    def of(self, policies: Policies, base: Policies | None) -> Iterator[PolicyMessage]:
        """All notices, about services and about policy itself."""
        yield from self._of_services
        if base is not None and base.is_empty:
            yield message_at(
                Place(file=f"{policies.root}/org.yaml"),
                "no-base",
                "the base branch has no policy: this change is judged by its own alone",
                "nothing; once merged, policy only tightens unseen and loosens after a merge",
            )
        for gate, undated in self._undated.items():
            if policies.org is not None:
                many = f"{undated} service{'s' if undated > 1 else ''}"
                yield message_at(
                    policies.org.at("gates", gate),
                    "no-rollout",
                    f"{gate} has no rollout: it only audits {many}",
                    f"give gates.{gate}.rollout dates, if only `audit:`",
                )
