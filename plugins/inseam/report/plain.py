"""Messages and paths are other people's text: made harmless before they are shown."""

from __future__ import annotations

import re

_BLANKS = re.compile(r"[\t\n\v\f\r ]+")

_DECEPTIVE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # control characters: terminal escapes, what XML forbids
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible,
    "\U000e0000-\U000e0fff"  # or turning the direction of reading: CVE-2021-42574
    "\ud800-\udfff\ufffe\uffff"  # not encodable, not allowed in XML
    "]"
)


def visible(text: str) -> str:
    r"""`text` as one line of what can be seen: blanks folded, all else spelled out as `\u202e`."""
    return _DECEPTIVE.sub(
        lambda match: f"\\u{ord(match[0]):04x}", _BLANKS.sub(" ", text).strip(" ")
    )


def place(file: str, line: int | None, column: int | None = None) -> str:
    """`file:line:column`, as editors and terminals link it."""
    parts = [visible(file), *(str(number) for number in (line, column) if number is not None)]
    return ":".join(parts)


def count(number: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
