"""Whether two sets of version specifiers admit the same versions."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from inseam.gates.lockfile.meaning.parse import ALWAYS, Atom, Node, Tree


@functools.lru_cache(maxsize=8192)
def same_versions(left: str, right: str) -> bool:
    """Whether `left` and `right` admit the same versions, before-releases among them.

    Versions around all that are mentioned are tried: between two of them nothing changes.

    Raises:
        InvalidSpecifier: one of them is no specifier.
    """
    first, second = SpecifierSet(left), SpecifierSet(right)
    if first == second:
        return True
    if bool(first.prereleases) != bool(second.prereleases):
        return False  # one asks for them by itself, the other does not
    if any(item.operator == "===" for item in (*first, *second)):
        return False  # compares spellings, so only the same spelling is the same
    return all(
        first.contains(version, prereleases=True) == second.contains(version, prereleases=True)
        for version in _around(first, second)
    )


def _around(*sets: SpecifierSet) -> Iterator[str]:
    """Versions at, before and behind each that is mentioned."""
    mentioned = {
        Version(specifier.version.removesuffix(".*"))
        for specifier in itertools.chain.from_iterable(sets)
    }
    yield from ("0.dev0", "0", "0.0.1", "99999")
    for version in sorted(mentioned):
        epoch = f"{version.epoch}!" if version.epoch else ""
        yield from (f"{epoch}0", f"{epoch}99999")
        yield from _beside(version, epoch)
        for length in range(1, len(version.release) + 2):
            padded = (*version.release, 0)[:length]
            for around in (-1, 0, 1):
                last = padded[-1] + around
                if last < 0:
                    continue
                release = epoch + ".".join(map(str, (*padded[:-1], last)))
                yield from (f"{release}.dev0", f"{release}a1", f"{release}rc1", release)
                yield from (f"{release}.post1", f"{release}.0.1", f"{release}.99999")


def _beside(version: Version, epoch: str) -> Iterator[str]:
    base = epoch + ".".join(map(str, version.release))
    public = version.public
    yield from (public, f"{public}+local")
    if version.local:
        yield str(version)
    if version.pre is not None:
        kind, number = version.pre
        yield from (f"{base}{kind}{max(0, number - 1)}", f"{base}{kind}{number + 1}")
        yield from (f"{base}{kind}{number}.dev0", f"{base}{kind}{number}.post1")
    if version.post is not None:
        yield from (f"{base}.post{max(0, version.post - 1)}", f"{base}.post{version.post + 1}")
    if version.dev is not None:
        without = public.rpartition(".dev")[0]
        yield from (f"{without}.dev{max(0, version.dev - 1)}", f"{without}.dev{version.dev + 1}")


def python_marker(specifiers: str | None) -> Tree:
    """`requires-python` as a marker.

    Raises:
        InvalidSpecifier: it is no specifier.
    """
    if not specifiers:
        return ALWAYS
    parts = sorted(SpecifierSet(specifiers), key=str)
    return Node(
        "and", tuple(Atom("python_full_version", item.operator, item.version) for item in parts)
    )
