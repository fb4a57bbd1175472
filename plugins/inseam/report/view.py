"""What the reports for people have in common: selections, groups and phrases, without any form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from inseam.findings.model import Finding, Related
from inseam.planning.model import PlannedGate, PlannedService, PlannedWaiver
from inseam.policy.messages import PolicyMessage
from inseam.policy.modes import Mode
from inseam.report.plain import count, visible
from inseam.verdict.model import Cell, Disposition, JudgedFinding, Outcome, Verdict

DETAILS = "dist/inseam/report.json"
"""Where whatever a report leaves out can be found."""

FEW_SERVICES = 10
"""Reports name so many services each; of more, they leave out the clean and sum up the others."""

_MANY = 10
"""Findings of one rule in one service."""
_MOST_ENDS = 3

LEGEND: dict[str, str] = {
    "enforce": "every finding fails",
    "ratchet": "findings listed in the service's baseline are tolerated, new ones fail",
    "warn": "findings are shown, none fails",
    "audit": "findings are recorded in the reports only",
}

WORDS: dict[Disposition, str] = {
    Disposition.FAILS: "FAIL",
    Disposition.TOLERATED: "tolerated",
    Disposition.SHOWN: "shown",
    Disposition.RECORDED: "recorded",
    Disposition.WAIVED: "waived",
}
"""In the order of cells."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Findings of one rule in one service."""

    rule: str
    mode: str
    findings: tuple[Finding, ...]

    @property
    def gate(self) -> str:
        """The rule's gate."""
        return self.findings[0].gate

    @property
    def fix(self) -> str | None:
        """What to do about all of them; None when that differs."""
        fixes = {finding.fix for finding in self.findings}
        return fixes.pop() if len(fixes) == 1 else None

    @property
    def ends(self) -> list[tuple[Related, int]]:
        """Where many findings lead, such as the blocking call behind a helper that all use, and how
        many do; most first. A change there concerns them all, which few findings do not need said.
        """
        if len(self.findings) < _MANY:
            return []
        counts = Counter(finding.related[-1] for finding in self.findings if finding.related)
        return [each for each in counts.most_common(_MOST_ENDS) if each[1] >= _MANY / 2]


@dataclass(frozen=True, kw_only=True)
class ServiceGroup:
    """What is to be said of one service in a section of a report."""

    service: str
    owner: str | None
    groups: tuple[Group, ...] = ()
    violations: tuple[PolicyMessage, ...] = ()

    @property
    def size(self) -> int:
        """How many findings and violations of policy."""
        return sum(len(group.findings) for group in self.groups) + len(self.violations)


@dataclass(frozen=True, kw_only=True)
class WaiverLine:
    """A waiver and what it does."""

    service: str
    waiver: PlannedWaiver
    effect: str


