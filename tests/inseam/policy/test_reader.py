"""YAML that could be misread is refused, with its place."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from inseam.policy import reader
from inseam.policy.reader import MAX_BYTES, MAX_DEPTH, MAX_MESSAGES, read
from inseam.policy.scalars import AmbiguousScalar, plain_value
from inseam.policy.tree import find, locate, plain


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both of PyYAML's parsers; not every platform has the C one."""
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(reader, "_PARSER", getattr(yaml, request.param))
    return str(request.param)


REFUSED = [
    (b"", ["1:1 empty"]),
    (b"   \n\n", ["1:1 empty"]),
    (b"# only a comment\n", ["1:1 empty"]),
    (b"- a\n", ["1:1 yaml-type"]),
    (b"just text\n", ["1:1 yaml-type"]),
    (b"a: 1\n---\nb: 2\n", ["2:1 documents"]),
    (b"a: \xff\n", ["1:4 encoding"]),
    ("é: 1\nü: ".encode() + b"\xe9\n", ["2:4 encoding"]),
    ("a: ü\n".encode("utf-16"), ["1:1 encoding"]),
    (b"a: b\x00c\n", ["1:5 control-character"]),
    (b"a:\n\t- b\n", ["2:1 yaml-syntax"]),
    (b"a: [1, 2\nb: 3\n", ["2:2 yaml-syntax"]),
    (b"a: b: c\n", ["1:5 yaml-syntax"]),
    (b"a: @b\n", ["1:4 yaml-syntax"]),
    (b"a: 'x\n", ["2:1 yaml-syntax"]),
    (b"a: " + b"[" * 100_000, [f"1:{3 + MAX_DEPTH} too-deep"]),
    (b"- " * 100_000, [f"1:{2 * MAX_DEPTH + 1} too-deep"]),
    (b"a: " + b"x" * MAX_BYTES, ["1:1 too-large"]),
]


@pytest.mark.parametrize(("data", "expected"), REFUSED, ids=lambda value: repr(value)[:30])
def test_refused_documents(data: bytes, expected: list[str], parser: str, codes: Any) -> None:
    tree, messages = read("f.yaml", data)
    assert tree is None
    found = codes.of(messages)
    if expected[0].endswith("yaml-syntax"):  # the two parsers differ by a column or a line
        assert [each.partition(" ")[2] for each in found] == ["yaml-syntax"]
    else:
        assert found == expected


QUESTIONABLE = [
    ("a: 1\nb: 2\na: 3\n", ["3:1 duplicate-key"]),
    ("a: {b: 1, 'b': 2}\n", ["1:11 duplicate-key"]),
    ("a: &x 1\nb: *x\n", ["1:4 yaml-alias", "2:4 yaml-alias"]),
    ("a: &x {b: 1}\n", ["1:4 yaml-alias"]),
    ("<<: {a: 1}\n", ["1:1 yaml-alias"]),
    ("a: !!python/object/apply:os.system [x]\n", ["1:4 yaml-tag"]),
    ("a: !!str 1\n", ["1:4 yaml-tag"]),
    ("? [a]\n: b\n? {c: d}\n: e\n", ["1:3 yaml-key", "3:3 yaml-key"]),
    ("1: a\ntrue: b\n1.5: c\n", ["1:1 ambiguous", "2:1 ambiguous", "3:1 ambiguous"]),
    ("off: a\n", ["1:1 ambiguous"]),
    ('a: "\\x07"\n', ["1:4 control-character"]),
    ("a: [no, NO, Yes, on, OFF]\n", [f"1:{column} ambiguous" for column in (5, 9, 13, 18, 22)]),
]


@pytest.mark.parametrize(("text", "expected"), QUESTIONABLE)
def test_questionable_parts_do_not_hide_the_rest(
    text: str, expected: list[str], parser: str, codes: Any
) -> None:
    tree, messages = read("f.yaml", text.encode() + b"last: [kept]\n")
    assert codes.of(messages) == expected
    assert tree is not None
    assert plain(find(tree, ("last", 0))) == "kept"


def test_a_duplicate_keeps_the_first_value_and_names_its_line() -> None:
    tree, messages = read("f.yaml", b"a: 1\nb: 2\na: 3\n")
    assert tree is not None
    assert plain(tree) == {"a": 1, "b": 2}
    assert "first on line 1" in messages[0].message


