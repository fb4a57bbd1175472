"""The static stage: from a service's folder to its chain and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inseam.findings.model import Failure, Finding
from inseam.gates.alembic.chain.configuration import read_configuration
from inseam.gates.alembic.chain.files import RevisionFiles, read_revisions
from inseam.gates.alembic.chain.graph import Chain, build_chain
from inseam.gates.alembic.chain.judge import ChainJudge
from inseam.gates.alembic.chain.links import judge_links
from inseam.gates.alembic.chain.merging import Merged, merge_revisions
from inseam.gates.alembic.chain.model import Configuration
from inseam.gates.alembic.rules import GATE
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.contract import GateError, Service


@dataclass(frozen=True, kw_only=True)
class StaticResult:
    """What the static stage found out."""

    configuration: Configuration
    chain: Chain
    """The change's own."""
    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...]
    new: frozenset[str]
    """Ids of the revisions that the base lacks; without a base, those of the heads."""
    walkable: bool
    """Whether Alembic can upgrade along the chain, so that the next stages make sense."""


def judge_chain(
    root: Path,
    service: Service[AlembicSettings],
    *,
    base: Path | None,
    tip: Path | None = None,
) -> StaticResult:
    """Judge a service's revisions by their files, as they are after merging where that is known.

    Args:
        root: the workspace.
        service: whose.
        base: what stands for the workspace at the merge base; None without a base.
        tip: the same at the tip of the branch that the change goes to; None where that is the base.

    Raises:
        GateError: there is no configuration, or it cannot be used.
    """
    configuration = read_configuration(root, service)
    files = read_revisions(root, configuration)
    chain = build_chain(files.revisions)
    judge = ChainJudge(
        root=root, service=service, configuration=configuration, files=files, chain=chain
    )
    before = None if base is None else _elsewhere(base, service, configuration, files)
    merged = Merged(chain=chain)
    if before is not None and tip is not None:
        there = _elsewhere(tip, service, configuration, files)
        merged = merge_revisions(files, before, there)
    findings = [
        *judge.findings(),
        *judge_links(service.name, own=chain, merged=merged, max_heads=service.settings.max_heads),
    ]
    if before is None:
        new = frozenset(head.id for head in chain.heads)
    else:
        findings += judge.edits(before)
        new = frozenset(r.id for r in chain.revisions) - {r.id for r in before.revisions}
    return StaticResult(
        configuration=configuration,
        chain=chain,
        findings=tuple(findings),
        failures=tuple(
            error.failure(gate=GATE, service=service.name, file=file)
            for file, error in (*files.errors, *merged.errors)
        ),
        new=new,
        walkable=(
            chain.is_walkable
            and not (files.unclear or files.errors)
            and len(chain.heads) <= service.settings.max_heads
        ),
    )


def _elsewhere(
    root: Path, service: Service[AlembicSettings], now: Configuration, head: RevisionFiles
) -> RevisionFiles:
    """The revisions at the base or at the tip, where its own configuration has them.

    A service without a configuration there, or with one that cannot be used, is looked up where
    its revisions are now: a change must not hide its edits by mending or moving the ini.
    """
    try:
        return read_revisions(root, read_configuration(root, service), known=head)
    except GateError:
        return read_revisions(root, now, known=head)
