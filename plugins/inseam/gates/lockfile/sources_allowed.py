"""Where a lock may take packages from."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from inseam.gates.lockfile.index import DEFAULT, host_of, is_default_host, is_default_index
from inseam.gates.lockfile.pyproject import join
from inseam.gates.lockfile.said import Said
from inseam.gates.lockfile.settings import LockfileSettings
from inseam.gates.lockfile.verdict import Place
from inseam.gates.locks.model import LockedPackage, Pins


def judge_sources(
    package: LockedPackage, pins: Pins, settings: LockfileSettings, lock_folder: str
) -> Iterator[Said]:
    """What policy has against a package's index, the hosts of its files, or where it comes from.

    Args:
        package: the package.
        pins: its lock.
        settings: the service's.
        lock_folder: where the lock lies, relative to the workspace.
    """
    found = _against(package, settings, lock_folder)
    if found is not None:
        yield _said(package, pins, *found)
    for host in _foreign_hosts(package, settings):
        yield _said(package, pins, "foreign-host", f"has files on {host}", host)
    if _is_private(package, settings) and not _from_private(package, pins, settings):
        origin = package.source.location or "an index that the lock does not name"
        message = f"is the organisation's own by its name, and comes from {origin}"
        yield _said(package, pins, "dependency-confusion", message, "private")


def judge_index_lines(pins: Pins, settings: LockfileSettings) -> Iterator[Said]:
    """Where a requirements file sends pip to look, as far as policy does not name it.

    Args:
        pins: the lock.
        settings: the service's.
    """
    for found in pins.indexes:
        host = host_of(found.url)
        links = found.option == "--find-links" and (host is None or host in settings.file_hosts)
        if links or is_allowed_index(found.url, settings):
            continue
        yield Said(
            code="foreign-index",
            message=f"`{found.option}` leads to {shown(found.url)}",
            key=f"{found.option} {shown(found.url)}",
            place=Place(file=pins.file, line=found.line),
        )


def _said(package: LockedPackage, pins: Pins, code: str, what: str, key: str) -> Said:
    named = f"{package.name} {package.version}" if package.version else package.name
    return Said(
        code=code,
        message=f"{named} {what}",
        key=f"{package.name} {key}",
        place=Place(file=pins.file, line=package.line),
        package=package.name,
        version=package.version,
    )


def _against(
    package: LockedPackage, settings: LockfileSettings, lock_folder: str
) -> tuple[str, str, str] | None:
    """The rule that a package's source breaks, what it is, and what tells it from others."""
    source = package.source
    location = source.location or ""
    if source.kind == "registry":
        if is_allowed_index(location, settings):
            return None
        return "foreign-index", f"is locked from {shown(location)}", shown(location)
    if source.kind in ("git", "url"):
        bare = location.removeprefix("git+")
        if any(_begins(bare, address.removeprefix("git+")) for address in settings.direct_sources):
            return None
        what = "a git repository" if source.kind == "git" else "an archive"
        return "direct-source", f"is taken from {what}, {shown(bare)}", "direct"
    if source.kind in ("editable", "virtual", "directory", "path"):
        return _local(source.kind, location, settings, lock_folder)
    return None


def _local(
    kind: str, location: str, settings: LockfileSettings, lock_folder: str
) -> tuple[str, str, str] | None:
    path = location.removeprefix("file://")
    inside = None if path.startswith("/") else join(lock_folder, path)
    if inside is None:
        return "direct-source", f"is taken from {location}, outside of the workspace", "outside"
    if kind != "path" or any(_begins(inside, prefix) for prefix in settings.path_sources):
        return None
    return "direct-source", f"is taken from the archive {inside}", "path"


def _begins(text: str, beginning: str) -> bool:
    """Whether an address or a path begins with another, not in the middle of a word."""
    if not text.startswith(beginning):
        return False
    rest = text[len(beginning) :]
    return not rest or beginning.endswith("/") or rest[0] in "/@?#" or rest.startswith(".git")


def is_allowed_index(url: str, settings: LockfileSettings) -> bool:
    """Whether policy names an index."""
    if DEFAULT in settings.indexes and is_default_index(url):
        return True
    allowed = settings.indexes | settings.private_indexes
    return url.rstrip("/") in {index.rstrip("/") for index in allowed}


def _foreign_hosts(package: LockedPackage, settings: LockfileSettings) -> list[str]:
    if package.source.kind in ("git", "url", "path", "directory", "editable", "virtual"):
        return []
    hosts = {host for item in package.artifacts if (host := host_of(item.url or "")) is not None}
    named = settings.file_hosts | {
        host_of(index) or index for index in settings.indexes | settings.private_indexes
    }
    default = DEFAULT in settings.file_hosts
    return sorted(
        host for host in hosts if host not in named and not (default and is_default_host(host))
    )


def _is_private(package: LockedPackage, settings: LockfileSettings) -> bool:
    return package.source.kind not in ("editable", "virtual", "directory") and any(
        package.name.startswith(canonicalize_name(prefix)) for prefix in settings.private_prefixes
    )


def _from_private(package: LockedPackage, pins: Pins, settings: LockfileSettings) -> bool:
    indexes = {index.rstrip("/") for index in settings.private_indexes}
    if package.source.kind == "registry":
        return (package.source.location or "").rstrip("/") in indexes
    if package.source.kind in ("git", "url"):
        return any(
            _begins((package.source.location or "").removeprefix("git+"), address)
            for address in settings.direct_sources
        )
    if pins.indexes:  # a further index, or the default one, could answer first
        stated = {found.url.rstrip("/") for found in pins.indexes}
        return stated <= indexes and any(f.option == "--index-url" for f in pins.indexes)
    hosts = {host_of(item.url or "") for item in package.artifacts}
    return bool(hosts) and None not in hosts and hosts <= set(map(host_of, indexes))


def shown(url: str) -> str:
    """A URL without the credentials that it may hold."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
