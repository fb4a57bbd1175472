"""Running one unit: the gate's findings, and a failure for whatever could not be looked at."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from pydantic import ValidationError

from inseam.findings.model import Failure, Finding, FindingsDocument
from inseam.gates import gate_by_id
from inseam.gates.contract import Gate, GateError, Request, Service
from inseam.gates.files import list_files
from inseam.planning.model import UnitDocument, UnitService
from inseam.policy.orders import Settings

M = TypeVar("M", Finding, Failure)

_REPORT = "report this as a bug of inseam, with the command that showed it"


def execute(
    unit: UnitDocument,
    *,
    root: Path,
    cache: Path,
    environment: Mapping[str, str],
    base: Path | None = None,
    tip: Path | None = None,
) -> FindingsDocument:
    """Run the unit's gate and collect all that it says, sorted and without repetition.

    Never raises for what is wrong with the services, the tools or the gate: each such thing is a
    failure in the document, whatever else was found.

    Args:
        unit: what to do.
        root: the workspace.
        cache: a folder that outlives the run, shared by concurrent runs.
        environment: the variables that tools may see.
        base: what stands for the workspace at the merge base, as far as gates compare with it.
        tip: the same at the tip of the branch that the change goes to.
    """
    try:
        gate = gate_by_id(unit.gate)
    except KeyError as error:
        return _document(unit, [], [_failure(unit.gate, "unknown", error.args[0], _REPORT)])
    findings: list[Finding] = []
    failures: list[Failure] = []
    services = _services(unit, gate, root.resolve(), failures)
    if services:
        request = Request(
            root=root.resolve(),
            services=services,
            cache=cache.resolve(),
            time_limit=unit.time_limit,
            environment=environment,
            base=None if base is None else base.resolve(),
            tip=None if tip is None else tip.resolve(),
            live=unit.live and gate.can_be_live,
            as_of=unit.as_of,
        )
        _run(gate, request, findings, failures)
    failures.extend(_undeclared(gate, unit, findings, failures))
    return _document(unit, findings, failures)


def _run(
    gate: Gate[Any], request: Request[Any], findings: list[Finding], failures: list[Failure]
) -> None:
    """Run the gate; what it said before it broke off is kept."""
    try:
        for result in gate.run(request):
            if isinstance(result, Finding):
                findings.append(result)
            else:
                failures.append(result)
    except GateError as error:
        failures.append(_failure(gate.id, error.code, error.message, error.fix, file=error.file))
    except Exception as error:  # noqa: BLE001  # a bug in a gate must never look like a pass
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{PurePosixPath(frame.filename).name}:{frame.lineno} in {frame.name}"
        failures.append(
            _failure(gate.id, "crashed", f"{type(error).__name__} at {place}: {error}", _REPORT)
        )


def _services(
    unit: UnitDocument, gate: Gate[Any], root: Path, failures: list[Failure]
) -> list[Service[Any]]:
    """The unit's services that can be looked at; a failure for each other."""
    services: list[Service[Any]] = []
    roots = [service.facts.root for service in unit.services]
    for service in sorted(unit.services, key=lambda service: service.facts.name):
        facts = service.facts
        if (problem := _root_problem(root, facts.root)) is not None:
            fix = "correct the service's path in its BUILD file, or remove the service"
            failures.append(
                _failure(gate.id, "no-service", problem, fix, service=facts.name, file=facts.root)
            )
            continue
        try:
            settings: Settings = gate.settings.model_validate(service.settings)
        except ValidationError as error:
            failures.extend(_bad_settings(gate.id, service, error))
            continue
        listing = list_files(
            root, facts.root, gate=gate.id, service=facts.name, nested=[*roots, *service.nested]
        )
        failures.extend(listing.failures)
        services.append(Service(facts=facts, settings=settings, files=listing.files))
    return services


def _root_problem(root: Path, service_root: str) -> str | None:
    plain = os.path.normpath(service_root) == service_root and not os.path.isabs(service_root)
    if not plain or service_root.split("/")[0] == "..":
        return "the service's folder is not a plain path relative to the workspace"
    folder = root / service_root
    if not folder.is_dir():
        return "the service's folder does not exist"
    if not Path(os.path.realpath(folder)).is_relative_to(root):
        return "the service's folder lies outside of the workspace"
    return None


def _bad_settings(gate: str, service: UnitService, error: ValidationError) -> list[Failure]:
    return [
        _failure(
            gate,
            "bad-settings",
            f"gates.{gate}.settings.{'.'.join(map(str, item['loc']))}: {item['msg'].lower()}",
            "correct the setting in the policy",
            service=service.facts.name,
        )
        for item in error.errors(include_url=False)
    ]


def _undeclared(
    gate: Gate[Any], unit: UnitDocument, findings: Sequence[Finding], failures: Sequence[Failure]
) -> list[Failure]:
    """Failures for what the gate had no right to say: rules or services that are not its own."""
    declared = {rule.id for rule in gate.rules}
    names = {service.facts.name for service in unit.services}
    said = {(finding.rule, finding.service) for finding in findings}
    messages = {
        f"the gate used the rule {rule}, which it does not declare"
        for rule, _ in said
        if rule not in declared
        and not (gate.tool_rules is not None and rule.startswith(f"{gate.id}/"))
    }
    about = {service for _, service in said} | {f.service for f in failures if f.service}
    messages |= {
        f"the gate spoke of the service {service}, which is not in its unit"
        for service in about - names
    }
    return [_failure(gate.id, "misused", message, _REPORT) for message in sorted(messages)]


def _failure(
    gate: str,
    code: str,
    message: str,
    fix: str,
    *,
    service: str | None = None,
    file: str | None = None,
) -> Failure:
    return Failure(
        gate=gate, code=f"{gate}/{code}", service=service, file=file, message=message, fix=fix
    )


def _document(
    unit: UnitDocument, findings: Sequence[Finding], failures: Sequence[Failure]
) -> FindingsDocument:
    found = sorted(
        map(_printable, findings), key=lambda item: (item.sort_key(), item.key, item.fix)
    )
    failed = sorted(map(_printable, failures), key=lambda item: (item.sort_key(), item.fix))
    return FindingsDocument(
        gate=unit.gate,
        services=tuple(sorted(service.facts.name for service in unit.services)),
        findings=tuple(_without_repetition(found)),
        failures=tuple(_without_repetition(failed)),
    )


def _without_repetition(items: Sequence[M]) -> Iterator[M]:
    for index, item in enumerate(items):
        if index == 0 or item != items[index - 1]:
            yield item


def _printable(result: M) -> M:
    """`result` with what JSON cannot carry spelled out: bytes of a file's name that are not UTF-8.

    Whatever else a finding quotes was decoded from text, and holds no such thing.
    """
    texts = {name: value for name, value in result.__dict__.items() if type(value) is str}
    try:
        "".join(texts.values()).encode()
    except UnicodeEncodeError:
        escaped = {
            name: value.encode(errors="backslashreplace").decode() for name, value in texts.items()
        }
        return result.model_copy(update=escaped)
    return result
