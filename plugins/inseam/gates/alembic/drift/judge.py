"""From differences to findings: where the model stands, what each side says, how to mend it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inseam.findings.model import Finding
from inseam.findings.model import Severity as Weight
from inseam.gates.alembic.chain.model import Configuration
from inseam.gates.alembic.drift.model import PUBLIC, Difference, Entry, Severity, qualified
from inseam.gates.alembic.drift.sources import Declared, Mapped, find_declared
from inseam.gates.alembic.migrate.report import Operation, Refusal, Source
from inseam.gates.alembic.rules import GATE, fix_of
from inseam.gates.alembic.settings import AlembicSettings
from inseam.gates.contract import Service

_LONGEST = 160
"""Characters of a definition that a message quotes."""


@dataclass(frozen=True, kw_only=True)
class DriftJudge:
    """The completeness stage's findings for one service."""

    root: Path
    service: Service[AlembicSettings]
    configuration: Configuration
    sources: Sequence[Source]
    users: Mapping[str, tuple[str, str]]
    """By type, as `schema.name`: the table and column that are of it."""

    def findings(
        self,
        differences: Sequence[Difference],
        refused: Sequence[Refusal],
        operations: Sequence[Operation],
    ) -> Iterator[Finding]:
        """All of them.

        Args:
            differences: between the catalogues.
            refused: what PostgreSQL did not make of the models.
            operations: what `alembic check` would write.
        """
        if not (differences or refused or operations):
            return  # to look where models are written takes longer than all else here
        differences = [d for d in differences if not _is_refused(d, refused)]
        declared = find_declared(self.root, self.service.files, self._classes())
        for difference in differences:
            yield self._difference(difference, declared)
        for refusal in refused:
            yield self._refusal(refusal, declared)
        known = {d.full_table for d in differences} | {refusal.table for refusal in refused}
        for operation in operations:
            if operation.table is not None and operation.table in known:
                continue  # said better by the catalogues
            yield self._operation(operation, declared)

    def _classes(self) -> Mapping[str, Mapped]:
        """Where the classes of tables are, by table; those outside of the workspace are none."""
        real = os.path.realpath(self.root)
        found = {}
        for source in self.sources:
            paths = [(os.path.realpath(file), name) for file, name in source.classes]
            own = [
                (os.path.relpath(path, real), name)
                for path, name in paths
                if path.startswith(real + os.sep)
            ]
            if own and paths[0][0].startswith(real + os.sep):
                found[source.table] = Mapped(classes=tuple(own), attributes=source.attributes)
        return found

    def _difference(self, difference: Difference, declared: Declared) -> Finding:
        table, column = difference.full_table, None
        if difference.kind == "column":
            column = difference.name
        elif difference.kind in ("enum", "domain"):
            kind = f"{difference.schema}.{difference.name}"
            table, column = self.users.get(kind, (table, None))
        file, line = declared.place(table, column) or self._fallback()
        rule = f"drift-{difference.severity.value}"
        return Finding(
            rule=f"{GATE}/{rule}",
            service=self.service.name,
            file=file,
            line=line,
            message=_message(difference),
            fix=difference.mend or fix_of(rule),
            severity=self._weight(difference),
            key=" ".join(
                (
                    difference.full_table,
                    difference.kind,
                    difference.name,
                    difference.attribute or ("extra" if difference.declared is None else "missing"),
                )
            ),
            properties=_properties(difference),
        )

    def _weight(self, difference: Difference) -> Weight:
        settings = self.service.settings
        strict = {
            Severity.STRUCTURE: settings.undeclared or not difference.undeclarable,
            Severity.DEFAULT: settings.defaults,
            Severity.NAME: settings.names,
        }
        return Weight.ERROR if strict[difference.severity] else Weight.WARNING

    def _refusal(self, refusal: Refusal, declared: Declared) -> Finding:
        file, line = declared.place(refusal.table, None) or self._fallback()
        what = f"{refusal.kind} {refusal.name}".strip()
        return Finding(
            rule=f"{GATE}/unverifiable",
            service=self.service.name,
            file=file,
            line=line,
            message=f"PostgreSQL does not make the {what} of the models: {refusal.why}",
            fix=fix_of("unverifiable"),
            key=f"{refusal.table} {what}",
            properties={"kind": refusal.kind, "table": refusal.table, "name": refusal.name},
        )

    def _operation(self, operation: Operation, declared: Declared) -> Finding:
        table = operation.table or ""
        file, line = declared.place(table, operation.column) or self._fallback()
        return Finding(
            rule=f"{GATE}/autogenerate",
            service=self.service.name,
            file=file,
            line=line,
            message=f"alembic check would write {operation.operation} for "
            f"{'.'.join(filter(None, (table, operation.column))) or 'the schema'}, "
            "and the catalogues do not differ",
            fix=fix_of("autogenerate"),
            severity=Weight.WARNING,
            key=f"{operation.operation} {table} {operation.column or ''}",
            properties={"table": table, "operation": operation.operation},
        )

    def _fallback(self) -> tuple[str, int]:
        return self.configuration.env_py, 1


def users_of_types(entries: Iterable[Entry]) -> dict[str, tuple[str, str]]:
    """By type, as `schema.name`: the first table and column that are of it, or of arrays of it."""
    users: dict[str, tuple[str, str]] = {}
    for entry in entries:
        if entry.kind == "column":
            type_ = str(entry.attributes["type"]).removesuffix("[]").replace('"', "")
            users.setdefault(type_, (entry.full_table, entry.name))
    return users


def _is_refused(difference: Difference, refused: Sequence[Refusal]) -> bool:
    """Whether the declared database lacks it because PostgreSQL did not make it."""
    if difference.attribute is not None or difference.declared is not None:
        return False
    kinds = {"index": ("index",), "table": ("table",), "constraint": ("foreign key",)}
    return any(
        refusal.kind in kinds.get(difference.kind, ())
        and refusal.table.removeprefix(f"{PUBLIC}.") == difference.full_table
        and refusal.name == difference.name
        for refusal in refused
    )


def _properties(difference: Difference) -> dict[str, str]:
    found = {
        "kind": difference.kind,
        "table": difference.full_table,
        "name": difference.name,
        "attribute": difference.attribute,
        "column": difference.name if difference.kind == "column" else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _message(difference: Difference) -> str:
    what = f"the {difference.kind} {_subject(difference)}"
    if difference.attribute is None:
        if difference.declared is None:
            said = _quoted(difference.migrated)
            return f"{what} is made by the migrations{said} and is in no model"
        return f"{what} is in the models{_quoted(difference.declared)} and no migration makes it"
    if difference.severity is Severity.NAME:
        return f"{what} is called {difference.declared} in the models"
    return (
        f"{what} differs in its {difference.attribute.replace('_', ' ')}: "
        f"{_value(difference.migrated)} after the migrations, "
        f"{_value(difference.declared)} in the models"
    )


def _subject(difference: Difference) -> str:
    if difference.kind == "column":
        return f"{difference.full_table}.{difference.name}"
    if difference.table is None or difference.kind == "table":
        return qualified(difference.schema, difference.name)
    return f"{difference.name} of {difference.full_table}"


def _quoted(said: Any) -> str:
    text = str(said)
    return "" if text in ("table", "sequence", "schema", "privileges") else f" ({_short(text)})"


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _short("[" + ", ".join(map(str, value)) + "]")
    if isinstance(value, dict):
        return _short(", ".join(f"{name} {value[name]}" for name in sorted(value)))
    return _short(str(value)) or "''"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
