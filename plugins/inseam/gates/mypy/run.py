"""Running mypy on services, each in its own environment and with a cache of its own."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from inseam.findings.model import Failure, Finding
from inseam.gates import process
from inseam.gates.contract import GateError, Request, Service
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.failures import failure
from inseam.gates.environment.filelock import exclusive
from inseam.gates.environment.store import remove_unused
from inseam.gates.environment.workshop import Prepared, Workshop
from inseam.gates.mypy.configuration import configuration
from inseam.gates.mypy.layout import Layout, layout, selected
from inseam.gates.mypy.messages import CrashError, Run
from inseam.gates.mypy.settings import MypySettings

OLDEST_MINOR = 10
"""The oldest Python 3 that mypy runs on and checks for."""

_RUNNER = Path(__file__).with_name("runner.py")
_CONFIGURATION = "mypy.ini"
_UNNAMEABLE = re.compile(r"@[^/]*$|[\r\n]")
"""With `@` in its module's name mypy takes a function for one nested in another, and says nothing
of it; line ends separate the arguments that it is given."""


def run(request: Request[MypySettings]) -> Iterator[Finding | Failure]:
    """Check each service; what goes wrong with one says nothing of the others."""
    deadline = Deadline.after(request.time_limit)
    for service in request.services:
        try:
            yield from _check(request, service, deadline)
        except GateError as error:
            yield failure(error, gate="mypy", service=service.name)


def _check(
    request: Request[MypySettings], service: Service[MypySettings], deadline: Deadline
) -> Iterator[Finding | Failure]:
    settings, facts = service.settings, service.facts
    files = selected(service.files, facts.root, exclude=settings.exclude, tests=settings.tests)
    if not files:
        raise GateError(
            "no-files",
            "the service has no Python file to check",
            "correct the service's path, or say `applies: false` with a reason in the policy",
            file=facts.root,
        )
    for file in files:
        if _UNNAMEABLE.search(file):
            yield _unnameable(service.name, file)
    files = [file for file in files if not _UNNAMEABLE.search(file)]
    workshop = Workshop.of(request, deadline)
    prepared = workshop.for_service(facts, settings, at_least=OLDEST_MINOR)
    tool = workshop.for_tool("mypy", prepared.interpreter)
    how = layout(request.root, facts, files)
    text = configuration(settings, python_version=_python_version(settings, prepared))
    for number, batch in enumerate(how.batches):
        identity = "\0".join(
            (facts.root, *how.bases, str(number), text, prepared.environment.key, tool.key)
        )
        digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        yield from _Check(
            request=request,
            service=service.name,
            batch=batch,
            layout=how,
            configuration=text,
            python=prepared.environment.python,
            mypy=tool.site_packages,
            home=request.cache.resolve() / "mypy" / digest,
            deadline=deadline,
        ).results()


def _unnameable(service: str, file: str) -> Failure:
    return Failure(
        gate="mypy",
        code="mypy/file-name",
        service=service,
        file=file,
        message="mypy passes over a file of such a name in silence",
        fix="rename it, without @ and line ends",
    )


def _python_version(settings: MypySettings, prepared: Prepared) -> str:
    if settings.python_version is not None:
        return settings.python_version
    lowest = prepared.python_range.lowest_minor() if prepared.python_range else None
    minor = prepared.interpreter.minor if lowest is None else max(lowest, OLDEST_MINOR)
    return f"3.{minor}"


@dataclass(frozen=True, kw_only=True)
class _Check:
    """One batch of one service."""

    request: Request[MypySettings]
    service: str
    batch: tuple[str, ...]
    layout: Layout
    configuration: str
    python: Path
    mypy: Path
    """mypy's own packages."""
    home: Path
    """Holds mypy's cache of this batch under this policy; one run at a time is in it."""
    deadline: Deadline

    def results(self) -> Iterator[Finding | Failure]:
        """What mypy says. A crash is tried again without the cache, as that may be damaged: mypy
        writes it without waiting for the disk, and a run may be killed at any time."""
        with exclusive(self.home / "lock", self.deadline):
            used_cache = (self.home / "cache").exists()
            try:
                results = self._attempt()
            except (CrashError, GateError) as error:
                crashed = isinstance(error, CrashError) or error.code == "tool-crashed"
                if not (crashed and used_cache):
                    results = [self._said(error)]
                else:
                    shutil.rmtree(self.home / "cache", ignore_errors=True)
                    results = self._again()
            if not used_cache:
                remove_unused(self.home.parent, _CONFIGURATION, than=self.home)
        yield from results

    def _again(self) -> list[Finding | Failure]:
        try:
            return self._attempt()
        except (CrashError, GateError) as error:
            return [self._said(error)]

    def _said(self, error: CrashError | GateError) -> Failure:
        if isinstance(error, CrashError):
            return error.failure
        return failure(error, gate="mypy", service=self.service)

    def _attempt(self) -> list[Finding | Failure]:
        ini, arguments, evidence = (
            self.home / name for name in (_CONFIGURATION, "arguments", "junit.xml")
        )
        ini.write_text(self.configuration, encoding="utf-8")
        arguments.write_text(
            "".join(f"./{self.layout.from_first_base(file)}\n" for file in self.batch),
            encoding="utf-8",
            errors="surrogateescape",
        )
        evidence.unlink(missing_ok=True)
        completed = process.run(
            process.Command(
                argv=(
                    *(str(self.python), "-I", "-X", "utf8", str(_RUNNER)),
                    *(str(self.mypy), os.path.realpath(self.request.root)),
                    *("--output=json", "--no-error-summary", "--show-traceback"),
                    f"--config-file={ini}",
                    *(f"--cache-dir={self.home / 'cache'}", f"--junit-xml={evidence}"),
                    f"@{arguments}",
                ),
                cwd=self.request.root / self.layout.bases[0],
                environment=self._environment(),
            ),
            time_limit=self.deadline.left(),
        )
        return list(
            Run(
                service=self.service,
                root=self.request.root,
                checked=frozenset(self.batch),
                configuration=ini,
                from_workspace=self.layout.from_workspace,
                completed=completed,
                finished=evidence.exists(),
            ).results()
        )

    def _environment(self) -> Mapping[str, str]:
        own = {
            name: value
            for name, value in self.request.environment.items()
            if not name.startswith("MYPY")
        }
        bases = map(self.layout.from_first_base, self.layout.bases)
        return {**own, "MYPYPATH": os.pathsep.join(bases)}