class View:
    """A verdict, indexed."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.services = {service.facts.name: service for service in verdict.services}
        self.cells = {(cell.service, cell.gate): cell for cell in verdict.cells}
        self.gates = tuple(dict.fromkeys(cell.gate for cell in verdict.cells))
        """In the order of reports."""
        self.is_large = len(self.services) > FEW_SERVICES
        self._violations = {message for cell in verdict.cells for message in cell.violations}
        self._planned = {
            (service.facts.name, gate.gate): gate
            for service in verdict.services
            for gate in service.gates
        }

    def row(self, service: str) -> list[Cell | None]:
        """One service's cells, one for every gate; None where a service has no such gate."""
        return [self.cells.get((service, gate)) for gate in self.gates]

    def rows(self) -> tuple[list[str], list[str]]:
        """The services of the scorecard, the most urgent first, and those that it leaves out."""
        names = [service.facts.name for service in self.by_urgency()]
        if not self.is_large:
            return names, []
        clean = {name for name in names if self.is_clean(name)}
        return [name for name in names if name not in clean], sorted(clean)

    def columns(self) -> tuple[list[int], list[str]]:
        """The places of the scorecard's gates, and the gates that it leaves out: of many services
        those that are enforced and say nothing anywhere, for they take the others' room."""
        places = range(len(self.gates))
        if not self.is_large:
            return list(places), []
        same = {place for place in places if all(map(_is_ok, self._column(place)))}
        return [p for p in places if p not in same], [self.gates[p] for p in sorted(same)]

    def _column(self, place: int) -> list[Cell | None]:
        return [self.cells.get((service, self.gates[place])) for service in self.services]

    def modes(self) -> list[str]:
        """The modes that occur, the strictest first."""
        used = {cell.mode for cell in self.verdict.cells if cell.applies}
        return [mode.label for mode in sorted(Mode, reverse=True) if mode.label in used]

    def by_urgency(self) -> list[PlannedService]:
        """The services that could not be judged, those that violate, the others, the clean."""
        urgency: dict[str, int] = {}
        for cell in self.verdict.cells:
            level = cell.outcome.exit_code * 2 + bool(cell.counts)
            urgency[cell.service] = max(level, urgency.get(cell.service, 0))
        names = sorted(urgency, key=lambda name: (-urgency[name], name))
        return [self.services[name] for name in names]

    def is_clean(self, service: str) -> bool:
        """Whether every gate passes and nothing is tolerated, waived, shown or recorded."""
        cells = [cell for cell in self.row(service) if cell is not None]
        return all(cell.outcome is Outcome.PASS and not cell.counts for cell in cells)

    def groups(self, disposition: Disposition) -> Iterator[ServiceGroup]:
        """The findings of this disposition by service and rule; with those that fail, the
        violations of policy."""
        chosen: list[JudgedFinding] = [
            judged for judged in self.verdict.findings if judged.disposition is disposition
        ]
        chosen.sort(key=lambda judged: judged.finding.service)
        found = {
            service: tuple(self._by_rule(service, [judged.finding for judged in same]))
            for service, same in groupby(chosen, key=lambda judged: judged.finding.service)
        }
        for name, service in self.services.items():
            violations: tuple[PolicyMessage, ...] = ()
            if disposition is Disposition.FAILS:
                cells = [cell for cell in self.row(name) if cell is not None]
                violations = tuple(message for cell in cells for message in cell.violations)
            if name in found or violations:
                yield ServiceGroup(
                    service=name,
                    owner=service.owner,
                    groups=found.get(name, ()),
                    violations=violations,
                )

    def _by_rule(self, service: str, findings: Sequence[Finding]) -> Iterator[Group]:
        ordered = sorted(findings, key=lambda finding: finding.rule)
        for rule, same in groupby(ordered, key=lambda finding: finding.rule):
            mode = self.cells[service, rule.partition("/")[0]].mode
            yield Group(rule=rule, mode=mode, findings=tuple(same))

    def violations(self) -> list[PolicyMessage]:
        """The violations of policy itself, such as an unused waiver."""
        return [error for error in self.verdict.errors if error in self._violations]

    def blocking_errors(self) -> list[PolicyMessage]:
        """The errors of policy that let nothing be decided."""
        return [error for error in self.verdict.errors if error not in self._violations]

    def standing(self) -> list[tuple[str, str]]:
        """What is found but does not fail today, and until when: whose it is, and a phrase.

        Of many services those with the same gate, mode and next step are summed up.
        """
        lines: dict[tuple[str, str], list[Cell]] = {}
        for cell in self.verdict.cells:
            if cell.applies and cell.counts.keys() - {Disposition.FAILS, Disposition.WAIVED}:
                alone = (f"{visible(cell.service)} {visible(cell.gate)}", self.phrase(cell))
                alike = (visible(cell.gate), self._until(cell))
                lines.setdefault(alike if self.is_large else alone, []).append(cell)
        if not self.is_large:
            return list(lines)
        return [
            (gate, f"{until}; {self.summed(cells)} in {names_of([c.service for c in cells])}")
            for (gate, until), cells in lines.items()
        ]

    def phrase(self, cell: Cell) -> str:
        """`ratchet until 2027-01-15, then enforce; 12 tolerated`."""
        if not cell.applies:
            return f"does not apply: {visible(cell.reason or 'no reason is given')}"
        parts = [self._until(cell)]
        if summed := self.summed([cell]):
            parts.append(summed)
        burn_down = self._planned[cell.service, cell.gate].burn_down
        limits = [str(burn_down.limit)] if burn_down.limit is not None else []
        if burn_down.next_date is not None:
            limits.append(f"{burn_down.next_limit} from {burn_down.next_date} on")
        if cell.baseline and limits:
            parts.append(f"the baseline may hold at most {', '.join(limits)}")
        return "; ".join(parts)

    def _until(self, cell: Cell) -> str:
        waiver = self.waiver(cell.service, cell.gate, cell.waiver)
        if waiver is not None:
            return (
                f"{cell.mode} under waiver {visible(waiver.id)} until {waiver.expires}, "
                f"otherwise {cell.waived_from}"
            )
        if cell.next is not None:
            return f"{cell.mode} until {cell.next.date}, then {cell.next.mode}"
        return cell.mode

    def waiver(self, service: str, gate: str, id: str | None) -> PlannedWaiver | None:
        """The waiver of that id, the workspace's rather than the base branch's."""
        planned = self._planned[service, gate]
        known = (*planned.waivers, *(planned.base_waivers or ()))
        return next((waiver for waiver in known if waiver.id == id), None)

    def waivers(self) -> Iterator[WaiverLine]:
        """Every waiver that is not expired, with what it does today."""
        waived = Counter((each.finding.service, each.waiver) for each in self.verdict.findings)
        for (service, gate), planned in self._planned.items():
            for waiver in planned.waivers:
                if waiver.state != "expired":
                    number = waived[service, waiver.id]
                    effect = self._effect(planned, self.cells.get((service, gate)), waiver, number)
                    yield WaiverLine(service=service, waiver=waiver, effect=effect)

    @staticmethod
    def _effect(planned: PlannedGate, cell: Cell | None, waiver: PlannedWaiver, number: int) -> str:
        if waiver.state == "pending":
            return f"{planned.gate}: holds from {waiver.created}"
        if waiver.to is None:
            return f"{planned.gate}: {count(number, 'finding')} waived"
        if cell is not None and cell.waiver == waiver.id:
            return f"{planned.gate}: {waiver.to} instead of {planned.mode}"
        return f"{planned.gate}: to {waiver.to}, without effect"

    @staticmethod
    def summed(cells: Sequence[Cell]) -> str:
        """`12 tolerated, 3 shown`: all but what fails."""
        totals: Counter[Disposition] = Counter()
        for cell in cells:
            totals.update(cell.counts)
        del totals[Disposition.FAILS]
        return ", ".join(f"{totals[each]} {WORDS[each]}" for each in WORDS if totals[each])


def _is_ok(cell: Cell | None) -> bool:
    if cell is None or not cell.applies or cell.mode != "enforce":
        return False
    return cell.outcome is Outcome.PASS and not cell.counts


def names_of(names: Sequence[str]) -> str:
    """The first three, and how many more services."""
    shown = [visible(name) for name in names[:3]]
    if len(names) > len(shown):
        return f"{', '.join(shown)} and {count(len(names) - len(shown), 'more service')}"
    return ", ".join(shown)
