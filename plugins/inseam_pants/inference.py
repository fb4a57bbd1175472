"""What a service depends on, so that `--changed-dependents=transitive` selects it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pants.engine.internals.graph import OwnersRequest
from pants.engine.target import InferDependenciesRequest, InferredDependencies
from pants.engine.unions import UnionRule

from inseam_pants.compat import collect_rules, concurrently, find_owners, implicitly, rule
from inseam_pants.services import DescriptionRequest, ServiceIndex, describe_service
from inseam_pants.targets import ServiceFieldSet


class InferServiceDependencies(InferDependenciesRequest[ServiceFieldSet]):
    infer_from = ServiceFieldSet


@rule(desc="Infer what services depend on")
async def infer_service_dependencies(
    request: InferServiceDependencies, index: ServiceIndex
) -> InferredDependencies:
    """The Python targets in the service's folder, and what owns its lock if that lies outside."""
    service = request.field_set
    described = await describe_service(DescriptionRequest(service), **implicitly())
    locks = described.description.lock_globs if described.description is not None else ()
    owners = await concurrently(
        find_owners(OwnersRequest((path,)), **implicitly())
        for path in locks
        if not f"{path}/".startswith(f"{service.address.spec_path}/")
    )
    return InferredDependencies(
        {
            *index.members.get(service.root, ()),
            *(address for found in owners for address in found if address not in index.addresses),
        }
    )


def rules() -> Iterable[Any]:
    return (
        *collect_rules(),
        UnionRule(InferDependenciesRequest, InferServiceDependencies),
    )
