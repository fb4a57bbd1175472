"""Whether a marker can hold on some platform, whatever the rest of the machine is like."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

from packaging.markers import InvalidMarker, Marker

from inseam.gates.locks.graph import Holds, everywhere
from inseam.gates.pip_audit.settings import PLATFORMS, Platform

_VARIABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "darwin": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "win32": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
_NAMES = frozenset(_VARIABLES["linux"])
_TOKEN = re.compile(
    r"""\s*(?:(?P<bracket>[()])|(?P<word>and|or)\b|(?P<atom>
        (?:[\w.]+|'[^']*'|"[^"]*")\s*
        (?:not\s+in\b|in\b|===|[=!~<>]=|[<>])\s*
        (?:[\w.]+|'[^']*'|"[^"]*")))""",
    re.VERBOSE,
)


def not_only_on(skipped: Collection[Platform]) -> Holds:
    """Whether a marker may hold on a platform that is not skipped.

    Only what a marker says of the platform counts: everything else, such as the Python or the
    machine, may be as it likes. A marker that is not understood may hold.
    """
    if not skipped:
        return everywhere
    platforms = sorted(PLATFORMS - frozenset(skipped))

    def holds(marker: str | None, extras: frozenset[str]) -> bool:
        return marker is None or any(_may_hold(marker, platform) for platform in platforms)

    return holds


@lru_cache(maxsize=4096)
def _may_hold(marker: str, platform: str) -> bool:
    tokens: list[str] = []
    position = 0
    while position < len(marker.rstrip()):
        match = _TOKEN.match(marker, position)
        if match is None:
            return True
        tokens.append(match[0].strip())
        position = match.end()
    try:
        value = _Reader(tokens, platform).alternatives()
    except (IndexError, InvalidMarker):
        return True
    return value


class _Reader:
    """Markers have no `not`, so what is unknown is taken to hold: more holds then, never less."""

    def __init__(self, tokens: list[str], platform: str) -> None:
        self._tokens = [*tokens, ""]
        self._next = 0
        self._platform = platform

    def alternatives(self) -> bool:
        value = self._conjunction()
        while self._take("or"):
            value = self._conjunction() or value
        return value

    def _conjunction(self) -> bool:
        value = self._atom()
        while self._take("and"):
            value = self._atom() and value
        return value

    def _atom(self) -> bool:
        if self._take("("):
            value = self.alternatives()
            self._take(")")
            return value
        token = self._tokens[self._next]
        self._next += 1
        if _NAMES.isdisjoint(re.findall(r"\w+", re.sub(r"'[^']*'|\"[^\"]*\"", "", token))):
            return True
        return Marker(token).evaluate(dict(_VARIABLES[self._platform]))

    def _take(self, token: str) -> bool:
        if self._tokens[self._next] != token:
            return False
        self._next += 1
        return True
