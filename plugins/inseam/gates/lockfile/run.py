"""Judging the services' locks, one by one; what goes wrong with one says nothing of the others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.utils import canonicalize_name

from inseam.findings.model import Failure, Finding
from inseam.gates.contract import GateError, Request, Service
from inseam.gates.environment.deadline import Deadline
from inseam.gates.environment.failures import failure
from inseam.gates.environment.lock import Lock, LockError, read_lock, without_header
from inseam.gates.lockfile import consistency, hygiene, pex, poetry, since_base
from inseam.gates.lockfile.commands import mending
from inseam.gates.lockfile.compiled.ask import ask_uv as compile_again
from inseam.gates.lockfile.compiled.compare import compare as compare_compiled
from inseam.gates.lockfile.pyproject import TomlFile, read_toml
from inseam.gates.lockfile.rules import GATE, RELOCKED
from inseam.gates.lockfile.said import Said, stale
from inseam.gates.lockfile.settings import LockfileSettings
from inseam.gates.lockfile.together import Locked, versions_differ
from inseam.gates.lockfile.uv import edges
from inseam.gates.lockfile.uv.ask import ask_uv, undecided
from inseam.gates.lockfile.uv.compare import compare as compare_uv
from inseam.gates.lockfile.verdict import Comparison, Place
from inseam.gates.lockfile.verify import verify
from inseam.gates.locks import shape
from inseam.gates.locks.blocks import parse_blocks
from inseam.gates.locks.model import Pins
from inseam.gates.locks.reading import read_pins

_RESOLVING = (
    *("requires-python", "resolution-markers", "supported-markers", "required-markers"),
    *("conflicts",),
)
"""What of a `uv.lock` decides which dependencies of a version apply, besides its manifest."""


@dataclass
class _Unit:
    """One run of the gate."""

    request: Request[LockfileSettings]
    deadline: Deadline
    locked: list[Locked] = field(default_factory=list)
    """Of the services that have to lock the same versions."""


@dataclass(frozen=True, kw_only=True)
class _Subject:
    """A service, its lock, and what that pins."""

    service: Service[LockfileSettings]
    lock: Lock
    pins: Pins
    document: Mapping[str, Any]
    """The lock's own, without packages."""
    project: TomlFile | None


def run(request: Request[LockfileSettings]) -> Iterator[Finding | Failure]:
    """Judge every lock, then those together that have to agree."""
    unit = _Unit(request, Deadline.after(request.time_limit))
    for service in request.services:
        try:
            for said in _service(unit, service):
                yield said.finding(service.name)
        except GateError as error:
            yield failure(error, gate=GATE, service=service.name)
    for name, said in versions_differ(unit.locked):
        yield said.finding(name)


def _service(unit: _Unit, service: Service[LockfileSettings]) -> Iterator[Said]:
    """What is wrong with a service's lock.

    Raises:
        GateError: it cannot be judged.
    """
    root, facts = unit.request.root, service.facts
    if facts.lock is None or not (root / facts.lock).exists():
        where = facts.lock or facts.pyproject
        yield Said(
            code="missing",
            message=f"the service {service.name} has no lock"
            + (f": there is no {facts.lock}" if facts.lock is not None else ""),
            key="lock",
            place=Place(file=where or facts.root),
        )
        return
    lock = read_lock(root, facts)
    try:
        subject = _subject(lock, service, root)
        command = mending(lock, facts, root)
        for said in _judge(unit, subject, command):
            again = said.fix is None and said.code in RELOCKED
            yield replace(said, fix=f"run `{command}` and commit the lock") if again else said
    except shape.ShapeError as error:
        raise LockError(
            "unreadable", str(error), "correct the file, or make the lock again", file=lock.file
        ) from error


def _subject(lock: Lock, service: Service[LockfileSettings], root: Path) -> _Subject:
    return _Subject(
        service=service,
        lock=lock,
        pins=read_pins(lock),
        document=_document(lock),
        project=None if lock.pyproject is None else read_toml(root, lock.pyproject),
    )


def _document(lock: Lock) -> Mapping[str, Any]:
    if lock.kind in ("uv", "poetry"):
        return parse_blocks(lock.text).document
    if lock.kind == "pex":
        document = json.loads(without_header(lock.text))
        return document if isinstance(document, dict) else {}
    return {}


