"""Which services there are, and what is known of each besides policy."""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import (
    PythonRequirementResolveField,
    PythonRequirementsField,
    PythonSourceField,
)
from pants.engine.addresses import Address
from pants.engine.fs import PathGlobs
from pants.engine.target import AllTargets
from pants.util.frozendict import FrozenDict

from inseam_pants.compat import collect_rules, path_globs_to_paths, rule
from inseam_pants.problem import Problem, ProblemError
from inseam_pants.service_files import LOCK_GLOBS, Lock, find_lock, stated_file
from inseam_pants.targets import ServiceFieldSet, ServiceSourcesField


@dataclass(frozen=True)
class ServiceIndex:
    """All services of the workspace."""

    members: FrozenDict[str, tuple[Address, ...]]
    """A service's folder -> the Python targets in it that are not in a nested service's."""
    addresses: frozenset[Address]
    requirements: FrozenDict[str, tuple[str, ...]]
    """What the targets of each resolve ask for."""

    def nested_in(self, root: str) -> tuple[str, ...]:
        """The folders of services within the folder `root`, without `root` itself."""
        prefix = "" if root == "." else f"{root}/"
        return tuple(
            other for other in self.members if other not in (root, ".") and other.startswith(prefix)
        )


@dataclass(frozen=True)
class Resolve:
    """A Pants resolve that locks a service."""

    name: str
    requirements: tuple[str, ...]
    interpreters: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """`ResolveFacts` of the wire."""
        return {
            "name": self.name,
            "declared_in": "pants.toml",
            "requirements": list(self.requirements),
            "interpreters": list(self.interpreters),
        }


@rule
async def index_services(targets: AllTargets, python_setup: PythonSetup) -> ServiceIndex:
    services = [target for target in targets if target.has_field(ServiceSourcesField)]
    members: dict[str, list[Address]] = {
        service.address.spec_path or ".": [] for service in services
    }
    for target in targets:
        if target.has_field(PythonSourceField):
            root = _nearest(PurePath(target.address.spec_path), members)
            if root is not None:
                members[root].append(target.address)
    return ServiceIndex(
        FrozenDict({root: tuple(sorted(addresses)) for root, addresses in sorted(members.items())}),
        frozenset(service.address for service in services),
        _requirements(targets, python_setup),
    )


def _requirements(
    targets: AllTargets, python_setup: PythonSetup
) -> FrozenDict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for target in targets:
        if target.has_field(PythonRequirementsField):
            resolve = target[PythonRequirementResolveField].normalized_value(python_setup)
            stated = target[PythonRequirementsField].value
            found.setdefault(resolve, set()).update(map(str, stated))
    return FrozenDict({resolve: tuple(sorted(stated)) for resolve, stated in sorted(found.items())})


def _nearest(folder: PurePath, roots: dict[str, list[Address]]) -> str | None:
    """The innermost of `roots` that `folder` lies in."""
    return next((str(path) for path in (folder, *folder.parents) if str(path) in roots), None)


@dataclass(frozen=True)
class DescriptionRequest:
    """A request to find out what policy does not say about a service."""

    service: ServiceFieldSet


@dataclass(frozen=True)
class ServiceDescription:
    """A service as the engine wants to know it, and where its files are."""

    name: str
    root: str
    address: Address
    pyproject: str | None
    lock: str | None
    lock_kind: str | None
    resolve: Resolve | None
    facts: FrozenDict[str, str]
    globs: tuple[str, ...]
    """Its files relative to the workspace, those of nested services left out; its
    `pyproject.toml` and lock too, wherever these lie."""

    @property
    def lock_globs(self) -> tuple[str, ...]:
        """Its `pyproject.toml` and its lock."""
        return tuple(path for path in (self.pyproject, self.lock) if path is not None)

    @property
    def outside(self) -> tuple[str, ...]:
        """Its `pyproject.toml` and its lock, as far as they do not lie in its folder."""
        return tuple(
            p for p in self.lock_globs if self.root != "." and not p.startswith(f"{self.root}/")
        )

    def document(self) -> dict[str, Any]:
        """`ServiceFacts` of the wire."""
        return {
            "name": self.name,
            "root": self.root,
            "address": self.address.spec,
            "pyproject": self.pyproject,
            "lock": self.lock,
            "lock_kind": self.lock_kind,
            "resolve": None if self.resolve is None else self.resolve.document(),
            "facts": dict(self.facts),
        }


@dataclass(frozen=True)
class DescribedService:
    """Either the description, or what keeps it from being made."""

    description: ServiceDescription | None
    problem: Problem | None


def _name(service: ServiceFieldSet) -> str:
    if service.policy.value:
        return service.policy.value
    if service.root == ".":
        raise ProblemError(
            Problem(
                service.address.spec,
                "a service at the root has no folder to be named after",
                'state its name in policy: `python_service(policy="NAME")`',
            )
        )
    return os.path.basename(service.root)


def _resolve(lock: Lock, index: ServiceIndex, python_setup: PythonSetup) -> Resolve | None:
    """The resolve whose lock, which PEX wrote, it is. Pants does not make locks of other kinds."""
    if lock.kind != "pex" or not python_setup.enable_resolves:
        return None
    for name, path in sorted(python_setup.resolves.items()):
        if path == lock.path:
            interpreters = python_setup.resolves_to_interpreter_constraints.get(
                name, tuple(python_setup.interpreter_constraints)
            )
            return Resolve(name, index.requirements.get(name, ()), tuple(interpreters))
    return None


async def _describe(
    service: ServiceFieldSet, index: ServiceIndex, python_setup: PythonSetup
) -> ServiceDescription:
    in_root = service.address.spec_path
    found = await path_globs_to_paths(
        PathGlobs(os.path.join(in_root, name) for name in ("pyproject.toml", *LOCK_GLOBS))
    )
    default_pyproject = os.path.join(in_root, "pyproject.toml")
    pyproject = await stated_file(service, service.pyproject.alias, service.pyproject.value)
    if pyproject is None and default_pyproject in found.files:
        pyproject = default_pyproject
    lock = await find_lock(service, found.files, python_setup)
    outside = (path for path in (pyproject, lock.path) if path is not None)
    nested = index.nested_in(service.root)
    return ServiceDescription(
        name=_name(service),
        root=service.root,
        address=service.address,
        pyproject=pyproject,
        lock=lock.path,
        lock_kind=lock.kind,
        resolve=_resolve(lock, index, python_setup),
        facts=service.facts.value or FrozenDict(),
        globs=(*service.sources.rooted_globs, *outside, *(f"!{root}/**" for root in nested)),
    )


@rule
async def describe_service(
    request: DescriptionRequest, index: ServiceIndex, python_setup: PythonSetup
) -> DescribedService:
    service = request.service
    try:
        description = await _describe(service, index, python_setup)
    except ProblemError as error:
        return DescribedService(None, error.problems[0])
    return DescribedService(description, None)


def rules() -> Iterable[Any]:
    return collect_rules()
