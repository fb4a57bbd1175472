"""Every way in which a baseline's file can be wrong is said where it is, with what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inseam.findings.baseline import Baseline, intersect, render
from inseam.findings.baseline_file import BaselineError, line_of, load, one_side
from inseam.policy.messages import PolicyMessage

if TYPE_CHECKING:
    from tests.inseam.conftest import Make

COMMAND = "./pants policy-baseline services/billing:billing"


def read(data: bytes) -> Baseline:
    return load(data, path="b.json", service="billing", gate="ruff", regenerate=COMMAND)


def refused(data: bytes) -> tuple[PolicyMessage, ...]:
    with pytest.raises(BaselineError) as caught:
        read(data)
    assert all(message.file == "b.json" and message.fix for message in caught.value.messages)
    return caught.value.messages


def document(*entries: Any, **fields: Any) -> bytes:
    whole = {"schema": "inseam.baseline/1", "service": "billing", "gate": "ruff"} | fields
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    return f'{json.dumps(whole)[:-1]}, "entries": [\n{lines}\n]}}'.encode()


def entry(**fields: Any) -> dict[str, Any]:
    whole = {"file": "a.py", "rule": "ruff/F401", "count": 1, "message": "m"}
    return whole | {"fingerprint": "0123456789abcdef"} | fields


def test_a_good_file_is_read() -> None:
    assert read(document(entry(count=3))).size == 3


@pytest.mark.parametrize(
    ("data", "code", "line", "column", "says"),
    [
        (b"", "syntax", 1, 1, "not JSON: expecting value"),
        (b'{\n  "schema": }', "syntax", 2, 13, "not JSON"),
        (b"\n\xff", "syntax", 2, 1, "not UTF-8"),
        (b"[" * 100_000, "syntax", 1, 1, "not usable as JSON"),
        (b'{"schema": "x", "schema": "y"}', "syntax", 1, 1, "'schema' stands twice"),
        (b"[]", "invalid", 1, 1, "found no schema"),
        (b'{"schema": "inseam.baseline/2"}', "invalid", 1, 1, "found the schema 'inseam.basel"),
        (document(entry(), entry(count=0)), "invalid", 3, 1, "entries.1.count"),
        (document(entry(count=-2)), "invalid", 2, 1, "entries.0.count"),
        (document(entry(count="2")), "invalid", 2, 1, "entries.0.count"),
        (document(entry(count=1.5)), "invalid", 2, 1, "entries.0.count"),
        (document(entry(fingerprint="nope")), "invalid", 2, 1, "entries.0.fingerprint"),
        (document(entry(line=3)), "invalid", 2, 1, "entries.0.line: extra inputs"),
        (document(5), "invalid", 1, 1, "entries.0"),
        (document(entry(), entry(message="other")), "invalid", 1, 1, "listed twice: 0123456789"),
        (document(surplus=1), "invalid", 1, 1, "surplus: extra inputs"),
        (document(gate="mypy"), "invalid", 1, 1, "the baseline of mypy in billing, not ruff"),
        (document(service="orders"), "invalid", 1, 1, "the baseline of ruff in orders, not ruff"),
    ],
)
def test_what_is_wrong_is_located(
    data: bytes, code: str, line: int, column: int, says: str
) -> None:
    message = refused(data)[0]
    assert (message.code, message.line, message.column) == (f"policy/baseline-{code}", line, column)
    assert says in message.message


def test_all_that_is_wrong_is_said_at_once() -> None:
    messages = refused(document(entry(count=0), entry(rule=3, fingerprint="x")))
    assert [(m.line, m.message.split(":")[0]) for m in messages] == [
        (2, "entries.0.count"),
        (3, "entries.1.rule"),
        (3, "entries.1.fingerprint"),
    ]


def test_a_file_of_garbage_gives_a_page_of_errors_not_a_book() -> None:
    messages = refused(document(*[entry(count=0)] * 500))
    assert len(messages) == 21
    assert messages[-1].message == "480 more such errors"


def test_braces_in_messages_do_not_move_the_place() -> None:
    messages = refused(document(entry(message='}{"[\\'), entry(count=0)))
    assert messages[0].line == 3


CONFLICT = """\
{"schema": "inseam.baseline/1", "service": "billing", "gate": "ruff", "entries": [
<<<<<<< HEAD
%s
||||||| 1234567
%s,
%s
=======
%s
>>>>>>> topic
]}
"""


def conflict() -> bytes:
    one, two = (json.dumps(entry(fingerprint=digit * 16)) for digit in "12")
    return (CONFLICT % (one, one, two, two)).encode()


def test_a_merge_conflict_is_named_with_the_command_that_ends_it() -> None:
    (message,) = refused(conflict())
    assert (message.code, message.line) == ("policy/baseline-conflict", 2)
    assert COMMAND in message.fix


def test_one_side_of_a_conflict_is_a_baseline_again() -> None:
    assert [e.fingerprint for e in read(one_side(conflict())).entries] == ["1" * 16]


def test_a_file_without_conflict_has_one_side(make: type[Make]) -> None:
    data = render(make.baseline([make.finding()])).encode()
    assert one_side(data) == data


def test_the_line_of_an_entry_is_found(make: type[Make]) -> None:
    baseline = make.baseline([make.finding(key=key) for key in "abc"])
    data = render(baseline).encode()
    assert [line_of(data, e.fingerprint) for e in baseline.entries] == [2, 3, 4]
    assert line_of(data, "f" * 16) == 1


@given(st.binary(max_size=300) | st.text(alphabet='{}[]":,01a\\\n<=>', max_size=80).map(str.encode))
def test_whatever_the_bytes_there_is_no_traceback(data: bytes) -> None:
    one_side(data)
    assert refused(data)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS)


@given(st.dictionaries(st.sampled_from(["count", "file", "rule", "fingerprint", "x"]), JSON))
def test_whatever_the_values_there_is_no_traceback(fields: dict[str, Any]) -> None:
    try:
        baseline = read(document(entry(**fields)))
    except BaselineError as error:
        assert all(message.line in (1, 2) for message in error.messages)
    else:
        assert intersect(baseline, baseline) == baseline
