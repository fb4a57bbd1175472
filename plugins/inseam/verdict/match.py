"""Which findings a waiver is about."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping

from packaging.utils import canonicalize_name

from inseam.findings.model import Finding

_SEPARATORS = re.compile(r"[,\s]+")


def matches(match: Mapping[str, str], finding: Finding) -> bool:
    """Whether every entry of a waiver's `match` holds for `finding`; an empty one never does.

    `rule` is compared whole; `path` is a glob in which `*` stays within a folder and `**` crosses
    them; `finding` is a rule, a tool's code, an advisory (or an alias of it) or a fingerprint;
    `package` is a name in any spelling; any other key is compared with the finding's property of
    that name.
    """
    return bool(match) and all(_holds(key, value, finding) for key, value in match.items())


def _holds(key: str, value: str, finding: Finding) -> bool:
    match key:
        case "rule":
            return value == finding.rule
        case "path":
            return glob_matches(value, finding.file)
        case "finding":
            return value in _names(finding) or value.casefold() in _advisories(finding)
        case "package" if key in finding.properties:
            return canonicalize_name(value) == canonicalize_name(finding.properties[key])
        case _:
            return finding.properties.get(key) == value


def _names(finding: Finding) -> frozenset[str]:
    """Whatever a person may call this finding, besides its advisory."""
    return frozenset({finding.rule, finding.rule.partition("/")[2], finding.fingerprint})


def _advisories(finding: Finding) -> frozenset[str]:
    """The advisory's names, in which capitals make no difference."""
    stated = (finding.properties.get(key, "") for key in ("advisory", "aliases"))
    names = {name for text in stated for name in _SEPARATORS.split(text.casefold())}
    return frozenset(names - {""})


def glob_matches(pattern: str, path: str) -> bool:
    """Whether `path` as a whole matches the glob; both posix, relative to the workspace's root.

    Segment by segment over all places in the pattern at once: the time is bounded by the product
    of their lengths, whoever wrote the pattern.
    """
    parts = pattern.split("/")
    places = _skip({0}, parts)
    for name in path.split("/"):
        places = _skip(
            {
                place if parts[place] == "**" else place + 1
                for place in places
                if place < len(parts)
                and (parts[place] == "**" or fnmatch.fnmatchcase(name, parts[place]))
            },
            parts,
        )
    return len(parts) in places


def _skip(places: set[int], parts: list[str]) -> set[int]:
    """`places` and those behind a `**`, which also stands for no folder at all."""
    reached = set(places)
    for place in range(len(parts)):
        if place in reached and parts[place] == "**":
            reached.add(place + 1)
    return reached
