"""One spelling for what means the same: PostgreSQL keeps redundant casts and brackets."""

from __future__ import annotations

import re

_TEXT_CAST = re.compile(
    r"::(?:pg_catalog\.)?(?:text|character varying|varchar|bpchar|character|name)"
    r"(?:\(\d+\))?(?:\[\])?"
)
_LITERAL_CAST = re.compile(
    r"(?P<literal>'(?:[^']|'')*'|\(?-?\b\d+(?:\.\d+)?\b\)?)"
    r"::(?:[a-z_\"][\w.\"]*)(?: (?:varying|precision|with(?:out)? time zone))?"
    r"(?:\(\d+(?:,\d+)?\))?(?:\[\])?"
)
_SINGLE = re.compile(r"(?<![\w\"])\((?P<inner>[\w.\"]+|'(?:[^']|'')*'|-?\d+(?:\.\d+)?)\)")
_GROUPED_ARRAY = re.compile(r"\((?P<inner>ARRAY\[[^\[\]()]*\])\)")
_EMPTY_ARRAY = re.compile(r"ARRAY\[\]")
_AT_ZONE = re.compile(r"^\((?P<time>.+) AT TIME ZONE (?P<zone>'[^']*')\)$")
_ZONED = re.compile(r"^(?:pg_catalog\.)?timezone\((?P<zone>'[^']*'), (?P<time>.+)\)$")
_NOW = re.compile(
    r"\b(?:pg_catalog\.)?(?:now|transaction_timestamp)\(\)|\bCURRENT_TIMESTAMP\b", re.IGNORECASE
)
_OWN_NAME = re.compile(
    r"^(CREATE (?:UNIQUE )?(?:INDEX|CONSTRAINT TRIGGER|TRIGGER|STATISTICS) )"
    r"(?:(?:\"(?:[^\"]|\"\")*\"|[^\s.\"]+)\.)?(?:\"(?:[^\"]|\"\")*\"|[^\s.\"]+) "
)
_QUOTED_NUMBER = re.compile(r"^'(-?\d+(?:\.\d+)?)'$")


def expression(text: str) -> str:
    """A check's, an index's or a view's text without what makes no difference."""
    text = " ".join(text.split())
    previous = ""
    while text != previous:
        previous = text
        text = _TEXT_CAST.sub("", text)
        text = _LITERAL_CAST.sub(lambda match: _bare(match["literal"]), text)
        text = _SINGLE.sub(_unless_call, text)
        text = _GROUPED_ARRAY.sub(r"\g<inner>", text)
    return _NOW.sub("now()", text)


def default(text: str) -> str:
    """A server default without what makes no difference."""
    text = expression(text)
    while text.startswith("(") and _closes_at_end(text):
        inner = text[1:-1]
        if _AT_ZONE.match(text):
            break
        text = inner
    if (match := _AT_ZONE.match(text)) or (match := _ZONED.match(text)):
        text = f"timezone({match['zone'].lower()}, {match['time']})"
    text = _EMPTY_ARRAY.sub("'{}'", text)
    return _QUOTED_NUMBER.sub(r"\1", text)


def definition(text: str) -> str:
    """What `pg_get_indexdef` and its like say, without the thing's own name."""
    return expression(_OWN_NAME.sub(r"\1", text))


def _bare(literal: str) -> str:
    if literal.startswith("(") and literal.endswith(")"):
        return literal[1:-1]
    return literal.strip("()") if literal[0] in "(-0123456789" and literal.count("(") else literal


def _unless_call(match: re.Match[str]) -> str:
    """What stands in brackets alone, unless the brackets are a function's."""
    before = match.string[: match.start()]
    if re.search(r"\b(?:IN|KEY|UNIQUE|REFERENCES|INCLUDE|USING|DISTINCT|ANY|ALL|WITH) $", before):
        return match[0]
    if re.search(r"USING \w+ $", before):
        return match[0]
    return match["inner"]


def _closes_at_end(text: str) -> bool:
    """Whether the first bracket is closed by the last character."""
    depth = 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return index == len(text) - 1
    return False
