"""One spelling for what means the same: PostgreSQL keeps redundant casts and brackets."""

from __future__ import annotations

import re
from decimal import Decimal

from inseam.gates.alembic.drift.nesting import flattened

# While a text is worked on, what stands in quotes is a number between two of these.
_MARK = "\x00"
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_KEPT = re.compile(rf"(['\"]){_MARK}(\d+){_MARK}['\"]")

_TEXT = r"::(?:pg_catalog\.)?(?:text|character varying|varchar|bpchar|character|name)\b(?:\(\d+\))?"
_TEXT_CAST = re.compile(rf"(?P<literal>'[^']*'|\('[^']*'\)){_TEXT}(?:\[\])?")
_ARRAY_CAST = re.compile(rf"(?P<array>\(?ARRAY\[[^\[\]]*\]\)?){_TEXT}\[\]")
_TYPE = (
    rf"(?>::[a-z_\"][\w.\"{_MARK}]*(?: (?:varying|precision|with(?:out)? time zone))?"
    r"(?:\(\d+(?:,\d+)?\))?(?:\[\])?)"
)
_LITERAL_CAST = re.compile(rf"(?P<literal>'[^']*'|\('[^']*'\)|\bNULL){_TYPE}")
# Of what type a number is makes a difference where it is divided.
_NUMBER_CAST = re.compile(
    rf"(?<![/%] )(?P<literal>\(-?\d+(?:\.\d+)?\)|(?<![\w.(])\d+(?:\.\d+)?){_TYPE}(?! [/%])"
)
_SINGLE = re.compile(rf"(?<![\w\"])\((?P<inner>[\w.\"{_MARK}]+|'[^']*'|-?\d+(?:\.\d+)?)\)(?!::)")
_GROUPED_ARRAY = re.compile(r"\((?P<inner>ARRAY\[[^\[\]()]*\])\)")
_SYNONYMS = (
    (r"\b(?:pg_catalog\.)?(?:now|transaction_timestamp)\(\)|\bCURRENT_TIMESTAMP\b", "now()"),
    (r"\bchar(?:acter)?_length\(", "length("),
    (r"\bTRIM\(BOTH FROM ", "btrim("),
    (rf"\((?P<name>[\w.\"{_MARK}]+) = true\)", r"\g<name>"),
    (rf"\((?P<name>[\w.\"{_MARK}]+) = false\)", r"(NOT \g<name>)"),
)

_EMPTY_ARRAY = re.compile(r"ARRAY\[\]")
_AT_ZONE = re.compile(r"^\((?P<time>.+) AT TIME ZONE (?P<zone>'[^']*')\)$")
_ZONED = re.compile(r"^(?:pg_catalog\.)?timezone\((?P<zone>'[^']*'), (?P<time>.+)\)$")
_NUMBER = re.compile(r"^(?P<quote>'?)(?P<number>-?\d+(?:\.\d+)?)(?P=quote)$")
_NUMERIC = re.compile(r"^(?:smallint|integer|bigint|numeric|real|double precision)\b(?!.*\[\])")
_OWN_NAME = re.compile(
    r"^(CREATE (?:UNIQUE )?(?:INDEX|CONSTRAINT TRIGGER|TRIGGER|STATISTICS) )"
    r"(?:(?:\"(?:[^\"]|\"\")*\"|[^\s.\"]+)\.)?(?:\"(?:[^\"]|\"\")*\"|[^\s.\"]+) "
)
_BODY = re.compile(r"(\$function\$|\$procedure\$)(?P<body>.*)\1", re.DOTALL)


def expression(text: str) -> str:
    """A check's, an index's or a view's text without what makes no difference."""
    text, kept = _protected(text)
    return _restored(flattened(_simple(text)), kept)


def default(text: str, type_: str) -> str | None:
    """The server default of a column of a type without what makes no difference; NULL is none."""
    text, kept = _protected(text)
    text = flattened(_simple(text))
    while text.startswith("(") and _closes_at_end(text) and not _AT_ZONE.match(text):
        text = text[1:-1]
    text = _restored(text, kept)
    if (match := _AT_ZONE.match(text)) or (match := _ZONED.match(text)):
        text = f"timezone({match['zone'].lower()}, {match['time']})"
    text = _EMPTY_ARRAY.sub("'{}'", text)
    if match := _NUMBER.match(text):
        text = match["number"]
        if _NUMERIC.match(type_):
            text = f"{Decimal(text).normalize():f}"
    return None if text == "NULL" else text


def definition(text: str) -> str:
    """What `pg_get_indexdef` and its like say, without the thing's own name."""
    return expression(_OWN_NAME.sub(r"\1", text))


def routine(text: str) -> str:
    """A function's or procedure's text without the space around its lines."""
    return _BODY.sub(lambda match: f"{match[1]}{_lines(match['body'])}{match[1]}", text)


def _lines(body: str) -> str:
    return "\n".join(line.strip() for line in body.splitlines() if line.strip())


def _protected(text: str) -> tuple[str, list[str]]:
    """A text without what is quoted in it, and that: it must stay as it is."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"{match[0][0]}{_MARK}{len(kept) - 1}{_MARK}{match[0][0]}"

    return _QUOTED.sub(keep, text.replace(_MARK, "")), kept


def _restored(text: str, kept: list[str]) -> str:
    return _KEPT.sub(lambda match: kept[int(match[2])], text)


def _simple(text: str) -> str:
    text = " ".join(text.split())
    previous = ""
    while text != previous:
        previous = text
        text = _TEXT_CAST.sub(_bare, text)
        text = _ARRAY_CAST.sub(r"\g<array>", text)
        text = _LITERAL_CAST.sub(_bare, text)
        text = _NUMBER_CAST.sub(_bare, text)
        text = _SINGLE.sub(_unless_call, text)
        text = _GROUPED_ARRAY.sub(r"\g<inner>", text)
    for pattern, plain in _SYNONYMS:
        text = re.sub(pattern, plain, text, flags=re.IGNORECASE)
    return text


def _bare(match: re.Match[str]) -> str:
    literal = match["literal"]
    return literal[1:-1] if literal.startswith("(") else literal


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
