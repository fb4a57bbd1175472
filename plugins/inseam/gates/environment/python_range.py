"""Which Pythons a service declares: PEP 440, and what Poetry has instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

_CARET_OR_TILDE = re.compile(r"(?P<sign>\^|~(?!=))\s*(?P<release>\d+(?:\.\d+)*)")
_BARE_RELEASE = re.compile(r"^\d+(?:\.\d+)*(?:\.\*)?$")
_NEWEST_MINOR = 60
_NEWEST_PATCH = 99
"""Further than any Python 3 will get."""

Version = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class PythonRange:
    """Versions of Python, as a service's files state them."""

    text: str
    """As it is written there."""
    alternatives: tuple[SpecifierSet, ...]
    """A version has to fit one of them."""

    def __contains__(self, version: Version) -> bool:
        text = ".".join(map(str, version))
        return any(specifiers.contains(text) for specifiers in self.alternatives)

    def has_minor(self, minor: int) -> bool:
        """Whether some patch of Python 3.`minor` is in the range."""
        patches = {0, _NEWEST_PATCH}
        for specifiers in self.alternatives:
            for specifier in specifiers:
                release = specifier.version.removesuffix(".*").split(".")
                if len(release) > 2 and release[2].isdigit():
                    # The bound itself may be outside, then a neighbour is inside.
                    patches.update(range(max(0, int(release[2]) - 1), int(release[2]) + 2))
        return any((3, minor, patch) in self for patch in sorted(patches))

    def lowest_minor(self) -> int | None:
        """The lowest minor version of Python 3 in the range, if there is any."""
        return next((minor for minor in range(_NEWEST_MINOR) if self.has_minor(minor)), None)


def parse_range(text: str) -> PythonRange:
    """The range that `text` means, in PEP 440's or Poetry's words.

    Raises:
        ValueError: in neither.
    """
    try:
        return PythonRange(
            text=text,
            alternatives=tuple(
                SpecifierSet(",".join(_pep440(part) for part in _conjuncts(alternative)))
                for alternative in re.split(r"\|\|?", text)
            ),
        )
    except InvalidSpecifier as error:
        raise ValueError(f"the range of Python versions {text!r} is none") from error


def _conjuncts(alternative: str) -> Iterable[str]:
    spaced = re.sub(r"([<>=!~^])\s+", r"\1", alternative.strip())
    return [part for part in re.split(r"[,\s]+", spaced) if part]


def _pep440(part: str) -> str:
    """One of Poetry's conditions as one of PEP 440 (python-poetry.org/docs, dependency
    specification)."""
    if part == "*":
        return ""
    if _BARE_RELEASE.match(part):
        return f"=={part}"
    match = _CARET_OR_TILDE.fullmatch(part)
    if match is None:
        return part
    release = [int(number) for number in match["release"].split(".")]
    upper = release[:1] if match["sign"] == "^" or len(release) == 1 else release[:2]
    upper[-1] += 1
    return f">={match['release']},<{'.'.join(map(str, upper))}"


def stated_range(pyproject: Mapping[str, Any]) -> str | None:
    """What a `pyproject.toml` states, if it does."""
    stated = _dig(pyproject, "project", "requires-python")
    if stated is None:
        stated = _dig(pyproject, "tool", "poetry", "dependencies", "python")
    return stated if isinstance(stated, str) else None


def locked_range(lock: Mapping[str, Any]) -> str | None:
    """What a lock of any kind states, if it does."""
    for path in (("requires-python",), ("metadata", "python-versions"), ("requires_python",)):
        stated = _dig(lock, *path)
        if isinstance(stated, str):
            return stated
        if isinstance(stated, list) and stated:  # a Pants resolve: alternatives
            return "||".join(map(str, stated))
    return None


def _dig(tree: Any, *path: str) -> Any:
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree
