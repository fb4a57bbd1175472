"""Suppressions in Python files and notebooks, from their tokens."""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Iterator, Sequence

from inseam.findings.model import line_key
from inseam.gates.files import SourceSyntaxError
from inseam.gates.suppressions.comments import Comment, Place, Silencer, silencers

_WORDS = (
    b"noqa",
    b"type:",
    b"# mypy:",
    b"ruff",
    b"fmt:",
    b"yapf:",
    b"isort:",
    b"pragma",
    b"nosec",
)
_MARKER = re.compile(
    rb"#[^\r\n]*?(?:noqa|type:[ \t]*ignore|ruff\s*:|fmt:|yapf:|isort:|pragma|nosec)"
    rb"|no_type_check|^# mypy:",
    re.IGNORECASE | re.MULTILINE,
)

_NO_TYPE_CHECK = "no_type_check"

_STATEMENT_ENDS = frozenset({tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})
_INVISIBLE = frozenset(
    {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
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
        SourceSyntaxError: it cannot be split into tokens.
    """
    lines = io.StringIO(text, newline=None).read().split("\n")
    try:
        for comment in _comments(text, lines):
            for silencer in silencers(comment):
                yield Place(
                    silencer=silencer,
                    line=comment.line,
                    column=comment.column + 1,
                    key=line_key(lines[comment.line - 1]),
                )
        if _NO_TYPE_CHECK in text:
            yield from _no_type_check(text)
    except tokenize.TokenError as error:
        message, (line, _) = error.args
        raise SourceSyntaxError(
            f"the file cannot be split into tokens: {message}", line=line
        ) from error
    except SyntaxError as error:
        message = f"the file cannot be split into tokens: {error.msg}"
        raise SourceSyntaxError(message, line=error.lineno or None) from error


def in_notebook(text: str) -> Iterator[tuple[int, Place]]:
    """All that a notebook's code cells silence, with each cell's number from 1.

    Raises:
        SourceSyntaxError: it is no notebook, or a cell cannot be split into tokens.
    """
    try:
        cells = [
            (number, "".join(cell["source"]))
            for number, cell in enumerate(json.loads(text)["cells"], 1)
            if cell["cell_type"] == "code"
        ]
    except (ValueError, LookupError, TypeError) as error:
        raise SourceSyntaxError(f"the notebook cannot be read: {error}") from error
    for number, source in cells:
        if may_silence(source.encode("utf-8", "surrogatepass")):
            for place in in_module(source):
                yield number, place


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(text, newline=None).readline)


def _comments(text: str, lines: Sequence[str]) -> Iterator[Comment]:
    before_code = True
    for token in _tokens(text):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            yield Comment(
                text=token.string,
                line=line,
                column=column,
                own_line=not lines[line - 1][:column].strip(),
                before_code=before_code,
            )
        elif before_code and token.type not in _INVISIBLE:
            before_code = False


def _no_type_check(text: str) -> Iterator[Place]:
    """`no_type_check` where it is used, or imported under another name; not a plain import."""
    tokens = [token for token in _tokens(text) if token.type not in {tokenize.NL, tokenize.COMMENT}]
    first_word = ""
    for index, token in enumerate(tokens):
        if index == 0 or tokens[index - 1].type in _STATEMENT_ENDS:
            first_word = token.string
        if token.type != tokenize.NAME or token.string != _NO_TYPE_CHECK:
            continue
        renamed = tokens[index + 1].string == "as"  # NEWLINE and ENDMARKER follow in any case
        if first_word not in {"from", "import"} or renamed:
            line, column = token.start
            silencer = Silencer(kind="no-type-check", directive=_NO_TYPE_CHECK)
            yield Place(silencer=silencer, line=line, column=column + 1, key=line_key(token.line))
