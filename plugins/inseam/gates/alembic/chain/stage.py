"""The static stage: from a service's folder to its chain and what is wrong with it."""

from __future__ import annotations

import contextlib
import posixpath
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
from inseam.gates.files import SourceError, read_source


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
    _refuse_elsewhere(root, configuration, files)
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


def _refuse_elsewhere(root: Path, configuration: Configuration, files: RevisionFiles) -> None:
    """Refuse to judge the wrong folders, where `env.py` says which are the right ones.

    Raises:
        GateError: `bad-configuration`.
    """
    if files.revisions or not files.stray:
        return
    with contextlib.suppress(SourceError):
        if "version_locations" in read_source(root / configuration.env_py):
            there = sorted({posixpath.dirname(revision.file) for revision in files.stray})
            raise GateError(
                "bad-configuration",
                "env.py says where the revisions are, which nobody knows before it runs; there are "
                f"some in {', '.join(there)}",
                "name the folders in the setting version_locations",
                file=configuration.env_py,
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
