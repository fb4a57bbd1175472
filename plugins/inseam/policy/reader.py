"""Bytes to a tree of located nodes, refusing every YAML that could be misread.

Works on the parser's stream of events, so that depth, size and aliases are bounded before
anything is built, and nothing is ever constructed from a tag.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from inseam.policy.messages import Code, Place, PolicyMessage, message_at
from inseam.policy.scalars import AmbiguousScalar, plain_value
from inseam.policy.tree import Entry, Items, JsonScalar, Node, Scalar, Table

MAX_BYTES = 256 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 32
MAX_MESSAGES = 100
"""Messages per file: a file with more is not worth reading to its end."""

_NOT_IN_YAML = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no report could show; escapes in double quotes can make them."""
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(file: str, data: bytes) -> tuple[Table | None, list[PolicyMessage]]:
    """The document in `data`, and all that is wrong with it as YAML.

    A tree comes back even with messages when the rest of it is worth checking. Never raises,
    whatever the bytes.
    """
    reader = _Reader(file)
    try:
        root = reader.document(_decoded(file, data))
        if isinstance(root, Table):
            return root, reader.messages
        what = "the document is no mapping"
        reader.report(root.line, root.column, "yaml-type", what, "write `key: value` lines")
    except _Refused as refusal:
        reader.messages.append(refusal.message)
    return None, reader.messages


class _Refused(Exception):
    """Reading cannot go on."""

    def __init__(self, message: PolicyMessage) -> None:
        super().__init__(str(message))
        self.message = message


def _refuse(file: str, line: int, column: int, code: Code, message: str, fix: str) -> _Refused:
    return _Refused(message_at(Place(file=file, line=line, column=column), code, message, fix))


def _decoded(file: str, data: bytes) -> str:
    if len(data) > MAX_BYTES:
        size = f"the file has {len(data):,} bytes, more than {MAX_BYTES:,}"
        raise _refuse(file, 1, 1, "too-large", size, "split it, or remove what is no policy")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _line_and_column(data[: error.start].decode("utf-8"), error.start)
        what = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise _refuse(file, line, column, "encoding", what, "save the file as UTF-8") from error
    text = text.removeprefix("\ufeff")
    bad = _NOT_IN_YAML.search(text)
    if bad is not None:
        line, column = _line_and_column(text, bad.start())
        what = f"character U+{ord(bad.group()):04X} is not allowed in YAML"
        raise _refuse(file, line, column, "control-character", what, "remove it")
    if not text.strip():
        raise _refuse(
            file, 1, 1, "empty", "the file is empty", "write a layer of policy, or delete the file"
        )
    return text


@dataclass
class _Open:
    """A collection whose end has not come yet."""

    node: Items | Table
    key: Scalar | None = None
    """In a mapping: the key whose value comes next."""


