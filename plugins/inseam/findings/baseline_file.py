"""Reading a baseline's file: everything that is wrong with it, located."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from inseam.findings.baseline import SCHEMA, Baseline
from inseam.policy.messages import PolicyMessage

_MOST_PROBLEMS = 20

_MARKER = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?=[ \r\n]|\Z)", re.MULTILINE)

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


class BaselineError(Exception):
    """A baseline that cannot be used; `messages` says all that is wrong and what to do."""

    def __init__(self, messages: Iterable[PolicyMessage]) -> None:
        self.messages = tuple(messages)
        super().__init__("\n".join(map(str, self.messages)))


@dataclass(frozen=True, kw_only=True)
class _Problem:
    code: str
    message: str
    text: str = ""
    offset: int = 0
    """Where in `text`, in characters."""
    fix: str | None = None
    """None for the usual one: write the file anew."""


class _UnusableError(Exception):
    def __init__(self, *problems: _Problem) -> None:
        self.problems = problems


def load(data: bytes, *, path: str, service: str, gate: str, regenerate: str) -> Baseline:
    """The baseline in `data`.

    Args:
        data: the file's bytes.
        path: the file's path, for messages.
        service: whose baseline it has to be.
        gate: whose baseline it has to be.
        regenerate: the command that writes the file anew, for messages.

    Raises:
        BaselineError: it is no baseline of this service and gate.
    """
    try:
        text = _text(data)
        _check_json(text)
        baseline = _validate(text)
        _check_owner(baseline, service, gate)
    except _UnusableError as error:
        fix = f"run `{regenerate}`, which writes the file anew"
        messages = []
        for problem in error.problems:
            line, column = _position(problem.text, problem.offset)
            messages.append(
                PolicyMessage(
                    file=path,
                    line=line,
                    column=column,
                    code=f"policy/baseline-{problem.code}",
                    message=problem.message,
                    fix=problem.fix or fix,
                )
            )
        raise BaselineError(messages) from None
    return baseline


def one_side(data: bytes) -> bytes:
    """The first side of every merge conflict in `data`, which then has none.

    Either side would do, for the caller prunes afterwards: what one side has already removed is
    fixed in the merged code, so that no finding matches it.
    """
    kept: list[bytes] = []
    side = b"<"
    for line in data.splitlines(keepends=True):
        if _MARKER.match(line[:8].decode("latin-1")):
            # After a conflict's end, lines belong to both sides again.
            side = b"<" if line[:1] == b">" else line[:1]
        elif side == b"<":
            kept.append(line)
    return b"".join(kept)


def line_of(data: bytes, fingerprint: str) -> int:
    """The line of `data` on which the entry with this fingerprint stands; 1 if there is none."""
    offset = data.find(f'"{fingerprint}"'.encode())
    return 1 + data.count(b"\n", 0, max(offset, 0))


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        problem = _Problem(code="syntax", message="not UTF-8", text=before, offset=len(before))
        raise _UnusableError(problem) from None
    if marker := _MARKER.search(text):
        message = "an unresolved merge conflict"
        problem = _Problem(code="conflict", message=message, text=text, offset=marker.start())
        raise _UnusableError(problem)
    return text


def _check_json(text: str) -> None:
    def refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise ValueError(f"the key {key[:40]!r} stands twice in one object")
            found[key] = value
        return found

    try:
        document = json.loads(text, object_pairs_hook=refuse_repeated)
    except json.JSONDecodeError as error:
        message = f"not JSON: {_sentence(error.msg)}"
        problem = _Problem(code="syntax", message=message, text=text, offset=error.pos)
        raise _UnusableError(problem) from None
    except (ValueError, RecursionError) as error:
        problem = _Problem(code="syntax", message=f"not usable as JSON: {error}")
        raise _UnusableError(problem) from None
    # First and alone: another schema's document is wrong in many further ways that help nobody.
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        stated = "no schema" if schema is None else f"the schema {str(schema)[:40]!r}"
        message = f"expected a document of schema {SCHEMA!r}, found {stated}"
        raise _UnusableError(_Problem(code="invalid", message=message))


def _validate(text: str) -> Baseline:
    try:
        return Baseline.model_validate_json(text)
    except ValidationError as error:
        problems = list(_explain(error, text))
        if len(problems) > _MOST_PROBLEMS:
            more = f"{len(problems) - _MOST_PROBLEMS} more such errors"
            problems[_MOST_PROBLEMS:] = [_Problem(code="invalid", message=more)]
        raise _UnusableError(*problems) from None


def _check_owner(baseline: Baseline, service: str, gate: str) -> None:
    if (baseline.service, baseline.gate) != (service, gate):
        message = f"the baseline of {baseline.gate} in {baseline.service}, not {gate} in {service}"
        # Not to be written anew: the file may be right as the other gate's.
        fix = f"name a file of its own as the `baseline` of {gate} in {service}"
        raise _UnusableError(_Problem(code="invalid", message=message, fix=fix))


def _explain(error: ValidationError, text: str) -> Iterator[_Problem]:
    starts = list(_entry_offsets(text))
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        where = detail["loc"]
        index = where[1] if len(where) > 1 and where[0] == "entries" else None
        offset = starts[index] if isinstance(index, int) and index < len(starts) else 0
        name = ".".join(str(part) for part in where) or "the document"
        message = f"{name}: {_sentence(detail['msg'].removeprefix('Value error, '))}"
        yield _Problem(code="invalid", message=message, text=text, offset=offset)


def _entry_offsets(text: str) -> Iterator[int]:
    """Where each entry begins: the objects two levels deep. `text` is valid JSON."""
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in ("{", "["):
            if depth == 2 and token[0] == "{":
                yield token.start()
            depth += 1
        elif token[0] in ("}", "]"):
            depth -= 1


def _position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of the character at `offset`."""
    before = text[:offset]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _sentence(text: str) -> str:
    return text[:1].lower() + text[1:]
