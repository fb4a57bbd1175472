"""What the static stage says of the files of revisions."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from inseam.findings.model import Finding
from inseam.gates.alembic.chain.files import RevisionFiles, parse
from inseam.gates.alembic.chain.fingerprint import fingerprint
from inseam.gates.alembic.chain.graph import Chain
from inseam.gates.alembic.chain.links import make_finding, unclear_finding
from inseam.gates.alembic.chain.model import Body, Configuration, Revision
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.contract import Service

_BODIES = {
    Body.MISSING: "has no downgrade",
    Body.EMPTY: "has a downgrade that does nothing",
    Body.RAISES: "has a downgrade that only raises",
}


@dataclass(frozen=True, kw_only=True)
class ChainJudge:
    """The static stage for one service."""

    root: Path
    service: Service[AlembicSettings]
    configuration: Configuration
    files: RevisionFiles
    chain: Chain

    def findings(self) -> Iterator[Finding]:
        """All that is wrong with the files, each by itself."""
        yield from self._unclear()
        for revision in self.chain.revisions:
            yield from self._idioms(revision)

    def edits(self, base: RevisionFiles) -> Iterator[Finding]:
        """Revisions that were changed or removed since the base.

        Args:
            base: the service's revisions as they are there.
        """
        here = {revision.id: revision for revision in self.chain.revisions}
        for before in base.revisions:
            if before.id in self.service.settings.squashed:
                continue
            now = here.get(before.id)
            if now is None:
                yield self._finding(
                    "removed-after-merge",
                    self.configuration.file,
                    1,
                    f"the merged revision {before.id} ({posixpath.basename(before.file)}) is gone",
                    key=before.id,
                )
            elif _differ(base.texts[before.file], self.files.texts[now.file]):
                yield self._finding(
                    "edited-after-merge",
                    now.file,
                    now.line,
                    f"the merged revision {now.id} does something else than before",
                    key=now.id,
                )

    def _unclear(self) -> Iterator[Finding]:
        for item in self.files.unclear:
            yield unclear_finding(self.service.name, item)
        for revision in self.files.stray:
            message = f"Alembic does not look for revisions in {posixpath.dirname(revision.file)}"
            yield self._finding(
                "unreachable-revision", revision.file, revision.line, message, revision.id
            )

    def _idioms(self, revision: Revision) -> Iterator[Finding]:
        settings = self.service.settings
        lacks_downgrade = revision.downgrade is not Body.WORKS and revision.upgrade is Body.WORKS
        if settings.require_downgrade and lacks_downgrade:
            message = f"the revision {revision.id} {_BODIES[revision.downgrade]}"
            yield self._finding(
                "no-downgrade", revision.file, revision.downgrade_line, message, revision.id
            )
        if settings.require_offline:
            for place in revision.offline_unsafe:
                message = f"{place.what} gives no connection offline"
                yield self._finding(
                    "offline-unsafe", revision.file, place.line, message, place.what
                )
        for module, line in self._live(revision).items():
            message = f"the revision {revision.id} imports {module}, which changes as the code does"
            yield self._finding("live-import", revision.file, line, message, module)

    def _live(self, revision: Revision) -> Mapping[str, int]:
        """The modules of the monorepo that a revision imports, but those of its own folder."""
        own = (self.configuration.script_location, *self.configuration.versions)
        found: dict[str, int] = {}
        for place in revision.imports:
            module = self._own_module(place.what)
            if module is not None and not any(module[1].startswith(f"{f}/") for f in own):
                found.setdefault(module[0], place.line)
        return found

    def _own_module(self, dotted: str) -> tuple[str, str] | None:
        """The module that a dotted name leads to and its file, if it is the monorepo's."""
        parts = dotted.split(".")
        for base in self.service.facts.source_roots or (self.service.facts.root,):
            for length in (len(parts), len(parts) - 1):
                if not length:
                    continue
                below = posixpath.normpath(posixpath.join(base, *parts[:length]))
                for file in (f"{below}.py", f"{below}/__init__.py"):
                    if (self.root / file).is_file():
                        return ".".join(parts[:length]), file
        return None

    def _finding(self, rule: str, file: str, line: int, message: str, key: str) -> Finding:
        return make_finding(self.service.name, rule, file, line, message, key)


def _differ(before: str, now: str) -> bool:
    """Whether two texts of a revision do different things."""
    return before != now and fingerprint(parse(before)) != fingerprint(parse(now))
