"""What changed between a lock and the base's, of what never changes for one version."""

from __future__ import annotations

from collections.abc import Iterator

from inseam.gates.lockfile.index import host_of
from inseam.gates.lockfile.said import Said
from inseam.gates.lockfile.verdict import Place
from inseam.gates.locks.model import Artifact, LockedPackage, Pins


def judge(pins: Pins, base: Pins, *, same_settings: bool) -> Iterator[Said]:
    """Hashes, hosts and dependencies of versions that both locks hold.

    Args:
        pins: the lock.
        base: the base's.
        same_settings: whether what decides which dependencies apply (Pythons, platforms,
            overrides) is the same on both sides: uv leaves out those that do not.
    """
    before = {(package.name, package.version): package for package in base.packages}
    for package in pins.packages:
        old = before.get((package.name, package.version))
        if old is None or package.version is None:
            continue
        place = Place(file=pins.file, line=package.line)
        yield from _files(package, old, place)
        if pins.kind in ("poetry", "pex") or (pins.kind == "uv" and same_settings):
            yield from _dropped(package, old, place)


def _files(package: LockedPackage, old: LockedPackage, place: Place) -> Iterator[Said]:
    named = f"{package.name} {package.version}"
    if package.source.kind == "unstated" and all(item.name is None for item in package.artifacts):
        now, then = _hashes(package), _hashes(old)
        # Hashes may be added when a file is, and go with it; not one for another.
        if now - then and then - now:
            yield Said(
                code="changed-hash",
                message=f"{len(then - now)} of {named}'s hashes are others than at the base",
                key=named,
                place=place,
                package=package.name,
                version=package.version,
            )
        return
    files = {item.name: item for item in old.artifacts if item.name is not None}
    same_index = package.source.location == old.source.location
    for item in package.artifacts:
        before = files.get(item.name or "")
        for code, what in () if before is None else _changes(item, before, same_index=same_index):
            yield Said(
                code=code,
                message=what,
                key=f"{item.name} {what.partition(' of ')[0]}"
                if code == "changed-record"
                else f"{item.name}",
                place=place,
                package=package.name,
                version=package.version,
            )


def _changes(item: Artifact, before: Artifact, *, same_index: bool) -> Iterator[tuple[str, str]]:
    """What differs of one file, by rule."""
    if _differ(item, before):
        yield "changed-hash", f"{item.name} has {_short(item)}, at the base {_short(before)}"
    for what, stated, was in (
        ("upload time", item.upload_time, before.upload_time),
        ("size", item.size, before.size),
    ):
        if stated is not None and was is not None and stated != was:
            yield "changed-record", f"the {what} of {item.name} is {stated}, at the base {was}"
    ours, theirs = host_of(item.url or ""), host_of(before.url or "")
    if ours is not None and theirs is not None and ours != theirs and same_index:
        yield "changed-host", f"{item.name} is taken from {ours}, at the base from {theirs}"


def _hashes(package: LockedPackage) -> set[str]:
    return {hash_ for item in package.artifacts for hash_ in item.hashes}


def _differ(item: Artifact, before: Artifact) -> bool:
    """Whether both have hashes of one algorithm, and none in common."""
    ours, theirs = set(item.hashes), set(before.hashes)
    if ours & theirs or not theirs:
        return False
    algorithms = {hash_.partition(":")[0] for hash_ in ours}
    return not ours or any(hash_.partition(":")[0] in algorithms for hash_ in theirs)


def _short(item: Artifact) -> str:
    return ", ".join(f"{hash_[:19]}…" for hash_ in item.hashes) or "no hash"


def _dropped(package: LockedPackage, old: LockedPackage, place: Place) -> Iterator[Said]:
    # What an extra adds is only there while somebody asks for the extra.
    now = {edge.name for edge in package.edges}
    for edge in old.edges:
        if edge.when_extras or edge.name in now:
            continue
        yield Said(
            code="dropped-dependency",
            message=f"{package.name} {package.version} does not depend on {edge.name} any more, at "
            "the base it does",
            key=f"{package.name} {package.version} {edge.name}",
            place=place,
            package=package.name,
            version=package.version,
        )
