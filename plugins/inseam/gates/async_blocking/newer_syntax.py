"""Syntax that the running interpreter does not know yet, told in older words.

Lines stay where they are, so that places stay right; type parameters are lost, which costs the
types that hang on them. What cannot be told is left as it is, and fails to parse.
"""

from __future__ import annotations

import re

_EXCEPT = re.compile(  # PEP 758, Python 3.14
    rb"^([ \t]*except\*?[ \t]+)([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*,?[ \t]*:", re.MULTILINE
)
_FUNCTION = re.compile(  # PEP 695, Python 3.12
    rb"^([ \t]*(?:async[ \t]+)?def[ \t]+\w+)\[([^()]*?)\](?=\()", re.MULTILINE
)
_CLASS = re.compile(rb"^([ \t]*class[ \t]+\w+)\[([^():]*(?::[^():\n]*)*?)\](?=[(:])", re.MULTILINE)
_ALIAS = re.compile(rb"^([ \t]*)type[ \t]+(\w+)(?:\[[^=\n]*\])?[ \t]*=", re.MULTILINE)


def in_older_words(content: bytes) -> bytes:
    """`content` with statements of newer Pythons replaced by older ones that mean the same."""
    content = _EXCEPT.sub(rb"\1(\2):", content)
    content = _FUNCTION.sub(_without_parameters, content)
    content = _CLASS.sub(_without_parameters, content)
    return _ALIAS.sub(rb"\1\2 =", content)


def _without_parameters(found: re.Match[bytes]) -> bytes:
    # A line end within the brackets is kept behind a backslash.
    return found.group(1) + b"\\\n" * found.group(2).count(b"\n")