@dataclass
class _Reader:
    file: str
    messages: list[PolicyMessage] = field(default_factory=list)
    count: int = 0
    root: Node | None = None
    stack: list[_Open] = field(default_factory=list)

    def document(self, text: str) -> Node:
        """The only document of `text`.

        Raises:
            _Refused: it has none or many, or is no YAML, or is too large or too deep.
        """
        parser = _PARSER(text)
        while (event := self._next(parser, text)) is not None:
            if isinstance(event, yaml.ScalarEvent):
                self._add(self._scalar(event))
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.stack.pop()
            elif isinstance(event, yaml.AliasEvent):
                self._refuse_sharing(event, f"alias *{event.anchor}")
                self._add(Scalar(*_position(event), "", ""))
            elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
                what = "a second document starts here"
                raise _refuse(
                    self.file, *_position(event), "documents", what, "keep one document per file"
                )
        if self.root is None:
            raise _refuse(
                self.file, 1, 1, "empty", "the file holds only comments", "write a layer of policy"
            )
        return self.root

    def report(self, line: int, column: int, code: Code, message: str, fix: str) -> None:
        """Records a message.

        Raises:
            _Refused: there are too many.
        """
        if len(self.messages) >= MAX_MESSAGES:
            what = f"more than {MAX_MESSAGES} errors; the rest of the file was not read"
            raise _refuse(self.file, line, column, "too-many-errors", what, "mend the others first")
        self.messages.append(_refuse(self.file, line, column, code, message, fix).message)

    def _next(self, parser: Any, text: str) -> yaml.Event | None:
        """The next event; None at the end.

        Raises:
            _Refused: the text is no YAML.
        """
        try:
            event: yaml.Event | None = parser.get_event()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            problem = error.problem or error.context or "no YAML"
            fix = "mend the syntax here or on the line before"
            if _character(text, line, column) == "\t":
                problem, fix = "a tab cannot indent YAML", "indent with spaces"
            raise _refuse(self.file, line, column, "yaml-syntax", problem, fix) from error
        except yaml.YAMLError as error:
            problem = " ".join(str(error).split())
            raise _refuse(
                self.file, 1, 1, "yaml-syntax", problem, "remove the characters"
            ) from error
        return event

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        self._refuse_decoration(event)
        if len(self.stack) >= MAX_DEPTH:
            what = f"nested more than {MAX_DEPTH} levels deep"
            raise _refuse(self.file, *_position(event), "too-deep", what, "no policy nests so deep")
        if isinstance(event, yaml.SequenceStartEvent):
            node: Items | Table = Items(*_position(event), [])
        else:
            node = Table(*_position(event), {})
        self._add(node)
        self.stack.append(_Open(node))

    def _add(self, node: Node) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            what = f"more than {MAX_NODES:,} values"
            raise _refuse(
                self.file, node.line, node.column, "too-large", what, "no layer needs so many"
            )
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if isinstance(parent.node, Items):
            parent.node.nodes.append(node)
        elif parent.key is None:
            parent.key = self._key(node)
        else:
            self._enter(parent.node, parent.key, node)
            parent.key = None

    def _key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            what = "a key must be text, not a list or a mapping"
            self.report(node.line, node.column, "yaml-key", what, "write `key: value`")
            # A name that no other key has, or the next such key would count as a duplicate.
            return Scalar(node.line, node.column, "", f"\0{node.line}:{node.column}")
        if node.text == "<<":
            what = "merge keys are refused: who states what could not be told any more"
            self.report(node.line, node.column, "yaml-alias", what, "write the values out")
        elif not isinstance(node.value, str):
            what = f"the key {shown(node.text)} is no text to readers of YAML"
            self.report(node.line, node.column, "ambiguous", what, f'quote it: "{node.text}"')
        return node

    def _enter(self, table: Table, key: Scalar, value: Node) -> None:
        first = table.entries.setdefault(key.text, Entry(key, value))
        if first.key is not key:
            what = f"{shown(key.text)} stands here twice, first on line {first.key.line}"
            self.report(key.line, key.column, "duplicate-key", what, "keep one of the two")

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        self._refuse_decoration(event)
        line, column = _position(event)
        text: str = event.value
        value: JsonScalar = text
        if not event.style:  # plain: None, or '' of the C parser
            try:
                value = plain_value(text)
            except AmbiguousScalar as problem:
                what = f"{shown(text)} {problem}"
                fix = f'quote it ("{text[:40]}") if text is meant, else write true, false or digits'
                self.report(line, column, "ambiguous", what, fix)
        if not text.isprintable() and _CONTROL.search(text):
            what = "the text holds a control character"
            self.report(line, column, "control-character", what, "remove it")
            value = text.encode("ascii", "backslashreplace").decode()
        return Scalar(line, column, value, text)

    def _refuse_decoration(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            self._refuse_sharing(event, f"anchor &{event.anchor}")
        tag: str | None = getattr(event, "tag", None)  # aliases alone have none
        if tag is not None:
            what = f"tag {shown(tag)}: policy is plain data"
            self.report(*_position(event), "yaml-tag", what, "remove the tag")

    def _refuse_sharing(self, event: yaml.NodeEvent, what: str) -> None:
        message = f"{shown(what)}: what stands elsewhere cannot be shown as stated here"
        self.report(*_position(event), "yaml-alias", message, "write the value out")


def shown(text: str) -> str:
    """`text` for a message: quoted, on one line, at most about 60 characters."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    assert mark is not None  # the parser sets it on every event
    return mark.line + 1, mark.column + 1


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _character(text: str, line: int, column: int) -> str:
    lines = text.split("\n")
    return lines[line - 1][column - 1 : column] if line <= len(lines) else ""
