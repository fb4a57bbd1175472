"""Policy documents to layers: `load_policies(files, gates) -> Policies`.

Pure: bytes in, layers and every error of every file out. `inseam.policy.resolve.resolve` makes
effective policies of them, `inseam.planning.build.build_plan` a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from inseam.policy.checks import cross_checks
from inseam.policy.layers import AnyLayer, Kind, OrgLayer, ProfileLayer, ServiceLayer, parse_layer
from inseam.policy.messages import Place, PolicyMessage, message_at
from inseam.policy.orders import Settings
from inseam.policy.policies import Policies

__all__ = ["Policies", "load_policies"]

_FOLDERS: Mapping[str, Kind] = {"profiles": "profile", "services": "service"}
_GENERATED = ("baselines", "schema")
"""Folders beside the layers' that hold no policy."""


def load_policies(files: Mapping[str, bytes], gates: Mapping[str, type[Settings]]) -> Policies:
    """The layers in `files`, and all that is wrong with them.

    Args:
        files: every file under the policy folder, by its path as messages should name it, such as
            `policies/org.yaml`. Generated folders and files that are no YAML may be among them.
        gates: every gate's settings, by the gate's id.
    """
    root = _root(files)
    messages: list[PolicyMessage] = []
    layers: dict[str, AnyLayer | None] = {}
    for path in sorted(files):
        if not _is_policy(root, path):
            continue
        kind = _kind(root, path)
        if kind is None:
            messages.append(_misplaced(root, path))
        else:
            layers[path], found = parse_layer(path, files[path], kind, gates)
            messages.extend(found)
    policies = Policies(
        gates=gates,
        root=root,
        is_empty=not layers and not messages,
        org=next((layer for layer in layers.values() if isinstance(layer, OrgLayer)), None),
        profiles={
            layer.stem: layer for layer in layers.values() if isinstance(layer, ProfileLayer)
        },
        services={
            layer.stem: layer for layer in layers.values() if isinstance(layer, ServiceLayer)
        },
    )
    messages.extend(_no_org(root, layers))
    broken = frozenset(path for path, layer in layers.items() if layer is None)
    messages.extend(cross_checks(policies, broken))
    errors = tuple(sorted(set(messages), key=PolicyMessage.sort_key))
    return replace(policies, errors=errors)


def _root(files: Mapping[str, bytes]) -> str:
    """The policy folder: the one that holds the outermost `org.yaml`."""
    organisations = [
        PurePosixPath(path) for path in files if PurePosixPath(path).name == "org.yaml"
    ]
    outermost = min(organisations, key=lambda path: (len(path.parts), path), default=None)
    return "policies" if outermost is None else outermost.parent.as_posix()


def _is_policy(root: str, path: str) -> bool:
    pure = PurePosixPath(path)
    if pure.suffix not in (".yaml", ".yml"):
        return False
    if not pure.is_relative_to(root):
        return True
    return pure.relative_to(root).parts[0] not in _GENERATED


def _kind(root: str, path: str) -> Kind | None:
    """Which kind of layer belongs at `path`; None if none does."""
    pure = PurePosixPath(path)
    if pure.suffix != ".yaml" or not pure.is_relative_to(root):
        return None
    match pure.relative_to(root).parts:
        case ("org.yaml",):
            return "org"
        case (folder, _):
            return _FOLDERS.get(folder)
        case _:
            return None


def _misplaced(root: str, path: str) -> PolicyMessage:
    if path.endswith(".yml"):
        what, fix = "a layer's name ends in .yaml", f"rename it to {path.removesuffix('.yml')}.yaml"
    else:
        what = "no layer of policy belongs here"
        fix = f"move it to {root}/org.yaml, {root}/profiles/ or {root}/services/, or delete it"
    return message_at(Place(file=path), "misplaced-file", what, fix)


def _no_org(root: str, layers: Mapping[str, object]) -> Iterator[PolicyMessage]:
    path = f"{root}/org.yaml"
    if path not in layers:
        what = "there is no organisation's layer"
        fix = "write one; docs/policy.md shows the least that it needs"
        yield message_at(Place(file=path), "no-org", what, fix)
