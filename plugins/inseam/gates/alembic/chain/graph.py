"""The chain as a graph: what of it Alembic could not walk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inseam.gates.alembic.chain.model import Revision


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Revisions and how they hang together."""

    revisions: tuple[Revision, ...]
    """Sorted by file."""
    duplicates: tuple[tuple[Revision, Revision], ...]
    """A second file of an id, and the first."""
    shared: tuple[tuple[Revision, Revision, str], ...]
    """A revision, another, and the label of the first that is the other's label or id."""
    missing: tuple[tuple[Revision, str, str], ...]
    """A revision, the variable and the id that no file has."""
    cycles: tuple[tuple[Revision, ...], ...]
    unreachable: tuple[Revision, ...]
    """Those that no first revision leads to, but those of cycles and with missing parents."""
    heads: tuple[Revision, ...]
    """Those that no other follows."""

    @property
    def is_walkable(self) -> bool:
        """Whether Alembic can upgrade along it."""
        return not (self.duplicates or self.shared or self.missing or self.cycles)


def build_chain(revisions: Iterable[Revision]) -> Chain:
    """The chain that revisions form."""
    ordered = tuple(sorted(revisions, key=lambda revision: revision.file))
    by_id: dict[str, Revision] = {}
    duplicates = []
    for revision in ordered:
        first = by_id.setdefault(revision.id, revision)
        if first is not revision:
            duplicates.append((revision, first))
    unique = tuple(by_id.values())
    named, shared = dict(by_id), []
    for revision in unique:
        for label in revision.labels:
            if named.setdefault(label, revision) is not revision:
                shared.append((revision, named[label], label))
    labels = {label: revision.id for revision in unique for label in revision.labels}
    parents = {
        revision.id: tuple(
            dict.fromkeys((*revision.down, *(labels.get(d, d) for d in revision.depends_on)))
        )
        for revision in unique
    }
    missing = [
        (revision, variable, parent)
        for revision in unique
        for variable, stated in (
            ("down_revision", revision.down),
            ("depends_on", revision.depends_on),
        )
        for parent in stated
        if parent not in by_id and (variable == "down_revision" or parent not in labels)
    ]
    cycles = _cycles(parents)
    reached = _reached(by_id, parents)
    blamed = {id for cycle in cycles for id in cycle} | {revision.id for revision, _, _ in missing}
    followed = {parent for revision in unique for parent in revision.down}
    return Chain(
        revisions=ordered,
        duplicates=tuple(duplicates),
        shared=tuple(shared),
        missing=tuple(missing),
        cycles=tuple(tuple(by_id[id] for id in cycle) for cycle in cycles),
        unreachable=tuple(
            r
            for r in unique
            if r.id not in reached and r.id not in blamed and not _comes_before(r.id, parents)
        ),
        heads=tuple(revision for revision in unique if revision.id not in followed),
    )


def ancestors(chain: Chain, start: str) -> frozenset[str]:
    """The ids of a revision and of all before it."""
    by_id = {revision.id: revision for revision in chain.revisions}
    labels = {label: r.id for r in chain.revisions for label in r.labels}
    found: set[str] = set()
    pending = [start]
    while pending:
        id = pending.pop()
        if id in found or id not in by_id:
            continue
        found.add(id)
        revision = by_id[id]
        pending.extend((*revision.down, *(labels.get(d, d) for d in revision.depends_on)))
    return frozenset(found)


def _reached(by_id: Mapping[str, Revision], parents: Mapping[str, Sequence[str]]) -> set[str]:
    """Whatever can be applied: revisions all of whose parents can."""
    children: dict[str, list[str]] = {}
    waiting = {id: len(above) for id, above in parents.items()}
    for id, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(id)
    ready = [id for id in by_id if waiting[id] == 0]
    reached: set[str] = set()
    while ready:
        id = ready.pop()
        reached.add(id)
        for child in children.get(id, ()):
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    return reached


def _comes_before(id: str, parents: Mapping[str, Sequence[str]]) -> bool:
    """Whether a revision comes before itself: in a cycle, if not in one that is named."""
    seen: set[str] = set()
    pending = list(parents[id])
    while pending:
        above = pending.pop()
        if above == id:
            return True
        if above not in seen:
            seen.add(above)
            pending.extend(parents.get(above, ()))
    return False


def _cycles(parents: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """One cycle for each revision that closes one, as ids from child to parent; sorted."""
    state: dict[str, int] = {}  # 1: on the current path, 2: done
    found: set[tuple[str, ...]] = set()
    for start in sorted(parents):
        path: list[str] = []
        pending: list[tuple[str, bool]] = [(start, False)]
        while pending:
            id, leaving = pending.pop()
            if leaving:
                state[id] = 2
                path.pop()
            elif state.get(id) == 1:
                cycle = path[path.index(id) :]
                least = cycle.index(min(cycle))
                found.add((*cycle[least:], *cycle[:least]))
            elif id not in state:
                state[id] = 1
                path.append(id)
                pending.append((id, True))
                pending.extend((parent, False) for parent in parents[id] if parent in parents)
    return sorted(found)
