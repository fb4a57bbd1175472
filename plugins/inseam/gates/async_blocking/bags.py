"""Bags of state: objects of web frameworks on which programs set attributes of their own.

What `app.state.db = …` sets in one file is `request.app.state.db` in others, and what connects the
two is no more than the names. They are known as `.state.db`: a text that is no name of Python's,
so that it can stand among those that files define, bind and rebind.
"""

from __future__ import annotations

import ast
import re

from inseam.gates.async_blocking.summary import Expression

APPLICATION = "app"
"""The application itself, which programs also set attributes on; they call it so."""
BAGS = frozenset({APPLICATION, "ctx", "state"})
"""What bags are called where something is set on them."""

_SET = rb"([A-Za-z_]\w*)[ \t]*(?::[^=\n]*)?=(?!=)"
_ON_APPLICATION = re.compile(rb"app\." + _SET)
_ON_CTX = re.compile(rb"\.ctx\." + _SET)
_ON_STATE = re.compile(rb"\.state\." + _SET)


def shared(bag: str, name: str) -> str:
    """An attribute of a bag as it is known."""
    return f".{bag}.{name}"


def assigned(content: bytes) -> set[bytes]:
    """What a file seems to set on bags, going by its text."""
    found: set[bytes] = set()
    # Most files lack even that: looking for a plain text is much faster.
    if b"app." in content:
        found.update(b".app." + name for name in _ON_APPLICATION.findall(content))
        if b".ctx." in content:  # Sanic's, which is met on applications and in their handlers
            found.update(b".ctx." + name for name in _ON_CTX.findall(content))
    if b".state." in content:
        found.update(b".state." + name for name in _ON_STATE.findall(content))
    return found


def bag_of(base: Expression) -> str:
    """Which bag something may be, going by its name; empty for none."""
    if type(base) is list and base[0] == "a":
        return base[2] if base[2] in BAGS else ""
    return APPLICATION if base == APPLICATION else ""


def shared_by(target: ast.Attribute) -> str:
    """What assigning a target may set on a bag, as it is known; empty for nothing."""
    base = target.value
    if isinstance(base, ast.Attribute):
        return shared(base.attr, target.attr) if base.attr in BAGS else ""
    if isinstance(base, ast.Name) and base.id == APPLICATION:
        return shared(APPLICATION, target.attr)
    return ""
