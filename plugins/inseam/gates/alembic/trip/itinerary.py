"""Which revisions make the round trip, and what is applied before the first of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from inseam.gates.alembic.chain.graph import Chain, ancestors
from inseam.gates.alembic.chain.model import Body, Revision


@dataclass(frozen=True, kw_only=True)
class Trip:
    """One revision's way."""

    revision: Revision
    back: str
    """What `alembic downgrade` is told."""
    reversible: bool
    """Whether it goes down and up again; if not it is only applied, as later ones follow it."""


@dataclass(frozen=True, kw_only=True)
class Itinerary:
    """All trips, in the order of the chain."""

    before: tuple[str, ...]
    """Ids of revisions that are applied first, with all before them."""
    trips: tuple[Trip, ...]


def plan_trips(chain: Chain, chosen: Collection[str], *, oldest: str | None) -> Itinerary:
    """The trips of revisions.

    Not reversible are those that only raise in `downgrade`: they say themselves that there is no
    way back. Neither are those on a branch beside another: Alembic would undo both.

    Args:
        chain: one that can be walked.
        chosen: ids of the revisions that are to make the trip.
        oldest: the oldest revision whose downgrade is promised; those before it make none.
    """
    ordered = _ordered(chain)
    above = {revision.id: ancestors(chain, revision.id) for revision in ordered}
    wanted = {id for id in chosen if oldest is None or oldest in above.get(id, ())}
    late = [revision for revision in ordered if above[revision.id] & wanted]
    if not any(revision.id in wanted for revision in late):
        return Itinerary(before=(), trips=())
    early = [revision for revision in ordered if not above[revision.id] & wanted]
    applied = [revision.id for revision in early]
    trips = []
    for revision in late:
        beside = any(
            id not in above[revision.id] and above[id] & set(revision.down) for id in applied
        )
        alone = bool(revision.down) or not applied
        trips.append(
            Trip(
                revision=revision,
                back=revision.down[0] if revision.down else "base",
                reversible=revision.id in wanted
                and revision.downgrade is not Body.RAISES
                and alone
                and (revision.is_merge or not beside),
            )
        )
        applied.append(revision.id)
    followed = {parent for revision in early for parent in revision.down}
    return Itinerary(
        before=tuple(revision.id for revision in early if revision.id not in followed),
        trips=tuple(trips),
    )


def _ordered(chain: Chain) -> list[Revision]:
    """The revisions, each after those that it follows."""
    above = {r.id: ancestors(chain, r.id) for r in chain.revisions}
    return sorted(chain.revisions, key=lambda r: (len(above[r.id]), r.id))
