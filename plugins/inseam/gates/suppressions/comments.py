"""Which comments silence a tool, read as the tools themselves read them.

A comment that a tool would not obey is none: `# noqa` in prose, a trailing `# ruff: noqa`,
`# type: ignore because`. Sources: ruff's `noqa.rs`, `suppression.rs`, `comments.rs` and
`directives.rs`; CPython's tokenizer and mypy's `fastparse.py`; coverage's and bandit's patterns.
tests/inseam/gates/suppressions holds these readings against the real ruff and mypy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inseam.gates.suppressions import mypy_options
from inseam.gates.suppressions.settings import Kind


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A comment and where it stands."""

    text: str
    """From the first `#` to the end of the line."""
    line: int
    column: int
    """From 0."""
    own_line: bool
    """Whether nothing stands before it on its line."""
    before_code: bool
    """Whether it stands above everything but comments in its file."""


@dataclass(frozen=True, kw_only=True)
class Silencer:
    """What a comment silences."""

    kind: Kind
    directive: str
    """The words that do it, for messages."""
    codes: tuple[str, ...] = ()
    """What they name; none silences everything."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Something that silences, and where."""

    silencer: Silencer
    line: int
    column: int | None = None
    """From 1."""
    key: str
    """What identifies it in its file: the line's text, or an option and its value."""


def silencers(comment: Comment) -> Iterator[Silencer]:
    """All that a comment silences."""
    yield from _noqa(comment)
    yield from _ruff(comment)
    yield from _formatter(comment)
    yield from _isort(comment)
    yield from _type_ignore(comment)
    yield from _mypy(comment)
    yield from _others(comment)


_NOQA = re.compile(r"#\s*(?i:noqa)")
_FILE_NOQA = re.compile(r"#\s*(?:ruff|flake8)\s*:\s*(?i:noqa)")
_CAPITALS = re.compile("[A-Z]+")
_DIGITS = re.compile("[0-9]+")


def _noqa(comment: Comment) -> Iterator[Silencer]:
    """`# noqa` for a line, `# ruff: noqa` for a file; the first of each in a comment counts."""
    text = comment.text
    if (found := _NOQA.search(text)) and (codes := _noqa_codes(text[found.end() :])) is not None:
        kind: Kind = "noqa-coded" if codes else "noqa-bare"
        yield Silencer(kind=kind, directive=_spelled("# noqa", codes), codes=codes)
    # In a notebook's cell and in a module alike, ruff wants this one on a line of its own.
    if (
        comment.own_line
        and (found := _FILE_NOQA.search(text))
        and (codes := _noqa_codes(text[found.end() :])) is not None
    ):
        kind = "file-noqa-coded" if codes else "file-noqa-bare"
        yield Silencer(kind=kind, directive=_spelled("# ruff: noqa", codes), codes=codes)


def _noqa_codes(rest: str) -> tuple[str, ...] | None:
    """The codes after `noqa`; none for all of ruff's rules; None if ruff does not obey."""
    if not rest or rest[0] == "#":
        return ()
    stripped = rest.lstrip()
    if not stripped.startswith(":"):
        return () if rest[0].isspace() else None
    return _listed_codes(stripped[1:])


def _listed_codes(text: str) -> tuple[str, ...] | None:
    """The codes at the start of `text`, up to the first word that is none; None if ruff refuses."""
    codes: list[str] = []
    position, joined = 0, False
    while position < len(text):
        if text[position].isspace() or text[position] == ",":
            position += 1
            continue
        capitals = _CAPITALS.match(text, position)
        digits = _DIGITS.match(text, capitals.end()) if capitals else None
        if digits is None:
            if capitals and joined:  # F401Fabc
                return None
            break
        codes.append(text[position : digits.end()])
        position = digits.end()
        after = text[position : position + 1]
        joined = after.isascii() and after.isupper()
        if after and not (joined or after.isspace() or after in ",#"):  # F401abc
            return None
    return tuple(codes) or None


_RUFF = re.compile(
    r"#\s*ruff\s*:\s*(?P<action>disable|file-ignore|ignore)\s*"
    r"\[\s*(?P<codes>[^\W\d_][\w:-]*\s*(?:,\s*[^\W\d_][\w:-]*\s*)*),?\s*\]"
)
_RUFF_KINDS: dict[str, Kind] = {
    "disable": "ruff-disable",
    "file-ignore": "file-noqa-coded",
    "ignore": "ruff-ignore",
}


