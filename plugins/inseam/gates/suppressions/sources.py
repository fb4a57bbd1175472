"""Suppressions in Python files and notebooks, from their tokens."""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Iterator

from inseam.findings.model import line_key
from inseam.gates.files import SourceError
from inseam.gates.suppressions import mypy_options
from inseam.gates.suppressions.comments import Comment, Place, Silencer, silencers
from inseam.gates.suppressions.settings import Kind

_WORDS = (
    b"noqa",
    b"type:",
    b"# mypy: ",
    b"ruff",
    b"fmt:",
    b"yapf:",
    b"isort:",
    b"pragma",
    b"nosec",
)
_MARKER = re.compile(
    rb"#[^\r\n]*?(?:noqa|type:[ \t]*ignore|ruff\s*:|fmt:|yapf:|isort:|pragma|nosec)"
    rb"|no_type_check|^# mypy: ",
    re.IGNORECASE | re.MULTILINE,
)

_INVISIBLE = frozenset(
    {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    }
)


def may_silence(content: bytes) -> bool:
    """Whether a file can hold anything of interest; cheap, and right whenever it says no."""
    lowered = content.lower()
    if b"no_type_check" not in lowered and not any(word in lowered for word in _WORDS):
        return False
    return _MARKER.search(content) is not None


def in_module(text: str) -> Iterator[Place]:
    """All that a module's text silences.

    Raises:
        SourceError: it cannot be split into tokens.
    """
    lines = io.StringIO(text, newline=None).read().split("\n")
    for line, loosened in mypy_options.inline(text):
        yield Place(silencer=_inline(loosened), line=line, column=1, key=line_key(lines[line - 1]))
    before_code = True
    statement: list[tokenize.TokenInfo] = []
    for token in _tokens(text):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            comment = Comment(
                text=token.string,
                line=line,
                column=column,
                own_line=not lines[line - 1][:column].strip(),
                before_code=before_code,
            )
            for silencer in silencers(comment):
                yield Place(
                    silencer=silencer, line=line, column=column + 1, key=line_key(lines[line - 1])
                )
        elif token.type == tokenize.NEWLINE:
            yield from _no_type_check(statement)
            statement = []
        elif token.type not in _INVISIBLE:
            before_code = False
            statement.append(token)


def in_notebook(text: str) -> Iterator[tuple[int, Place]]:
    """All that a notebook's code cells silence, with each cell's number from 1.

    Raises:
        SourceError: it is no notebook, or a cell cannot be split into tokens.
    """
    try:
        cells = [
            (number, "".join(cell["source"]))
            for number, cell in enumerate(json.loads(text)["cells"], 1)
            if cell["cell_type"] == "code"
        ]
    except (ValueError, LookupError, TypeError) as error:
        raise SourceError(f"the notebook cannot be read: {error}") from error
    for number, source in cells:
        if may_silence(source.encode("utf-8", "surrogatepass")):
            for place in in_module(source):
                yield number, place


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(text, newline=None).readline)
    except tokenize.TokenError as error:
        message, (line, _) = error.args
        raise SourceError(f"the file cannot be split into tokens: {message}", line=line) from error
    except SyntaxError as error:
        message = f"the file cannot be split into tokens: {error.msg}"
        raise SourceError(message, line=error.lineno or None) from error


def _inline(loosened: mypy_options.Loosened) -> Silencer:
    kinds: dict[str, Kind] = {
        "ignore_errors": "mypy-ignore-errors",
        "disable_error_code": "mypy-disable-error-code",
    }
    kind = kinds.get(loosened.option, "mypy-inline")
    codes = (loosened.value,) if kind == "mypy-disable-error-code" else ()
    return Silencer(kind=kind, directive=f"{mypy_options.PREFIX}{loosened}", codes=codes)


def _no_type_check(statement: list[tokenize.TokenInfo]) -> Iterator[Place]:
    """`no_type_check` where it is used, or imported under another name; not a plain import."""
    importing = bool(statement) and statement[0].string in {"from", "import"}
    for index, token in enumerate(statement):
        if token.type != tokenize.NAME or token.string != "no_type_check":
            continue
        renamed = index + 1 < len(statement) and statement[index + 1].string == "as"
        if not importing or renamed:
            line, column = token.start
            silencer = Silencer(kind="no-type-check", directive="no_type_check")
            yield Place(silencer=silencer, line=line, column=column + 1, key=line_key(token.line))
