"""What the static stage says of how revisions hang together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inseam.findings.model import Finding, Related
from inseam.gates.alembic.chain.graph import Chain, ancestors
from inseam.gates.alembic.chain.merging import Merged
from inseam.gates.alembic.chain.model import Revision, Unclear
from inseam.gates.alembic.rules import GATE, fix_of, severity_of

_THEIRS = "the target branch's"


@dataclass(frozen=True, kw_only=True)
class LinkJudge:
    """The graph of one service's revisions.

    Findings stand in files of the change wherever one of these has a part in what is wrong.
    """

    service: str
    max_heads: int
    merged: Merged

    def findings(self) -> Iterator[Finding]:
        """All that Alembic could not walk, and heads that are too many."""
        for item in self.merged.unclear:
            yield unclear_finding(self.service, item, whose=f" ({_THEIRS} revision)")
        yield from self._duplicates()
        yield from self._shared()
        yield from self._missing()
        yield from self._cycles()
        for revision in self._chain.unreachable:
            message = f"no first revision leads to {self._named(revision)}"
            yield self._at(revision, "unreachable-revision", message, revision.id)
        yield from self._heads()

    @property
    def _chain(self) -> Chain:
        return self.merged.chain

    def _duplicates(self) -> Iterator[Finding]:
        for pair in self._chain.duplicates:
            here, other = sorted(pair, key=self._is_theirs) if self._is_theirs(pair[0]) else pair
            whose = f", {_THEIRS}," if self._is_theirs(other) else ""
            yield make_finding(
                self.service,
                "duplicate-revision",
                here.file,
                here.line,
                f"{other.file}{whose} has the revision id {here.id} too",
                here.id,
                Related(file=other.file, line=other.line, message="the other one"),
            )

    def _shared(self) -> Iterator[Finding]:
        for one, other, label in self._chain.shared:
            theirs = self._is_theirs(one) and not self._is_theirs(other)
            here, there = (other, one) if theirs else (one, other)
            whose = f", {_THEIRS}," if self._is_theirs(there) else ""
            yield make_finding(
                self.service,
                "duplicate-revision",
                here.file,
                here.line,
                f"{there.file}{whose} goes by the branch label or id {label} too",
                f"{here.id} {label}",
                Related(file=there.file, line=there.line, message="the other one"),
            )

    def _missing(self) -> Iterator[Finding]:
        for revision, variable, parent in self._chain.missing:
            near = [r.id for r in self._chain.revisions if parent and r.id.startswith(parent)]
            hint = f"; write {near[0]} in full" if len(near) == 1 else ""
            if parent in self.merged.removed:
                hint = ": the target branch removed it since"
            whose = f"{_THEIRS} {revision.id}: " if self._is_theirs(revision) else ""
            yield make_finding(
                self.service,
                "missing-parent",
                revision.file,
                revision.down_line if variable == "down_revision" else revision.line,
                f"{whose}{variable} names {parent}, and no file has that revision{hint}",
                f"{revision.id} {parent}",
            )

    def _cycles(self) -> Iterator[Finding]:
        for cycle in self._chain.cycles:
            names = " → ".join(r.id for r in (*cycle, cycle[0]))
            first = next((r for r in cycle if not self._is_theirs(r)), cycle[0])
            rest = [self._related(r) for r in cycle if r is not first]
            yield self._at(first, "cycle", f"a cycle: {names}", names, *rest)

    def _heads(self) -> Iterator[Finding]:
        heads = self._chain.heads
        if len(heads) <= self.max_heads:
            return
        ours = [head for head in heads if head in self.merged.ours]
        theirs = [head for head in heads if self._is_theirs(head)]
        names = ", ".join(head.id for head in heads)
        counted = f"there are {len(heads)} heads, {self.max_heads} allowed: {names}"
        if not (ours and theirs):
            # The one that was written last by its file's name is the one to move.
            last = heads[-1]
            related = [self._related(head) for head in heads[:-1]]
            if theirs:
                counted = f"on the target branch {counted}"
            yield self._at(last, "multiple-heads", counted, names, *related)
            return
        first = self._first_new(ours[-1])
        others = ", ".join(head.id for head in theirs)
        are = "is" if len(theirs) == 1 else "are"
        yield self._at(
            first,
            "multiple-heads",
            f"merged with the target branch, {counted}; {others} {are} {_THEIRS}",
            names,
            *(self._related(head) for head in heads if head is not first),
            fix=f"rebase on the target branch and let {first.id} follow {theirs[-1].id} (its "
            "down_revision), or merge that branch and join the heads: `alembic merge heads`",
        )

    def _first_new(self, head: Revision) -> Revision:
        """The revision of the change that branches off what the target branch has gone on from."""
        chain = self._chain
        shared = {id for theirs in self.merged.theirs for id in ancestors(chain, theirs.id)}
        by_id = {revision.id: revision for revision in chain.revisions}
        first, passed = head, {head.id}
        while True:
            parent = next((by_id[id] for id in first.down if id in by_id), None)
            if parent is None or parent.id in shared or parent.id in passed:
                return first
            first = parent
            passed.add(parent.id)

    def _is_theirs(self, revision: Revision) -> bool:
        return revision in self.merged.theirs

    def _named(self, revision: Revision) -> str:
        return f"{_THEIRS} {revision.id}" if self._is_theirs(revision) else revision.id

    def _related(self, revision: Revision) -> Related:
        whose = f", {_THEIRS}" if self._is_theirs(revision) else ""
        return Related(file=revision.file, line=revision.down_line, message=f"{revision.id}{whose}")

    def _at(
        self,
        revision: Revision,
        rule: str,
        message: str,
        key: str,
        *related: Related,
        fix: str | None = None,
    ) -> Finding:
        return make_finding(
            self.service,
            rule,
            revision.file,
            revision.down_line,
            message,
            key,
            *related,
            fix=fix,
        )


def judge_links(service: str, *, own: Chain, merged: Merged, max_heads: int) -> Sequence[Finding]:
    """What is wrong with the chain once the change is merged.

    What is wrong only before that counts too, as nothing else says why the migrations cannot be
    run: the target branch mended it since.
    """
    found = list(LinkJudge(service=service, max_heads=max_heads, merged=merged).findings())
    if found or own is merged.chain:
        return found
    alone = LinkJudge(service=service, max_heads=max_heads, merged=Merged(chain=own))
    return [
        finding.model_copy(update={"fix": "merge the target branch, which has mended this since"})
        for finding in alone.findings()
    ]


def unclear_finding(service: str, item: Unclear, *, whose: str = "") -> Finding:
    """That a file's place in the chain cannot be told."""
    rule = "missing-revision" if item.missing else "dynamic-revision"
    message = f"{item.name} {item.reason}{whose}"
    return make_finding(service, rule, item.file, item.line, message, item.name)


def make_finding(
    service: str,
    rule: str,
    file: str,
    line: int,
    message: str,
    key: str,
    *related: Related,
    fix: str | None = None,
) -> Finding:
    """A finding of the static stage."""
    return Finding(
        rule=f"{GATE}/{rule}",
        service=service,
        file=file,
        line=line,
        message=message,
        fix=fix_of(rule) if fix is None else fix,
        severity=severity_of(rule),
        key=key,
        related=related,
    )
