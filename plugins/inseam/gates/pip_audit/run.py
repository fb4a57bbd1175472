"""Auditing the locks of many services at once: each distinct package is asked about once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from inseam.advisories.intervals import parsed
from inseam.advisories.server import Answers, served
from inseam.findings.model import Failure, Finding
from inseam.gates.contract import GateError, Request, Service
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.failures import failure
from inseam.gates.environment.workshop import Workshop, tool_lock
from inseam.gates.pip_audit.knowledge import (
    Known,
    Update,
    of_advisories,
    of_report,
    smallest_update,
    update_by_report,
)
from inseam.gates.pip_audit.memory import Memory
from inseam.gates.pip_audit.pinned import check_age, load
from inseam.gates.pip_audit.report import Reporter
from inseam.gates.pip_audit.rules import GATE
from inseam.gates.pip_audit.settings import PipAuditSettings
from inseam.gates.pip_audit.subjects import Subject, subject_of
from inseam.gates.pip_audit.tool import Audited, Pinned, PipAudit
from inseam.gates.scratch import scratch_folder

_OLDEST_MINOR = 11
"""The oldest Python 3 that pip-audit is run on: what the engine needs anyway."""


def run(request: Request[PipAuditSettings]) -> Iterator[Finding | Failure]:
    """Audit the services' locks.

    Raises:
        GateError: pip-audit did not run, or did not look at all that is locked.
    """
    auditing = _Auditing(request=request, deadline=Deadline.after(request.time_limit))
    for services in _alike(request):
        yield from auditing.audit(services)


def _alike(request: Request[PipAuditSettings]) -> list[list[Service[PipAuditSettings]]]:
    """Services that are compared with the same advisories."""
    by_source: dict[object, list[Service[PipAuditSettings]]] = {}
    for service in request.services:
        stated = service.settings
        source = stated.live_url if request.live else stated.snapshots
        by_source.setdefault(source, []).append(service)
    return list(by_source.values())


@dataclass(kw_only=True)
class _Auditing:
    """One unit's work."""

    request: Request[PipAuditSettings]
    deadline: Deadline

    def audit(self, services: Sequence[Service[PipAuditSettings]]) -> Iterator[Finding | Failure]:
        """Audit services that are compared with the same advisories."""
        settings = services[0].settings
        answers: Answers | None = None
        if not self.request.live:
            try:
                pins = settings.pins()
                answers = Answers(
                    snapshots=load(pins, root=self.request.root, base=self.request.base)
                )
            except GateError as error:
                for service in services:
                    yield failure(error, gate=GATE, service=service.name)
                return
        subjects: list[Subject] = []
        for service in services:
            try:
                self._check_age(service, answers)
                subjects.append(subject_of(self.request.root, service))
            except GateError as error:
                yield failure(error, gate=GATE, service=service.name)
        wanted = {
            (locked.name, locked.version)
            for subject in subjects
            for locked in subject.packages
            if locked.version is not None
        }
        if answers is None:
            knowledge = _Knowledge(audited=self._ask(wanted, None, settings.live_url))
        else:
            self._make_sure(wanted, answers)
            knowledge = _Knowledge(answers=answers)
        for subject in subjects:
            yield from _findings(subject, knowledge)

    def _check_age(self, service: Service[PipAuditSettings], answers: Answers | None) -> None:
        if answers is None:
            return
        if self.request.as_of is None:
            raise GateError(
                "no-date",
                "the day is not known, and so not how old the snapshot is",
                "state the day: `--as-of`",
            )
        check_age(
            answers.snapshots,
            as_of=self.request.as_of,
            max_days=service.settings.max_age_days,
        )

    def _make_sure(self, wanted: AbstractSet[Pinned], answers: Answers) -> None:
        """Let pip-audit look at what it has not looked at yet, and come to what we come to.

        Raises:
            GateError: it does not.
        """
        memory = Memory.of(
            self.request.cache,
            (snapshot.digest for snapshot in answers.snapshots),
            tool_lock("pip-audit"),
        )
        new = wanted - memory.recall()
        if new:
            _compare(new, answers, self._ask(new, answers, None))
            memory.add(new)

    def _ask(
        self, wanted: AbstractSet[Pinned], answers: Answers | None, live_url: str | None
    ) -> Audited:
        if not wanted:
            return {}
        with scratch_folder(GATE) as folder, _url(answers, live_url) as url:
            tool = PipAudit(
                python=self._python,
                folder=folder,
                environment=self.request.environment,
                deadline=self.deadline,
            )
            return tool.audit(wanted, url=url)

    @cached_property
    def _python(self) -> Path:
        """The interpreter of pip-audit's environment."""
        workshop = Workshop.of(self.request, self.deadline)
        return workshop.for_tool_alone("pip-audit", at_least=_OLDEST_MINOR).python


@contextmanager
def _url(answers: Answers | None, live_url: str | None) -> Iterator[str | None]:
    """Where pip-audit asks: our own server of the snapshots, or whom a live run asks."""
    if answers is None:
        yield live_url
        return
    with ExitStack() as stack:
        try:
            url = stack.enter_context(served(answers))
        except OSError as error:
            raise GateError(
                "no-server",
                f"the snapshot cannot be served on 127.0.0.1: {error.strerror}",
                "see what keeps programs of this machine from listening there",
            ) from error
        yield url


def _compare(wanted: AbstractSet[Pinned], answers: Answers, audited: Audited) -> None:
    """Refuse a report that leaves out what our own server told pip-audit.

    Raises:
        GateError: `not-audited`.
    """
    for pinned in sorted(wanted):
        told = answers.asked.get(pinned)
        reported = frozenset(name for item in audited[pinned] for name in item.names)
        name = " ".join(pinned)
        if told is None:
            problem = f"it never asked about {name}, and reported on it"
        elif missing := sorted(set(told) - reported):
            problem = f"it was told of {', '.join(missing)} in {name}, and did not report it"
        elif audited[pinned] and not told:
            problem = f"it reported {sorted(reported)[0]} in {name}, which nobody told it of"
        else:
            continue
        raise GateError(
            "not-audited",
            f"pip-audit cannot be believed: {problem}",
            "use the pip-audit that inseam locks; report this as a bug of inseam if it is",
        )


@dataclass(frozen=True, kw_only=True)
class _Knowledge:
    """What is known of each locked version; worked out once, however many services lock it."""

    answers: Answers | None = None
    audited: Audited = field(default_factory=dict)
    """What pip-audit said, where there are no answers of our own."""
    _known: dict[Pinned, tuple[list[Known], Update | None]] = field(default_factory=dict)

    def of(self, pinned: Pinned) -> tuple[list[Known], Update | None]:
        """A version's vulnerabilities, and where to go from it."""
        if pinned not in self._known:
            self._known[pinned] = self._look(pinned)
        return self._known[pinned]

    def _look(self, pinned: Pinned) -> tuple[list[Known], Update | None]:
        name, version = pinned
        if self.answers is None:
            known = of_report(self.audited[pinned], parsed(version))
            return known, update_by_report(known)
        advisories = self.answers.affecting(name, version)
        if not advisories:
            return [], None
        update = smallest_update(parsed(version), self.answers.about(name))
        return of_advisories(advisories, parsed(version)), update


def _findings(subject: Subject, knowledge: _Knowledge) -> Iterator[Finding]:
    reporter = Reporter(subject=subject)
    for locked in subject.packages:
        if not locked.is_released:
            yield reporter.unaudited(locked)
        if locked.version is not None:
            known, update = knowledge.of((locked.name, locked.version))
            yield from reporter.vulnerable(locked, known, update)
