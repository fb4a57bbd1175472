"""What mypy said, as findings and failures. Its exit code alone is never believed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from inseam.findings.model import Failure, Finding, Related, line_key
from inseam.gates.files import SourceError, read_source, source_lines
from inseam.gates.mypy.hints import HELP, fix_of, remarks
from inseam.gates.process import Completed

_BLOCKED = 2
_CRASH = re.compile(r"INTERNAL ERROR|Traceback \(most recent call last\)|sqlite3\.")
_PLAIN = re.compile(r"^(?P<file>.+?):(?:(?P<line>\d+):)? error: (?P<message>.*)$")
_EXCEPTION = re.compile(r"^[\w.]+(?:Error|Exception)\b")
_NO_PACKAGE = re.compile(r"^(?P<name>\S+) contains __init__\.pyi? but is not a valid")


class Message(BaseModel):
    """A line of `mypy --output=json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str
    line: int
    column: int
    end_line: int | None = None
    message: str
    hint: str | None
    code: str | None
    severity: Literal["error", "note"]


class CrashError(Exception):
    """mypy broke off in a way that a damaged cache may explain."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of mypy and what is needed to understand its answer."""

    service: str
    root: Path
    """The workspace."""
    checked: Collection[str]
    """The files that it was given, relative to the workspace."""
    configuration: Path
    from_workspace: Callable[[str], str]
    """A relative path as mypy reports it, relative to the workspace."""
    completed: Completed
    finished: bool
    """Whether mypy left the evidence that it came to the end of its work."""

    def results(self) -> Iterator[Finding | Failure]:
        """What it said.

        Raises:
            CrashError: it crashed.
        """
        stderr = self.completed.stderr.decode("utf-8", "backslashreplace")
        messages, others = _parse(self.completed.stdout)
        plain = [*stderr.splitlines(), *others]
        if any(map(_CRASH.search, plain)) or self.completed.returncode not in (0, 1, _BLOCKED):
            raise CrashError(self._crashed(plain))
        misread = [
            line for line in stderr.splitlines() if line.startswith(f"{self.configuration}:")
        ]
        if misread:
            yield self._failure(
                "configuration", f"mypy does not take its configuration: {misread[0]}"
            )
        elif self.completed.returncode == _BLOCKED:
            yield from self._blocked(messages, stderr)
        elif others:
            yield self._failure(
                "tool-output", f"mypy wrote what is no message: {others[0][:200]!r}"
            )
        else:
            yield from self._judged(messages)

    def _file(self, path: str) -> str:
        """Where a file is that mypy speaks of: relative to the workspace; one of a package, which
        mypy names by its full path, relative to the environment."""
        if not os.path.isabs(path):
            return self.from_workspace(path)
        inner = os.path.relpath(path, os.path.realpath(self.root))
        return inner if not inner.startswith("../") else path.rpartition("site-packages/")[2]

    def _judged(self, messages: Sequence[Message]) -> Iterator[Finding | Failure]:
        """The findings of a run that came to its end."""
        errors = [message for message in messages if message.severity == "error"]
        if bool(errors) != bool(self.completed.returncode):
            code = self.completed.returncode
            yield self._failure(
                "tool-output", f"mypy ended with exit code {code} and {len(errors)} errors"
            )
        if not self.finished:
            yield self._failure("tool-output", "mypy ended before it had checked everything")
        yield from self._findings(messages)

    def _findings(self, messages: Sequence[Message]) -> Iterator[Finding | Failure]:
        sources: dict[str, list[str]] = {}
        for index, message in enumerate(messages):
            if message.severity != "error":
                continue
            file = self._file(message.file)
            if file not in self.checked:
                text = f"mypy speaks of a file that it was not given: {file}: {message.message}"
                yield self._failure("tool-output", text)
                continue
            if file not in sources:
                sources[file] = _lines(self.root / file)
            yield self._finding(message, file, sources[file], _notes(messages, index))

    def _finding(
        self, message: Message, file: str, lines: Sequence[str], notes: Sequence[Message]
    ) -> Finding:
        code = message.code or "misc"
        line = max(1, message.line)
        related = [
            Related(file=file, line=line, message=remark) for remark in remarks(message.hint)
        ]
        related += [
            Related(file=self._file(note.file), line=max(1, note.line), message=note.message)
            for note in notes
        ]
        return Finding(
            rule=f"mypy/{code}",
            service=self.service,
            file=file,
            line=line,
            column=message.column + 1 if message.column >= 0 else None,
            end_line=message.end_line if (message.end_line or 0) >= line else None,
            message=_uncapitalised(message.message),
            fix=fix_of(code, message.hint),
            key=line_key(lines[line - 1]) if line <= len(lines) else message.message,
            related=tuple(related),
            help_url=HELP.format(code=code),
        )

    def _blocked(self, messages: Sequence[Message], stderr: str) -> Iterator[Failure]:
        """What kept mypy from checking the service."""
        told, others = _parse(stderr.encode())
        blockers = [message for message in (*messages, *told) if message.code in ("syntax", None)]
        for message in blockers:
            yield self._failure(
                "syntax-error" if message.code else "blocked",
                _uncapitalised(message.message),
                "correct the syntax" if message.code else "give one of the two another name",
                file=self._file(message.file),
                line=max(1, message.line),
                column=message.column + 1 if message.column >= 0 else None,
            )
        for message in told:
            if self.root / message.file == self.configuration:  # joining keeps an absolute path
                yield self._failure(
                    "plugin",
                    _uncapitalised(message.message),
                    "lock the plugin's distribution for this service, or name the plugin only in "
                    "profiles of services that have it",
                )
                return
        if not blockers:
            yield self._unlocated(next((line for line in others if line.strip()), ""))

    def _unlocated(self, line: str) -> Failure:
        """What mypy says in plain text before it begins to check."""
        if no_package := _NO_PACKAGE.match(line):
            return self._failure(
                "folder-name",
                f"the folder {no_package['name']} is a package by its __init__.py, but its name "
                "cannot be imported",
                "rename the folder, or remove its __init__.py",
                file=self._folder(no_package["name"]),
            )
        plain = _PLAIN.match(line)
        if plain and self._file(plain["file"]) in self.checked:
            return self._failure(
                "unreadable",
                _uncapitalised(plain["message"]),
                "make it a readable file in UTF-8, or in the encoding that its first lines name",
                file=self._file(plain["file"]),
                line=int(plain["line"]) if plain["line"] else None,
            )
        return self._failure("blocked", f"mypy could not begin: {line or 'it does not say why'}")

    def _folder(self, name: str) -> str | None:
        folders = (str(Path(file).parent) for file in self.checked)
        return next((folder for folder in sorted(folders) if Path(folder).name == name), None)

    def _crashed(self, said: Sequence[str]) -> Failure:
        place = next((_PLAIN.match(line) for line in said if "INTERNAL ERROR" in line), None)
        last = next((line for line in reversed(said) if _EXCEPTION.match(line)), "")
        named = self._file(place["file"]) if place else None
        return self._failure(
            "crashed",
            f"mypy crashed{f': {last}' if last else ''}",
            "take the plugins out of the policy one by one to see which is to blame, or look for "
            "the crash in mypy's issues",
            file=named if named in self.checked else None,
            line=int(place["line"]) if place and place["line"] and named in self.checked else None,
        )

    def _failure(
        self,
        code: str,
        message: str,
        fix: str = "run it again with the shipped lock of mypy; if it stays, report it as a bug",
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> Failure:
        return Failure(
            gate="mypy",
            code=f"mypy/{code}",
            service=self.service,
            file=file,
            line=line,
            column=column,
            message=message.replace(f"{self.configuration}", "mypy.ini"),
            fix=fix,
        )


def _parse(output: bytes) -> tuple[list[Message], list[str]]:
    """The messages in an output, and the lines that are none."""
    messages: list[Message] = []
    others: list[str] = []
    for line in output.decode("utf-8", "backslashreplace").splitlines():
        try:
            messages.append(Message.model_validate_json(line))
        except ValidationError:
            others.append(line)
    return messages, others


def _notes(messages: Sequence[Message], index: int) -> list[Message]:
    """The notes that belong to the error at `index`: those after it about its line, or about
    where the thing that it misuses is defined."""
    error = messages[index]
    notes: list[Message] = []
    for message in messages[index + 1 :]:
        same_place = (message.file, message.line) == (error.file, error.line)
        if message.severity == "error" or not (same_place or "defined here" in message.message):
            break
        notes.append(message)
    return notes


def _lines(path: Path) -> list[str]:
    try:
        return source_lines(read_source(path))
    except SourceError:  # it was readable when mypy read it; the message identifies the finding
        return []


def _uncapitalised(text: str) -> str:
    """A sentence without its capital; names such as `TypedDict` keep theirs."""
    word = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if word[1:].islower() or len(word) == 1 else text