PLAIN: list[tuple[str, Any]] = [
    ("", None),
    ("~", None),
    ("Null", None),
    ("true", True),
    ("FALSE", False),
    ("0", 0),
    ("-17", -17),
    ("+3", 3),
    ("1.10", 1.1),
    (".5", 0.5),
    ("2.", 2.0),
    ("2026-09-01", "2026-09-01"),
    ("2026.11.0", "2026.11.0"),
    ("N", "N"),
    ("y", "y"),
    ("S608", "S608"),
    ("-", "-"),
    (".", "."),
    ("1.2.3", "1.2.3"),
    ("3.11", 3.11),
    ("E501", "E501"),
    ("nope", "nope"),
]


@pytest.mark.parametrize(("text", "value"), PLAIN)
def test_plain_scalars(text: str, value: Any) -> None:
    found = plain_value(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "No",
        "ON",
        "off",
        "010",
        "0o10",
        "0x1F",
        "0b11",
        "1_000",
        "12:30",
        "1:30:00.5",
        "1e3",
        "1.5e3",
        ".inf",
        "-.INF",
        ".NaN",
        "9" * 19,
        "9" * 5000,
        "1." + "0" * 400,
        "1_0.5",
    ],
)
def test_scalars_that_readers_of_yaml_understand_differently(text: str) -> None:
    with pytest.raises(AmbiguousScalar):
        plain_value(text)


def test_quotes_settle_it() -> None:
    tree, messages = read("f.yaml", b"a: 'no'\nb: \"1.10\"\n'on': c\nd: |\n  off\n")
    assert messages == []
    assert tree is not None
    assert plain(tree) == {"a": "no", "b": "1.10", "on": "c", "d": "off\n"}


def test_places_are_those_that_an_editor_shows() -> None:
    data = "\ufeff# é\nä: {b: [x, y]}\n".encode()
    tree, _ = read("f.yaml", data)
    assert tree is not None
    assert locate(tree, ("ä",)) == (2, 1)
    assert locate(tree, ("ä", "b")) == (2, 5)
    assert locate(tree, ("ä", "b", 1)) == (2, 12)
    assert locate(tree, ("ä", "b", 7, "missing")) == (2, 5)


def test_a_billion_laughs_are_refused_at_once() -> None:
    lines = ["a: &a [lol]"]
    lines += [f"{chr(98 + n)}: &{chr(98 + n)} [{f'*{chr(97 + n)},' * 9}]" for n in range(20)]
    _, messages = read("f.yaml", "\n".join(lines).encode())
    assert {message.code for message in messages} <= {"policy/yaml-alias", "policy/too-many-errors"}
    assert len(messages) == MAX_MESSAGES + 1


_DICE = random.Random(7)
GARBAGE = {
    "noise": _DICE.randbytes(1_000_000),
    "text": bytes(_DICE.choices(b"abc: \n-[]{},&*!|>'\"#%@`?", k=1_000_000)),
    "open-lists": b"[" * 1_000_000,
    "open-mappings": b"{a: " * 250_000,
    "keys": b"".join(b"k%d: v\n" % n for n in range(100_000)),
    "same-keys": b"a: b\n" * 200_000,
    "question-marks": b"? " * 500_000,
    "one-line": b"a: " + b"b " * 500_000,
    "anchors": b"- &a x\n" * 140_000,
}


@pytest.mark.parametrize("sort", GARBAGE)
@pytest.mark.parametrize("size", [1_000_000, MAX_BYTES])
def test_garbage_is_refused_in_less_than_a_second(sort: str, size: int) -> None:
    data = GARBAGE[sort][:size]
    start = time.process_time()
    tree, messages = read("f.yaml", data)
    assert time.process_time() - start < 1
    assert len(messages) <= MAX_MESSAGES + 1
    assert messages or tree is not None


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_arbitrary_bytes_give_a_tree_or_messages(data: bytes) -> None:
    tree, messages = read("f.yaml", data)
    assert tree is not None or messages


@given(st.text(alphabet="ab: \n-[]{},&*!|>'\"#%@`?~1.\t\\x0", max_size=120))
@settings(max_examples=200)
def test_arbitrary_punctuation_gives_a_tree_or_messages(text: str) -> None:
    tree, messages = read("f.yaml", text.encode())
    assert tree is not None or messages
    lines = text.split("\n")
    assert all(1 <= message.line <= len(lines) + 1 for message in messages)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(min_size=1, max_size=5), _JSON, max_size=4))
@settings(max_examples=100)
def test_what_is_accepted_means_what_pyyaml_makes_of_it(value: dict[str, Any]) -> None:
    data = yaml.safe_dump(value, allow_unicode=True, sort_keys=False).encode()
    tree, messages = read("f.yaml", data)
    if tree is not None and not messages:
        assert plain(tree) == yaml.safe_load(data)
