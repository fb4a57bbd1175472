"""The revisions as they are once a change is merged into the branch that it goes to.

Two heads often come into being only then: each side is whole by itself. What git would merge line
by line is not looked at; for a chain it is enough to know which side has which revision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inseam.gates.alembic.chain.files import RevisionFiles
from inseam.gates.alembic.chain.graph import Chain, build_chain
from inseam.gates.alembic.chain.model import Revision, Unclear
from inseam.gates.files import SourceError


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What comes of merging; without a branch that moved on, the change itself."""

    chain: Chain
    ours: frozenset[Revision] = frozenset()
    """Revisions that only the change has, or has otherwise."""
    theirs: frozenset[Revision] = frozenset()
    """Revisions that only the target branch has, or has otherwise."""
    removed: frozenset[str] = frozenset()
    """Ids of revisions that the target branch removed since."""
    unclear: tuple[Unclear, ...] = ()
    """New files of the target branch whose place in the chain cannot be told."""
    errors: tuple[tuple[str, SourceError], ...] = ()
    """New files of the target branch that cannot be read, and why."""


def merge_revisions(ours: RevisionFiles, base: RevisionFiles, theirs: RevisionFiles) -> Merged:
    """Merge a change's revisions with those of the branch that it goes to.

    A revision is known by its id, so that one whose file was renamed stays the same. Where one side
    left it alone, the other's word counts; where both changed it, the change's own.

    Args:
        ours: as the change has them.
        base: as they are at the merge base.
        theirs: as they are at the tip of the target branch.
    """
    here, before, there = (_by_id(files) for files in (ours, base, theirs))
    kept: list[Revision] = []
    taken: list[Revision] = []
    changed: list[Revision] = []
    removed: set[str] = set()
    for id in sorted({*here, *there}):
        mine, old, new = here.get(id, ()), before.get(id, ()), there.get(id, ())
        untouched = bool(old) and _texts(ours, mine) == _texts(base, old)
        changed += () if untouched else mine
        if not new:
            if untouched:
                removed.add(id)
            else:
                kept += mine
        elif untouched and _texts(theirs, new) != _texts(base, old):
            taken += new
        elif old:
            kept += mine  # none, where the change removed it
        else:
            files = {revision.file for revision in mine}
            kept += mine
            taken += (revision for revision in new if revision.file not in files)
    known = {*_files(ours), *_files(base)}
    return Merged(
        chain=build_chain([*kept, *taken]),
        ours=frozenset(changed),
        theirs=frozenset(taken),
        removed=frozenset(removed),
        unclear=tuple(item for item in theirs.unclear if item.file not in known),
        errors=tuple(item for item in theirs.errors if item[0] not in known),
    )


def _by_id(files: RevisionFiles) -> Mapping[str, tuple[Revision, ...]]:
    found: dict[str, tuple[Revision, ...]] = {}
    for revision in files.revisions:
        found[revision.id] = (*found.get(revision.id, ()), revision)
    return found


def _texts(files: RevisionFiles, revisions: tuple[Revision, ...]) -> list[str]:
    return sorted(files.texts[revision.file] for revision in revisions)


def _files(files: RevisionFiles) -> Iterator[str]:
    """Every file among the revisions, whatever could be read of it."""
    yield from (revision.file for revision in files.revisions)
    yield from (item.file for item in files.unclear)
    yield from (file for file, _ in files.errors)
