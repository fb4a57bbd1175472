"""Running squawk on what a revision really executed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from inseam.findings.model import Finding, Severity
from inseam.gates import process
from inseam.gates.alembic.chain.model import Revision
from inseam.gates.alembic.rules import GATE
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.contract import GateError, Service
from inseam.gates.environment.deadline import Deadline

HELP = "https://squawkhq.com/docs/{rule}"
_LONGEST = 120


class _Remark(BaseModel):
    """One of squawk's findings; it says more than is read here."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="ignore")

    line: int
    level: str
    message: str
    help: str | None
    rule_name: str


_REMARKS = TypeAdapter(tuple[_Remark, ...])


@dataclass(frozen=True, kw_only=True)
class Squawk:
    """squawk for one service's new revisions."""

    executable: Path
    service: Service[AlembicSettings]
    major: int | None
    folder: Path
    """Where what they executed can be written."""
    environment: Mapping[str, str]
    deadline: Deadline

    def findings(
        self, revisions: Sequence[Revision], executed: Mapping[str, Sequence[str]]
    ) -> Iterator[Finding]:
        """What squawk says of each revision.

        Args:
            revisions: those of the chain.
            executed: by revision's id, the statements without parameters, in their order.

        Raises:
            GateError: squawk could not be run, or what it said makes no sense.
        """
        for revision in revisions:
            statements = [text.strip().rstrip(";") for text in executed.get(revision.id, ())]
            if any(statements):
                yield from self._revision(revision, [text for text in statements if text])

    def _revision(self, revision: Revision, statements: Sequence[str]) -> Iterator[Finding]:
        lines: list[str] = []
        at: dict[int, str] = {}
        for statement in statements:
            for line in f"{statement};".splitlines():
                at[len(lines)] = statement
                lines.append(line)
        path = self.folder / f"{len(list(self.folder.glob('*.sql')))}.sql"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")
        concurrently = any("CONCURRENTLY" in text.upper() for text in statements)
        for remark in self._ask(path, in_transaction=not concurrently):
            if remark.rule_name == "syntax-error":
                continue  # PostgreSQL took it: squawk's grammar lacks it
            yield self._finding(revision, remark, at.get(remark.line, ""))

    def _ask(self, path: Path, *, in_transaction: bool) -> tuple[_Remark, ...]:
        settings = self.service.settings
        command = process.Command(
            argv=(
                *(str(self.executable), "--reporter", "json"),
                *(("--assume-in-transaction",) if in_transaction else ()),
                *(() if self.major is None else ("--pg-version", f"{self.major}.0")),
                *(
                    ("--exclude", ",".join(sorted(settings.safety_off)))
                    if settings.safety_off
                    else ()
                ),
                str(path),
            ),
            cwd=self.folder,  # nobody's .squawk.toml
            environment={"PATH": self.environment.get("PATH", ""), "NO_COLOR": "1"},
        )
        done = process.run(command, time_limit=self.deadline.left()).expect(0, 1)
        try:
            return _REMARKS.validate_json(done.stdout)
        except ValidationError as error:
            raise GateError(
                "tool-output",
                f"what squawk said makes no sense{done.quote()}",
                "use the squawk that inseam locks",
            ) from error

    def _finding(self, revision: Revision, remark: _Remark, statement: str) -> Finding:
        rule, told = remark.rule_name, " ".join(statement.split())
        short = told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"
        fix = (remark.help or "see what the link says of this rule").rstrip(".")
        errors = self.service.settings.safety_errors
        return Finding(
            rule=f"{GATE}/unsafe-migration",
            service=self.service.name,
            file=revision.file,
            line=revision.line,
            message=f"{rule}: {_lower(remark.message.rstrip('.'))}: {short}",
            fix=_lower(fix),
            severity=Severity.ERROR if rule in errors else Severity.WARNING,
            key=f"{revision.id} {rule} {told}",
            properties={"revision": revision.id, "squawk": rule},
            help_url=HELP.format(rule=rule),
        )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
