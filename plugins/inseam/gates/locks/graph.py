"""Which packages the roots of a lock lead to, under which conditions, and by which chain."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

from inseam.gates.locks.model import Edge, LockedPackage, PackageKey, Pins, Root

_CONFLICT = re.compile(r"""extra\s*[!=]=\s*["'](?:extra|group|project)-\d+-""")
"""How uv writes into a marker which of several conflicting extras or groups was chosen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """Why a package is in a lock."""

    root: Root
    packages: tuple[LockedPackage, ...]
    """From what the root asks for to the package itself."""

    def __str__(self) -> str:
        names = (f"{p.name} {p.version}" if p.version else p.name for p in self.packages)
        return " → ".join((self.root.label, *names))


Holds = Callable[[str | None, frozenset[str]], bool]
"""Whether a marker holds, given the asking package's extras."""


def everywhere(marker: str | None, extras: frozenset[str]) -> bool:
    """Any marker may hold somewhere."""
    return True


def in_environment(environment: Mapping[str, str]) -> Holds:
    """Whether markers hold in one environment, such as `packaging.markers.default_environment()`.

    A marker that cannot be understood holds, so that nothing is left out because of it.
    """
    variables = dict(environment)

    def holds(marker: str | None, extras: frozenset[str]) -> bool:
        if marker is None or _CONFLICT.search(marker):
            return True
        try:
            parsed = Marker(marker)
            return any(parsed.evaluate({**variables, "extra": extra}) for extra in extras or {""})
        except (InvalidMarker, UndefinedEnvironmentName, KeyError):
            return True

    return holds


def reached(
    pins: Pins,
    *,
    roots: Iterable[Root] | None = None,
    holds: Holds = everywhere,
) -> Mapping[PackageKey, Chain]:
    """The packages that roots lead to, each with its shortest chain (the first of these by name).

    Args:
        pins: the lock.
        roots: where to begin; None for all of the lock's, extras and groups among them.
        holds: whether a marker holds; `everywhere`, or that of `in_environment`.
    """
    walk = _Walk(pins, holds)
    ordered = sorted(
        pins.roots if roots is None else roots, key=lambda root: (root.name, root.label)
    )
    for root in ordered:
        if holds(root.marker, frozenset()):
            for package in pins.asked_for(root):
                walk.add(Chain(root=root, packages=(package,)), package, root.extras)
    walk.run()
    return walk.chains


class _Walk:
    """Breadth first, so that a package's first chain is its shortest."""

    def __init__(self, pins: Pins, holds: Holds) -> None:
        self.chains: dict[PackageKey, Chain] = {}
        self._pins = pins
        self._holds = holds
        self._extras: dict[PackageKey, frozenset[str]] = {}
        self._pending: deque[tuple[LockedPackage, frozenset[str]]] = deque()

    def add(self, chain: Chain, package: LockedPackage, extras: frozenset[str]) -> None:
        """Take note that a package is asked for with some extras."""
        known = self._extras.get(package.key)
        if known is not None and extras <= known:
            return
        if not any(self._holds(marker, frozenset()) for marker in package.markers or (None,)):
            return
        self.chains.setdefault(package.key, chain)
        self._extras[package.key] = extras if known is None else known | extras
        self._pending.append((package, self._extras[package.key]))

    def run(self) -> None:
        """Follow every edge that holds."""
        while self._pending:
            package, extras = self._pending.popleft()
            chain = self.chains[package.key]
            for edge in package.edges:
                if self._follows(edge, extras):
                    for target in self._pins.asked_for(edge):
                        longer = Chain(root=chain.root, packages=(*chain.packages, target))
                        self.add(longer, target, edge.extras)

    def _follows(self, edge: Edge, extras: frozenset[str]) -> bool:
        if edge.when_extras and edge.when_extras.isdisjoint(extras):
            return False
        return self._holds(edge.marker, extras)