def _judge(unit: _Unit, subject: _Subject, command: str) -> Iterator[Said]:
    lock, pins, settings = subject.lock, subject.pins, subject.service.settings
    root = unit.request.root
    overridden = _overridden(subject, root)
    scope = consistency.scope_of(pins, subject.document)
    yield from consistency.judge(pins, scope, overridden=overridden)
    if lock.kind == "uv":
        blocks = parse_blocks(lock.text)
        yield from edges.judge(blocks, lock.file, members=pins.members, replaced=overridden)
    yield from hygiene.judge(
        pins,
        settings,
        project=subject.project,
        document=subject.document,
        lock_folder=str(PurePosixPath(lock.file).parent),
        today=unit.request.as_of,
    )
    base = _at_base(unit, subject)
    if base is not None:
        same = _resolving(base.document) == _resolving(subject.document)
        yield from since_base.judge(pins, base.pins, same_settings=same)
    if settings.same_versions:
        unit.locked.append(Locked(service=subject.service.name, pins=pins))
    for difference in _compared(unit, subject, base).differences:
        yield stale(difference, command)
    if settings.verify and (base is None or base.lock.text != lock.text):
        yield from verify(
            lock,
            pins,
            before=None if base is None else base.pins,
            settings=settings,
            scope=scope,
            replaced=overridden,
            environment=unit.request.environment,
            cache=unit.request.cache,
            deadline=unit.deadline,
        )


def _overridden(subject: _Subject, root: Path) -> frozenset[str]:
    """Names whose ranges the project replaces."""
    if subject.lock.kind == "uv":
        manifest = shape.table(subject.document, "manifest")
        named = {str(item.get("name")) for item in shape.tables(manifest, "overrides")}
        named |= {str(item) for item in manifest.get("excludes", ())}
        return frozenset(map(canonicalize_name, named))
    return frozenset()


def _resolving(document: Mapping[str, Any]) -> dict[str, Any]:
    manifest = document.get("manifest", {})
    kept = {key: document.get(key) for key in _RESOLVING}
    if isinstance(manifest, Mapping):
        kept |= {key: manifest.get(key) for key in ("overrides", "excludes", "dependency-metadata")}
    return kept


def _at_base(unit: _Unit, subject: _Subject) -> _Subject | None:
    """The lock as it is at the merge base; None if it is new, or could not be read there."""
    base, facts = unit.request.base, subject.service.facts
    if base is None or facts.lock is None or not (base / facts.lock).is_file():
        return None
    pyproject = facts.pyproject if facts.pyproject and (base / facts.pyproject).is_file() else None
    there = facts.model_copy(update={"pyproject": pyproject})
    try:
        return _subject(read_lock(base, there), subject.service, base)
    except (LockError, shape.ShapeError):
        return None  # what was broken there is no measure for what is here


def _compared(unit: _Unit, subject: _Subject, base: _Subject | None) -> Comparison:
    """Whether the lock is fresh, by its files, or else by uv.

    Raises:
        GateError: neither tells.
    """
    lock, pins, root = subject.lock, subject.pins, unit.request.root
    if lock.kind == "poetry":
        if subject.project is None:
            raise lock.lacks_project()
        before = base.project if base is not None else None
        return poetry.compare(lock, pins, subject.project, before)
    if lock.kind == "uv":
        found = compare_uv(lock, root)
    elif lock.kind == "pex":
        facts = subject.service.facts
        found = pex.compare(lock, facts, subject.project, root, subject.document)
    else:
        found = compare_compiled(lock, pins, root)
    if found.differences or not found.unknown:
        return found
    if not subject.service.settings.ask_uv or lock.kind == "pex":
        raise undecided(lock, found.unknown, "")
    environment, cache = unit.request.environment, unit.request.cache
    if lock.kind == "uv":
        return ask_uv(
            lock,
            pins,
            found.unknown,
            environment=environment,
            cache=cache,
            deadline=unit.deadline,
        )
    return compile_again(
        lock,
        pins,
        found.unknown,
        root=root,
        environment=environment,
        cache=cache,
        deadline=unit.deadline,
    )
