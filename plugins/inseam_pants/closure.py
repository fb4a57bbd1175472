"""What a service imports: the Python sources that a gate needs which builds its environment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.target_types import PythonSourceField
from pants.core.target_types import ResourceSourceField
from pants.core.util_rules.source_files import SourceFilesRequest
from pants.engine.fs import Digest
from pants.engine.target import SourcesField, TransitiveTargetsRequest
from pants.source.source_root import SourceRootsRequest

from inseam_pants.compat import (
    collect_rules,
    determine_source_files,
    get_optional_source_roots,
    implicitly,
    rule,
    transitive_targets,
)
from inseam_pants.services import ServiceIndex


@dataclass(frozen=True)
class ClosureRequest:
    """A request for the first-party sources that a service's own depend on, its own included."""

    root: str
    """The service's folder."""


@dataclass(frozen=True)
class Closure:
    digest: Digest
    source_roots: tuple[str, ...]
    """Folders that imports resolve from: the service's own first, then its libraries'."""


@rule(desc="Find what a service imports")
async def find_closure(request: ClosureRequest, index: ServiceIndex) -> Closure:
    found = await transitive_targets(
        TransitiveTargetsRequest(index.members.get(request.root, ())), **implicitly()
    )
    sources = await determine_source_files(
        SourceFilesRequest(
            (target.get(SourcesField) for target in found.closure),
            for_sources_types=(PythonSourceField, ResourceSourceField),
            enable_codegen=True,
        )
    )
    roots = await get_optional_source_roots(
        SourceRootsRequest.for_files(sources.snapshot.files), **implicitly()
    )
    paths = {
        found_root.source_root.path
        for found_root in roots.path_to_optional_root.values()
        if found_root.source_root is not None
    }
    own = "" if request.root == "." else f"{request.root}/"
    return Closure(
        sources.snapshot.digest,
        tuple(sorted(paths, key=lambda path: (not f"{path}/".startswith(own), path))),
    )


def rules() -> Iterable[Any]:
    return collect_rules()
