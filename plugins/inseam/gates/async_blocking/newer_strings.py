"""Texts of newer Pythons in the words of older ones: f-strings of PEP 701, t-strings of PEP 750.

Until Python 3.12 an expression within an f-string could hold neither the f-string's own quotes nor
a backslash, comment or line end. Such f-strings become ones in three quotes whose inner texts are
in single ones, with all that is evaluated in them, in order and on its line; what the texts say is
lost where it could not be written so.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

# What a text begins with. A letter before it would make it part of a name.
_OPENING = re.compile(r"(?<!\w)([A-Za-z]{0,2})(\"\"\"|'''|\"|')")
_PREFIXES = frozenset({"", "r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"})
_INTERESTING = re.compile(r"#|\"|'")
_UNWRITABLE = re.compile(r"[^\w .,:;/@%()<>=+*-]")
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Text:
    """A text or comment in a file."""

    start: int
    end: int
    kind: str
    """Its prefix in lower case, without quotes; `#` for a comment."""


def texts(source: str) -> Iterator[Text]:
    """The texts and comments of a file, in order.

    Raises:
        ValueError: one does not end, or holds too many within one another.
    """
    place = 0
    while found := _INTERESTING.search(source, place):
        text = _text_at(source, found.start(), 0)
        yield text
        place = text.end


def in_older_words(source: str) -> str:
    """`source` with its newer f-strings replaced; as it is where they cannot be told."""
    done: list[str] = []
    place = 0
    try:
        for text in texts(source):
            if "f" in text.kind or "t" in text.kind:
                literal = source[text.start : text.end]
                if "t" in text.kind or not _parses(literal):
                    done += source[place : text.start], 'f"""', _Rewriting(source).of(text), '"""'
                    place = text.end
    except ValueError:
        return source
    return "".join([*done, source[place:]])


def _parses(literal: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(f"({literal})", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _text_at(source: str, place: int, depth: int) -> Text:
    """The text or comment whose quote or `#` stands at a place."""
    if source[place] == "#":
        end = source.find("\n", place)
        return Text(place, len(source) if end < 0 else end, "#")
    start = place
    while start and place - start < 2 and source[start - 1].isalpha():
        start -= 1
    for before in range(start, place + 1):
        opening = _OPENING.match(source, before)
        if opening is not None and opening.group(1).lower() in _PREFIXES:
            break
    else:
        raise ValueError("no text")
    kind = opening.group(1).lower()
    end = opening.end()
    quote = opening.group(2)
    while not source.startswith(quote, end):
        if end >= len(source) or (len(quote) == 1 and source[end] == "\n"):
            raise ValueError("a text without end")
        end = _beyond(source, end, kind, depth)
    return Text(opening.start(), end + len(quote), kind)


def _beyond(source: str, place: int, kind: str, depth: int) -> int:
    """The place behind one character of a text, or behind one of its fields."""
    if source[place] == "\\":
        if source.startswith("\\N{", place) and "r" not in kind:
            return source.index("}", place) + 1
        return place + (1 if source[place + 1 : place + 2] in ("{", "}") else 2)
    if source[place] == "{" and ("f" in kind or "t" in kind):
        if source.startswith("{{", place):
            return place + 2
        return _field(source, place, depth).end
    return place + 1


@dataclass(frozen=True, slots=True)
class _Field:
    """What stands in braces in an f-string."""

    expression: tuple[int, int]
    inner: tuple[_Field, ...]
    """Fields in its format."""
    end: int


def _field(source: str, start: int, depth: int) -> _Field:
    if depth >= _DEEPEST:
        raise ValueError("f-strings within f-strings within …")
    place, open_brackets = start + 1, 0
    while True:
        character = source[place : place + 1]
        if not character:
            raise ValueError("a field without end")
        if character in "\"'#":
            place = _text_at(source, place, depth + 1).end
            continue
        if character in "([{":
            open_brackets += 1
        elif character in ")]}" and open_brackets:
            open_brackets -= 1
        elif not open_brackets and (
            character in "}:" or (character == "!" and source[place + 1 : place + 2] != "=")
        ):
            break
        place += 1
    stop = place
    if source[place] == "!":
        while source[place] not in ":}":
            place += 1
    inner: list[_Field] = []
    while source[place] != "}":  # the format
        if source[place] == "{":
            inner.append(_field(source, place, depth + 1))
            place = inner[-1].end
        else:
            place += 1
    return _Field((start + 1, stop), tuple(inner), place + 1)


class _Rewriting:
    """Writes f-strings in older words."""

    def __init__(self, source: str) -> None:
        self._source = source

    def of(self, text: Text) -> str:
        """The fields of an f-string and its line ends."""
        return "".join(
            part if isinstance(part, str) else f"{{({part[0]})}}" for part in self._parts(text)
        )

    def _parts(self, text: Text) -> Iterator[str | tuple[str]]:
        """Line ends as texts, and expressions in tuples of one."""
        source = self._source
        opening = _OPENING.match(source, text.start)
        assert opening is not None
        place, end = opening.end(), text.end - len(opening.group(2))
        while place < end:
            if source[place] == "{" and not source.startswith("{{", place):
                field = _field(source, place, 0)
                yield from self._of_field(field)
                place = field.end
                continue
            if source[place] == "\n":
                yield "\n"
            beyond = _beyond(source, place, text.kind, 0)
            if source.startswith("\\\n", place):
                yield "\n"
            place = beyond

    def _of_field(self, field: _Field) -> Iterator[str | tuple[str]]:
        expression = self._expression(*field.expression)
        bare = expression.rstrip()
        if bare.endswith("=") and bare[-2:-1] not in ("=", "!", "<", ">"):
            bare = bare[:-1]
        yield (bare + expression[len(expression.rstrip()) :],)
        for inner in field.inner:
            yield from self._of_field(inner)

    def _expression(self, start: int, end: int) -> str:
        """An expression without what an older f-string's must not hold."""
        source, done, place = self._source, [], start
        while found := _INTERESTING.search(source, place, end):
            text = _text_at(source, found.start(), 0)
            done.append(source[place : text.start].replace("\\", " "))
            done.append(self._nested(text))
            place = text.end
        done.append(source[place:end].replace("\\", " "))
        return "".join(done)

    def _nested(self, text: Text) -> str:
        if text.kind == "#":
            return ""
        if "f" in text.kind or "t" in text.kind:
            parts = [
                part if isinstance(part, str) else f"({part[0]})," for part in self._parts(text)
            ]
            return f"('', {''.join(parts)})"
        opening = _OPENING.match(self._source, text.start)
        assert opening is not None
        content = self._source[opening.end() : text.end - len(opening.group(2))]
        prefix = "b" if "b" in text.kind else ""
        return f"{prefix}'{_UNWRITABLE.sub('_', content)}'" + "\n" * content.count("\n")
