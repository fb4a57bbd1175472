"""Whether markers mean the same: they are compared in every world that they can tell apart.

A world gives each variable a value. Only the values that a marker mentions, those between them, and
one beyond all make a difference, so the worlds are few. What depends on what is kept together: the
two versions of Python, and a platform's names, which uv writes one for another.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from inseam.gates.lockfile.meaning.parse import ALWAYS, Atom, Node, Tree, atoms

MAX_WORLDS = 60_000
"""Beyond that the answer is not known."""

World = Mapping[str, str]

_PYTHON = ("python_version", "python_full_version")
_PLATFORM = ("os_name", "sys_platform", "platform_system")
_IMPLEMENTATION = ("implementation_name", "platform_python_implementation")
_PLATFORMS = (
    ("posix", "linux", "Linux"),
    ("posix", "darwin", "Darwin"),
    ("nt", "win32", "Windows"),
    ("posix", "cygwin", "CYGWIN_NT-10.0"),
    ("posix", "emscripten", "Emscripten"),
    ("posix", "android", "Android"),
    ("posix", "ios", "iOS"),
    ("posix", "freebsd14", "FreeBSD"),
    ("posix", "sunos5", "SunOS"),
    ("posix", "aix", "AIX"),
    ("java", "java", "Java"),
)
_IMPLEMENTATIONS = (("cpython", "CPython"), ("pypy", "PyPy"), ("graalpy", "GraalVM"))
_OTHER = "?"
_OLDEST_MINOR, _NEWEST_MINOR = 6, 21


class TooManyWorldsError(Exception):
    """The markers mention too much to compare them."""


def equivalent(left: Tree, right: Tree, within: Tree = ALWAYS) -> bool:
    """Whether both hold in the same worlds, of those in which `within` holds.

    Raises:
        TooManyWorldsError: that cannot be found out in bounded time.
    """
    if left == right:
        return True
    return all(
        holds(left, world) == holds(right, world)
        for world in worlds((left, right, within))
        if holds(within, world)
    )


def satisfiable(tree: Tree, within: Tree = ALWAYS) -> bool:
    """Whether there is a world in which both hold.

    Raises:
        TooManyWorldsError: that cannot be found out in bounded time.
    """
    return any(holds(tree, w) and holds(within, w) for w in worlds((tree, within)))


def implies(left: Tree, right: Tree, within: Tree = ALWAYS) -> bool:
    """Whether `right` holds wherever `left` and `within` do.

    Raises:
        TooManyWorldsError: that cannot be found out in bounded time.
    """
    return all(
        holds(right, world)
        for world in worlds((left, right, within))
        if holds(within, world) and holds(left, world)
    )


def both(*trees: Tree) -> Tree:
    """Holds where all do."""
    kept = tuple(tree for tree in trees if tree != ALWAYS)
    return kept[0] if len(kept) == 1 else Node("and", kept)


def either(*trees: Tree) -> Tree:
    """Holds where any does."""
    return trees[0] if len(trees) == 1 else Node("or", trees)


def negated(tree: Tree) -> Tree:
    """Holds where `tree` does not."""
    return Node("none", (tree,))


def holds(tree: Tree, world: World) -> bool:
    """Whether a marker holds in a world that gives a value to all it mentions."""
    if isinstance(tree, Node):
        if tree.kind == "and":
            return all(holds(part, world) for part in tree.parts)
        return any(holds(part, world) for part in tree.parts) == (tree.kind == "or")
    return _atom_holds(tree, world)


def _atom_holds(atom: Atom, world: World) -> bool:
    key = _opaque(atom)
    if key is not None:
        return (world[key] == "yes") == (atom.operator not in ("!=", "not in"))
    value, wanted = world[atom.variable], atom.value
    if atom.variable == "extra":
        wanted = canonicalize_name(wanted)
    if atom.operator in ("in", "not in"):
        found = wanted in value if atom.reversed else _is_in(atom.variable, value, wanted)
        return found == (atom.operator == "in")
    if atom.variable in _PYTHON:
        return _version_holds(value, atom.operator, wanted)
    return (value == wanted) == (atom.operator in ("==", "==="))


def _is_in(variable: str, value: str, wanted: str) -> bool:
    """`variable in 'a, b'`: of versions a list, of texts a part."""
    if variable in _PYTHON:
        return value in re.split(r"[\s,|]+", wanted)
    return value in wanted


def _version_holds(value: str, operator: str, wanted: str) -> bool:
    try:
        return SpecifierSet(f"{operator}{wanted}").contains(value, prereleases=True)
    except InvalidSpecifier:
        return (value == wanted) == (operator in ("==", "==="))


def _opaque(atom: Atom) -> str | None:
    """The name of the switch that stands for a comparison whose values have no known order."""
    ordered = atom.operator not in ("==", "===", "!=", "in", "not in")
    if atom.variable in ("extras", "dependency_groups"):
        return f"{atom.variable} {canonicalize_name(atom.value)}"
    if atom.variable in _PYTHON or not ordered:
        return None
    return f"{atom.variable} {atom.operator} {atom.value}"


def worlds(trees: Iterable[Tree]) -> Iterator[World]:
    """Every world that the trees can tell apart.

    Raises:
        TooManyWorldsError: there are too many.
    """
    mentioned: dict[str, set[str]] = {}
    switches: set[str] = set()
    for atom in itertools.chain.from_iterable(map(atoms, trees)):
        if (switch := _opaque(atom)) is not None:
            switches.add(switch)
        else:
            mentioned.setdefault(atom.variable, set()).update(_values(atom))
    axes: list[list[dict[str, str]]] = [
        [{switch: "yes"}, {switch: "no"}] for switch in sorted(switches)
    ]
    if not mentioned.keys().isdisjoint(_PYTHON):
        axes.append(_pythons(mentioned))
    axes.extend(_joint(_PLATFORM, _PLATFORMS, mentioned))
    axes.extend(_joint(_IMPLEMENTATION, _IMPLEMENTATIONS, mentioned))
    together = {*_PYTHON, *_PLATFORM, *_IMPLEMENTATION}
    for variable in sorted(mentioned.keys() - together):
        known = {""} if variable == "extra" else set()
        values = sorted({*mentioned[variable], *known, _OTHER})
        axes.append([{variable: value} for value in values])
    if math.prod(map(len, axes)) > MAX_WORLDS:
        raise TooManyWorldsError
    for chosen in itertools.product(*axes):
        yield {name: value for axis in chosen for name, value in axis.items()}


def _values(atom: Atom) -> set[str]:
    if atom.operator in ("in", "not in"):
        return {atom.value, *re.split(r"[\s,|]+", atom.value)} - {""}
    return {canonicalize_name(atom.value) if atom.variable == "extra" else atom.value}


def _joint(
    names: tuple[str, ...], known: tuple[tuple[str, ...], ...], mentioned: Mapping[str, set[str]]
) -> Iterator[list[dict[str, str]]]:
    """The combinations of values that there are; a value that is not known stands alone."""
    if mentioned.keys().isdisjoint(names):
        return
    combinations = [*known, tuple(_OTHER for _ in names)]
    for position, name in enumerate(names):
        usual = {values[position] for values in known}
        for value in sorted(mentioned.get(name, set()) - usual):
            others = [_OTHER] * len(names)
            others[position] = value
            combinations.append(tuple(others))
    yield [dict(zip(names, values, strict=True)) for values in dict.fromkeys(combinations)]


def _pythons(mentioned: Mapping[str, set[str]]) -> list[dict[str, str]]:
    """Versions of Python around all that are mentioned."""
    releases: set[tuple[int, int, int]] = {
        (3, minor, 5) for minor in range(_OLDEST_MINOR, _NEWEST_MINOR)
    } | {(2, 7, 18), (4, 0, 0)}
    pre: set[str] = set()
    for text in itertools.chain.from_iterable(mentioned.get(name, ()) for name in _PYTHON):
        try:
            version = Version(text.removesuffix(".*"))
        except InvalidVersion:
            continue
        major, minor, micro = (*version.release, 0, 0)[:3]
        for around in (-1, 0, 1):
            releases.add((major, minor, max(0, micro + around)))
            releases.add((major, max(0, minor + around), 0))
            releases.add((major, max(0, minor + around), 99))
        if version.is_prerelease:
            pre |= {str(version), f"{version.base_version}a0", f"{version.base_version}rc9"}
    full = {".".join(map(str, release)) for release in releases} | pre
    return [
        {"python_full_version": version, "python_version": ".".join(version.split(".")[:2])}
        for version in sorted(full)
    ]