def _ruff(comment: Comment) -> Iterator[Silencer]:
    """`# ruff: ignore[…]`, `# ruff: disable[…]`, `# ruff: file-ignore[…]`."""
    for found in _RUFF.finditer(comment.text):
        action = found["action"]
        starts_line = comment.own_line and found.start() == 0
        if action == "disable" and not starts_line:
            continue
        if action == "file-ignore" and not (starts_line and comment.column == 0):
            continue
        codes = tuple(code.strip() for code in found["codes"].split(","))
        directive = f"# ruff: {action}[{', '.join(codes)}]"
        yield Silencer(kind=_RUFF_KINDS[action], directive=directive, codes=codes)


def _formatter(comment: Comment) -> Iterator[Silencer]:
    """`# fmt: off` and `# yapf: disable` from a line of their own on, at a line's end for its
    statement, as `# fmt: skip` there, which other comments may surround."""
    word, _, command = comment.text[1:].strip().partition(":")
    if (word, command.lstrip()) in {("fmt", "off"), ("yapf", "disable")}:
        kind: Kind = "fmt-off" if comment.own_line else "fmt-skip"
        yield Silencer(kind=kind, directive=f"# {word}: {command.strip()}")
    elif not comment.own_line:
        for part in comment.text.split("#"):
            word, _, command = part.strip().partition(":")
            if word == "fmt" and command.lstrip() == "skip":
                yield Silencer(kind="fmt-skip", directive="# fmt: skip")
                return


_ISORT_LINE = re.compile(r"# (?:ruff: )?isort: off|# (?:ruff: )?isort: ?skip_file")
_ISORT_SKIP = re.compile(r"isort: ?skip(?!_file)")


def _isort(comment: Comment) -> Iterator[Silencer]:
    """`# isort: skip_file` and `# isort: off` as whole comments, also behind `ruff:`; anywhere in a
    comment at a line's end `isort: skip`."""
    text = comment.text.rstrip()
    if _ISORT_LINE.fullmatch(text):
        yield Silencer(kind="isort-off", directive=text)
    elif not comment.own_line and (found := _ISORT_SKIP.search(text)):
        yield Silencer(kind="isort-off", directive=f"# {found[0]}")


_TYPE_IGNORE = re.compile(
    r"#[ \t]*type:[ \t]*(?:[^#]+#\s*type:\s*)?"  # a type comment may stand before it
    r"ignore\s*(?:\[(?P<codes>[^]#]*)\]\s*)?(?:#.*)?$"
)


def _type_ignore(comment: Comment) -> Iterator[Silencer]:
    """`# type: ignore`; above all code it silences mypy for the whole file."""
    if found := _TYPE_IGNORE.match(comment.text):
        codes = tuple(code.strip() for code in (found["codes"] or "").split(",") if code.strip())
        if codes and comment.before_code:
            return  # an error of its own, which silences nothing
        if codes:
            directive = f"# type: ignore[{', '.join(codes)}]"
            yield Silencer(kind="type-ignore-coded", directive=directive, codes=codes)
        else:
            kind: Kind = "type-ignore-file" if comment.before_code else "type-ignore-bare"
            yield Silencer(kind=kind, directive="# type: ignore")


_MYPY_KINDS: dict[str, Kind] = {
    "ignore_errors": "mypy-ignore-errors",
    "disable_error_code": "mypy-disable-error-code",
}


def _mypy(comment: Comment) -> Iterator[Silencer]:
    """`# mypy: ignore-errors` and other inline settings, which count at a line's very beginning.

    mypy's older parser also obeys such a line within a text, and none without a blank before the
    setting; this is how the newer one reads it, the default since mypy 2.
    """
    if comment.column == 0 and comment.text.startswith(mypy_options.PREFIX):
        for found in mypy_options.inline(comment.text):
            kind = _MYPY_KINDS.get(found.option, "mypy-inline")
            codes = (found.value,) if kind == "mypy-disable-error-code" else ()
            yield Silencer(kind=kind, directive=f"{mypy_options.PREFIX} {found}", codes=codes)


_NO_COVER = re.compile(r"#\s*(?:pragma|PRAGMA)[:\s]?\s*(?:no|NO)\s*(?:cover|COVER|branch|BRANCH)")
_NOSEC = re.compile(r"#\s*nosec\b:?\s*(?P<codes>[^#]*)", re.IGNORECASE)
_BANDIT_CODE = re.compile(r"\bB[0-9]{3}\b")


def _others(comment: Comment) -> Iterator[Silencer]:
    """coverage's `# pragma: no cover` and bandit's `# nosec`."""
    if found := _NO_COVER.search(comment.text):
        yield Silencer(kind="no-cover", directive=found[0])
    if found := _NOSEC.search(comment.text):
        codes = tuple(_BANDIT_CODE.findall(found["codes"]))
        yield Silencer(kind="nosec", directive=_spelled("# nosec", codes), codes=codes)


def _spelled(word: str, codes: tuple[str, ...]) -> str:
    return f"{word}: {', '.join(codes)}" if codes else word
